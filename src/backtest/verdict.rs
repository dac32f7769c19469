//! Figures of one alarm's past, and the one word that follows from them.

use crate::model::duration::format_seconds;
use mlops_cloudwatch::evaluation::condition::Condition;
use mlops_cloudwatch::evaluation::series::PeriodGrid;
use mlops_cloudwatch::evaluation::timeline::{StateSpan, Timeline};
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use mlops_cloudwatch::state::AlarmState;
use serde::Serialize;

/// In one word, what the alarm would have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BacktestVerdict {
    /// Never fired, and nothing that happened came near: its threshold may be out of reach.
    Silent,
    /// Never fired: the series came near, or nothing ever happened.
    Quiet,
    /// Fired now and then; the figures say on which values.
    Useful,
    /// Fired so often, or flapped so much, that people stop looking.
    Noisy,
    /// In alarm at least half of the time.
    AlwaysOn,
    /// No data at all.
    Blind,
}

impl BacktestVerdict {
    pub fn word(self) -> &'static str {
        match self {
            BacktestVerdict::Silent => "silent",
            BacktestVerdict::Quiet => "quiet",
            BacktestVerdict::Useful => "useful",
            BacktestVerdict::Noisy => "noisy",
            BacktestVerdict::AlwaysOn => "always on",
            BacktestVerdict::Blind => "blind",
        }
    }

    /// Whether somebody should look at the alarm.
    pub fn is_bad(self) -> bool {
        matches!(self, BacktestVerdict::Noisy | BacktestVerdict::AlwaysOn | BacktestVerdict::Blind)
    }
}

/// More firings a week than this are noise.
pub const MOST_A_WEEK: f64 = 3.0;
/// In however short a past, so many firings are no noise yet.
const ALWAYS_FINE: f64 = 2.0;
/// Firing again within this many seconds after it was over is a flap.
pub const FLAP: i64 = 30 * 60;
/// Flaps from which on an alarm is noisy whatever their rate.
const MANY_FLAPS: usize = 3;
/// A series that never went half the way from its median to the threshold did not come near.
const NEAR: f64 = 0.5;

/// What happened. Times in seconds since 1970, durations in seconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    pub from: i64,
    pub until: i64,
    pub firings: usize,
    pub flaps: usize,
    pub in_alarm: i64,
    pub longest: i64,
    /// Each time in ALARM: from and until.
    pub spans: Vec<StateSpan>,
    /// The worst value of each time in ALARM; nothing where it fired on missing data alone, or of a composite alarm.
    pub worst: Vec<Option<f64>>,
    /// Mean time from the beginning of the first bad period of a firing until the alarm.
    pub time_to_detect: Option<i64>,
    /// Share of periods without data, 0 to 1; of a composite alarm nothing.
    pub missing: Option<f64>,
    pub nearest: Option<Nearest>,
}

/// How near the series came to the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Nearest {
    /// The worst value, and when its period ended.
    pub value: f64,
    pub at: i64,
    pub median: f64,
    /// How far it went from the median to the threshold: 1 is there.
    pub share: f64,
    /// Whether it was beyond the threshold.
    pub beyond: bool,
}

impl Figures {
    /// Of states alone.
    pub fn of_states(timeline: &Timeline) -> Self {
        let spans = timeline.alarms();
        let lengths = || spans.iter().map(|(from, until)| until - from);
        Self {
            from: timeline.from,
            until: timeline.until,
            firings: timeline.changes.iter().filter(|change| change.to == AlarmState::Alarm).count()
                + usize::from(timeline.start == AlarmState::Alarm),
            flaps: spans.windows(2).filter(|pair| pair[1].0 - pair[0].1 <= FLAP).count(),
            in_alarm: lengths().sum(),
            longest: lengths().max().unwrap_or(0),
            time_to_detect: None,
            missing: None,
            nearest: None,
            worst: vec![None; spans.len()],
            spans,
        }
    }

    /// Of a metric alarm: also what its series was like.
    pub fn new(timeline: &Timeline, condition: &Condition, watched: &EvaluatedSeries) -> Self {
        let mut figures = Self::of_states(timeline);
        let grid = &watched.grid;
        // Periods that are not judged, because what lies before them is not known, are not periods without data.
        let first = grid.index_from(timeline.from + 1).max(watched.first());
        let points: Vec<(usize, f64)> = (first..grid.len).map(|i| (i, newest(watched, i, condition.range))).collect();
        let mut real: Vec<f64> = points.iter().map(|(_, value)| *value).filter(|value| !value.is_nan()).collect();
        figures.missing = (!points.is_empty()).then(|| 1.0 - real.len() as f64 / points.len() as f64);
        figures.time_to_detect = time_to_detect(&figures.spans, timeline, condition, watched);
        if real.is_empty() {
            return figures;
        }
        let upward = condition.comparison.is_upward();
        figures.worst =
            figures.spans.iter().map(|span| worst(&points, *span, timeline.from, condition, grid)).collect();
        let middle = real.len() / 2;
        let median = *real.select_nth_unstable_by(middle, f64::total_cmp).1;
        let worst = points
            .into_iter()
            .filter(|(_, value)| !value.is_nan())
            .max_by(|(_, a), (_, b)| if upward { a.total_cmp(b) } else { b.total_cmp(a) });
        figures.nearest = worst.map(|(index, value)| {
            let way = condition.threshold - median;
            let toward = if upward { way > 0.0 } else { way < 0.0 };
            let share = if condition.breaches(value) {
                1.0
            } else if toward {
                ((value - median) / way).clamp(0.0, 1.0)
            } else {
                1.0
            };
            Nearest { value, at: grid.end(index), median, share, beyond: condition.breaches(value) }
        });
        figures
    }

