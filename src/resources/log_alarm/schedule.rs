//! How often the query of a log alarm runs: `rate(5 minutes)`.

use crate::model::duration::parse_seconds;

/// Seconds between two runs; `None` of what is no rate.
pub fn seconds(expression: &str) -> Option<i64> {
    let inner = expression.trim().strip_prefix("rate(")?.strip_suffix(')')?;
    let (count, unit) = inner.trim().split_once(char::is_whitespace)?;
    let count: i64 = count.parse().ok().filter(|count| *count > 0)?;
    let unit = match unit.trim() {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3_600,
        "day" | "days" => 86_400,
        _ => return None,
    };
    count.checked_mul(unit)
}

/// The expression of so many seconds, in the largest unit that fits; `None` of what is no whole minute.
pub fn expression(seconds: i64) -> Option<String> {
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let (unit, length) = units.into_iter().find(|(_, length)| seconds >= *length && seconds % length == 0)?;
    let count = seconds / length;
    Some(format!("rate({count} {unit}{})", if count == 1 { "" } else { "s" }))
}

/// One spelling of each rate; what is no rate as it is.
pub fn canonical(written: &str) -> String {
    seconds(written).and_then(expression).unwrap_or_else(|| written.trim().to_owned())
}

/// As a spec writes it: an expression, or a duration.
pub fn read(text: &str) -> Option<String> {
    let every = seconds(text).or_else(|| parse_seconds(text));
    every.and_then(expression)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_one_spelling() {
        for (written, expected) in [
            ("rate(5 minutes)", Some("rate(5 minutes)")),
            (" rate( 60   minutes ) ", Some("rate(1 hour)")),
            ("rate(1 minute)", Some("rate(1 minute)")),
            ("5m", Some("rate(5 minutes)")),
            ("1d", Some("rate(1 day)")),
            ("90m", Some("rate(90 minutes)")),
            ("30s", None),
            ("rate(0 minutes)", None),
            ("rate(5 weeks)", None),
            ("cron(0 2 * * ? *)", None),
            ("", None),
        ] {
            assert_eq!(read(written).as_deref(), expected, "{written}");
        }
        assert_eq!(canonical("cron(0 2 * * ? *)"), "cron(0 2 * * ? *)");
    }
}
