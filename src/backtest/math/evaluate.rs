//! A set of expressions over metrics -> the series that the alarm watches. Values are slots in time, NaN where there is none.

use super::function::{self, Shape};
use crate::resources::alarm::MetricQuery;
use crate::resources::alarm::math::{Expr, Op, SyntaxFault, parse};
use std::collections::BTreeMap;
use std::fmt;

/// Why an expression has no value here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MathError(pub String);

impl fmt::Display for MathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MathError {}

impl From<SyntaxFault> for MathError {
    fn from(fault: SyntaxFault) -> Self {
        MathError(fault.message)
    }
}

const POWERS: &str = "powers of powers need parentheses";

/// The parsed expressions of one alarm.
#[derive(Debug, Clone)]
pub struct Program {
    watched: String,
    expressions: BTreeMap<String, Expr>,
    /// Ids of metrics, in the order of the alarm.
    pub metrics: Vec<String>,
    /// Whether a slot's value follows from that slot alone; else it depends on the range that is looked at.
    pub is_pointwise: bool,
}

/// The slots of one evaluation: what the metrics say, when, and how long a slot is.
#[derive(Debug)]
pub struct Frame<'a> {
    /// By the order of `Program::metrics`; oldest first, all of length `len`.
    pub metrics: &'a [&'a [f64]],
    pub len: usize,
    /// The beginning of the first slot, and the seconds from one to the next.
    pub start: i64,
    pub step: i64,
    /// Seconds of one datapoint.
    pub period: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Series(Vec<f64>),
    List(Vec<Vec<f64>>),
}

const MAX_NESTING: usize = 20;

impl Program {
    /// Of the queries of an alarm, of which exactly one returns data. Everything that is not known is refused here.
    pub fn new(queries: &[MetricQuery]) -> Result<Self, MathError> {
        let watched = queries.iter().find(|query| query.return_data);
        let watched = watched.ok_or_else(|| MathError("no series is watched".into()))?.id.clone();
        let mut expressions = BTreeMap::new();
        for query in queries {
            if let Some(text) = &query.expression {
                expressions.insert(query.id.clone(), parse(text)?);
            }
        }
        let metrics = queries.iter().filter(|query| query.metric.is_some()).map(|query| query.id.clone()).collect();
        let mut program = Self { watched, expressions, metrics, is_pointwise: true };
        let root = Expr::Id(program.watched.clone());
        let (shape, pointwise) = program.shape(&root, 0)?;
        if shape != Shape::Series {
            return Err(MathError(format!("`{}` is {} and no single time series", program.watched, shape.word())));
        }
        program.is_pointwise = pointwise;
        Ok(program)
    }

    /// What an expression is, and whether it can be computed slot by slot.
    fn shape(&self, expr: &Expr, depth: usize) -> Result<(Shape, bool), MathError> {
        if depth > MAX_NESTING * 8 {
            return Err(MathError("the expressions refer to each other in a circle".into()));
        }
        match expr {
            Expr::Number(_) => Ok((Shape::Number, true)),
            Expr::Text(_) => Ok((Shape::Text, true)),
            Expr::Id(id) if self.metrics.contains(id) => Ok((Shape::Series, true)),
            Expr::Id(id) => match self.expressions.get(id) {
                Some(inner) => self.shape(inner, depth + 1),
                None => Err(MathError(format!("`{id}` is no id of the alarm"))),
            },
            Expr::Powers(_) => Err(MathError(POWERS.into())),
            Expr::Negative(inner) => {
                let (shape, pointwise) = self.shape(inner, depth + 1)?;
                Ok((shape.numeric("-")?, pointwise))
            }
            Expr::Binary(op, left, right) => {
                let (a, first) = self.shape(left, depth + 1)?;
                let (b, second) = self.shape(right, depth + 1)?;
                if a == Shape::List && b == Shape::List {
                    return Err(MathError("an operator between two arrays of series is not allowed".into()));
                }
                let sign = format!("{op:?}");
                Ok((a.numeric(&sign)?.max(b.numeric(&sign)?), first && second))
            }
            Expr::List(items) => {
                let mut pointwise = true;
                for item in items {
                    let (shape, inner) = self.shape(item, depth + 1)?;
                    if shape != Shape::Series {
                        return Err(MathError("an array holds time series only".into()));
                    }
                    pointwise &= inner;
                }
                Ok((Shape::List, pointwise))
            }
            Expr::Call(name, arguments) => {
                let shapes = arguments.iter().map(|argument| self.shape(argument, depth + 1));
                let shapes = shapes.collect::<Result<Vec<_>, _>>()?;
                function::shape(name, arguments, &shapes)
            }
        }
    }

