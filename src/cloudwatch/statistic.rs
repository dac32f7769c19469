//! Statistics by name, simple and extended, and what they are of a set of samples (user guide, "CloudWatch statistics
//! definitions"). How AWS interpolates percentiles is not published: the closest rank is taken.

use std::fmt;
use std::str::FromStr;

/// The names of the five simple statistics, as `Statistic` takes them; all others are `ExtendedStatistic`.
pub const SIMPLE: &[&str] = &["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

/// A statistic as CloudWatch names it, e.g. `Sum`, `p95`, `tm99`, `TM(10%:90%)`, `PR(:300)`, `IQM`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// 0 to 100.
    Percentile(f64),
    Trimmed(Trim, SampleRange),
    /// The share in percent of samples within values.
    PercentileRank(RangeBound, RangeBound),
}

/// What is taken of the samples within a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trim {
    Mean,
    Count,
    Sum,
    /// Samples outside count as the bound they are beyond.
    Winsorized,
}

/// Percentiles or values between which samples count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SampleRange {
    /// 0 to 100 each.
    Percent(f64, f64),
    Values(RangeBound, RangeBound),
}

/// None where a range is open.
pub type RangeBound = Option<f64>;

/// One value and how often it was seen.
pub type Sample = (f64, f64);

/// Different samples of one period that are kept as they are.
const MOST_EXACT: usize = 300;

/// The aggregate of a period: sums for the simple statistics, samples for the extended ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Aggregate {
    pub count: f64,
    pub sum: f64,
    pub minimum: f64,
    pub maximum: f64,
    /// Empty where only a statistic set was published, which has no percentiles.
    pub samples: Vec<Sample>,
}

impl Aggregate {
    /// The aggregate of samples; none of none.
    pub fn of(samples: Vec<Sample>) -> Self {
        let mut all = Aggregate::default();
        for &(value, count) in &samples {
            all.merge_numbers(count, value * count, value, value);
        }
        all.samples = samples;
        all
    }

    pub fn merge(&mut self, other: &Aggregate) {
        self.merge_numbers(other.count, other.sum, other.minimum, other.maximum);
        self.samples.extend_from_slice(&other.samples);
    }

    /// Counts equal samples once; of a great many it keeps three digits, so that percentiles are at most half a percent off.
    pub fn condense(&mut self) {
        fn join(samples: &mut Vec<Sample>) {
            samples.sort_by(|a, b| a.0.total_cmp(&b.0));
            samples.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                kept.1 += if same { next.1 } else { 0.0 };
                same
            });
        }
        join(&mut self.samples);
        if self.samples.len() > MOST_EXACT {
            for (value, _) in &mut self.samples {
                *value = format!("{value:.2e}").parse().unwrap_or(*value);
            }
            join(&mut self.samples);
        }
    }

    fn merge_numbers(&mut self, count: f64, sum: f64, minimum: f64, maximum: f64) {
        if count <= 0.0 {
            return;
        }
        let first = self.count <= 0.0;
        self.minimum = if first { minimum } else { self.minimum.min(minimum) };
        self.maximum = if first { maximum } else { self.maximum.max(maximum) };
        self.count += count;
        self.sum += sum;
    }

    /// A statistic of this period; none where it has no samples to tell it from.
    pub fn statistic(&self, statistic: Statistic) -> Option<f64> {
        if self.count <= 0.0 {
            return None;
        }
        match statistic {
            Statistic::SampleCount => Some(self.count),
            Statistic::Average => Some(self.sum / self.count),
            Statistic::Sum => Some(self.sum),
            Statistic::Minimum => Some(self.minimum),
            Statistic::Maximum => Some(self.maximum),
            Statistic::Percentile(percent) => percentile(&self.sorted()?, percent),
            Statistic::Trimmed(trim, range) => trimmed(&self.sorted()?, trim, range),
            Statistic::PercentileRank(low, high) => {
                let samples = self.sorted()?;
                let within = |value: f64| low.is_none_or(|low| value > low) && high.is_none_or(|high| value <= high);
                let count: f64 = samples.iter().filter(|(value, _)| within(*value)).map(|(_, count)| count).sum();
                Some(100.0 * count / weight(&samples))
            }
        }
    }

    fn sorted(&self) -> Option<Vec<Sample>> {
        if self.samples.is_empty() {
            return None;
        }
        let mut samples = self.samples.clone();
        samples.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some(samples)
    }
}

