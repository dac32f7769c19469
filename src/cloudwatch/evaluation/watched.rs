//! What an alarm watches, as slots in time that one evaluation after the other can look at.

use super::condition::Condition;
use super::need::{MetricStatistic, RemoteExpression};
use super::past::Past;
use super::series::{Fold, PeriodGrid};
use super::windows::MathWindows;
use crate::alarm::{AlarmDefinition, AlarmLimit, AlarmQuery, AlarmWindow, WatchedSignal};
use crate::comparison::BandSide;
use crate::math::{Dependence, Frame, MathError, MathQuery, Program, SteppedSeries, is_function};
use crate::zone::TimeZone;

/// The periods of one alarm and how their values come about.
#[derive(Debug)]
pub struct EvaluatedSeries {
    pub grid: PeriodGrid,
    content: SeriesContent,
    /// Samples in each period, where a percentile alarm asks for them.
    samples: Option<Vec<f64>>,
    /// The first period whose evaluation looks at nothing that is not known.
    first: usize,
    /// What was assumed, for the reader.
    pub notes: Vec<String>,
}

#[derive(Debug)]
enum SeriesContent {
    /// The value of each period.
    Values(Vec<f64>),
    /// How far each period's value is beyond its band.
    Distances { side: BandSide, values: Vec<f64>, slots: Vec<Banded> },
    /// Math whose values depend on the range that is looked at.
    Windows(Box<MathWindows>),
}

/// A value against its band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Banded {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// What an alarm has to know of the past.
#[derive(Debug, Clone, Default)]
pub struct MetricRequirements {
    pub sources: Vec<MetricStatistic>,
    pub asked: Option<RemoteExpression>,
}

impl MetricRequirements {
    pub fn of(definition: &AlarmDefinition<'_>, condition: &Condition) -> Self {
        let asked = RemoteExpression::of(definition);
        let mut sources = Vec::new();
        if definition.insights().is_none() {
            sources.extend(definition.metrics().map(|series| MetricStatistic::of(&series)));
        }
        if condition.least_samples.is_some() {
            sources.extend(sample_counts(definition));
        }
        Self { sources, asked }
    }
}

impl EvaluatedSeries {
    /// From `from` until `until` (seconds), with enough before that the first evaluation sees whole windows.
    pub fn new(
        definition: &AlarmDefinition<'_>,
        condition: &Condition,
        past: &dyn Past,
        from: i64,
        until: i64,
    ) -> Result<Self, String> {
        let needs = MetricRequirements::of(definition, condition);
        if let Some(why) = needs.asked.as_ref().and_then(|asked| past.refused(asked)) {
            return Err(format!("its query could not be answered: {why}"));
        }
        let mut finest = 1;
        for source in &needs.sources {
            if source.period != condition.period {
                return Err(format!("{} has another period than the alarm", source.metric));
            }
            // Missing sample counts are told below; they do not keep the alarm from being judged.
            if source.stat == "SampleCount" && condition.least_samples.is_some() {
                continue;
            }
            finest = finest.max(past.step(source)?.unwrap_or(1));
        }
        if needs.asked.is_some() || definition.queries.iter().any(|query| past.result(query.id).is_some()) {
            finest = condition.period;
        }
        let grid = grid(definition, condition, finest, from, until)?;
        let mut notes = Vec::new();
        if grid.step > condition.cadence() && definition.evaluation.window == AlarmWindow::Sliding {
            notes.push(format!(
                "judged every {} s, where CloudWatch looks every {} s: finer data is not known",
                grid.step,
                condition.cadence()
            ));
        }
        let since = needs.sources.iter().filter_map(|source| past.since(source)).max();
        let first = since.map_or(0, |since| grid.index_from(since + condition.period * condition.n as i64));
        let content = content(definition, condition, past, &needs, &grid, &mut notes)?;
        let mut samples = None;
        if condition.least_samples.is_some() {
            let source = sample_counts(definition);
            match source.filter(|source| matches!(past.step(source), Ok(Some(step)) if step <= grid.step)) {
                Some(source) => samples = Some(past.values(&source, &grid)),
                None => notes.push("sample counts are not known: every percentile was judged".into()),
            }
        }
        Ok(Self { grid, content, samples, first, notes })
    }

    /// Slots that are already computed.
    pub fn of_values(grid: PeriodGrid, values: Vec<f64>) -> Self {
        Self { grid, content: SeriesContent::Values(values), samples: None, first: 0, notes: Vec::new() }
    }

    /// Slots against a band, which are already computed.
    pub fn of_band(grid: PeriodGrid, side: BandSide, slots: Vec<Banded>) -> Self {
        Self { content: distances(side, slots), ..Self::of_values(grid, Vec::new()) }
    }

    /// The first period that can be judged: what an evaluation before it looks at is not known.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Which side of a band is breaching, where the alarm has one.
    pub fn band(&self) -> Option<BandSide> {
        match &self.content {
            SeriesContent::Distances { side, .. } => Some(*side),
            SeriesContent::Values(_) | SeriesContent::Windows(_) => None,
        }
    }

