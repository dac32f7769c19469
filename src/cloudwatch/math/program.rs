//! The queries of an alarm or of a call -> a program that was checked: everything that is not known is refused here, before a value
//! is looked at. Computes nothing.

use super::dependence::Dependence;
use super::error::MathError;
use super::functions;
use super::math_type::MathType;
use super::parse::{Expr, parse};
use super::query::MathQuery;
use super::value::Band;
use super::words::is_insights;
use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The parsed expressions of one alarm or call.
#[derive(Debug, Clone)]
pub struct Program {
    pub(super) watched: String,
    pub(super) expressions: BTreeMap<String, Expr>,
    /// Ids of metrics, in the order of the queries: all of an alarm, those that matter of a call.
    pub metrics: Vec<String>,
    /// What a slot's value follows from.
    pub dependence: Dependence,
    pub(super) band: Option<Band>,
}

const MAX_NESTING: usize = 20;

impl Program {
    /// Of the queries of an alarm, of which exactly one returns data: one time series. Bands are AWS's own models, so an alarm's
    /// are not reckoned.
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
        Self::checked(watched.id, expressions, metrics, None, &[MathType::Series])
    }

    /// Of the query `id` of a call and those that it depends on: one time series or several. Whoever simulates AWS brings a band.
    pub fn of_call<'a>(
        queries: impl IntoIterator<Item = MathQuery<'a>>,
        id: &str,
        band: Band,
    ) -> Result<Self, MathError> {
        let queries: Vec<MathQuery<'a>> = queries.into_iter().collect();
        let (mut expressions, mut metrics) = (BTreeMap::new(), BTreeSet::new());
        let mut open = vec![id.to_owned()];
        while let Some(id) = open.pop() {
            let query = queries.iter().find(|query| query.id == id);
            let query = query.ok_or_else(|| MathError::UnknownId(id.clone()))?;
            if query.is_metric {
                metrics.insert(query.id);
            } else if let Entry::Vacant(place) = expressions.entry(id) {
                let expr = read(place.key(), query.expression.unwrap_or_default())?;
                let mut selected = Vec::new();
                named(&expr, &mut open, &mut selected);
                let is_selected = |id: &str| selected.iter().any(|part| id.contains(part.as_str()));
                metrics.extend(queries.iter().filter(|q| q.is_metric && is_selected(q.id)).map(|query| query.id));
                place.insert(expr);
            }
        }
        let metrics =
            queries.iter().map(|query| query.id).filter(|id| metrics.contains(id)).map(str::to_owned).collect();
        Self::checked(id, expressions, metrics, Some(band), &[MathType::Series, MathType::SeriesArray])
    }

    fn checked(
        watched: &str,
        expressions: BTreeMap<String, Expr>,
        metrics: Vec<String>,
        band: Option<Band>,
        wanted: &[MathType],
    ) -> Result<Self, MathError> {
        let mut program =
            Self { watched: watched.to_owned(), expressions, metrics, dependence: Dependence::Slot, band };
        let check = Check { program: &program, done: RefCell::default() };
        let (given, dependence) = check.of(&Expr::Id(watched.to_owned()), 0)?;
        if !wanted.contains(&given) {
            return Err(MathError::NotOneSeries { id: program.watched, given });
        }
        program.dependence = match dependence {
            Dependence::Before if program.looked_back().is_none() => Dependence::Window,
            known => known,
        };
        Ok(program)
    }

    /// The one series whose last value before a slot matters; `None` where there are several: one may begin before another in a window.
    pub(super) fn looked_back(&self) -> Option<&Expr> {
        let mut all = Vec::new();
        self.expressions.values().for_each(|expr| stepped(expr, &mut all));
        let first = *all.first()?;
        all.iter().all(|other| *other == first).then_some(first)
    }
}

