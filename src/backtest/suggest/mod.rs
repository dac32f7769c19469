//! Conditions that fire on what stands out in the past and hold on the half of it that they were not made from. A proposal: each is an
//! alarm that CloudWatch can run, evaluated by its own rules, with what it would have done. Where nothing is unusual it says so, and proposes
//! limits beyond all that was seen.
//!
//! view ─ excursion ─ search ─ (here)     (what can be watched -> levels -> what most agree on -> alarms)

mod baseline;
mod excursion;
mod search;
mod together;
mod view;

pub use search::OtherHalf;
pub use view::ViewKind;

use super::history::MetricHistory;
use super::incidents::{IncidentScore, score};
use super::verdict::Figures;
use crate::resources::Alarm;
use baseline::Timed;
use excursion::ClearLevel;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::replay::replay;
use mlops_cloudwatch::evaluation::timeline::StateSpan;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use search::{
    CLEAR, Family, RankedLevel, SHAPES, SHAPES_TOGETHER, SearchBounds, by_agreement, families, families_together,
    halves, worst_of_days,
};
use serde::Serialize;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use view::View;

/// Seconds without a breach after which the next one is another incident.
const GAP: i64 = 2 * 3_600;
/// Level and change together are looked at where more than this was seen: a day and another beside it.
const DAYS_TOGETHER: usize = 2;
/// So many proposals, each of another view or M of N.
const MOST_SHOWN: usize = 4;
/// Of the way between ordinary values and those of the incidents; a threshold lies in the middle part.
const MIDDLE: (f64, f64) = (0.25, 0.75);

/// One proposal and what it would have done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggestion {
    pub watches: ViewKind,
    pub threshold: f64,
    pub datapoints_to_alarm: usize,
    pub evaluation_periods: usize,
    pub firings: usize,
    pub in_alarm: i64,
    pub longest: i64,
    pub time_to_detect: Option<i64>,
    /// How many times as far from the usual value the threshold's incidents went as everything else.
    pub separation: f64,
    /// Made from the earlier half, tried on the later; and the other way round. `None`: nothing stood out in the half it is made from.
    pub later_half: Option<HalfTried>,
    pub earlier_half: Option<HalfTried>,
    /// Beside known incidents.
    pub known: Option<IncidentScore>,
    /// The alarm with all of that.
    #[serde(skip)]
    pub alarm: Box<Alarm>,
}

/// What the same kind of condition, made from one half of the past, did in the other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HalfTried {
    pub incidents: usize,
    /// Seconds beyond the threshold.
    pub beyond: i64,
    pub held: bool,
}

/// The proposals, the best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposals {
    pub suggestions: Vec<Suggestion>,
    /// Why none of them would have fired, where that was not asked for: they are limits beyond all that was seen.
    pub nothing_stands_out: Option<String>,
}

/// What can be proposed, or why nothing can.
pub type Advice = Result<Proposals, String>;

/// What is asked for: of which past (seconds since 1970), how often a week, and beside which incidents (from and until).
#[derive(Debug, Clone, Copy)]
pub struct SuggestRequest<'a> {
    pub from: i64,
    pub until: i64,
    pub options: EvaluationOptions,
    pub a_week: f64,
    pub known: &'a [StateSpan],
}

