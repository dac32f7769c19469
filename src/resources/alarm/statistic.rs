//! The statistics of CloudWatch as a spec writes them: what is none, and which one may be meant.

use crate::model::problem::nearest;
use crate::model::shape::TextFormat;
use mlops_cloudwatch::statistic::{SIMPLE, Statistic};

/// Any statistic, plain or extended.
pub static ANY: TextFormat = TextFormat {
    what: "a statistic such as Sum, Average, Maximum, p95 or tm99",
    check,
    pattern: Some(r"^(SampleCount|Average|Sum|Minimum|Maximum|IQM|(p|tm|tc|ts|wm)[0-9.]+|(PR|TM|TC|TS|WM)\(.*\))$"),
};

/// Extended statistics only.
pub static EXTENDED: TextFormat = TextFormat {
    what: "an extended statistic such as p95, p99.9, tm90, IQM or PR(0:300)",
    check: check_extended,
    pattern: Some(r"^(IQM|(p|tm|tc|ts|wm)[0-9.]+|(PR|TM|TC|TS|WM)\(.*\))$"),
};

pub fn is_plain(text: &str) -> bool {
    text.parse().is_ok_and(Statistic::is_simple)
}

fn check(text: &str) -> Result<(), String> {
    if text.parse::<Statistic>().is_ok() {
        return Ok(());
    }
    let known = SIMPLE.iter().copied().chain(["p90", "p95", "p99"]);
    let meant = match (text, nearest(text, known)) {
        ("Avg" | "avg" | "mean" | "Mean", _) => "; did you mean `Average`?".to_owned(),
        ("Count" | "count", _) => "; did you mean `SampleCount`?".to_owned(),
        ("Min" | "min", _) => "; did you mean `Minimum`?".to_owned(),
        ("Max" | "max", _) => "; did you mean `Maximum`?".to_owned(),
        (_, Some(near)) => format!("; did you mean `{near}`?"),
        _ => format!(": CloudWatch has {}, p0 to p100, tm, tc, ts, wm, IQM and PR(a:b)", SIMPLE.join(", ")),
    };
    Err(format!("is not a statistic{meant}"))
}

fn check_extended(text: &str) -> Result<(), String> {
    match text.parse::<Statistic>() {
        Ok(statistic) if statistic.is_simple() => Err("is a plain statistic: write it under `statistic`".into()),
        Ok(_) => Ok(()),
        Err(_) => Err("is not an extended statistic".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_statistic_that_was_meant() {
        assert_eq!(check("sum").unwrap_err(), "is not a statistic; did you mean `Sum`?");
        assert_eq!(check("avg").unwrap_err(), "is not a statistic; did you mean `Average`?");
    }
}