/// The ids that an expression names, and the parts of ids by which METRICS selects more.
fn named(expr: &Expr, ids: &mut Vec<String>, selected: &mut Vec<String>) {
    match expr {
        Expr::Id(id) => ids.push(id.clone()),
        Expr::Call(name, arguments) if name == "METRICS" => match arguments.first() {
            Some(Expr::Text(part)) => selected.push(part.clone()),
            _ => selected.push(String::new()),
        },
        _ => {}
    }
    expr.parts().into_iter().for_each(|part| named(part, ids, selected));
}

/// What the calls in an expression compare with what was before.
fn stepped<'a>(expr: &'a Expr, found: &mut Vec<&'a Expr>) {
    if let Expr::Call(name, arguments) = expr
        && functions::is_stepping(name)
    {
        found.extend(arguments.first());
    }
    expr.parts().into_iter().for_each(|part| stepped(part, found));
}

fn read(id: &str, text: &str) -> Result<Expr, MathError> {
    if is_insights(text) {
        return Err(MathError::Insights { id: id.to_owned() });
    }
    parse(text).map_err(|fault| MathError::Syntax { id: id.to_owned(), fault })
}

/// What the parts of a program are; an expression that others name often is checked once.
struct Check<'a> {
    program: &'a Program,
    done: RefCell<BTreeMap<&'a str, (MathType, Dependence)>>,
}

impl<'a> Check<'a> {
    /// What an expression is, and what the value of a slot follows from.
    fn of(&self, expr: &Expr, depth: usize) -> Result<(MathType, Dependence), MathError> {
        if depth > MAX_NESTING * 8 {
            return Err(MathError::Circle);
        }
        match expr {
            Expr::Number(_) => Ok((MathType::Scalar, Dependence::Slot)),
            Expr::Text(_) => Ok((MathType::Text, Dependence::Slot)),
            Expr::Id(id) => self.id(id, depth),
            Expr::Powers(_) => Err(MathError::PowerOfPower),
            Expr::Negative(inner) => {
                let (given, dependence) = self.of(inner, depth + 1)?;
                Ok((numeric(given, "-")?, dependence))
            }
            Expr::Binary(op, left, right) => {
                let (a, first) = self.of(left, depth + 1)?;
                let (b, second) = self.of(right, depth + 1)?;
                if a == MathType::SeriesArray && b == MathType::SeriesArray {
                    return Err(MathError::TwoArrays);
                }
                let sign = format!("{op:?}");
                Ok((numeric(a, &sign)?.max(numeric(b, &sign)?), first.max(second)))
            }
            Expr::List(items) => {
                let mut dependence = Dependence::Slot;
                for item in items {
                    let (given, inner) = self.of(item, depth + 1)?;
                    if !matches!(given, MathType::Series | MathType::SeriesArray) {
                        return Err(MathError::ArrayItem);
                    }
                    dependence = dependence.max(inner);
                }
                Ok((MathType::SeriesArray, dependence))
            }
            Expr::Call(name, arguments) => {
                let given = arguments.iter().map(|argument| self.of(argument, depth + 1));
                let given = given.collect::<Result<Vec<_>, _>>()?;
                functions::check(name, arguments, &given, self.program.band.is_some())
            }
        }
    }

    fn id(&self, id: &str, depth: usize) -> Result<(MathType, Dependence), MathError> {
        if self.program.metrics.iter().any(|metric| metric == id) {
            return Ok((MathType::Series, Dependence::Slot));
        }
        let found = self.program.expressions.get_key_value(id);
        let (id, inner) = found.ok_or_else(|| MathError::UnknownId(id.to_owned()))?;
        if let Some(known) = self.done.borrow().get(id.as_str()) {
            return Ok(*known);
        }
        let checked = self.of(inner, depth + 1)?;
        self.done.borrow_mut().insert(id, checked);
        Ok(checked)
    }
}

fn numeric(given: MathType, sign: &str) -> Result<MathType, MathError> {
    match given {
        MathType::Text => Err(MathError::TextOperand(sign.to_owned())),
        other => Ok(other),
    }
}
