//! A set of expressions over metrics -> the series that are asked for. Values are slots in time, NaN where there is none.
//! Reads no metrics: whoever asks brings them.

use super::error::MathError;
use super::functions;
use super::parse::{Expr, Op, parse};
use super::signature::MathType;
use super::words::is_insights;
use std::collections::BTreeMap;

/// One of the queries of an alarm or of a call: a metric, or an expression over the others.
#[derive(Debug, Clone, Copy)]
pub struct MathQuery<'a> {
    pub id: &'a str,
    pub expression: Option<&'a str>,
    pub is_metric: bool,
    pub return_data: bool,
}

/// The parsed expressions of one alarm or call.
#[derive(Debug, Clone)]
pub struct Program {
    watched: String,
    expressions: BTreeMap<String, Expr>,
    /// Ids of metrics, in the order of the queries.
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
pub(super) enum MathValue {
    Number(f64),
    Series(Vec<f64>),
    List(Vec<Vec<f64>>),
}

const MAX_NESTING: usize = 20;

impl Program {
    /// Of the queries of an alarm, of which exactly one returns data. Everything that is not known is refused here.
    pub fn new<'a>(queries: impl IntoIterator<Item = MathQuery<'a>>) -> Result<Self, MathError> {
        let queries: Vec<MathQuery<'a>> = queries.into_iter().collect();
        let watched = queries.iter().find(|query| query.return_data).ok_or(MathError::NothingWatched)?;
        let mut expressions = BTreeMap::new();
        for MathQuery { id, expression, .. } in &queries {
            if let Some(text) = expression {
                expressions.insert((*id).to_owned(), read(id, text)?);
            }
        }
        let metrics = queries.iter().filter(|query| query.is_metric).map(|query| query.id.to_owned()).collect();
        let mut program = Self { watched: watched.id.to_owned(), expressions, metrics, is_pointwise: true };
        let root = Expr::Id(program.watched.clone());
        let (given, pointwise) = program.check(&root, 0)?;
        if given != MathType::Series {
            return Err(MathError::NotOneSeries { id: program.watched, given });
        }
        program.is_pointwise = pointwise;
        Ok(program)
    }

    /// What an expression is, and whether it can be computed slot by slot.
    fn check(&self, expr: &Expr, depth: usize) -> Result<(MathType, bool), MathError> {
        if depth > MAX_NESTING * 8 {
            return Err(MathError::Circle);
        }
        match expr {
            Expr::Number(_) => Ok((MathType::Scalar, true)),
            Expr::Text(_) => Ok((MathType::Text, true)),
            Expr::Id(id) if self.metrics.contains(id) => Ok((MathType::Series, true)),
            Expr::Id(id) => match self.expressions.get(id) {
                Some(inner) => self.check(inner, depth + 1),
                None => Err(MathError::UnknownId(id.clone())),
            },
            Expr::Powers(_) => Err(MathError::PowerOfPower),
            Expr::Negative(inner) => {
                let (given, pointwise) = self.check(inner, depth + 1)?;
                Ok((numeric(given, "-")?, pointwise))
            }
            Expr::Binary(op, left, right) => {
                let (a, first) = self.check(left, depth + 1)?;
                let (b, second) = self.check(right, depth + 1)?;
                if a == MathType::SeriesArray && b == MathType::SeriesArray {
                    return Err(MathError::TwoArrays);
                }
                let sign = format!("{op:?}");
                Ok((numeric(a, &sign)?.max(numeric(b, &sign)?), first && second))
            }
            Expr::List(items) => {
                let mut pointwise = true;
                for item in items {
                    let (given, inner) = self.check(item, depth + 1)?;
                    if given != MathType::Series {
                        return Err(MathError::ArrayItem);
                    }
                    pointwise &= inner;
                }
                Ok((MathType::SeriesArray, pointwise))
            }
            Expr::Call(name, arguments) => {
                let given = arguments.iter().map(|argument| self.check(argument, depth + 1));
                let given = given.collect::<Result<Vec<_>, _>>()?;
                functions::check(name, arguments, &given)
            }
        }
    }