    /// The value and the band `age` periods before the one that ends at `index`.
    pub fn band_at(&self, index: usize, age: usize) -> Option<Banded> {
        let SeriesContent::Distances { slots, .. } = &self.content else { return None };
        slots.get(index.checked_sub(age * self.grid.stride())?).copied()
    }

    /// Calls `look` with the values of the period that ends at `index` and of those before it, newest first.
    pub fn window<T>(&self, index: usize, range: usize, look: impl FnOnce(&mut dyn Iterator<Item = f64>) -> T) -> T {
        match &self.content {
            SeriesContent::Values(values) | SeriesContent::Distances { values, .. } => {
                look(&mut self.back(values, index).take(range))
            }
            SeriesContent::Windows(windows) => match (windows.stepped(), windows.kept(index, range)) {
                (Some(series), _) => look(&mut self.stepped_back(series, index, range)),
                (None, Some(window)) => look(&mut window.iter().rev().copied()),
                (None, None) => look(&mut windows.anew(&self.grid, index, range).into_iter().rev()),
            },
        }
    }

    /// All values, where they do not depend on the range that is looked at; the fast way.
    pub fn values(&self) -> Option<&[f64]> {
        match &self.content {
            SeriesContent::Values(values) | SeriesContent::Distances { values, .. } => Some(values),
            SeriesContent::Windows(_) => None,
        }
    }

    /// The values of [`Self::window`] from the oldest on, where they were computed together with those of other evaluations.
    pub fn computed(&self, index: usize, range: usize) -> Option<&[f64]> {
        match &self.content {
            SeriesContent::Windows(windows) => windows.kept(index, range),
            _ => None,
        }
    }

    /// What every window shows of a slot, where that follows from the slot before alone.
    pub fn stepped(&self) -> Option<&SteppedSeries> {
        match &self.content {
            SeriesContent::Windows(windows) => windows.stepped(),
            _ => None,
        }
    }

    /// The values of [`Self::window`] of such a series.
    pub fn stepped_back<'a>(
        &self,
        series: &'a SteppedSeries,
        index: usize,
        range: usize,
    ) -> impl Iterator<Item = f64> + use<'a> {
        let stride = self.grid.stride();
        (0..range).map(move |age| match index.checked_sub(age * stride) {
            Some(at) if age.saturating_add(series.gaps[at] as usize) < range => series.values[at],
            Some(at) => series.first[at],
            None => f64::NAN,
        })
    }

    /// Samples in the newest `n` periods, where they are known and matter.
    pub fn samples(&self, index: usize, n: usize) -> Option<f64> {
        let counts = self.samples.as_ref()?;
        Some(self.back(counts, index).take(n).filter(|count| !count.is_nan()).sum())
    }

    fn back<'a>(&self, values: &'a [f64], index: usize) -> impl Iterator<Item = f64> + 'a {
        let stride = self.grid.stride();
        (0..).map(move |n| index.checked_sub(n * stride).map_or(f64::NAN, |at| values[at]))
    }
}

fn content(
    definition: &AlarmDefinition<'_>,
    condition: &Condition,
    past: &dyn Past,
    needs: &MetricRequirements,
    grid: &PeriodGrid,
    notes: &mut Vec<String>,
) -> Result<SeriesContent, String> {
    let result = |query: &AlarmQuery<'_>| past.result(query.id).map(|series| series.folded(Fold::Maximum, grid));
    if let (WatchedSignal::Math(watched), Some(given)) =
        (&definition.signal, definition.watched_query().and_then(result))
    {
        notes.push(format!("the result of `{watched}` is given"));
        return Ok(SeriesContent::Values(given));
    }
    if let Some(asked) = &needs.asked {
        return asked_values(definition, asked, past, grid, notes);
    }
    if let WatchedSignal::Metric(series) = &definition.signal {
        return Ok(SeriesContent::Values(whole(&MetricStatistic::of(series), past, grid)));
    }
    if let Some(query) = definition.insights().filter(|query| past.result(query.id).is_none()) {
        return Err(format!(
            "only CloudWatch can compute it: its metric math is over the Metrics Insights query `{}`",
            query.id
        ));
    }
    // Whatever is given is a series like that of a metric.
    let queries = definition.queries.iter().map(|query| match past.result(query.id) {
        Some(_) => MathQuery { expression: None, is_metric: true, ..query.math() },
        None => query.math(),
    });
    let program = Program::new(queries).map_err(|error| match error {
        MathError::UnknownFunction(name) if is_function(&name) => format!("only CloudWatch can compute {name}"),
        other => other.to_string(),
    })?;
    let metric = |query: &AlarmQuery<'_>| query.metric.map(|series| whole(&MetricStatistic::of(&series), past, grid));
    let metrics: Vec<Vec<f64>> =
        definition.queries.iter().filter_map(|query| result(query).or_else(|| metric(query))).collect();
    if program.dependence != Dependence::Slot {
        notes.push(format!("the expression is computed over the {} periods that are looked at", condition.range));
        let windows = MathWindows::new(program, metrics, grid, condition.range);
        return Ok(SeriesContent::Windows(Box::new(windows)));
    }
    let slices: Vec<&[f64]> = metrics.iter().map(Vec::as_slice).collect();
    let start = grid.first - grid.period;
    let frame = Frame { metrics: &slices, len: grid.len, start, step: grid.step, period: grid.period };
    Ok(SeriesContent::Values(program.run(&frame).map_err(|error| error.to_string())?))
}

