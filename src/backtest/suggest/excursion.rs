//! Where a series goes far from its usual values, at which level that becomes how many incidents, and how far the level lies from
//! ordinary values. Plain numbers: knows neither alarms nor time.

/// Of so many datapoints each is compared with each, which the processor does for several slots at a time.
const FEW: usize = 5;
/// So many slots.
const ROW: usize = 256;

/// From the first slot to the one after the last.
pub type Stretch = (usize, usize);

/// How many of the highest slots are looked at in the first go; series that need more are looked at further.
const FIRST_LOOK: usize = 256;
/// Incidents that take more than this share of the time are how the series is.
const COMMON: f64 = 0.3;
/// Median deviations from the usual value that are ordinary.
const SPREADS: f64 = 5.0;
/// So many times in and out for each incident, and the level is among ordinary values.
const FLAPS: usize = 3;
/// A level that nothing ordinary comes near is no more than this many times as far.
const FARTHEST: f64 = 10.0;

/// What M of N datapoints look at: a threshold below the value of a slot is crossed there. Missing values (NaN) cross nothing.
pub fn reached(values: &[f64], stride: usize, m: usize, n: usize) -> Vec<f64> {
    let known = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value };
    if n == 1 {
        return values.iter().map(|value| known(*value)).collect();
    }
    if m == n {
        // All of them: the least. By whole rows, which the processor does several at a time.
        let mut least: Vec<f64> = values.iter().map(|value| known(*value)).collect();
        for distance in (1..n).map(|back| back * stride) {
            for slot in (distance..values.len()).rev() {
                least[slot] = least[slot].min(known(values[slot - distance]));
            }
            least.iter_mut().take(distance).for_each(|value| *value = f64::NEG_INFINITY);
        }
        return least;
    }
    largest(values, stride, &[m], n).swap_remove(0)
}

/// The same of several M out of N, in their order: those of one N at once.
pub fn reached_by_each(values: &[f64], stride: usize, shapes: &[(usize, usize)]) -> Vec<Vec<f64>> {
    let mut all: Vec<Vec<f64>> = vec![Vec::new(); shapes.len()];
    let is_ranked = |(m, n): (usize, usize)| m < n;
    for (at, (m, n)) in shapes.iter().copied().enumerate() {
        if !is_ranked((m, n)) {
            all[at] = reached(values, stride, m, n);
        } else if all[at].is_empty() {
            let same: Vec<usize> = (at..shapes.len()).filter(|k| shapes[*k].1 == n && is_ranked(shapes[*k])).collect();
            let ms: Vec<usize> = same.iter().map(|k| shapes[*k].0).collect();
            for (k, found) in same.into_iter().zip(largest(values, stride, &ms, n)) {
                all[k] = found;
            }
        }
    }
    all
}

/// For each of these m the m-th largest of the last n values; minus infinity where there are fewer.
fn largest(values: &[f64], stride: usize, ms: &[usize], n: usize) -> Vec<Vec<f64>> {
    if n <= FEW {
        return ms.iter().map(|m| largest_of_few(values, stride, *m, n)).collect();
    }
    let mut all = vec![vec![f64::NEG_INFINITY; values.len()]; ms.len()];
    let known = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value };
    let mut window = vec![f64::NEG_INFINITY; n];
    for begin in 0..stride.min(values.len()) {
        window.fill(f64::NEG_INFINITY);
        for slot in (begin..values.len()).step_by(stride) {
            let left = slot.checked_sub(n * stride).map_or(f64::NEG_INFINITY, |left| known(values[left]));
            replace(&mut window, left, known(values[slot]));
            all.iter_mut().zip(ms).for_each(|(found, m)| found[slot] = window[m - 1]);
        }
    }
    all
}

/// The same of one m, by whole rows: each value sinks to its place among the m largest so far.
fn largest_of_few(values: &[f64], stride: usize, m: usize, n: usize) -> Vec<f64> {
    let known: Vec<f64> = values.iter().map(|value| if value.is_nan() { f64::NEG_INFINITY } else { *value }).collect();
    let mut found = vec![f64::NEG_INFINITY; values.len()];
    let mut ranks = vec![[f64::NEG_INFINITY; ROW]; m];
    for from in (0..values.len()).step_by(ROW) {
        let width = ROW.min(values.len() - from);
        ranks.iter_mut().for_each(|rank| rank.fill(f64::NEG_INFINITY));
        for back in (0..n).map(|back| back * stride) {
            let mut sinking = [f64::NEG_INFINITY; ROW];
            let skipped = back.saturating_sub(from).min(width);
            let there = (from + skipped).saturating_sub(back)..(from + width).saturating_sub(back);
            sinking[skipped..width].copy_from_slice(&known[there]);
            for rank in &mut ranks {
                for (kept, comes) in rank.iter_mut().zip(&mut sinking) {
                    let (more, less) = if *kept < *comes { (*comes, *kept) } else { (*kept, *comes) };
                    (*kept, *comes) = (more, less);
                }
            }
        }
        if let Some(last) = ranks.last() {
            found[from..from + width].copy_from_slice(&last[..width]);
        }
    }
    found
}