fn weight(samples: &[Sample]) -> f64 {
    samples.iter().map(|(_, count)| count).sum()
}

/// The smallest value with at least this share of the samples at or below it.
fn percentile(sorted: &[Sample], percent: f64) -> Option<f64> {
    let wanted = weight(sorted) * percent / 100.0;
    let mut seen = 0.0;
    for (value, count) in sorted {
        seen += count;
        // Shares such as 99.9 % are not exact in binary.
        if seen >= wanted - 1e-9 {
            return Some(*value);
        }
    }
    sorted.last().map(|(value, _)| *value)
}

fn trimmed(sorted: &[Sample], trim: Trim, range: SampleRange) -> Option<f64> {
    let total = weight(sorted);
    // Each sample with the part of its count that is within the range.
    let (mut within, mut before): (Vec<Sample>, f64) = (Vec::new(), 0.0);
    for &(value, count) in sorted {
        let part = match range {
            SampleRange::Percent(low, high) => {
                let from = before.max(total * low / 100.0);
                (before + count).min(total * high / 100.0) - from
            }
            SampleRange::Values(low, high) => {
                let inside = low.is_none_or(|low| value > low) && high.is_none_or(|high| value <= high);
                if inside { count } else { 0.0 }
            }
        };
        before += count;
        if part > 1e-9 {
            within.push((value, part));
        }
    }
    let (count, sum) = (weight(&within), within.iter().map(|(value, part)| value * part).sum::<f64>());
    match trim {
        Trim::Count => Some(count),
        Trim::Sum => Some(sum),
        Trim::Mean => (count > 0.0).then(|| sum / count),
        Trim::Winsorized => {
            let (low, high) = (within.first()?.0, within.last()?.0);
            Some(sorted.iter().map(|(value, count)| value.clamp(low, high) * count).sum::<f64>() / total)
        }
    }
}

impl Statistic {
    /// Whether it is one of the five of `Statistic`, which need no single samples.
    pub fn is_simple(self) -> bool {
        !matches!(self, Statistic::Percentile(_) | Statistic::Trimmed(..) | Statistic::PercentileRank(..))
    }

    /// The samples under which a percentile is doubtful, which only percentiles can be (user guide, "Percentile-based alarms and low
    /// data samples"): 10/(1-p) from p50 on, else 10/p.
    pub fn least_samples(self) -> Option<f64> {
        let Statistic::Percentile(percent) = self else { return None };
        let share = percent / 100.0;
        Some(10.0 / if share >= 0.5 { (1.0 - share).max(1e-9) } else { share.max(1e-9) })
    }
}

/// A text that names no statistic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownStatistic;

impl FromStr for Statistic {
    type Err = UnknownStatistic;

