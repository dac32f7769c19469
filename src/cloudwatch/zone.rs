//! Time zones as CloudWatch takes them: the one reader for the spec, the simulated AWS, and the evaluation. Knows names and fixed
//! offsets, not the rules of a zone.

/// The names of the IANA time zone database (2025b), one a line, sorted, links included.
static NAMES: &str = include_str!("zones.txt");

/// A time zone of a wall clock window (CloudWatch API reference, `WallClockWindow`: "an IANA time zone name, a fixed UTC offset, or an
/// offset-prefixed identifier; the offset must be aligned to a multiple of 5 minutes").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeZone<'t> {
    /// Seconds east of UTC.
    Offset(i64),
    /// A zone that has rules.
    Named(&'t str),
}

impl<'t> TimeZone<'t> {
    /// Reads a zone; `None` where the text is none. Names are written as the database writes them, capitals included.
    pub fn parse(text: &'t str) -> Option<Self> {
        let prefixed = ["UTC", "GMT", "UT"].iter().find_map(|prefix| text.strip_prefix(prefix));
        match prefixed.unwrap_or(text) {
            "" if prefixed.is_some() => Some(TimeZone::Offset(0)),
            "Z" if prefixed.is_none() => Some(TimeZone::Offset(0)),
            offset if offset.starts_with(['+', '-']) && is_clock(offset) => offset_of(offset).map(TimeZone::Offset),
            _ => names().any(|name| name == text).then_some(TimeZone::Named(text)),
        }
    }
}

impl TimeZone<'_> {
    /// Seconds east of UTC, where they are the same all year round by the zone's name; `None` of a zone with rules.
    pub fn offset(self) -> Option<i64> {
        match self {
            TimeZone::Offset(seconds) => Some(seconds),
            TimeZone::Named("Etc/UTC" | "Etc/UCT" | "Etc/Zulu" | "Etc/Universal" | "UCT" | "Zulu" | "Universal") => {
                Some(0)
            }
            // Signs of these are POSIX's: `Etc/GMT+5` lies west.
            TimeZone::Named(name) => match name.strip_prefix("Etc/GMT").or_else(|| name.strip_prefix("GMT"))? {
                "" => Some(0),
                hours => hours.parse::<i64>().ok().map(|hours| -hours * 3_600),
            },
        }
    }
}

/// Returns every name there is.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.lines()
}

/// `+05:30`: a sign, two digits, a colon, two digits. `GMT+0` and `Etc/GMT+5` are names.
fn is_clock(offset: &str) -> bool {
    let bytes = offset.as_bytes();
    bytes.len() == 6 && bytes[3] == b':' && [1, 2, 4, 5].iter().all(|at| bytes.get(*at).is_some_and(u8::is_ascii_digit))
}

/// Up to 18 hours either way, in steps of five minutes.
fn offset_of(offset: &str) -> Option<i64> {
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let right = minutes < 60 && minutes % 5 == 0 && hours * 60 + minutes <= 18 * 60;
    right.then_some(sign * (hours * 3_600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_three_forms_of_the_reference_and_nothing_else() {
        for (text, seconds) in
            [("UTC", 0), ("GMT", 0), ("Z", 0), ("+05:30", 19_800), ("UTC+05:30", 19_800), ("GMT-03:00", -10_800)]
        {
            assert_eq!(TimeZone::parse(text), Some(TimeZone::Offset(seconds)), "{text}");
        }
        for name in ["America/New_York", "Europe/Berlin", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "Asia/Kolkata"]
        {
            assert_eq!(TimeZone::parse(name), Some(TimeZone::Named(name)), "{name}");
        }
        for wrong in [
            "",
            "america/new_york",
            "New York",
            "America/Nowhere",
            "America//X",
            "+5:30",
            "+05:33",
            "+19:00",
            "UTC+",
            "UTC+5",
            "+0530",
            "EST5",
            "Europe/berlin",
        ] {
            assert_eq!(TimeZone::parse(wrong), None, "{wrong}");
        }
        for (text, offset) in [
            ("Etc/UTC", Some(0)),
            ("Etc/GMT", Some(0)),
            ("GMT0", Some(0)),
            ("Etc/GMT+5", Some(-18_000)),
            ("Etc/GMT-14", Some(50_400)),
            ("+05:30", Some(19_800)),
            ("Europe/Berlin", None),
        ] {
            assert_eq!(TimeZone::parse(text).and_then(TimeZone::offset), offset, "{text}");
        }
        assert!(names().count() > 500 && names().collect::<Vec<_>>().is_sorted());
    }
}
