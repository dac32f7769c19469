//! Which condition tells apart best what stands out: every view of the series under every M of N says what it finds unusual, and the
//! condition is taken that fires on what most of them agree on. Plain numbers: no alarms, no clock.

use super::excursion::{ClearLevel, Ordinary, Stretch, levels, reached_by_each};

/// M out of N that are tried.
pub const SHAPES: [(usize, usize); 7] = [(1, 1), (2, 2), (2, 3), (3, 3), (3, 5), (6, 6), (12, 12)];
/// M out of N of level and change together: a change is over after one datapoint, so it counts for long.
pub const SHAPES_TOGETHER: [(usize, usize); 4] = [(1, 24), (3, 24), (6, 24), (12, 24)];
/// Fewer days do not show what an ordinary day comes to.
const DAYS: usize = 4;
/// Ordinary values come so near to a level below this separation that it tells nothing apart.
pub const CLEAR: f64 = 1.1;
/// What one view can say for an incident: the logarithm of how many times as far as ordinary values it went.
const LOUDEST: f64 = 1.0;
/// What an incident has to be worth, averaged over all that have a say.
const WORTH: f64 = 0.05;

/// How finely the past is known and how often an alarm may fire.
#[derive(Debug, Clone, Copy)]
pub struct SearchBounds {
    /// Slots from one period to the next that does not overlap it.
    pub stride: usize,
    /// Slots without a breach after which the next breach is another incident.
    pub gap: usize,
    /// How many incidents there may be.
    pub most: usize,
}

/// One view of the series under one M of N, and the levels that it has.
#[derive(Debug)]
pub struct Family {
    /// Which of the views.
    pub view: usize,
    pub m: usize,
    pub n: usize,
    pub ordinary: Ordinary,
    /// What M of N datapoints reach in each slot.
    pub reached: Vec<f64>,
    pub levels: Vec<ClearLevel>,
}

/// A level of a family, by their places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankedLevel {
    pub family: usize,
    pub level: usize,
    /// How much all families together say for its incidents, less what they have to be worth.
    pub worth: f64,
}

/// Every view under every M of N. In each view larger values are worse.
pub fn families(views: &[Vec<f64>], shapes: &[(usize, usize)], bounds: SearchBounds) -> Vec<Family> {
    let mut families = Vec::new();
    for (view, values) in views.iter().enumerate() {
        let ordinary = Ordinary::of(values);
        let by_shape = reached_by_each(values, bounds.stride, shapes);
        for ((m, n), reached) in shapes.iter().copied().zip(by_shape) {
            let levels = levels(&reached, ordinary, bounds.gap, bounds.most);
            families.push(Family { view, m, n, ordinary, reached, levels });
        }
    }
    families
}

/// Level and change together under its own M of N. A level is no incident's where the worst of an ordinary day comes to it: the mean over
/// the days and a standard deviation.
pub fn families_together(
    view: usize,
    values: &[f64],
    shapes: &[(usize, usize)],
    day: usize,
    bounds: SearchBounds,
) -> Vec<Family> {
    let mut found = families(std::slice::from_ref(&values.to_vec()), shapes, bounds);
    for family in &mut found {
        family.view = view;
        let (usual, reached) = (family.ordinary.usual, &family.reached);
        family.levels.retain_mut(|level| {
            if let Some(returning) = worst_of_days(reached, &level.incidents, day).filter(|worst| *worst > level.below)
            {
                level.below = returning;
                level.separation = (level.reached - usual) / (returning - usual);
            }
            level.below < level.reached
        });
    }
    found
}

/// What the worst of a day is on most days: the mean and a standard deviation. Not of too few days, nor of those within incidents.
pub fn worst_of_days(reached: &[f64], incidents: &[Stretch], day: usize) -> Option<f64> {
    let inside = |slot: usize| incidents.iter().any(|(from, until)| (*from..*until).contains(&slot));
    let worst = |(number, values): (usize, &[f64])| {
        let ordinary = values.iter().enumerate().filter(|(at, value)| value.is_finite() && !inside(number * day + at));
        let worst = ordinary.map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
        (worst.is_finite() && values.len() * 2 > day).then_some(worst)
    };
    let worsts: Vec<f64> = reached.chunks(day).enumerate().filter_map(worst).collect();
    if worsts.len() < DAYS {
        return None;
    }
    let mean = worsts.iter().sum::<f64>() / worsts.len() as f64;
    let variance = worsts.iter().map(|worst| (worst - mean).powi(2)).sum::<f64>() / (worsts.len() - 1) as f64;
    Some(mean + variance.sqrt())
}

