//! Durations as the spec writes them: `30s`, `5m`, `12h`, `14d`, or a plain number of the field's own unit.

/// Seconds of a duration text such as `90s`, `5m`, `1h`, `14d`, `2w`; `None` where it is not one or overflows.
pub fn parse_seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let scale = match unit.trim() {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(scale)
}

/// The shortest exact form: 300 -> `5m`, 90 -> `90s`, 86400 -> `1d`.
pub fn format_seconds(seconds: i64) -> String {
    for (scale, unit) in [(86_400, "d"), (3_600, "h"), (60, "m")] {
        if seconds != 0 && seconds % scale == 0 {
            return format!("{}{unit}", seconds / scale);
        }
    }
    format!("{seconds}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_durations() {
        for (text, seconds) in [("30s", 30), ("5m", 300), ("1h", 3_600), ("1d", 86_400), ("90s", 90)] {
            assert_eq!(parse_seconds(text), Some(seconds));
            assert_eq!(format_seconds(seconds), text);
        }
        for text in ["", "5", "m", "5 minutes", "-5m", "5.5m", "99999999999999999d"] {
            assert_eq!(parse_seconds(text), None, "{text}");
        }
    }
}
