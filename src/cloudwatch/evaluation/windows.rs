//! Metric math whose values depend on the window that is looked at, with as few computations for all evaluations of a grid as it allows.
//! Decides nothing.

use super::series::PeriodGrid;
use crate::math::{Frame, MathError, Program, SteppedSeries, WindowBatch};
use std::ops::Range;

/// So many slots are computed together: what they take stays near the processor.
const BATCH: usize = 1 << 13;
/// More are not kept: 16 MB.
const MOST_KEPT: usize = 1 << 21;

/// A program and its metrics, over the slots of a grid.
#[derive(Debug)]
pub(super) struct MathWindows {
    program: Program,
    metrics: Vec<Vec<f64>>,
    made: Option<MadeWindows>,
}

/// What each evaluation of a grid sees.
#[derive(Debug)]
enum MadeWindows {
    /// Of any range: a slot is one of two things, by whether the one before it is in the window.
    Stepped(SteppedSeries),
    /// One window after the other, each from its oldest slot on.
    Kept { range: usize, values: Vec<f64> },
}

impl MathWindows {
    pub fn new(program: Program, metrics: Vec<Vec<f64>>, grid: &PeriodGrid, range: usize) -> Self {
        let made = match stepped(&program, &metrics, grid) {
            Some(series) => Some(MadeWindows::Stepped(series)),
            None => kept(&program, &metrics, grid, range),
        };
        Self { program, metrics, made }
    }

    pub fn stepped(&self) -> Option<&SteppedSeries> {
        match &self.made {
            Some(MadeWindows::Stepped(series)) => Some(series),
            _ => None,
        }
    }

    /// The window of `range` periods up to the one that ends at `index`, from its oldest on.
    pub fn kept(&self, index: usize, range: usize) -> Option<&[f64]> {
        match &self.made {
            Some(MadeWindows::Kept { range: kept, values }) if *kept == range => {
                values.get(index * range..(index + 1) * range)
            }
            _ => None,
        }
    }

    /// The same, by a computation of its own.
    pub fn anew(&self, grid: &PeriodGrid, index: usize, range: usize) -> Vec<f64> {
        let values = run(&self.program, &self.metrics, grid, range, index..index + 1);
        // The program was checked when it was made; what it cannot say is no datapoint.
        values.unwrap_or_else(|_| vec![f64::NAN; range])
    }
}

/// The windows of `range` periods that end at these slots, one after the other.
fn run(
    program: &Program,
    metrics: &[Vec<f64>],
    grid: &PeriodGrid,
    range: usize,
    ends: Range<usize>,
) -> Result<Vec<f64>, MathError> {
    let stride = grid.stride();
    let before = |end: usize| (0..range).rev().map(move |age| end.checked_sub(age * stride));
    let windows = metrics.iter().map(|values| {
        ends.clone().flat_map(before).map(|slot| slot.map_or(f64::NAN, |slot| values[slot])).collect::<Vec<f64>>()
    });
    let windows: Vec<Vec<f64>> = windows.collect();
    let slices: Vec<&[f64]> = windows.iter().map(Vec::as_slice).collect();
    let start = grid.end(ends.start) - range as i64 * grid.period;
    let frame = Frame { metrics: &slices, len: range, start, step: grid.period, period: grid.period };
    program.run_windows(&WindowBatch { frame, count: ends.len(), shift: grid.step })
}

/// All windows of the grid; `None` where they are too few or too large, or each has to be computed by itself.
fn kept(program: &Program, metrics: &[Vec<f64>], grid: &PeriodGrid, range: usize) -> Option<MadeWindows> {
    // The slots before the first evaluation are as many as its window takes: where hardly more follow, few windows are looked at.
    let lead = range.saturating_mul(grid.stride());
    if range == 0 || grid.len <= lead.saturating_mul(2) || grid.len.saturating_mul(range) > MOST_KEPT {
        return None;
    }
    let mut values = Vec::with_capacity(grid.len * range);
    let at_once = (BATCH / range).max(1);
    for from in (0..grid.len).step_by(at_once) {
        values.extend(run(program, metrics, grid, range, from..(from + at_once).min(grid.len)).ok()?);
    }
    Some(MadeWindows::Kept { range, values })
}

/// The whole grid at once: of every `stride` slots one follows the other. `None` where the program looks at more than the slot before.
fn stepped(program: &Program, metrics: &[Vec<f64>], grid: &PeriodGrid) -> Option<SteppedSeries> {
    let stride = grid.stride();
    let mut all = SteppedSeries {
        values: vec![f64::NAN; grid.len],
        first: vec![f64::NAN; grid.len],
        gaps: vec![u32::MAX; grid.len],
    };
    for begin in 0..stride.min(grid.len) {
        let every = metrics.iter().map(|values| values.iter().skip(begin).step_by(stride).copied().collect());
        let every: Vec<Vec<f64>> = every.collect();
        let slices: Vec<&[f64]> = every.iter().map(Vec::as_slice).collect();
        let len = (grid.len - begin).div_ceil(stride);
        let start = grid.end(begin) - grid.period;
        let frame = Frame { metrics: &slices, len, start, step: grid.period, period: grid.period };
        let one = program.run_stepped(&frame).ok()??;
        for (at, slot) in (begin..grid.len).step_by(stride).enumerate() {
            (all.values[slot], all.first[slot], all.gaps[slot]) = (one.values[at], one.first[at], one.gaps[at]);
        }
    }
    Some(all)
}
