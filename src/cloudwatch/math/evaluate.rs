//! A checked program and what its metrics say -> the series that are asked for. Values are slots in time, NaN where there is none.
//! Reads no metrics: whoever asks brings them.

use super::dependence::Dependence;
use super::error::MathError;
use super::functions::{self, Argument, CallInputs};
use super::math_type::MathType;
use super::parse::{Expr, MathOperator};
use super::program::Program;
use super::value::{Frame, MathValue, NamedSeries, SteppedSeries, WindowBatch, known};
use std::collections::BTreeMap;

impl Program {
    /// The watched series over the frame's slots.
    pub fn run(&self, frame: &Frame<'_>) -> Result<Vec<f64>, MathError> {
        self.run_windows(&WindowBatch { frame: *frame, count: 1, shift: 0 })
    }

    /// The watched series over each window, one after the other: what [`Self::run`] says of each. An error where one of them is wrong, or
    /// where the order or the number of series depends on the window.
    pub fn run_windows(&self, batch: &WindowBatch<'_>) -> Result<Vec<f64>, MathError> {
        self.series(self.at_work(batch, true).id(&self.watched)?)
    }

    /// What every window of a frame shows; `None` where a slot follows from more than the last one before it.
    pub fn run_stepped(&self, frame: &Frame<'_>) -> Result<Option<SteppedSeries>, MathError> {
        let Some(looked_back) = self.looked_back().filter(|_| self.dependence == Dependence::Before) else {
            return Ok(None);
        };
        let batch = WindowBatch { frame: *frame, count: 1, shift: 0 };
        let run = |begun: bool| self.series(self.at_work(&batch, begun).id(&self.watched)?);
        let seen = self.series(self.at_work(&batch, true).eval(looked_back)?)?;
        Ok(Some(SteppedSeries { values: run(true)?, first: run(false)?, gaps: gaps(&seen) }))
    }

    fn series(&self, value: MathValue) -> Result<Vec<f64>, MathError> {
        let other = |given| MathError::NotOneSeries { id: self.watched.clone(), given };
        match value {
            MathValue::Series(values) => Ok(values),
            MathValue::Number(_) | MathValue::Numbers(_) => Err(other(MathType::Scalar)),
            MathValue::List(_) => Err(other(MathType::SeriesArray)),
        }
    }

    /// All the series that the watched query gives.
    pub fn run_all(&self, frame: &Frame<'_>) -> Result<Vec<NamedSeries>, MathError> {
        let batch = WindowBatch { frame: *frame, count: 1, shift: 0 };
        match self.at_work(&batch, true).id(&self.watched)? {
            MathValue::List(list) => Ok(list),
            other => Ok(vec![NamedSeries { name: None, values: self.series(other)? }]),
        }
    }

    fn at_work<'a>(&'a self, batch: &'a WindowBatch<'a>, begun: bool) -> FrameEvaluation<'a> {
        FrameEvaluation { program: self, batch, begun, done: BTreeMap::new() }
    }
}

/// From each slot back to the last one before it that has a value.
fn gaps(values: &[f64]) -> Vec<u32> {
    let mut gap = u32::MAX;
    let next = |value: &f64| {
        let here = gap;
        gap = if value.is_nan() { gap.saturating_add(1) } else { 1 };
        here
    };
    values.iter().map(next).collect()
}

/// A program at work on the frames of a batch; an expression that others name often is reckoned once.
struct FrameEvaluation<'a> {
    program: &'a Program,
    batch: &'a WindowBatch<'a>,
    /// Whether there is anything before a slot.
    begun: bool,
    done: BTreeMap<&'a str, MathValue>,
}

