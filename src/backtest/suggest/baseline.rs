//! What a series usually is at this time of the day, or of a day at the weekend, and the metric math that takes it off. Knows no alarms.

use super::excursion::median;
use mlops_cloudwatch::calendar;
use std::fmt::Write as _;

const HOURS: usize = 24;
const DAY: i64 = 86_400;
/// A shorter past does not show what is usual at an hour.
const DAYS_OF_DAILY: i64 = 3;
/// A weekend that was seen once is no pattern.
const DAYS_OF_WEEKLY: i64 = 14;
/// A baseline is worth its length where the series strays from it less than this share of what it strays from its median.
const WORTH: f64 = 0.6;
/// Steps between hours that are smaller than this share of the whole range are left out of the expression.
const STEP: f64 = 0.04;

/// The usual value of each hour (UTC).
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    workday: [f64; HOURS],
    /// Where Saturday and Sunday are different.
    weekend: Option<[f64; HOURS]>,
}

/// Values, the beginning of the period of the first (seconds since 1970), and the seconds from one to the next.
#[derive(Debug, Clone, Copy)]
pub struct Timed<'a> {
    pub values: &'a [f64],
    pub begins: i64,
    pub step: i64,
}

impl Timed<'_> {
    fn second(&self, slot: usize) -> i64 {
        self.begins + slot as i64 * self.step
    }

    fn length(&self) -> i64 {
        self.values.len() as i64 * self.step
    }
}

impl Baseline {
    /// The baseline that the series has, if any.
    pub fn of(series: Timed<'_>) -> Option<Self> {
        if series.length() < DAYS_OF_DAILY * DAY {
            return None;
        }
        let daily = Self { workday: usual(series, |_| true)?, weekend: None };
        let strayed = |from: &dyn Fn(usize) -> f64| {
            median((0..series.values.len()).map(|slot| (series.values[slot] - from(slot)).abs()))
        };
        let middle = median(series.values.iter().copied());
        let around = |baseline: &Self| strayed(&|slot| baseline.at(series.second(slot)));
        let (flat, by_hour) = (strayed(&|_| middle), around(&daily));
        let weekly = (series.length() >= DAYS_OF_WEEKLY * DAY)
            .then(|| {
                let workday = usual(series, |second| calendar::weekday(second) < 6)?;
                Some(Self { workday, weekend: Some(usual(series, |second| calendar::weekday(second) >= 6)?) })
            })
            .flatten()
            .filter(|weekly| around(weekly) < WORTH * by_hour.min(flat));
        weekly.or_else(|| (by_hour < WORTH * flat).then_some(daily))
    }

    fn at(&self, second: i64) -> f64 {
        let hours = match &self.weekend {
            Some(weekend) if calendar::weekday(second) >= 6 => weekend,
            _ => &self.workday,
        };
        usize::try_from(calendar::hour(second)).ok().and_then(|hour| hours.get(hour)).copied().unwrap_or(f64::NAN)
    }

    /// How far the series is from what is usual.
    pub fn off(&self, series: Timed<'_>) -> Vec<f64> {
        (0..series.values.len()).map(|slot| series.values[slot] - self.at(series.second(slot))).collect()
    }

    /// `m1 - (12 + 28 * (HOUR(m1) >= 6))`, in functions that AWS documents for alarms.
    pub fn expression(&self, id: &str) -> String {
        match &self.weekend {
            None => format!("{id} - ({})", steps(&self.workday, id)),
            Some(weekend) => {
                format!("{id} - IF(DAY({id}) >= 6, {}, {})", steps(weekend, id), steps(&self.workday, id))
            }
        }
    }

    pub fn is_weekly(&self) -> bool {
        self.weekend.is_some()
    }
}

/// The usual value of each hour, rounded as it is written, so that what is judged is what is proposed.
fn usual(series: Timed<'_>, counts: impl Fn(i64) -> bool) -> Option<[f64; HOURS]> {
    let mut hours: [Vec<f64>; HOURS] = Default::default();
    for (slot, value) in series.values.iter().enumerate() {
        let second = series.second(slot);
        let Ok(hour) = usize::try_from(calendar::hour(second)) else { continue };
        if value.is_finite() && counts(second) {
            hours[hour].push(*value);
        }
    }
    let mut usual = hours.map(|values| median(values.into_iter()));
    if usual.iter().any(|value| value.is_nan()) {
        return None;
    }
    let (low, high) = usual.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
    let unit = 10f64.powi(((high - low) * STEP).max(f64::MIN_POSITIVE).log10().floor() as i32);
    let mut last = f64::NAN;
    for value in &mut usual {
        if (*value - last).abs() <= (high - low) * STEP {
            *value = last;
        }
        // 0.30000000000000004 is 0.3.
        let rounded = (*value / unit).round() * unit;
        *value = format!("{rounded:.9}").parse().unwrap_or(rounded);
        last = *value;
    }
    Some(usual)
}

/// The value of the first hour and each step from one hour to the next.
fn steps(hours: &[f64; HOURS], id: &str) -> String {
    let mut text = written(hours[0]);
    for (hour, pair) in hours.windows(2).enumerate() {
        let step = pair[1] - pair[0];
        if step != 0.0 {
            let sign = if step < 0.0 { '-' } else { '+' };
            let _ = write!(text, " {sign} {} * (HOUR({id}) >= {})", written(step.abs()), hour + 1);
        }
    }
    text
}

fn written(value: f64) -> String {
    let text = format!("{value:.9}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONDAY: i64 = 1_767_571_200;

    fn hourly(days: usize, value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        (0..days * HOURS).map(|slot| value(slot / HOURS, slot % HOURS)).collect()
    }

    #[test]
    fn a_daily_pattern_is_taken_off_by_its_steps() {
        let values =
            hourly(5, |day, hour| if (8..18).contains(&hour) { 40.0 + day as f64 } else { 10.0 + day as f64 / 2.0 });
        let series = Timed { values: &values, begins: MONDAY, step: 3_600 };
        let baseline = Baseline::of(series).unwrap();
        assert_eq!(baseline.expression("m1"), "m1 - (11 + 31 * (HOUR(m1) >= 8) - 31 * (HOUR(m1) >= 18))");
        assert_eq!(baseline.off(series)[6..9], [-1.0, -1.0, -2.0]);
    }

    #[test]
    fn weekends_that_differ_have_steps_of_their_own() {
        let values = hourly(14, |day, hour| match (day % 7 < 5, (8..18).contains(&hour)) {
            (true, true) => 400.0 + hour as f64,
            (true, false) => 100.0,
            (false, _) => 20.0 + (hour % 3) as f64,
        });
        let baseline = Baseline::of(Timed { values: &values, begins: MONDAY, step: 3_600 }).unwrap();
        assert!(baseline.is_weekly());
        assert!(baseline.expression("e1").starts_with("e1 - IF(DAY(e1) >= 6, 2"), "{}", baseline.expression("e1"));
    }

    #[test]
    fn where_no_hour_is_special_there_is_no_baseline() {
        let values = hourly(14, |day, hour| ((day * 31 + hour * 17) % 13) as f64);
        assert_eq!(Baseline::of(Timed { values: &values, begins: MONDAY, step: 3_600 }), None);
        assert_eq!(Baseline::of(Timed { values: &values[..48], begins: MONDAY, step: 3_600 }), None);
    }
}