    pub fn weeks(&self) -> f64 {
        ((self.until - self.from) as f64 / 604_800.0).max(1.0 / 7.0)
    }

    pub fn verdict(&self) -> BacktestVerdict {
        let length = (self.until - self.from).max(1);
        if self.missing == Some(1.0) {
            return BacktestVerdict::Blind;
        }
        if self.in_alarm * 2 >= length {
            return BacktestVerdict::AlwaysOn;
        }
        match self.firings {
            0 if self.nearest.is_some_and(|near| near.share < NEAR && near.value != near.median) => {
                BacktestVerdict::Silent
            }
            0 => BacktestVerdict::Quiet,
            n if self.is_flapping() || n as f64 > (MOST_A_WEEK * self.weeks()).max(ALWAYS_FINE) => {
                BacktestVerdict::Noisy
            }
            _ => BacktestVerdict::Useful,
        }
    }
}

impl Figures {
    fn is_flapping(&self) -> bool {
        self.flaps >= MANY_FLAPS && self.flaps * 2 >= self.firings
    }

    /// Why the verdict is what it is, with the number that decided; of a useful or blind alarm the word is the reason.
    pub fn verdict_reason(&self) -> Option<String> {
        let share = |share: f64| format!("{} %", (share * 100.0).floor());
        match self.verdict() {
            BacktestVerdict::Noisy if self.is_flapping() => {
                Some(format!("{} within {} of the one before", self.flaps, format_seconds(FLAP)))
            }
            BacktestVerdict::Noisy => Some(format!("more than {MOST_A_WEEK} a week")),
            BacktestVerdict::AlwaysOn => {
                let of = self.in_alarm as f64 / (self.until - self.from).max(1) as f64;
                Some(format!("in ALARM {} of the time", share(of)))
            }
            BacktestVerdict::Silent | BacktestVerdict::Quiet => {
                let near = self.nearest.filter(|near| near.share < 1.0);
                near.map(|near| format!("at most {} of the threshold", share(near.share)))
            }
            BacktestVerdict::Useful | BacktestVerdict::Blind => None,
        }
    }
}

fn newest(watched: &EvaluatedSeries, index: usize, range: usize) -> f64 {
    match watched.values() {
        Some(values) => values[index],
        None => watched.window(index, range, |slots| slots.next().unwrap_or(f64::NAN)),
    }
}

/// The worst value of the periods that led to this time in ALARM and of those in it.
fn worst(
    points: &[(usize, f64)],
    span: StateSpan,
    begin: i64,
    condition: &Condition,
    grid: &PeriodGrid,
) -> Option<f64> {
    let before = condition.n as i64 * grid.period;
    let (from, until) = ((span.0 - before).max(begin) + 1, span.1);
    let first = points.partition_point(|(index, _)| grid.end(*index) < from);
    let within = points[first..].iter().take_while(|(index, _)| grid.end(*index) < until);
    let breaching = within.map(|(_, value)| *value).filter(|value| condition.breaches(*value));
    breaching.reduce(|a, b| if condition.comparison.is_upward() { a.max(b) } else { a.min(b) })
}

/// From the beginning of the oldest bad period that led to it; of firings on missing data alone nothing is known.
fn time_to_detect(
    spans: &[StateSpan],
    timeline: &Timeline,
    condition: &Condition,
    watched: &EvaluatedSeries,
) -> Option<i64> {
    let grid = &watched.grid;
    let mut delays = Vec::new();
    for (at, _) in spans.iter().filter(|(at, _)| *at > timeline.from) {
        let index = grid.index_from(*at);
        if index >= grid.len {
            continue;
        }
        let oldest = watched.window(index, condition.range, |slots| {
            slots
                .enumerate()
                .filter(|(_, v)| !v.is_nan() && condition.breaches(*v))
                .map(|(age, _)| age)
                .take(condition.n)
                .last()
        });
        delays.extend(oldest.map(|age| (age as i64 + 1) * grid.period));
    }
    let count = i64::try_from(delays.len()).ok().filter(|count| *count > 0)?;
    Some(delays.iter().sum::<i64>() / count)
}
