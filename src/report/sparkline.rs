//! A series in one line of block characters. Gaps stay empty; what a height means is said by the caller's scale.

use super::backtest::chart;
use crate::backtest::sketch::Sketch;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// So many columns, each the highest of the values that it stands for, oldest first; the lowest block is `low`, the highest `high`.
pub fn line(values: &[Option<f64>], columns: usize, low: f64, high: f64) -> String {
    let reach = high - low;
    let block = |value: f64| if reach > 0.0 { (value - low) / reach * 7.0 } else { 0.0 };
    spread(values, columns).into_iter().map(|value| value.map_or(' ', |value| at(block(value)))).collect()
}

/// Against a threshold, which is the middle: what breaches it is in the upper half (`▅` and higher) of an alarm on high values, in
/// the lower half (`▄` and lower) of one on low values.
pub fn against_threshold(sketch: &Sketch, columns: usize) -> String {
    let values = chart::bars(sketch, columns);
    let threshold = sketch.threshold;
    let known = || values.iter().flatten().copied();
    let (low, high) = (known().fold(threshold.min(0.0), f64::min), known().fold(threshold.max(0.0), f64::max));
    let share = |part: f64, whole: f64| if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 };
    let upward = sketch.comparison.is_upward();
    let block = |value: f64| {
        if sketch.comparison.holds(value, threshold) == upward {
            4.0 + share(value - threshold, high - threshold) * 3.0
        } else {
            share(value - low, threshold - low) * 3.0
        }
    };
    values.into_iter().map(|value| value.map_or(' ', |value| at(block(value)))).collect()
}

fn at(block: f64) -> char {
    BLOCKS[(block.round().clamp(0.0, 7.0)) as usize]
}

fn spread(values: &[Option<f64>], columns: usize) -> Vec<Option<f64>> {
    (0..columns)
        .map(|column| {
            let from = column * values.len() / columns;
            let until = ((column + 1) * values.len() / columns).max(from + 1).min(values.len());
            values.get(from..until)?.iter().flatten().copied().reduce(f64::max)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::condition::Comparison;

    fn sketch(values: &[f64], threshold: f64, comparison: Comparison) -> Sketch {
        let columns = values.iter().map(|value| (!value.is_nan()).then_some((*value, *value))).collect();
        Sketch { columns, threshold, comparison }
    }

    #[test]
    fn a_line_keeps_gaps_and_the_highest_of_each_column() {
        let values = [Some(0.0), None, Some(7.0), Some(3.0)];
        assert_eq!(line(&values, 4, 0.0, 7.0), "▁ █▄");
        assert_eq!(line(&values, 2, 0.0, 7.0), "▁█");
        assert_eq!(line(&values, 8, 0.0, 7.0), "▁▁  ██▄▄");
        assert_eq!(line(&[Some(2.0)], 2, 2.0, 2.0), "▁▁");
        assert_eq!(line(&[], 3, 0.0, 1.0), "   ");
    }

    #[test]
    fn the_threshold_is_the_middle() {
        let errors = sketch(&[0.0, 5.0, 6.0, 10.0, f64::NAN], 5.0, Comparison::Greater);
        assert_eq!(against_threshold(&errors, 5), "▁▄▆█ ");
        let at_least = sketch(&[4.0, 5.0], 5.0, Comparison::GreaterOrEqual);
        assert_eq!(against_threshold(&at_least, 2), "▃▅");
        let throttles = sketch(&[0.0, 1.0], 0.0, Comparison::Greater);
        assert_eq!(against_threshold(&throttles, 2), "▁█");
        let traffic = sketch(&[0.0, 9.0, 10.0, 20.0], 10.0, Comparison::Less);
        assert_eq!(against_threshold(&traffic, 4), "▁▄▅█");
        let far = sketch(&[1.0, 2.0], 900.0, Comparison::Greater);
        assert_eq!(against_threshold(&far, 2), "▁▁");
    }
}