    fn from_str(name: &str) -> Result<Self, UnknownStatistic> {
        let simple = match name {
            "SampleCount" => Statistic::SampleCount,
            "Average" => Statistic::Average,
            "Sum" => Statistic::Sum,
            "Minimum" => Statistic::Minimum,
            "Maximum" => Statistic::Maximum,
            _ => return extended(name).ok_or(UnknownStatistic),
        };
        Ok(simple)
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = |trim: Trim, names: [&'static str; 4]| names[trim as usize];
        match *self {
            Statistic::SampleCount => f.write_str("SampleCount"),
            Statistic::Average => f.write_str("Average"),
            Statistic::Sum => f.write_str("Sum"),
            Statistic::Minimum => f.write_str("Minimum"),
            Statistic::Maximum => f.write_str("Maximum"),
            Statistic::Percentile(percent) => write!(f, "p{percent}"),
            Statistic::Trimmed(Trim::Mean, SampleRange::Percent(25.0, 75.0)) => f.write_str("IQM"),
            Statistic::Trimmed(trim, SampleRange::Percent(0.0, high)) => write!(f, "{}{high}", kind(trim, TRIMS)),
            Statistic::Trimmed(trim, SampleRange::Percent(low, high)) => {
                write!(f, "{}({low}%:{high}%)", kind(trim, RANGED_TRIMS))
            }
            Statistic::Trimmed(trim, SampleRange::Values(low, high)) => {
                write!(f, "{}({}:{})", kind(trim, RANGED_TRIMS), shown(low), shown(high))
            }
            Statistic::PercentileRank(low, high) => write!(f, "PR({}:{})", shown(low), shown(high)),
        }
    }
}

fn shown(bound: RangeBound) -> String {
    bound.map(|value| value.to_string()).unwrap_or_default()
}

/// In the order of [`Trim`]: up to a percentile, and within a range.
const TRIMS: [&str; 4] = ["tm", "tc", "ts", "wm"];
const RANGED_TRIMS: [&str; 4] = ["TM", "TC", "TS", "WM"];

/// A percentile or trimmed statistic: `p95`, `tm99.9`, `IQM`, `PR(0:300)`, `TM(10%:90%)`.
fn extended(name: &str) -> Option<Statistic> {
    if name == "IQM" {
        return Some(Statistic::Trimmed(Trim::Mean, SampleRange::Percent(25.0, 75.0)));
    }
    if let Some((kind, range)) = name.strip_suffix(')').and_then(|name| name.split_once('(')) {
        let (low, high) = range.split_once(':')?;
        if kind == "PR" {
            return values(low, high).map(|(low, high)| Statistic::PercentileRank(low, high));
        }
        let trim = trim(kind, RANGED_TRIMS)?;
        if low.ends_with('%') || high.ends_with('%') {
            let percent =
                |text: &str, open: f64| if text.is_empty() { Some(open) } else { percent(text.strip_suffix('%')?) };
            let (low, high) = (percent(low, 0.0)?, percent(high, 100.0)?);
            return (low < high).then_some(Statistic::Trimmed(trim, SampleRange::Percent(low, high)));
        }
        return values(low, high).map(|(low, high)| Statistic::Trimmed(trim, SampleRange::Values(low, high)));
    }
    if let Some(share) = name.strip_prefix('p') {
        return percent(share).map(Statistic::Percentile);
    }
    let (kind, share) = name.split_at_checked(2)?;
    Some(Statistic::Trimmed(trim(kind, TRIMS)?, SampleRange::Percent(0.0, percent(share)?)))
}

fn trim(kind: &str, names: [&str; 4]) -> Option<Trim> {
    let at = names.iter().position(|name| *name == kind)?;
    [Trim::Mean, Trim::Count, Trim::Sum, Trim::Winsorized].get(at).copied()
}

/// 0 to 100, with at most ten decimals.
fn percent(text: &str) -> Option<f64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits =
        |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits(whole, 3) && digits(decimals, 10) { text.parse().ok() } else { None };
    number.filter(|percent| (0.0..=100.0).contains(percent))
}

/// Two values in order, one of which may be left out.
fn values(low: &str, high: &str) -> Option<(RangeBound, RangeBound)> {
    let bound = |text: &str| if text.is_empty() { Some(None) } else { number(text).map(Some) };
    match (bound(low)?, bound(high)?) {
        (None, None) => None,
        (Some(low), Some(high)) if low >= high => None,
        bounds => Some(bounds),
    }
}