/// Proposes conditions for the alarm. Those that held on the other half of the past come first; of these, those on whose incidents most
/// ways to look at the series agree. Known incidents, where there are any, decide instead.
pub fn suggest(
    alarm: &Alarm,
    condition: &Condition,
    watched: &EvaluatedSeries,
    history: &MetricHistory,
    request: SuggestRequest<'_>,
) -> Advice {
    let values =
        watched.values().ok_or("its expression is computed anew for each evaluation: no threshold is searched")?;
    let grid = &watched.grid;
    let first = grid.index_from(request.from + 1).min(values.len());
    let series = Timed { values: &values[first..], begins: grid.end(first) - grid.period, step: grid.step };
    something_changes(series.values)?;
    let slots = |seconds: i64| usize::try_from(seconds / grid.step).unwrap_or(1).max(1);
    let weeks = (request.until - request.from) as f64 / 604_800.0;
    // Of a past that is too short for one firing at this rate, one is still allowed.
    let wished = ((request.a_week * weeks + 0.01) as usize).max(usize::from(request.a_week > 0.0));
    let most = wished + request.known.len();
    let bounds = SearchBounds { stride: grid.stride(), gap: slots(GAP), most: most.max(1) };
    let upward = condition.comparison.is_upward();
    let mut ways = View::all(alarm, series);
    let mut views: Vec<Vec<f64>> = ways.iter().map(|view| view.values(series, bounds.stride, upward)).collect();
    let mut shapes: Vec<(usize, usize)> = SHAPES.into_iter().chain([(condition.m, condition.n)]).collect();
    shapes.sort_unstable();
    shapes.dedup();
    // The slots before the first evaluation were made for the alarm's own range.
    shapes.retain(|(_, n)| *n as i64 * condition.period <= 86_400);
    let mut families = families(&views, &shapes, bounds);
    let apart = families.len();
    let day = slots(86_400);
    let long_enough = series.values.len() > DAYS_TOGETHER * day;
    if let Some(together) = View::together(alarm, &views, bounds, upward).filter(|_| long_enough) {
        let mut shapes = SHAPES_TOGETHER.to_vec();
        shapes.retain(|(_, n)| *n as i64 * condition.period <= 86_400);
        let values = together.values(series, bounds.stride, upward);
        families.extend(families_together(ways.len(), &values, &shapes, day, bounds));
        ways.push(together);
        views.push(values);
    }
    let search = Search {
        alarm,
        condition,
        watched,
        history,
        request,
        families,
        apart,
        day,
        ways,
        evaluated: RefCell::default(),
    };
    if request.a_week == 0.0 && request.known.is_empty() {
        return Ok(Proposals {
            suggestions: search.never(&search.families[..apart], MOST_SHOWN),
            nothing_stands_out: None,
        });
    }
    let time = |slot: usize| grid.end(first + slot);
    let tried = |one: RankedLevel| (one, halves(&search.families[one.family], &views, bounds));
    let best: Vec<Ranked> = match request.known {
        [] => search.ranked(bounds, tried),
        known => each_family_once(by_incidents(&search.families, known, wished, time)).into_iter().map(tried).collect(),
    };
    let limit = request.known.is_empty().then(|| search.limit_before(&best)).flatten();
    let made = best.into_iter().filter_map(|(one, halves)| {
        let family = &search.families[one.family];
        search.suggestion(family, &family.levels[one.level], halves)
    });
    let mut made: Vec<Suggestion> = made.filter(|found| found.firings > 0).collect();
    if let Some(limit) = limit.filter(|_| !made.is_empty()) {
        made.insert(0, limit);
        made.truncate(MOST_SHOWN);
    }
    match (made.is_empty(), request.known) {
        (false, _) => Ok(Proposals { suggestions: made, nothing_stands_out: None }),
        // An incident of the next weeks may go farther than anything has gone.
        (true, []) => Ok(Proposals { suggestions: search.beyond_all(), nothing_stands_out: Some(search.alike()) }),
        (true, _) => Err(search.alike()),
    }
}

/// Why nothing can be told apart in a series that has no values or one.
fn something_changes(values: &[f64]) -> Result<(), String> {
    let mut known = values.iter().copied().filter(|value| !value.is_nan());
    let Some(first) = known.next() else { return Err("there was no data".into()) };
    match known.any(|value| value != first) {
        true => Ok(()),
        false => Err(format!("it was always {first}: what it is in an incident is not known")),
    }
}

/// A level and what it did on the half of the past that it was not made from.
type Ranked = (RankedLevel, [Option<OtherHalf>; 2]);

/// Whether it held on any half of the past that it was not made from.
fn held(one: &Ranked) -> bool {
    one.1.iter().flatten().any(|half| half.held)
}

/// The best level of each family, as many families as are shown.
fn each_family_once(candidates: Vec<RankedLevel>) -> Vec<RankedLevel> {
    let mut best: Vec<RankedLevel> = Vec::new();
    for candidate in candidates {
        if best.len() < MOST_SHOWN && !best.iter().any(|one| one.family == candidate.family) {
            best.push(candidate);
        }
    }
    best
}