    /// The watched series over the frame's slots.
    pub fn run(&self, frame: &Frame<'_>) -> Result<Vec<f64>, MathError> {
        match self.eval(&Expr::Id(self.watched.clone()), frame)? {
            Value::Series(values) => Ok(values),
            Value::Number(_) | Value::List(_) => Err(MathError(format!("`{}` is no single time series", self.watched))),
        }
    }

    pub(super) fn eval(&self, expr: &Expr, frame: &Frame<'_>) -> Result<Value, MathError> {
        match expr {
            Expr::Number(number) => Ok(Value::Number(*number)),
            Expr::Text(text) => Err(MathError(format!("\"{text}\" is no value"))),
            Expr::Id(id) => match self.metrics.iter().position(|metric| metric == id) {
                Some(index) => Ok(Value::Series(frame.metrics[index].to_vec())),
                None => match self.expressions.get(id) {
                    Some(inner) => self.eval(inner, frame),
                    None => Err(MathError(format!("`{id}` is no id of the alarm"))),
                },
            },
            Expr::Powers(_) => Err(MathError(POWERS.into())),
            Expr::Negative(inner) => Ok(self.eval(inner, frame)?.map(|value| -value)),
            Expr::Binary(op, left, right) => {
                combine(self.eval(left, frame)?, self.eval(right, frame)?, |a, b| apply(*op, a, b))
            }
            Expr::List(items) => {
                let mut list = Vec::new();
                for item in items {
                    match self.eval(item, frame)? {
                        Value::Series(values) => list.push(values),
                        _ => return Err(MathError("an array holds time series only".into())),
                    }
                }
                Ok(Value::List(list))
            }
            Expr::Call(name, arguments) => function::call(self, name, arguments, frame),
        }
    }
}

impl Value {
    pub fn map(self, change: impl Fn(f64) -> f64) -> Value {
        let all = |values: Vec<f64>| values.into_iter().map(|value| known(change(value))).collect();
        match self {
            Value::Number(number) => Value::Number(known(change(number))),
            Value::Series(values) => Value::Series(all(values)),
            Value::List(list) => Value::List(list.into_iter().map(all).collect()),
        }
    }
}

/// What is no finite number (a division by zero, an overflow) is no datapoint.
pub fn known(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

/// Slot by slot; a slot that one side misses is missing.
pub fn combine(left: Value, right: Value, op: impl Fn(f64, f64) -> f64) -> Result<Value, MathError> {
    let pair = |a: Vec<f64>, b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| op(*a, *b)).collect() };
    Ok(match (left, right) {
        (Value::Number(a), Value::Number(b)) => Value::Number(op(a, b)),
        (Value::Series(a), Value::Series(b)) => Value::Series(pair(a, &b)),
        (Value::List(list), Value::Series(b)) => Value::List(list.into_iter().map(|a| pair(a, &b)).collect()),
        (Value::Series(a), Value::List(list)) => Value::List(list.into_iter().map(|b| pair(a.clone(), &b)).collect()),
        (a, Value::Number(b)) => a.map(|value| op(value, b)),
        (Value::Number(a), b) => b.map(|value| op(a, value)),
        (Value::List(_), Value::List(_)) => {
            return Err(MathError("an operator between two arrays of series is not allowed".into()));
        }
    })
}

fn apply(op: Op, a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    let truth = |holds: bool| f64::from(u8::from(holds));
    match op {
        Op::Add => known(a + b),
        Op::Subtract => known(a - b),
        Op::Multiply => known(a * b),
        Op::Divide => known(a / b),
        Op::Power => known(a.powf(b)),
        Op::Equal => truth(a == b),
        Op::NotEqual => truth(a != b),
        Op::Less => truth(a < b),
        Op::LessOrEqual => truth(a <= b),
        Op::Greater => truth(a > b),
        Op::GreaterOrEqual => truth(a >= b),
        Op::And => truth(a != 0.0 && b != 0.0),
        Op::Or => truth(a != 0.0 || b != 0.0),
    }
}
