//! From levels that tell something apart to alarms: which come first, and what each would have done by CloudWatch's own evaluation.
//! Looks for no levels.

use super::excursion::ClearLevel;
use super::search::{CLEAR, Family, OtherHalf, RankedLevel, SearchBounds, by_agreement, worst_of_days};
use super::view::View;
use super::{HalfTried, MOST_SHOWN, SuggestRequest, Suggestion};
use crate::backtest::history::MetricHistory;
use crate::backtest::incidents::score;
use crate::backtest::verdict::Figures;
use crate::resources::Alarm;
use mlops_cloudwatch::evaluation::condition::Condition;
use mlops_cloudwatch::evaluation::replay::replay;
use mlops_cloudwatch::evaluation::watched::EvaluatedSeries;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Of the way between ordinary values and those of the incidents; a threshold lies in the middle part.
const MIDDLE: (f64, f64) = (0.25, 0.75);

/// A level and what it did on the half of the past that it was not made from.
pub(super) type Ranked = (RankedLevel, [Option<OtherHalf>; 2]);

/// Whether it held on any half of the past that it was not made from.
fn held(one: &Ranked) -> bool {
    one.1.iter().flatten().any(|half| half.held)
}

/// The best level of each family, as many families as are shown.
pub(super) fn each_family_once(candidates: Vec<RankedLevel>) -> Vec<RankedLevel> {
    let mut best: Vec<RankedLevel> = Vec::new();
    for candidate in candidates {
        if best.len() < MOST_SHOWN && !best.iter().any(|one| one.family == candidate.family) {
            best.push(candidate);
        }
    }
    best
}

/// All that a proposal is made from.
pub(super) struct Search<'a> {
    pub alarm: &'a Alarm,
    pub condition: &'a Condition,
    pub watched: &'a EvaluatedSeries,
    pub history: &'a MetricHistory,
    pub request: SuggestRequest<'a>,
    pub families: Vec<Family>,
    /// How many of the families look at one thing; the others at level and change together.
    pub apart: usize,
    /// Slots in a day.
    pub day: usize,
    pub ways: Vec<View>,
    /// What was made of views, by view and N.
    pub evaluated: RefCell<BTreeMap<(usize, usize), Rc<EvaluatedSeries>>>,
}

impl Search<'_> {
    /// Those that look at one thing and those that look at level and change together, each agreeing among themselves: what held on the
    /// other half of the past first, then the distance from what is usual at the hour, then level and change together, which were
    /// measured to miss less, and to fire less often in vain, on what they were not made from.
    pub fn ranked(&self, bounds: SearchBounds, tried: impl Fn(RankedLevel) -> Ranked) -> Vec<Ranked> {
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
    pub fn limit_before(&self, best: &[Ranked]) -> Option<Suggestion> {
        let first = best.first().filter(|one| !self.is_seasonal(one))?;
        let alone = |one: &Ranked| one.0.family < self.apart;
        let is_wanted = alone(first) && best.iter().all(alone);
        is_wanted.then(|| self.never(&self.families[self.apart..], 1).pop()).flatten()
    }

    /// The alarm with this level as its condition, through CloudWatch's own evaluation.
    pub fn suggestion(
        &self,
        family: &Family,
        level: &ClearLevel,
        halves: [Option<OtherHalf>; 2],
    ) -> Option<Suggestion> {
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
    pub fn beyond_all(&self) -> Vec<Suggestion> {
        let (apart, together) = self.families.split_at(self.apart);
        let mut found = self.never(together, MOST_SHOWN / 2);
        found.extend(self.never(apart, MOST_SHOWN - found.len()));
        found
    }

    /// Thresholds that nothing has reached, a fifth of its way farther than the worst; of the first view of these.
    pub fn never(&self, families: &[Family], most: usize) -> Vec<Suggestion> {
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
    pub fn alike(&self) -> String {
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
pub(super) fn between(below: f64, reached: f64) -> f64 {
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