/// One value of a window comes where another was; the largest are first.
fn replace(window: &mut [f64], left: f64, comes: f64) {
    let mut at = window.partition_point(|kept| *kept > left);
    while at > 0 && window[at - 1] < comes {
        window[at] = window[at - 1];
        at -= 1;
    }
    while at + 1 < window.len() && window[at + 1] > comes {
        window[at] = window[at + 1];
        at += 1;
    }
    window[at] = comes;
}

/// A level between ordinary values and those of some incidents.
#[derive(Debug, Clone, PartialEq)]
pub struct ClearLevel {
    /// The lowest value that belongs to the incidents.
    pub reached: f64,
    /// The highest that does not.
    pub below: f64,
    /// How many times as far from the usual value `reached` is as `below`.
    pub separation: f64,
    /// What goes beyond it, each with its flaps.
    pub incidents: Vec<Stretch>,
}

/// What is ordinary in a series, and what may be called an incident of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ordinary {
    pub usual: f64,
    /// No level is below this: values so near to the usual one are always ordinary.
    pub least: f64,
}

impl Ordinary {
    pub fn of(values: &[f64]) -> Self {
        let usual = median(values.iter().copied());
        Self { usual, least: usual + SPREADS * median(values.iter().map(|value| (value - usual).abs())) }
    }
}

/// The clearest level for each number of incidents up to `most`, from the fewest to the most. Stretches that are at most `gap` slots
/// apart are one incident.
pub fn levels(reached: &[f64], ordinary: Ordinary, gap: usize, most: usize) -> Vec<ClearLevel> {
    let Ordinary { usual, least } = ordinary;
    let mut slots: Vec<usize> = (0..reached.len()).filter(|slot| reached[*slot].is_finite()).collect();
    let enough = (reached.len() as f64 * COMMON) as usize;
    // A long outage whose values scatter is many stretches before it is one; noise is many and stays so.
    let noise = 3 * most + 8 + enough / gap.max(1) / 4;
    let mut beyond = vec![false; reached.len()];
    let mut runs = 0_usize;
    let higher = |a: &usize, b: &usize| reached[*b].total_cmp(&reached[*a]).then(a.cmp(b));
    let mut found: Vec<Option<ClearLevel>> = vec![None; most];
    let mut incidents: Vec<Stretch> = Vec::new();
    let (mut done, mut look) = (0, FIRST_LOOK);
    while done < slots.len() {
        let end = (done + look).min(slots.len());
        if end < slots.len() {
            slots[done..].select_nth_unstable_by(end - done, higher);
        }
        slots[done..end].sort_unstable_by(higher);
        // The last of a part may share its value with the first of the next.
        let mut at = done;
        while at < end {
            let level = reached[slots[at]];
            if level <= least || at >= enough || incidents.len() > noise {
                return found.into_iter().flatten().collect();
            }
            let slot = slots[at];
            beyond[slot] = true;
            let neighbours =
                [slot.wrapping_sub(1), slot + 1].into_iter().filter(|next| beyond.get(*next) == Some(&true));
            runs = (runs + 1).saturating_sub(neighbours.count());
            insert(&mut incidents, slot, gap);
            at += 1;
            let below = match slots.get(at) {
                Some(next) if at < end => reached[*next],
                Some(_) => slots[at..].iter().map(|slot| reached[*slot]).fold(f64::NEG_INFINITY, f64::max),
                None => usual,
            }
            .max(least);
            let Some(best) = incidents.len().checked_sub(1).and_then(|n| found.get_mut(n)) else { continue };
            let separation = (level - usual) / (below - usual).max((level - usual) / FARTHEST);
            if below < level
                && best.as_ref().is_none_or(|best| separation > best.separation)
                && runs <= FLAPS * incidents.len()
                && incidents.iter().map(|(from, until)| until - from).sum::<usize>() <= enough
            {
                *best = Some(ClearLevel { reached: level, below, separation, incidents: incidents.clone() });
            }
        }
        done = end;
        look *= 8;
    }
    found.into_iter().flatten().collect()
}

