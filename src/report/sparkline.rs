//! A series in one line of text: a block a column, as high as its value. Knows no colour and no meaning.

use super::backtest::chart;
use crate::backtest::sketch::Sketch;

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Stands where there is no value.
const MISSING: char = '·';

/// The values (NaN: none) squeezed into at most `columns` columns, each as high as the largest of the values it stands for,
/// between zero (or the lowest, where that is below) and the largest of all, or `ceiling` where that is higher: a limit that
/// the series is to be seen against.
pub fn sparkline(values: &[f64], columns: usize, ceiling: Option<f64>) -> String {
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let top = known().chain(ceiling.filter(|ceiling| ceiling.is_finite())).fold(f64::NEG_INFINITY, f64::max);
    let bottom = known().fold(0.0, f64::min);
    let reach = top - bottom;
    squeeze(values, columns)
        .map(|value| match value {
            None => MISSING,
            Some(value) if reach > 0.0 && value > bottom => {
                let share = (value - bottom) / reach;
                BLOCKS[((share * 8.0).ceil() as usize).clamp(1, 8) - 1]
            }
            Some(_) => BLOCKS[0],
        })
        .collect()
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
        let block = if sketch.comparison.breaches(value, threshold) == upward {
            4.0 + share(value - threshold, high - threshold) * 3.0
        } else {
            share(value - low, threshold - low) * 3.0
        };
        BLOCKS[block.round() as usize]
    };
    values.into_iter().map(|value| value.map_or(MISSING, block)).collect()
}

/// The largest value of each column; `None` where none of its values is known.
fn squeeze(values: &[f64], columns: usize) -> impl Iterator<Item = Option<f64>> {
    let columns = columns.min(values.len());
    (0..columns).map(move |column| {
        let (from, to) = (column * values.len() / columns, (column + 1) * values.len() / columns);
        values[from..to].iter().copied().filter(|value| value.is_finite()).reduce(f64::max)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_value_is_as_high_as_its_share() {
        assert_eq!(sparkline(&[0.0, 1.0, 4.0, 8.0], 10, None), "▁▁▄█");
        assert_eq!(sparkline(&[2.0, 2.0], 10, None), "██");
        assert_eq!(sparkline(&[0.0, 0.0], 10, None), "▁▁");
        assert_eq!(sparkline(&[f64::NAN, 1.0, f64::NAN], 10, None), "·█·");
        assert_eq!(sparkline(&[-4.0, 4.0], 10, None), "▁█");
        assert_eq!(sparkline(&[], 10, None), "");
        assert_eq!(sparkline(&[1.0], 0, None), "");
    }

    #[test]
    fn a_ceiling_is_the_top_unless_the_series_goes_beyond_it() {
        assert_eq!(sparkline(&[2.0, 4.0], 10, Some(8.0)), "▂▄");
        assert_eq!(sparkline(&[2.0, 16.0], 10, Some(8.0)), "▁█");
    }

    #[test]
    fn a_peak_survives_being_squeezed() {
        let mut values = vec![1.0; 600];
        values[333] = 100.0;
        let line = sparkline(&values, 20, None);
        assert_eq!((line.chars().count(), line.chars().filter(|c| *c == '█').count()), (20, 1));
    }

    #[test]
    fn a_threshold_is_the_middle() {
        use mlops_cloudwatch::comparison::Comparison;
        let shown = |values: &[f64], threshold: f64, comparison: Comparison| {
            let columns: Vec<_> = values.iter().map(|value| (!value.is_nan()).then_some((*value, *value))).collect();
            against_threshold(&Sketch { columns, threshold, comparison }, values.len())
        };
        assert_eq!(shown(&[0.0, 5.0, 6.0, 10.0, f64::NAN], 5.0, Comparison::Greater), "▁▄▆█·");
        assert_eq!(shown(&[4.0, 5.0], 5.0, Comparison::GreaterOrEqual), "▃▅");
        assert_eq!(shown(&[0.0, 1.0], 0.0, Comparison::Greater), "▁█");
        assert_eq!(shown(&[0.0, 9.0, 10.0, 20.0], 10.0, Comparison::Less), "▁▄▅█");
        assert_eq!(shown(&[1.0, 2.0], 900.0, Comparison::Greater), "▁▁");
    }

    proptest! {
        #[test]
        fn any_values_fit_any_width(values in prop::collection::vec(prop::num::f64::ANY, 0..50), columns in 0_usize..60) {
            let line = sparkline(&values, columns, values.first().copied());
            prop_assert_eq!(line.chars().count(), columns.min(values.len()));
        }
    }
}
