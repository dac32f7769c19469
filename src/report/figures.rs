//! Numbers, shares and moments in words, the same in every report.

/// `2026-11-22 10:05`, UTC.
pub fn moment(second: i64) -> String {
    use aws_smithy_types::{DateTime, date_time::Format};
    let text = DateTime::from_secs(second).fmt(Format::DateTime).unwrap_or_default();
    text.get(..16).map_or_else(|| second.to_string(), |text| text.replace('T', " "))
}

/// At most four digits that matter.
pub fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let digits = (3 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Whole per cent, rounded down: what is nearly all is not all.
pub fn percent(share: f64) -> String {
    // 1 - 0.8 is 0.19999999999999996.
    match (share * 1e8).round() / 1e6 {
        0.0 => "0 %".to_owned(),
        small if small < 1.0 => "< 1 %".to_owned(),
        percent => format!("{} %", percent.floor()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_rounded_down_but_not_for_a_broken_tail() {
        let said = [1.0 - 0.8, 1.0 - 0.9, 0.999, 0.004, 0.0, 1.5].map(percent);
        assert_eq!(said, ["20 %", "10 %", "99 %", "< 1 %", "0 %", "150 %"]);
    }
}