impl<'a> FrameEvaluation<'a> {
    fn eval(&mut self, expr: &'a Expr) -> Result<MathValue, MathError> {
        match expr {
            Expr::Number(number) => Ok(MathValue::Number(*number)),
            Expr::Text(text) => Err(MathError::NoValue(text.clone())),
            Expr::Id(id) => self.id(id),
            Expr::Powers(_) => Err(MathError::PowerOfPower),
            Expr::Negative(inner) => Ok(self.eval(inner)?.map(|value| -value)),
            Expr::Binary(op, left, right) => {
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                combine(left, right, |a, b| apply(*op, a, b))
            }
            Expr::List(items) => {
                let mut list = Vec::new();
                for item in items {
                    match self.eval(item)? {
                        MathValue::Series(values) => list.push(NamedSeries { name: None, values }),
                        MathValue::List(inner) => list.extend(inner),
                        MathValue::Number(_) | MathValue::Numbers(_) => return Err(MathError::ArrayItem),
                    }
                }
                Ok(MathValue::List(list))
            }
            Expr::Call(name, arguments) => {
                let arguments = arguments.iter().map(|argument| self.argument(argument));
                let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
                let Program { metrics, band, .. } = self.program;
                functions::call(
                    name,
                    arguments,
                    &CallInputs { metrics, band: *band, batch: self.batch, begun: self.begun },
                )
            }
        }
    }

    fn argument(&mut self, expr: &'a Expr) -> Result<Argument<'a>, MathError> {
        match expr {
            Expr::Text(text) => Ok(Argument::Text(text)),
            other => self.eval(other).map(Argument::Value),
        }
    }

    fn id(&mut self, id: &'a str) -> Result<MathValue, MathError> {
        let program = self.program;
        if let Some(index) = program.metrics.iter().position(|metric| metric == id) {
            return Ok(MathValue::Series(self.batch.frame.metrics[index].to_vec()));
        }
        if let Some(known) = self.done.get(id) {
            return Ok(known.clone());
        }
        let inner = program.expressions.get(id).ok_or_else(|| MathError::UnknownId(id.to_owned()))?;
        let value = self.eval(inner)?;
        self.done.insert(id, value.clone());
        Ok(value)
    }
}

/// Slot by slot. Where one of two series has no value it counts as 0, and where neither has one there is none ("Missing values in a
/// time series are treated as 0", of operators); a number that is not known leaves nothing known.
fn combine(left: MathValue, right: MathValue, op: impl Fn(f64, f64) -> f64) -> Result<MathValue, MathError> {
    let or_zero = |value: f64| if value.is_nan() { 0.0 } else { value };
    let both = |a: f64, b: f64| if a.is_nan() && b.is_nan() { f64::NAN } else { op(or_zero(a), or_zero(b)) };
    let pair = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| both(*a, *b)).collect() };
    // Each window of a series beside its number.
    let spread = |values: &[f64], numbers: &[f64], op: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
        let windows = values.chunks(values.len() / numbers.len()).zip(numbers);
        windows.flat_map(|(window, number)| window.iter().map(|value| known(op(*value, *number)))).collect()
    };
    Ok(match (left, right) {
        (MathValue::Number(a), MathValue::Number(b)) => MathValue::Number(op(a, b)),
        (MathValue::List(_), MathValue::List(_)) => return Err(MathError::TwoArrays),
        (a, MathValue::Number(b)) => a.map(|value| op(value, b)),
        (MathValue::Number(a), b) => b.map(|value| op(a, value)),
        (MathValue::Numbers(a), MathValue::Numbers(b)) => {
            MathValue::Numbers(a.iter().zip(&b).map(|(a, b)| known(op(*a, *b))).collect())
        }
        (a, MathValue::Numbers(b)) => a.each(|a| spread(&a, &b, &op)),
        (MathValue::Numbers(a), b) => b.each(|b| spread(&b, &a, &|value, number| op(number, value))),
        (a, MathValue::Series(b)) => a.each(|a| pair(&a, &b)),
        (MathValue::Series(a), b) => b.each(|b| pair(&a, &b)),
    })
}

pub(super) fn apply(op: MathOperator, a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    let truth = |holds: bool| f64::from(u8::from(holds));
    match op {
        MathOperator::Add => known(a + b),
        MathOperator::Subtract => known(a - b),
        MathOperator::Multiply => known(a * b),
        MathOperator::Divide => known(a / b),
        MathOperator::Power => known(a.powf(b)),
        MathOperator::Equal => truth(a == b),
        MathOperator::NotEqual => truth(a != b),
        MathOperator::Less => truth(a < b),
        MathOperator::LessOrEqual => truth(a <= b),
        MathOperator::Greater => truth(a > b),
        MathOperator::GreaterOrEqual => truth(a >= b),
        MathOperator::And => truth(a != 0.0 && b != 0.0),
        MathOperator::Or => truth(a != 0.0 || b != 0.0),
    }
}
