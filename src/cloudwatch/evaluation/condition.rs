//! What an alarm asks of its datapoints, as numbers, and one evaluation of it. Nothing of time, nothing of AWS.

use crate::alarm::{AlarmDefinition, AlarmLimit, WatchedSignal};
use crate::comparison::{Comparison, OPERATORS};
use crate::missing::MissingData;
use crate::state::AlarmState;

/// The choices CloudWatch does not document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EvaluationOptions {
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
    /// Whether the alarm names `m` (`DatapointsToAlarm`), which its reasons then do, too.
    pub names_m: bool,
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
    pub fn of(definition: &AlarmDefinition<'_>, options: EvaluationOptions) -> Result<Self, String> {
        if matches!(definition.signal, WatchedSignal::PromQl(_)) {
            return Err("a PromQL alarm is evaluated by CloudWatch only".into());
        }
        let evaluation = &definition.evaluation;
        let (comparison, threshold) = match evaluation.limit {
            // The distance beyond the band is what is compared: see `watched`.
            AlarmLimit::Band(_) => (Comparison::Greater, 0.0),
            AlarmLimit::Threshold { comparison, threshold } => (comparison, threshold),
            AlarmLimit::Unmodelled { operator, .. } if !OPERATORS.contains(&operator) => {
                return Err(format!("the operator {operator} is not known"));
            }
            AlarmLimit::Unmodelled { threshold: None, .. } => return Err("the alarm has no threshold".into()),
            AlarmLimit::Unmodelled { operator, .. } => return Err(format!("the operator {operator} is for a band")),
        };
        let missing = definition.treatment().map_err(|word| format!("missing data as {word} is not known"))?;
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let (n, period) = (count(evaluation.n), evaluation.seconds());
        let range = options.evaluation_range.unwrap_or(n + if period >= 300 { 2 } else { 5 }).max(n);
        Ok(Self {
            n,
            m: count(evaluation.m),
            names_m: evaluation.names_m,
            comparison,
            threshold,
            missing,
            period,
            range,
            least_samples: definition.least_samples(),
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
    /// around it keeps the state, and with `ignore` M breaches decide, though they are fewer than N datapoints.
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
        if real == self.n {
            return self.evaluate_all(breaching);
        }
        let decided = |alarm| Decision::Change(if alarm { AlarmState::Alarm } else { AlarmState::Ok });
        match self.missing {
            MissingData::Breaching => decided(breaching + (self.n - real) >= self.m),
            MissingData::NotBreaching => decided(breaching >= self.m),
            MissingData::Missing if real == 0 => Decision::Change(AlarmState::InsufficientData),
            MissingData::Ignore if real == 0 => Decision::Retain,
            _ if breaching >= self.m => decided(true),
            // The premature rule: the oldest breach is old enough, and nothing since was good.
            MissingData::Missing if breaching == real && oldest_breach >= self.m => decided(true),
            _ if breaching == real => Decision::Retain,
            _ => decided(false),
        }
    }

    /// One evaluation of N datapoints that are all there, so many of them breaching.
    pub fn evaluate_all(&self, breaching: usize) -> Decision {
        Decision::Change(if breaching >= self.m { AlarmState::Alarm } else { AlarmState::Ok })
    }
}
