//! What an alarm asks of its datapoints, as numbers, and one evaluation of it. Nothing of time, nothing of AWS.

use crate::resources::Alarm;
use mlops_cloudwatch::comparison::Comparison;
use mlops_cloudwatch::missing::MissingData;
use mlops_cloudwatch::state::AlarmState;
use mlops_cloudwatch::statistic::Statistic;

/// The choices CloudWatch does not document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// How many periods are fetched for one evaluation. AWS: "a higher number than Evaluation Periods", depending on the length of
    /// the period, with no formula. Default: N + 2 from five minutes on, else N + 5, which is what observers report.
    pub evaluation_range: Option<usize>,
}

/// M out of N datapoints beyond a threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// How many datapoints decide.
    pub n: usize,
    /// How many of them have to be breaching.
    pub m: usize,
    pub comparison: Comparison,
    pub threshold: f64,
    pub missing: MissingData,
    /// Seconds.
    pub period: i64,
    /// How many periods are looked at for `n` datapoints; at least `n`.
    pub range: usize,
    /// `EvaluateLowSampleCountPercentile: ignore`: with fewer samples than this in `n` periods the state is kept.
    pub least_samples: Option<f64>,
}

/// What one evaluation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Change(AlarmState),
    /// The state stays what it was.
    Retain,
}

impl Condition {
    /// Of a metric alarm; why not, where CloudWatch evaluates it in a way that is not known here.
    pub fn of(alarm: &Alarm, options: Options) -> Result<Self, String> {
        if alarm.promql.is_some() {
            return Err("a PromQL alarm is evaluated by CloudWatch only".into());
        }
        let count = |value: Option<i32>| value.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
        let n = count(alarm.evaluation_periods).unwrap_or(1);
        let period = period(alarm);
        let operator = alarm.comparison_operator.as_deref().unwrap_or("GreaterThanThreshold");
        let (comparison, threshold) = match &alarm.threshold_metric_id {
            // The distance beyond the band is what is compared: see `watched`.
            Some(_) => (Comparison::Greater, 0.0),
            None => {
                let comparison =
                    Comparison::from_word(operator).ok_or_else(|| format!("the operator {operator} is not known"))?;
                (comparison, alarm.threshold.ok_or("the alarm has no threshold")?)
            }
        };
        let word = alarm.treat_missing_data.as_deref().unwrap_or("missing");
        let missing = MissingData::from_word(word).ok_or_else(|| format!("missing data as {word} is not known"))?;
        let range = options.evaluation_range.unwrap_or(n + if period >= 300 { 2 } else { 5 }).max(n);
        Ok(Self {
            n,
            m: count(alarm.datapoints_to_alarm).unwrap_or(n).min(n),
            comparison,
            threshold,
            missing,
            period,
            range,
            least_samples: least_samples(alarm),
        })
    }

    /// Seconds between two evaluations: ten for high resolution, an hour for more than a day of data, else a minute.
    pub fn cadence(&self) -> i64 {
        match self.period {
            period if period < 60 => 10,
            period if period.saturating_mul(self.n as i64) > 86_400 => 3_600,
            _ => 60,
        }
    }

    pub fn breaches(&self, value: f64) -> bool {
        self.comparison.breaches(value, self.threshold)
    }

    /// One evaluation, from the newest period to the oldest; NaN is a period without data. It passes every cell of the tables in
    /// "Configuring how CloudWatch alarms treat missing data". Not documented: too new a breach with nothing but missing data
    /// around it keeps the state.
    pub fn evaluate(&self, newest_first: impl Iterator<Item = f64>) -> Decision {
        let (mut real, mut breaching, mut oldest_breach) = (0, 0, 0);
        for (age, value) in newest_first.take(self.range).enumerate() {
            if value.is_nan() {
                continue;
            }
            real += 1;
            if self.breaches(value) {
                breaching += 1;
                oldest_breach = age + 1;
            }
            if real == self.n {
                break;
            }
        }
        let decided = |alarm| Decision::Change(if alarm { AlarmState::Alarm } else { AlarmState::Ok });
        if real == self.n {
            return decided(breaching >= self.m);
        }
        match self.missing {
            MissingData::Breaching => decided(breaching + (self.n - real) >= self.m),
            MissingData::NotBreaching => decided(breaching >= self.m),
            MissingData::Missing if real == 0 => Decision::Change(AlarmState::InsufficientData),
            MissingData::Ignore if real == 0 => Decision::Retain,
            // The premature rule: the oldest breach is old enough, and nothing since was good.
            _ if breaching == real => match self.missing {
                MissingData::Missing if oldest_breach >= self.m => Decision::Change(AlarmState::Alarm),
                _ => Decision::Retain,
            },
            _ => decided(breaching >= self.m),
        }
    }
}

/// Seconds of one datapoint: the alarm's own period, or that of its metrics.
pub fn period(alarm: &Alarm) -> i64 {
    let of_metrics = || alarm.metrics.iter().find_map(|query| query.metric.as_ref().map(|m| m.period).or(query.period));
    i64::from(alarm.period.or_else(of_metrics).unwrap_or(300)).max(1)
}

/// Of a percentile alarm that ignores low sample counts.
fn least_samples(alarm: &Alarm) -> Option<f64> {
    let ignores = alarm.evaluate_low_sample_count_percentile.as_deref() == Some("ignore");
    let statistic = alarm.extended_statistic.as_deref().filter(|_| ignores)?.parse::<Statistic>().ok()?;
    statistic.least_samples()
}
