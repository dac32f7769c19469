//! Numbers at regular times, and how finer ones become coarser ones exactly. Knows nothing of alarms.

/// Values of consecutive spans of time; NaN where there is none. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueSeries {
    /// The beginning of the first span.
    pub start: i64,
    /// Seconds of one span.
    pub step: i64,
    pub values: Vec<f64>,
}

/// How the values of several spans become the value of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    Sum,
    Minimum,
    Maximum,
}

/// The periods that are looked at: `len` of them, each `period` seconds long, one ending every `step` seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodGrid {
    /// The end of the first period.
    pub first: i64,
    pub step: i64,
    pub len: usize,
    pub period: i64,
}

impl PeriodGrid {
    /// The end of a period: the moment at which CloudWatch can look at it.
    pub fn end(&self, index: usize) -> i64 {
        self.first + index as i64 * self.step
    }

    /// How many steps lie between one period and the next that does not overlap it.
    pub fn stride(&self) -> usize {
        usize::try_from(self.period / self.step).unwrap_or(1).max(1)
    }

    /// The first period that ends at or after this time.
    pub fn index_from(&self, time: i64) -> usize {
        let steps = (time - self.first).max(0);
        usize::try_from((steps + self.step - 1) / self.step).unwrap_or(usize::MAX).min(self.len)
    }
}

impl ValueSeries {
    pub fn end(&self) -> i64 {
        self.start + self.values.len() as i64 * self.step
    }

    /// From points in any order; of two at one time the later one in the list counts.
    pub fn from_points(step: i64, points: impl IntoIterator<Item = (i64, f64)> + Clone) -> Self {
        let aligned = |time: i64| time.div_euclid(step) * step;
        let times = points.clone().into_iter().map(|(time, _)| aligned(time));
        let (first, last) = times.fold((i64::MAX, i64::MIN), |(a, b), time| (a.min(time), b.max(time)));
        if first > last {
            return Self { start: 0, step, values: Vec::new() };
        }
        let len = usize::try_from((last - first) / step + 1).unwrap_or(0);
        let mut values = vec![f64::NAN; len];
        for (time, value) in points {
            let at = usize::try_from((aligned(time) - first) / step).unwrap_or(usize::MAX);
            if let Some(slot) = values.get_mut(at) {
                *slot = value;
            }
        }
        Self { start: first, step, values }
    }

    /// One value for each period of the grid, missing where none of its spans has one. The grid's period and step have to be
    /// multiples of this series' step.
    pub fn folded(&self, how: Fold, grid: &PeriodGrid) -> Vec<f64> {
        let width = (grid.period / self.step).max(1);
        (0..grid.len)
            .map(|index| {
                let from = (grid.end(index) - grid.period - self.start).div_euclid(self.step);
                let (from, to) = (clamp(from, self.values.len()), clamp(from + width, self.values.len()));
                fold(how, &self.values[from..to])
            })
            .collect()
    }
}

fn clamp(index: i64, len: usize) -> usize {
    usize::try_from(index.max(0)).map_or(len, |index| index.min(len))
}

fn fold(how: Fold, values: &[f64]) -> f64 {
    if let [only] = values {
        return *only;
    }
    match how {
        Fold::Sum => {
            let (mut sum, mut any) = (0.0, false);
            for value in values.iter().filter(|value| !value.is_nan()) {
                sum += value;
                any = true;
            }
            if any { sum } else { f64::NAN }
        }
        // `min` and `max` of f64 prefer the number to NaN.
        Fold::Minimum => values.iter().copied().fold(f64::NAN, f64::min),
        Fold::Maximum => values.iter().copied().fold(f64::NAN, f64::max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f64 = f64::NAN;

    fn shown(values: &[f64]) -> Vec<String> {
        values.iter().map(f64::to_string).collect()
    }

    #[test]
    fn folds_overlapping_periods_and_leaves_out_what_is_missing() {
        let series = ValueSeries { start: 0, step: 60, values: vec![1.0, NONE, 3.0, NONE, NONE, 6.0] };
        let grid = PeriodGrid { first: 120, step: 60, len: 5, period: 120 };
        assert_eq!(shown(&series.folded(Fold::Sum, &grid)), ["1", "3", "3", "NaN", "6"]);
        assert_eq!(
            shown(&series.folded(Fold::Maximum, &PeriodGrid { period: 180, first: 180, len: 3, ..grid })),
            ["3", "3", "3"]
        );
        assert_eq!(
            shown(&series.folded(Fold::Minimum, &PeriodGrid { period: 180, first: 180, len: 1, ..grid })),
            ["1"]
        );
    }

    #[test]
    fn what_lies_outside_is_missing() {
        let series = ValueSeries { start: 600, step: 60, values: vec![1.0] };
        let grid = PeriodGrid { first: 60, step: 300, len: 4, period: 300 };
        assert_eq!(shown(&series.folded(Fold::Sum, &grid)), ["NaN", "NaN", "1", "NaN"]);
    }

    #[test]
    fn points_fall_into_their_spans() {
        let series = ValueSeries::from_points(60, [(180, 3.0), (61, 1.0), (119, 2.0)]);
        assert_eq!((series.start, shown(&series.values)), (60, vec!["2".into(), "NaN".into(), "3".into()]));
        assert!(ValueSeries::from_points(60, []).values.is_empty());
    }
}
