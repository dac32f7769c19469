//! The statistics of CloudWatch: the five plain ones, percentiles, trimmed means and their like.

use crate::model::problem::nearest;
use crate::model::shape::Format;

pub const PLAIN: &[&str] = &["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

/// Any statistic, plain or extended.
pub static ANY: Format = Format {
    what: "a statistic such as Sum, Average, Maximum, p95 or tm99",
    check,
    pattern: Some(r"^(SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|tc|ts|wm)[0-9.]+|(PR|TM|TC|TS|WM)\(.*\))$"),
};

/// Extended statistics only.
pub static EXTENDED: Format = Format {
    what: "an extended statistic such as p95, p99.9, tm90, IQM or PR(0:300)",
    check: check_extended,
    pattern: Some(r"^(IQM|(p|tm|tc|ts|wm)[0-9.]+|(PR|TM|TC|TS|WM)\(.*\))$"),
};

pub fn is_plain(text: &str) -> bool {
    PLAIN.contains(&text)
}

fn check(text: &str) -> Result<(), String> {
    if is_plain(text) || is_extended(text) {
        return Ok(());
    }
    let known = PLAIN.iter().copied().chain(["p90", "p95", "p99"]);
    let meant = match (text, nearest(text, known)) {
        ("Avg" | "avg" | "mean" | "Mean", _) => "; did you mean `Average`?".to_owned(),
        ("Count" | "count", _) => "; did you mean `SampleCount`?".to_owned(),
        ("Min" | "min", _) => "; did you mean `Minimum`?".to_owned(),
        ("Max" | "max", _) => "; did you mean `Maximum`?".to_owned(),
        (_, Some(near)) => format!("; did you mean `{near}`?"),
        _ => format!(": CloudWatch has {}, p0 to p100, tm, tc, ts, wm, IQM and PR(a:b)", PLAIN.join(", ")),
    };
    Err(format!("is not a statistic{meant}"))
}

fn check_extended(text: &str) -> Result<(), String> {
    if is_plain(text) {
        return Err("is a plain statistic: write it under `statistic`".into());
    }
    if is_extended(text) { Ok(()) } else { Err("is not an extended statistic".into()) }
}

/// `p95`, `tm99.9`, `IQM`, `PR(0:300)`, `TM(10%:90%)`, … (CloudWatch user guide, "Statistics definitions").
pub fn is_extended(text: &str) -> bool {
    if text == "IQM" {
        return true;
    }
    if let Some((name, range)) = text.split_once('(') {
        return match range.strip_suffix(')') {
            Some(range) if name == "PR" => is_range(range, false),
            Some(range) if ["TM", "TC", "TS", "WM"].contains(&name) => is_range(range, false) || is_range(range, true),
            _ => false,
        };
    }
    let number = ["tm", "tc", "ts", "wm", "p"].iter().find_map(|prefix| text.strip_prefix(prefix));
    number.is_some_and(is_percent)
}

/// Whether few samples make the statistic doubtful: `EvaluateLowSampleCountPercentile` is about these only.
pub fn is_percentile(text: &str) -> bool {
    text.strip_prefix('p').is_some_and(is_percent)
}

/// 0 to 100 with at most ten decimals.
fn is_percent(text: &str) -> bool {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    digits(whole, 3) && digits(decimals, 10) && text.parse::<f64>().is_ok_and(|n| n <= 100.0)
}

/// `a:b`, `a:` or `:b`, in order; with percent signs or without.
fn is_range(text: &str, percent: bool) -> bool {
    let Some((low, high)) = text.split_once(':') else { return false };
    let bound = |part: &str| -> Option<Option<f64>> {
        if part.is_empty() {
            return Some(None);
        }
        let number = if percent { part.strip_suffix('%')? } else { part };
        let value = crate::model::node::parse_number(number)?;
        (!percent || (0.0..=100.0).contains(&value)).then_some(Some(value))
    };
    match (bound(low), bound(high)) {
        (Some(Some(low)), Some(Some(high))) => low < high,
        (Some(low), Some(high)) => low.is_some() || high.is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_every_form_of_statistic() {
        for right in
            ["p0", "p95", "p99.9", "p100", "tm90", "tc5", "ts99.99", "wm98", "IQM", "PR(0:300)", "PR(:5)", "PR(7:)"]
        {
            assert!(is_extended(right), "{right}");
        }
        for right in ["TM(10%:90%)", "TM(:90%)", "TC(0.005:0.030)", "TS(80%:)", "WM(150:1000)"] {
            assert!(is_extended(right), "{right}");
        }
        let wrong =
            ["p", "p101", "P95", "p95.", "p-1", "tm", "PR()", "PR(:)", "PR(5:1)", "PR(1%:2%)", "TM(10:90%)", "XX(1:2)"];
        for wrong in wrong {
            assert!(!is_extended(wrong), "{wrong}");
        }
        assert!(is_percentile("p99.9") && !is_percentile("tm90") && !is_percentile("PR(0:1)"));
    }

    #[test]
    fn names_the_statistic_that_was_meant() {
        assert_eq!(check("sum").unwrap_err(), "is not a statistic; did you mean `Sum`?");
        assert_eq!(check("avg").unwrap_err(), "is not a statistic; did you mean `Average`?");
    }
}