    /// The watched series over the frame's slots.
    pub fn run(&self, frame: &Frame<'_>) -> Result<Vec<f64>, MathError> {
        let id = || self.watched.clone();
        match self.eval(&Expr::Id(id()), frame)? {
            MathValue::Series(values) => Ok(values),
            MathValue::Number(_) => Err(MathError::NotOneSeries { id: id(), given: MathType::Scalar }),
            MathValue::List(_) => Err(MathError::NotOneSeries { id: id(), given: MathType::SeriesArray }),
        }
    }

    pub(super) fn eval(&self, expr: &Expr, frame: &Frame<'_>) -> Result<MathValue, MathError> {
        match expr {
            Expr::Number(number) => Ok(MathValue::Number(*number)),
            Expr::Text(text) => Err(MathError::NoValue(text.clone())),
            Expr::Id(id) => match self.metrics.iter().position(|metric| metric == id) {
                Some(index) => Ok(MathValue::Series(frame.metrics[index].to_vec())),
                None => match self.expressions.get(id) {
                    Some(inner) => self.eval(inner, frame),
                    None => Err(MathError::UnknownId(id.clone())),
                },
            },
            Expr::Powers(_) => Err(MathError::PowerOfPower),
            Expr::Negative(inner) => Ok(self.eval(inner, frame)?.map(|value| -value)),
            Expr::Binary(op, left, right) => {
                combine(self.eval(left, frame)?, self.eval(right, frame)?, |a, b| apply(*op, a, b))
            }
            Expr::List(items) => {
                let mut list = Vec::new();
                for item in items {
                    match self.eval(item, frame)? {
                        MathValue::Series(values) => list.push(values),
                        _ => return Err(MathError::ArrayItem),
                    }
                }
                Ok(MathValue::List(list))
            }
            Expr::Call(name, arguments) => functions::call(self, name, arguments, frame),
        }
    }
}

fn read(id: &str, text: &str) -> Result<Expr, MathError> {
    if is_insights(text) {
        return Err(MathError::Insights { id: id.to_owned() });
    }
    parse(text).map_err(|fault| MathError::Syntax { id: id.to_owned(), fault })
}

fn numeric(given: MathType, sign: &str) -> Result<MathType, MathError> {
    match given {
        MathType::Text => Err(MathError::TextOperand(sign.to_owned())),
        other => Ok(other),
    }
}

impl MathValue {
    pub(super) fn map(self, change: impl Fn(f64) -> f64) -> MathValue {
        let all = |values: Vec<f64>| values.into_iter().map(|value| known(change(value))).collect();
        match self {
            MathValue::Number(number) => MathValue::Number(known(change(number))),
            MathValue::Series(values) => MathValue::Series(all(values)),
            MathValue::List(list) => MathValue::List(list.into_iter().map(all).collect()),
        }
    }
}

/// What is no finite number (a division by zero, an overflow) is no datapoint.
pub(super) fn known(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

/// Slot by slot; a slot that one side misses is missing.
pub(super) fn combine(left: MathValue, right: MathValue, op: impl Fn(f64, f64) -> f64) -> Result<MathValue, MathError> {
    let pair = |a: Vec<f64>, b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| op(*a, *b)).collect() };
    Ok(match (left, right) {
        (MathValue::Number(a), MathValue::Number(b)) => MathValue::Number(op(a, b)),
        (MathValue::Series(a), MathValue::Series(b)) => MathValue::Series(pair(a, &b)),
        (MathValue::List(list), MathValue::Series(b)) => {
            MathValue::List(list.into_iter().map(|a| pair(a, &b)).collect())
        }
        (MathValue::Series(a), MathValue::List(list)) => {
            MathValue::List(list.into_iter().map(|b| pair(a.clone(), &b)).collect())
        }
        (a, MathValue::Number(b)) => a.map(|value| op(value, b)),
        (MathValue::Number(a), b) => b.map(|value| op(a, value)),
        (MathValue::List(_), MathValue::List(_)) => {
            return Err(MathError::TwoArrays);
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
