//! Series in few characters: `0x5 10x3 _x4` is five zeros, three tens, four periods without data.

/// The values of a text; NaN is a period without data. Items: `V`, `VxN` (N times), `A+BxN` and `A-BxN` (N values, from A on,
/// each B more or less), `_`, `_xN`.
pub fn parse(text: &str) -> Result<Vec<f64>, String> {
    const MOST: usize = 1_000_000;
    let mut values = Vec::new();
    for item in text.split_whitespace() {
        let wrong =
            || format!("`{item}` is no value: write 10, 10x3 (three of them), 0+5x4 (0 5 10 15), _ or _x4 (no data)");
        let (value, times) = match item.rsplit_once('x') {
            Some((value, times)) => (value, times.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(wrong)?),
            None => (item, 1),
        };
        if values.len() + times > MOST {
            return Err(format!("more than {MOST} values"));
        }
        let (from, step) = if value == "_" { (f64::NAN, 0.0) } else { progression(value).ok_or_else(wrong)? };
        values.extend((0..times).map(|n| from + step * n as f64));
    }
    if values.is_empty() { Err("there are no values".into()) } else { Ok(values) }
}

/// `A`, `A+B` or `A-B`; a sign at the beginning, or after an exponent, belongs to the number.
fn progression(text: &str) -> Option<(f64, f64)> {
    let number = crate::model::node::parse_number;
    if let Some(value) = number(text) {
        return Some((value, 0.0));
    }
    text.char_indices().skip(1).filter(|(_, c)| matches!(c, '+' | '-')).find_map(|(at, sign)| {
        let step = number(&text[at + 1..])?;
        Some((number(&text[..at])?, if sign == '-' { -step } else { step }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_short_forms() {
        for (text, expected) in [
            ("0x2 10 _x2", "0 0 10 NaN NaN"),
            ("1+2x3", "1 3 5"),
            ("10-5x3", "10 5 0"),
            ("-1 -1-1x2", "-1 -1 -2"),
            ("1e3x1", "1000"),
            ("  _ ", "NaN"),
        ] {
            let values: Vec<String> = parse(text).unwrap().iter().map(f64::to_string).collect();
            assert_eq!(values.join(" "), expected, "{text}");
        }
        for text in ["", "x3", "1x0", "1x", "a", "1+x3", "inf", "nan", "1x99999999"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
