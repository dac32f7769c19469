//! What a tree of metric math comes to. Where an operand or a divisor is missing, so is the result.

use super::super::Values;
use super::parse::{Operator, Tree, parse};
use super::{MetricDataQuery, Scope, functions};

/// A number, a series, or several of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    Series(Values),
    /// Series with the labels they have of their own.
    List(Vec<(Option<String>, Values)>),
    Text(String),
}

impl Value {
    pub fn into_series(self) -> Result<Vec<(Option<String>, Values)>, String> {
        match self {
            Value::Series(values) => Ok(vec![(None, values)]),
            Value::List(list) => Ok(list),
            Value::Number(_) | Value::Text(_) => Err("the result must be a time series".to_owned()),
        }
    }
}

/// Deeper references among queries than this are taken for a circle.
const DEEPEST: u32 = 60;

pub struct Evaluator<'a> {
    pub scope: &'a Scope<'a>,
    depth: u32,
}

impl<'a> Evaluator<'a> {
    pub fn new(scope: &'a Scope<'a>) -> Self {
        Evaluator { scope, depth: 0 }
    }

    /// The value of a query that is an expression.
    pub fn query(&mut self, query: &MetricDataQuery) -> Result<Value, String> {
        let text = query.expression.as_deref().unwrap_or_default();
        if text.trim_start().to_ascii_uppercase().starts_with("SELECT ") {
            return Err("the sandbox does not know Metrics Insights queries".to_owned());
        }
        self.tree(&parse(text)?)
    }

    pub fn tree(&mut self, tree: &Tree) -> Result<Value, String> {
        Ok(match tree {
            Tree::Number(number) => Value::Number(*number),
            Tree::Text(text) => Value::Text(text.clone()),
            Tree::Query(id) => self.named(id)?,
            Tree::Negate(inner) => map(self.tree(inner)?, |value| Some(-value))?,
            Tree::Binary(operator, left, right) => {
                let (left, right) = (self.tree(left)?, self.tree(right)?);
                combine(left, right, |a, b| apply(*operator, a, b))?
            }
            Tree::List(items) => {
                let mut list = Vec::new();
                for item in items {
                    list.extend(self.tree(item)?.into_series()?);
                }
                Value::List(list)
            }
            Tree::Call(name, arguments) => functions::call(self, name, arguments)?,
        })
    }

    fn named(&mut self, id: &str) -> Result<Value, String> {
        if let Some((values, _)) = self.scope.metrics.get(id) {
            return Ok(Value::Series(values.clone()));
        }
        let query = self.scope.queries.iter().find(|query| query.id == id);
        let query = query.ok_or_else(|| format!("Undefined variable {id}"))?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("the expressions refer to each other in a circle".to_owned());
        }
        let value = self.query(query)?;
        self.depth -= 1;
        Ok(value)
    }

    /// Seconds of the period of the metrics at hand.
    pub fn period(&self) -> i64 {
        let of_metrics = self.scope.metrics.values().map(|(_, period)| *period).max();
        of_metrics.or_else(|| self.scope.queries.iter().find_map(|query| query.period)).unwrap_or(300)
    }
}

fn apply(operator: Operator, a: f64, b: f64) -> Option<f64> {
    let flag = |holds: bool| f64::from(u8::from(holds));
    let result = match operator {
        Operator::Or => flag(a != 0.0 || b != 0.0),
        Operator::And => flag(a != 0.0 && b != 0.0),
        Operator::Less => flag(a < b),
        Operator::LessOrEqual => flag(a <= b),
        Operator::Greater => flag(a > b),
        Operator::GreaterOrEqual => flag(a >= b),
        Operator::Equal => flag(a == b),
        Operator::NotEqual => flag(a != b),
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::Power => a.powf(b),
    };
    result.is_finite().then_some(result)
}

/// Applies a function to each value; where it gives none, there is none.
pub fn map(value: Value, function: impl Fn(f64) -> Option<f64>) -> Result<Value, String> {
    let each = |values: Values| values.into_iter().filter_map(|(at, value)| Some((at, function(value)?))).collect();
    Ok(match value {
        Value::Number(number) => Value::Number(function(number).ok_or("the result is not a number")?),
        Value::Series(values) => Value::Series(each(values)),
        Value::List(list) => Value::List(list.into_iter().map(|(label, values)| (label, each(values))).collect()),
        Value::Text(text) => return Err(format!("{text:?} is not a number or a time series")),
    })
}

/// Combines point by point, where both sides have one.
fn combine(left: Value, right: Value, function: impl Fn(f64, f64) -> Option<f64> + Copy) -> Result<Value, String> {
    match (left, right) {
        (left, Value::Number(b)) => map(left, |a| function(a, b)),
        (Value::Number(a), right) => map(right, |b| function(a, b)),
        (Value::Series(left), Value::Series(right)) => Ok(Value::Series(both(&left, &right, function))),
        (Value::List(list), Value::Series(right)) => {
            Ok(Value::List(list.into_iter().map(|(label, left)| (label, both(&left, &right, function))).collect()))
        }
        (Value::Series(left), Value::List(list)) => {
            Ok(Value::List(list.into_iter().map(|(label, right)| (label, both(&left, &right, function))).collect()))
        }
        (Value::List(_), Value::List(_)) => Err("two arrays of time series cannot be combined".to_owned()),
        (Value::Text(text), _) | (_, Value::Text(text)) => Err(format!("{text:?} is not a number or a time series")),
    }
}

fn both(left: &Values, right: &Values, function: impl Fn(f64, f64) -> Option<f64>) -> Values {
    left.iter().filter_map(|(at, a)| Some((*at, function(*a, *right.get(at)?)?))).collect()
}