/// Every clear level, the best first: that with the incidents on which most families agree.
pub fn by_agreement(families: &[Family], bounds: SearchBounds) -> Vec<RankedLevel> {
    let votes: Vec<(Stretch, f64)> = families.iter().flat_map(said).collect();
    let agreement = |incident: &Stretch| -> f64 {
        let near = |other: &Stretch| other.0 < incident.1 + bounds.gap && incident.0 < other.1 + bounds.gap;
        let total: f64 = votes.iter().filter(|(other, _)| near(other)).map(|(_, loudness)| loudness).sum();
        total / families.len() as f64 - WORTH
    };
    let mut candidates = clear(families, |level| level.incidents.iter().map(agreement).sum());
    let rank = |one: &RankedLevel| (one.worth, families[one.family].levels[one.level].separation);
    candidates.sort_by(|a, b| {
        let (a, b) = (rank(a), rank(b));
        b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    candidates
}

fn clear(families: &[Family], worth: impl Fn(&ClearLevel) -> f64) -> Vec<RankedLevel> {
    let mut candidates = Vec::new();
    for (family, one) in families.iter().enumerate() {
        for (level, found) in one.levels.iter().enumerate().filter(|(_, level)| level.separation >= CLEAR) {
            candidates.push(RankedLevel { family, level, worth: worth(found) });
        }
    }
    candidates
}

/// What a family says for each incident of its lowest level: how much farther it went than what is ordinary below that level.
fn said(family: &Family) -> Vec<(Stretch, f64)> {
    let Some(lowest) = family.levels.last() else { return Vec::new() };
    let usual = family.ordinary.usual;
    let ordinary = (lowest.below - usual).max((lowest.reached - usual) / 1e6);
    let loudness = |stretch: &Stretch| {
        let peak = family.reached[stretch.0..stretch.1].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        ((peak - usual) / ordinary).max(1.0).ln().min(LOUDEST)
    };
    lowest.incidents.iter().map(|stretch| (*stretch, loudness(stretch))).collect()
}

/// What a level that was found in a half of the past did in the other half.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OtherHalf {
    /// How many incidents it would have fired on there.
    pub incidents: usize,
    /// Slots beyond it there.
    pub beyond: usize,
    /// Whether that is what was wished, twice over at most, and not its usual state.
    pub held: bool,
}

/// The level that the earlier half has, in the later half, and the other way round; nothing where a half has no level.
pub fn halves(family: &Family, views: &[Vec<f64>], bounds: SearchBounds) -> [Option<OtherHalf>; 2] {
    let middle = family.reached.len() / 2;
    let values = &views[family.view];
    let most = (bounds.most / 2).max(1);
    let tried = |fit: std::ops::Range<usize>, other: std::ops::Range<usize>| {
        let found = levels(&family.reached[fit.clone()], Ordinary::of(&values[fit]), bounds.gap, most);
        let clearest = found.iter().max_by(|a, b| a.separation.total_cmp(&b.separation))?;
        let level = f64::midpoint(clearest.reached, clearest.below);
        let (mut incidents, mut beyond, mut last) = (0, 0, None::<usize>);
        for (slot, _) in family.reached[other.clone()].iter().enumerate().filter(|(_, value)| **value > level) {
            incidents += usize::from(last.is_none_or(|last| slot > last + bounds.gap));
            last = Some(slot);
            beyond += 1;
        }
        Some(OtherHalf { incidents, beyond, held: incidents <= 2 * most + 1 && beyond * 2 <= other.len() })
    };
    [tried(0..middle, middle..values.len()), tried(middle..values.len(), 0..middle)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: SearchBounds = SearchBounds { stride: 1, gap: 12, most: 2 };

    /// Noise of 0 to 6, one spike, and a long rise that is lower than the spike.
    fn series() -> Vec<f64> {
        let mut values: Vec<f64> = (0..2_000).map(|n| ((n * 7_919) % 13) as f64 / 2.0).collect();
        values[300] = 90.0;
        (1_400..1_440).for_each(|n| values[n] += 50.0);
        values
    }

    #[test]
    fn the_first_candidate_fires_on_what_most_agree_on() {
        let views = [series()];
        let families = families(&views, &SHAPES, BOUNDS);
        let best = by_agreement(&families, BOUNDS)[0];
        let level = &families[best.family].levels[best.level];
        assert!(level.incidents.iter().any(|(from, until)| *from <= 1_420 && *until > 1_420), "{level:?}");
        assert!(level.separation > 3.0, "{level:?}");
    }

    #[test]
    fn noise_alone_is_no_candidate() {
        let views = [(0..2_000).map(|n| ((n * 7_919) % 1_013) as f64).collect::<Vec<f64>>()];
        assert_eq!(by_agreement(&families(&views, &SHAPES, BOUNDS), BOUNDS), []);
    }

    #[test]
    fn a_level_that_the_other_half_crosses_all_the_time_did_not_hold() {
        let mut values: Vec<f64> = (0..2_000).map(|n| f64::from(n % 3) + if n < 1_000 { 0.0 } else { 500.0 }).collect();
        values[500] = 40.0;
        let views = [values];
        let families = families(&views, &[(1, 1)], BOUNDS);
        let [later, _] = halves(&families[0], &views, BOUNDS);
        assert_eq!(later.map(|half| (half.incidents, half.beyond, half.held)), Some((1, 1_000, false)));
        let views = [series()];
        let families = super::families(&views, &[(3, 3)], BOUNDS);
        let [_, earlier] = halves(&families[0], &views, BOUNDS);
        assert_eq!(earlier.map(|half| (half.incidents, half.held)), Some((0, true)));
    }
}
