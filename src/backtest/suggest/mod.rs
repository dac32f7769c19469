//! Conditions that fire on what stands out in the past and hold on the half of it that they were not made from. A proposal: each is an
//! alarm that CloudWatch can run, evaluated by its own rules, with what it would have done. Where nothing is unusual it says so, and proposes
//! limits beyond all that was seen.
//!
//! view ─ excursion ─ search ─ propose     (what can be watched -> levels -> what most agree on -> alarms)

mod baseline;
mod excursion;
mod propose;
mod search;
mod together;
mod view;

pub use view::ViewKind;

use super::history::MetricHistory;
use super::incidents::{IncidentScore, score};
use crate::resources::Alarm;
use baseline::Timed;
use mlops_cloudwatch::evaluation::condition::{Condition, EvaluationOptions};
use mlops_cloudwatch::evaluation::timeline::StateSpan;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use propose::{Ranked, Search, each_family_once};
use search::{Family, RankedLevel, SHAPES, SHAPES_TOGETHER, SearchBounds, families, families_together, halves};
use serde::Serialize;
use std::cell::RefCell;
use view::View;

/// Seconds without a breach after which the next one is another incident.
const GAP: i64 = 2 * 3_600;
/// Level and change together are looked at where more than this was seen: a day and another beside it.
const DAYS_TOGETHER: usize = 2;
/// So many proposals, each of another view or M of N.
const MOST_SHOWN: usize = 4;

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

#[cfg(test)]
mod tests;
