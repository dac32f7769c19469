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

pub fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".to_owned(),
        small if small < 1.0 => "< 1 %".to_owned(),
        percent => format!("{} %", percent.floor()),
    }
}