/// Adds a slot to the incidents, which are in order of time, and joins those that it brings together.
fn insert(incidents: &mut Vec<Stretch>, slot: usize, gap: usize) {
    let after = incidents.partition_point(|(from, _)| *from <= slot);
    let joins_last = after > 0 && slot <= incidents[after - 1].1 + gap;
    let joins_next = incidents.get(after).is_some_and(|(from, _)| *from <= slot + 1 + gap);
    match (joins_last, joins_next) {
        (true, true) => {
            incidents[after - 1].1 = incidents[after].1;
            incidents.remove(after);
        }
        (true, false) => incidents[after - 1].1 = incidents[after - 1].1.max(slot + 1),
        (false, true) => incidents[after].0 = slot,
        (false, false) => incidents.insert(after, (slot, slot + 1)),
    }
}

/// The value in the middle; NaN of nothing.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut known: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    let middle = known.len() / 2;
    if known.is_empty() { f64::NAN } else { *known.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m_of_n_is_the_mth_largest_of_the_newest_n() {
        let values = [1.0, 5.0, f64::NAN, 4.0, 2.0];
        assert_eq!(reached(&values, 1, 2, 3)[1..], [1.0, 1.0, 4.0, 2.0]);
        assert_eq!(reached(&values, 2, 1, 2), [1.0, 5.0, 1.0, 5.0, 2.0]);
        assert_eq!(reached(&values, 1, 1, 1)[2], f64::NEG_INFINITY);
    }

    /// Few different values, so that many are equal, and gaps.
    #[test]
    fn what_is_carried_on_is_what_each_window_has() {
        let noise = |slot: usize| (slot * slot * 7_919 + slot * 31) % 101;
        let value = |slot: usize| if noise(slot) < 30 { f64::NAN } else { (noise(slot) % 7) as f64 };
        let values: Vec<f64> = (0..3_000).map(|slot| if slot % 900 < 300 { 2.0 } else { value(slot) }).collect();
        let shapes = [(1, 24), (2, 5), (3, 24), (1, 2), (5, 5), (3, 5), (1, 1)];
        for (stride, at) in [1, 5].into_iter().flat_map(|stride| (0..shapes.len()).map(move |at| (stride, at))) {
            let (m, n) = shapes[at];
            let made = reached_by_each(&values, stride, &shapes).swap_remove(at);
            assert_eq!(made, reached(&values, stride, m, n), "{m} of {n} every {stride}");
            for slot in 0..values.len() {
                let mut window: Vec<f64> =
                    (0..n).filter_map(|back| Some(values[slot.checked_sub(back * stride)?])).collect();
                window.retain(|value| !value.is_nan());
                window.sort_by(|a, b| b.total_cmp(a));
                let expected = window.get(m - 1).copied().unwrap_or(f64::NEG_INFINITY);
                assert_eq!(made[slot], expected, "{m} of {n} every {stride} at {slot}");
            }
        }
    }

    #[test]
    fn the_clearest_level_of_each_number_of_incidents() {
        let mut values = vec![1.0; 100];
        values[20..23].copy_from_slice(&[9.0, 4.0, 8.0]);
        values[70] = 5.0;
        values[90] = 1.5;
        let found = levels(&values, Ordinary::of(&values), 5, 2);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].reached, found[0].below, found[0].incidents.as_slice()), (8.0, 5.0, &[(20, 23)][..]));
        // The flap at 4 is the same incident, and the second level reaches down to it.
        assert_eq!((found[1].reached, found[1].below), (4.0, 1.5));
        assert_eq!(found[1].incidents, [(20, 23), (70, 71)]);
        assert_eq!(found[1].separation, 6.0);
    }

    #[test]
    fn a_long_outage_is_one_incident_however_its_values_scatter() {
        let mut values: Vec<f64> = (0..4_000).map(|n| f64::from(n % 7)).collect();
        (1_000..1_800).for_each(|n| values[n] = 100.0 + ((n * 7_919) % 97) as f64 / 100.0);
        let found = levels(&values, Ordinary { usual: 3.0, least: 3.0 }, 24, 1);
        assert_eq!(
            (found[0].reached, found[0].below, found[0].incidents.as_slice()),
            (100.0, 6.0, &[(1_000, 1_800)][..])
        );
    }

    #[test]
    fn ordinary_values_separate_nothing() {
        assert_eq!(levels(&[3.0; 50], Ordinary::of(&[3.0; 50]), 2, 3), []);
        assert_eq!(levels(&[f64::NAN; 50], Ordinary::of(&[f64::NAN; 50]), 2, 3), []);
        assert!(median(std::iter::empty()).is_nan());
    }
}