/// The values of the periods that are known as a whole.
fn whole(source: &MetricStatistic, past: &dyn Past, grid: &PeriodGrid) -> Vec<f64> {
    let mut values = past.values(source, grid);
    if let Some(since) = past.since(source) {
        let known = grid.index_from(since + grid.period);
        values.iter_mut().take(known).for_each(|value| *value = f64::NAN);
    }
    values
}

fn distances(side: BandSide, slots: Vec<Banded>) -> SeriesContent {
    let values = slots.iter().map(|banded| side.beyond(banded.value, banded.low, banded.high)).collect();
    SeriesContent::Distances { side, values, slots }
}

/// How many samples the metric that is watched had.
fn sample_counts(definition: &AlarmDefinition<'_>) -> Option<MetricStatistic> {
    match &definition.signal {
        WatchedSignal::Metric(series) => Some(MetricStatistic::of(series).sample_count()),
        _ => None,
    }
}

/// A band: how far the metric is beyond it, so that above 0 is a breach. A query: its one series.
fn asked_values(
    definition: &AlarmDefinition<'_>,
    asked: &RemoteExpression,
    past: &dyn Past,
    grid: &PeriodGrid,
    notes: &mut Vec<String>,
) -> Result<SeriesContent, String> {
    let answers: Vec<Vec<f64>> = past.asked(asked).iter().map(|series| series.folded(Fold::Maximum, grid)).collect();
    let banded = match (&definition.signal, definition.evaluation.limit) {
        (WatchedSignal::Band { watched, .. }, AlarmLimit::Band(side)) => {
            watched.metric.map(|series| (MetricStatistic::of(&series), side))
        }
        _ => None,
    };
    match (answers.as_slice(), banded) {
        ([], _) => Err("only CloudWatch can compute it, and nothing of it is known".into()),
        ([a, b], Some((source, side))) => {
            notes.push("the anomaly band is CloudWatch's own, as it is now".into());
            let values = past.values(&source, grid);
            // `min` and `max` prefer a number to NaN, and a band has two edges.
            let known = |slot: usize| if a[slot].is_nan() || b[slot].is_nan() { f64::NAN } else { values[slot] };
            let banded =
                |slot: usize| Banded { value: known(slot), low: a[slot].min(b[slot]), high: a[slot].max(b[slot]) };
            Ok(distances(side, (0..grid.len).map(banded).collect()))
        }
        ([only], None) => Ok(SeriesContent::Values(only.clone())),
        _ => Err(format!("`{}` gave {} series", asked.expression, answers.len())),
    }
}

/// Sliding periods end every minute (or ten seconds, or hour), wall-clock periods where the clock says.
fn grid(
    definition: &AlarmDefinition<'_>,
    condition: &Condition,
    finest: i64,
    from: i64,
    until: i64,
) -> Result<PeriodGrid, String> {
    let period = condition.period;
    let lead = period.saturating_mul(condition.range as i64);
    let (step, phase) = match definition.evaluation.window {
        AlarmWindow::WallClock(zone) => {
            let offset = offset(zone).ok_or_else(|| format!("the clock of the time zone {zone} is not simulated"))?;
            // 1970 began on a Thursday; that a calendar week begins on Monday is not documented.
            let week = if period == 604_800 { 4 * 86_400 } else { 0 };
            let phase = (week - offset).rem_euclid(period);
            if phase % finest != 0 {
                return Err(format!("data every {finest} s does not fit the clock of {zone}"));
            }
            (period, phase)
        }
        AlarmWindow::Sliding => {
            let common = gcd(condition.cadence(), period);
            let step = if finest > common || common % finest != 0 { finest.max(1) } else { common };
            (if period % step == 0 { step } else { period }, 0)
        }
    };
    let first = (from - lead - phase).div_euclid(step) * step + phase;
    let len = usize::try_from((until - first).div_euclid(step) + 1).unwrap_or(0);
    Ok(PeriodGrid { first, step, len, period })
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Seconds east of UTC; `None` of a zone that has rules.
fn offset(zone: &str) -> Option<i64> {
    match TimeZone::parse(zone)? {
        TimeZone::Offset(seconds) => Some(seconds),
        TimeZone::Named("UTC" | "Etc/UTC" | "Zulu" | "Etc/GMT" | "Etc/UCT" | "UCT") => Some(0),
        TimeZone::Named(_) => None,
    }
}
