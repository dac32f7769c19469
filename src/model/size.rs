//! Sizes in words.

/// Returns bytes in words, e.g. `1.5 MB` (decimal units, as AWS bills).
pub fn in_words(bytes: i64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1_000.0 && unit + 1 < units.len() {
        value /= 1_000.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} bytes") } else { format!("{value:.1} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn sizes_are_in_the_units_that_aws_bills() {
        for (bytes, words) in
            [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (1_500_000, "1.5 MB"), (i64::MAX, "9223.4 PB")]
        {
            assert_eq!(in_words(bytes), words);
        }
    }
}