/// A finite number in digits: Rust's own parser also takes words such as `inf`.
fn number(text: &str) -> Option<f64> {
    let starts_like_one = text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    text.parse::<f64>().ok().filter(|number| starts_like_one && number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, values: &[f64]) -> Option<f64> {
        let all = Aggregate::of(values.iter().map(|value| (*value, 1.0)).collect());
        all.statistic(name.parse().unwrap())
    }

    #[test]
    fn statistics_of_one_to_ten() {
        let values: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        for (name, expected) in [
            ("SampleCount", 10.0),
            ("Average", 5.5),
            ("Sum", 55.0),
            ("Minimum", 1.0),
            ("Maximum", 10.0),
            ("p50", 5.0),
            ("p95", 10.0),
            ("p90", 9.0),
            ("p0", 1.0),
            ("p100", 10.0),
            ("tm90", 5.0),
            ("tc90", 9.0),
            ("ts90", 45.0),
            ("wm90", 5.4),
            ("IQM", 5.5),
            ("TM(10%:90%)", 5.5),
            ("TM(2:4)", 3.5),
            ("TC(:4)", 4.0),
            ("PR(:3)", 30.0),
            ("PR(3:)", 70.0),
            ("WM(20%:80%)", 5.5),
        ] {
            let found = of(name, &values).unwrap();
            assert!((found - expected).abs() < 1e-9, "{name}: {found} for {expected}");
        }
        assert_eq!(of("Sum", &[]), None);
        assert_eq!(of("TM(20:30)", &values), None);
    }

    #[test]
    fn names_that_are_none() {
        for name in [
            "p101",
            "p",
            "p-1",
            "p1e1",
            "q90",
            "tm",
            "TM(:)",
            "TM(90%:10%)",
            "PR(a:b)",
            "TM(10%:90)",
            "iqm",
            "average",
            "é9",
            "P95",
            "p95.",
            "PR()",
            "PR(5:1)",
            "PR(1%:2%)",
            "PR(inf:)",
            "TM(5:1)",
            "TM(:0%)",
            "TM(1e1%:90%)",
            "XX(1:2)",
            "",
        ] {
            assert_eq!(name.parse::<Statistic>(), Err(UnknownStatistic), "{name}");
        }
        assert!("p99.9999999999".parse::<Statistic>().is_ok());
    }

    #[test]
    fn every_form_is_written_as_it_is_read() {
        for name in SIMPLE.iter().copied().chain([
            "p0",
            "p95",
            "p99.9",
            "p100",
            "tm90",
            "tm0",
            "tc5",
            "ts99.99",
            "wm98",
            "IQM",
            "PR(0:300)",
            "PR(:5)",
            "PR(7:)",
            "TM(10%:90%)",
            "TC(0.005:0.03)",
            "TS(80%:100%)",
            "WM(150:1000)",
            "TM(-5:5)",
        ]) {
            let statistic = name.parse::<Statistic>().unwrap();
            assert_eq!(statistic.to_string(), name);
            assert_eq!(statistic.is_simple(), SIMPLE.contains(&name), "{name}");
        }
        assert_eq!("TM(:90%)".parse::<Statistic>(), "tm90".parse());
    }

    /// A share such as 99.9 % is not exact in binary: of a thousand samples it is the 999th all the same.
    #[test]
    fn a_percentile_is_the_closest_rank() {
        let values: Vec<f64> = (1..=1000).map(f64::from).collect();
        assert_eq!(of("p99.9", &values), Some(999.0));
        assert_eq!(of("p7", &values), Some(70.0));
    }

    #[test]
    fn only_percentiles_are_doubtful_of_few_samples() {
        let least = |name: &str| name.parse::<Statistic>().unwrap().least_samples();
        assert_eq!(least("p50"), Some(20.0));
        assert_eq!(least("p10"), Some(100.0));
        assert_eq!((least("tm90"), least("Sum"), least("PR(0:1)")), (None, None, None));
    }
}
