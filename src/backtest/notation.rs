//! Series in few characters, as this program counts them and as promtool does: `0x5 10x3 _x4` is five zeros, three tens, four periods
//! without data.

use crate::model::node::parse_number;

/// More values than a test is made of.
const MOST: usize = 1_000_000;

/// How `VxN` counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Notation {
    /// N values.
    #[default]
    Own,
    /// As in `promtool test rules`: `VxN` and `A+BxN` are the first value and N more; `stale` is no data.
    Promtool,
}

impl Notation {
    pub const ALL: [Notation; 2] = [Notation::Own, Notation::Promtool];
    /// The names of [`Self::ALL`] in a file.
    pub const WORDS: &'static [&'static str] = &["mlopsctl", "promtool"];

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().zip(Self::WORDS).find_map(|(one, name)| (*name == word).then_some(one))
    }

    /// The values of a text; NaN is a period without data. The error is the rest of a sentence.
    pub fn parse(self, text: &str) -> Result<Vec<f64>, String> {
        let mut values = Vec::new();
        for item in text.split_whitespace() {
            let wrong = || self.wrong(item);
            let (value, times) = match item.rsplit_once('x') {
                Some((value, times)) => (value, Some(times.parse::<usize>().ok().ok_or_else(wrong)?)),
                None => (item, None),
            };
            if values.len().saturating_add(times.unwrap_or(1)) >= MOST {
                return Err(format!("more than {MOST} values"));
            }
            match self {
                Notation::Own => {
                    let times = times.map_or(Some(1), |times| (times > 0).then_some(times)).ok_or_else(wrong)?;
                    let (from, step) =
                        if value == "_" { (f64::NAN, 0.0) } else { progression(value).ok_or_else(wrong)? };
                    values.extend((0..times).map(|n| from + step * n as f64));
                }
                Notation::Promtool if value == "_" => values.extend((0..times.unwrap_or(1)).map(|_| f64::NAN)),
                Notation::Promtool if item == "stale" => values.push(f64::NAN),
                Notation::Promtool => {
                    let (mut next, step) = progression(value).ok_or_else(wrong)?;
                    // A step says how often; promtool adds it up, rounding each time.
                    if times.is_none() && parse_number(value).is_none() {
                        return Err(wrong());
                    }
                    for _ in 0..=times.unwrap_or(0) {
                        values.push(next);
                        next += step;
                    }
                }
            }
        }
        if values.is_empty() { Err("there are no values".into()) } else { Ok(values) }
    }

    fn wrong(self, item: &str) -> String {
        match self {
            Notation::Own => {
                format!("`{item}` is no value: write 10, 10x3 (three of them), 0+5x4 (0 5 10 15), _ or _x4 (no data)")
            }
            Notation::Promtool => format!(
                "`{item}` is no value: write 10, 10x3 (four of them), 0+5x3 (0 5 10 15), _, _x4 or stale (no data)"
            ),
        }
    }
}

/// The text of values in this program's own notation, which reads back as the same values.
pub fn write(values: &[f64]) -> String {
    let same = |a: &f64, b: &f64| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    let item = |run: &[f64]| {
        let value = if run[0].is_nan() { "_".to_owned() } else { run[0].to_string() };
        if run.len() == 1 { value } else { format!("{value}x{}", run.len()) }
    };
    values.chunk_by(same).map(item).collect::<Vec<_>>().join(" ")
}

/// `A`, `A+B` or `A-B`; a sign at the beginning, or after an exponent, belongs to the number.
fn progression(text: &str) -> Option<(f64, f64)> {
    if let Some(value) = parse_number(text) {
        return Some((value, 0.0));
    }
    text.char_indices().skip(1).filter(|(_, c)| matches!(c, '+' | '-')).find_map(|(at, sign)| {
        let step = &text[at + 1..];
        let step = parse_number(step).filter(|_| !step.starts_with(['+', '-']))?;
        Some((parse_number(&text[..at])?, if sign == '-' { -step } else { step }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(notation: Notation, text: &str) -> String {
        let values: Vec<String> = notation.parse(text).unwrap().iter().map(f64::to_string).collect();
        values.join(" ")
    }

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
            assert_eq!(read(Notation::Own, text), expected, "{text}");
        }
        for text in ["", "x3", "1x0", "1x", "a", "1+x3", "inf", "nan", "1x99999999", "stale", "1+-2x2"] {
            assert!(Notation::Own.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_as_promtool_does_where_that_is_asked() {
        for (text, expected) in
            [("0x2 10 _x2", "0 0 0 10 NaN NaN"), ("1+2x3", "1 3 5 7"), ("5x0", "5"), ("stale 1-1x1", "NaN 1 0")]
        {
            assert_eq!(read(Notation::Promtool, text), expected, "{text}");
        }
        for text in ["", "1+2", "stalex2", "x3", "1x", "1x-1", "1xx2", "inf"] {
            assert!(Notation::Promtool.parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for (values, text) in [
            (vec![0.0, 0.0, 10.5, f64::NAN, f64::NAN], "0x2 10.5 _x2"),
            (vec![-1.0, 0.1 + 0.2, 1e-7, 1e21], "-1 0.30000000000000004 0.0000001 1000000000000000000000"),
        ] {
            assert_eq!(write(&values), text);
            let back = Notation::Own.parse(text).unwrap();
            assert!(back.iter().zip(&values).all(|(a, b)| a == b || (a.is_nan() && b.is_nan())), "{text}");
        }
    }
}