/// With known incidents: the level that catches most of them with at most `wished` others, then with the fewest others.
fn by_incidents(
    families: &[Family],
    known: &[StateSpan],
    wished: usize,
    time: impl Fn(usize) -> i64,
) -> Vec<RankedLevel> {
    let mut found: Vec<(usize, usize, f64, RankedLevel)> = Vec::new();
    for (family, one) in families.iter().enumerate() {
        for (at, level) in one.levels.iter().enumerate() {
            let spans: Vec<StateSpan> =
                level.incidents.iter().map(|(from, until)| (time(*from), time(*until))).collect();
            let score = score(&spans, known, 0);
            if score.caught > 0 && score.false_firings <= wished {
                let worth = score.caught as f64 - score.false_firings as f64 / 2.0;
                let candidate = RankedLevel { family, level: at, worth };
                found.push((score.caught, score.false_firings, level.separation, candidate));
            }
        }
    }
    found.sort_by(|a, b| b.3.worth.total_cmp(&a.3.worth).then(a.1.cmp(&b.1)).then(b.2.total_cmp(&a.2)));
    found.into_iter().map(|(.., candidate)| candidate).collect()
}

/// All that a proposal is made from.
struct Search<'a> {
    alarm: &'a Alarm,
    condition: &'a Condition,
    watched: &'a EvaluatedSeries,
    history: &'a MetricHistory,
    request: SuggestRequest<'a>,
    families: Vec<Family>,
    /// How many of the families look at one thing; the others at level and change together.
    apart: usize,
    /// Slots in a day.
    day: usize,
    ways: Vec<View>,
    /// What was made of views, by view and N.
    evaluated: RefCell<BTreeMap<(usize, usize), Rc<EvaluatedSeries>>>,
}

