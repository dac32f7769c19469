//! Of what is counted two comparisons can mean the same: `> 5.5` and `>= 6`.

use crate::lint::AlarmView;
use crate::resources::Alarm;
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::statistic::{Statistic, Trim};
use mlops_cloudwatch::unit::COUNT;

type Compared = (Comparison, f64);

/// Returns whether two comparisons mean the same to the alarm; `None` where any number may come, and two that differ differ.
pub fn means_the_same(alarm: &Alarm) -> Option<fn(Compared, Compared) -> bool> {
    is_whole(alarm).then_some(|a, b| a.0.is_upward() == b.0.is_upward() && edge(a) == edge(b))
}

/// Whether only whole numbers are compared: one metric that counts, by a statistic that makes no fractions of it.
fn is_whole(alarm: &Alarm) -> bool {
    let watch = AlarmView::new(alarm);
    let Some(series) = watch.single() else { return false };
    let unit = series.unit.or(series.known.map(|known| known.metric.unit.as_str()));
    match series.stat.parse::<Statistic>() {
        Ok(Statistic::SampleCount) => true,
        Ok(Statistic::Sum | Statistic::Minimum | Statistic::Maximum) => unit == Some(COUNT),
        Ok(Statistic::Trimmed(Trim::Count | Trim::Sum | Trim::Mean | Trim::Winsorized, _)) | Err(_) => false,
        Ok(Statistic::Average | Statistic::Percentile(_) | Statistic::PercentileRank(..)) => false,
    }
}

/// The whole number from which on it breaches.
fn edge((comparison, threshold): Compared) -> f64 {
    match comparison {
        Comparison::Greater => threshold.floor() + 1.0,
        Comparison::GreaterOrEqual => threshold.ceil(),
        Comparison::Less => threshold.ceil() - 1.0,
        Comparison::LessOrEqual => threshold.floor(),
    }
}