impl Search<'_> {
    /// Those that look at one thing and those that look at level and change together, each agreeing among themselves: what held on the
    /// other half of the past first, then the distance from what is usual at the hour, then level and change together, which were
    /// measured to miss less, and to fire less often in vain, on what they were not made from.
    fn ranked(&self, bounds: SearchBounds, tried: impl Fn(RankedLevel) -> Ranked) -> Vec<Ranked> {
        let (apart, together) = self.families.split_at(self.apart);
        let of = |families: &[Family], before: usize| {
            let ranked = by_agreement(families, bounds).into_iter();
            let placed = ranked.map(|one| RankedLevel { family: one.family + before, ..one }).collect();
            let mut best: Vec<Ranked> = each_family_once(placed).into_iter().map(&tried).collect();
            best.sort_by_key(|one| !held(one));
            best
        };
        let (together, apart) = (of(together, self.apart), of(apart, 0));
        let shown = (MOST_SHOWN / 2).max(MOST_SHOWN.saturating_sub(apart.len()));
        let mut best: Vec<Ranked> = together.into_iter().take(shown).chain(apart.iter().copied()).collect();
        if let Some(seasonal) = apart.first().filter(|one| self.is_seasonal(one)) {
            best.retain(|one| one != seasonal);
            best.insert(0, *seasonal);
        }
        best.sort_by_key(|one| !held(one));
        best.truncate(MOST_SHOWN);
        best
    }

    fn is_seasonal(&self, (one, _): &Ranked) -> bool {
        matches!(self.ways[self.families[one.family].view], View::OffBaseline(_))
    }

    /// Where level and change together find nothing that ordinary days do not come near to, a limit of theirs comes before what stands out
    /// in one thing alone.
    fn limit_before(&self, best: &[Ranked]) -> Option<Suggestion> {
        let first = best.first().filter(|one| !self.is_seasonal(one))?;
        let alone = |one: &Ranked| one.0.family < self.apart;
        let is_wanted = alone(first) && best.iter().all(alone);
        is_wanted.then(|| self.never(&self.families[self.apart..], 1).pop()).flatten()
    }

    /// The alarm with this level as its condition, through CloudWatch's own evaluation.
    fn suggestion(&self, family: &Family, level: &ClearLevel, halves: [Option<OtherHalf>; 2]) -> Option<Suggestion> {
        let SuggestRequest { from, until, options, .. } = self.request;
        let view = &self.ways[family.view];
        let sign = if self.condition.comparison.is_upward() { 1.0 } else { -1.0 };
        // Plus zero: `-0` is no threshold to read.
        let threshold = sign * between(level.below, level.reached) + 0.0;
        let count = |n: usize| i32::try_from(n).ok();
        let alarm = Alarm {
            threshold: Some(threshold),
            evaluation_periods: count(family.n),
            datapoints_to_alarm: count(family.m),
            ..view.alarm(self.alarm)
        };
        let condition = Condition::of(&alarm.definition(), options).ok()?;
        let made;
        let watched = match view {
            View::Values => self.watched,
            _ => {
                made = self.evaluated(family, &alarm, &condition)?;
                &*made
            }
        };
        let timeline = replay(&condition, watched, from, until).timeline;
        let figures = Figures::new(&timeline, &condition, watched);
        let step = self.watched.grid.step;
        let half = |half: OtherHalf| HalfTried {
            incidents: half.incidents,
            beyond: half.beyond as i64 * step,
            held: half.held,
        };
        Some(Suggestion {
            watches: view.kind(),
            threshold,
            datapoints_to_alarm: family.m,
            evaluation_periods: family.n,
            firings: figures.firings,
            in_alarm: figures.in_alarm,
            longest: figures.longest,
            time_to_detect: figures.time_to_detect,
            separation: level.separation,
            later_half: halves[0].map(half),
            earlier_half: halves[1].map(half),
            known: (!self.request.known.is_empty())
                .then(|| score(&figures.spans, self.request.known, self.request.from)),
            alarm: Box::new(alarm),
        })
    }

    /// The series of a family's view, made once for all that look at as many datapoints.
    fn evaluated(&self, family: &Family, alarm: &Alarm, condition: &Condition) -> Option<Rc<EvaluatedSeries>> {
        let SuggestRequest { from, until, .. } = self.request;
        let at = (family.view, family.n);
        if let Some(known) = self.evaluated.borrow().get(&at) {
            return Some(Rc::clone(known));
        }
        let made = EvaluatedSeries::new(&alarm.definition(), condition, self.history, from, until).ok()?;
        Some(Rc::clone(self.evaluated.borrow_mut().entry(at).or_insert(Rc::new(made))))
    }

    /// Limits where nothing stands out: of level and change together, and of the values.
    fn beyond_all(&self) -> Vec<Suggestion> {
        let (apart, together) = self.families.split_at(self.apart);
        let mut found = self.never(together, MOST_SHOWN / 2);
        found.extend(self.never(apart, MOST_SHOWN - found.len()));
        found
    }

    /// Thresholds that nothing has reached, a fifth of its way farther than the worst; of the first view of these.
    fn never(&self, families: &[Family], most: usize) -> Vec<Suggestion> {
        let view = families.first().map(|family| family.view);
        let values = families.iter().filter(|family| Some(family.view) == view);
        let beyond = values.filter_map(|family| {
            let worst = family.reached.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let way = (worst - family.ordinary.usual).max(worst.abs() / 10.0);
            // Where few days went far, the next may go farther than they did.
            let days = (family.view > 0).then(|| worst_of_days(&family.reached, &[], self.day)).flatten();
            let below = days.map_or(worst, |days| days.max(worst));
            let level = ClearLevel { reached: below + 0.4 * way, below, separation: 1.0, incidents: Vec::new() };
            worst.is_finite().then(|| self.suggestion(family, &level, [None; 2]))?
        });
        beyond.filter(|found| found.firings == 0).take(most).collect()
    }

    /// Why no threshold tells anything apart.
    fn alike(&self) -> String {
        let clearest = self.families.iter().flat_map(|family| &family.levels).map(|level| level.separation);
        match clearest.max_by(f64::total_cmp) {
            Some(separation) if separation < CLEAR => format!(
                "nothing is unusual: what goes farthest from the usual value goes at most {} % farther than what is ordinary, so every \
                 threshold that fires would fire on ordinary values",
                ((separation - 1.0) * 100.0).ceil()
            ),
            _ => "nothing is unusual: every threshold that fires would fire more often than is wished, or on and off"
                .into(),
        }
    }
}

/// The shortest number in the middle part between two.
fn between(below: f64, reached: f64) -> f64 {
    let (low, high) = (below + (reached - below) * MIDDLE.0, below + (reached - below) * MIDDLE.1);
    let middle = f64::midpoint(low, high);
    let magnitude = low.abs().max(high.abs()).max(f64::MIN_POSITIVE).log10().ceil() as i32;
    for digits in 0..15 {
        let unit = 10f64.powi(magnitude - digits);
        let rounded = (middle / unit).round() * unit;
        // 0.30000000000000004 is 0.3.
        let decimals = usize::try_from(digits - magnitude).unwrap_or(0);
        let plain: f64 = format!("{rounded:.decimals$}").parse().unwrap_or(rounded);
        if plain >= low && plain <= high {
            return plain;
        }
    }
    middle
}

#[cfg(test)]
mod tests;
