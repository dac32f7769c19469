//! What the value of an expression can be, whatever its metrics say: intervals through the parsed expression, missing values as CloudWatch
//! counts them, and the share that it may be of something. What is not understood is unbounded: nothing is guessed.

use super::interval::Interval;
use super::linear::{KnownMetric, Linear, Quotient, quotient_range};
use super::parse::{Expr, MathOperator, parse};
use super::query::MathQuery;
use super::words::is_insights;
use std::collections::BTreeMap;

/// What the watched value can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    pub values: Interval,
    /// Whether there may be periods without a value.
    pub gaps: bool,
    /// Where the value follows from a quotient of the metrics.
    pub quotient: Option<Quotient>,
}

const MAX_NESTING: usize = 160;

/// Works out what the query that returns data can be; `period` is the seconds of one datapoint. `None` where an expression cannot be read.
pub fn bounds(queries: &[MathQuery<'_>], watched: &str, metrics: &[KnownMetric<'_>], period: i64) -> Option<Bounds> {
    let mut expressions = BTreeMap::new();
    for query in queries {
        if let Some(text) = query.expression {
            let expr = if is_insights(text) { None } else { Some(parse(text).ok()?) };
            expressions.insert(query.id, expr);
        }
    }
    let order: Vec<&str> = queries.iter().filter(|query| query.is_metric).map(|query| query.id).collect();
    let scope = BoundsScope { expressions: &expressions, metrics, order, period };
    let worth = scope.id(watched, 0).single();
    Some(Bounds { values: worth.values, gaps: worth.gaps, quotient: worth.quotient })
}

struct BoundsScope<'a> {
    /// `None` of a query that is no metric math.
    expressions: &'a BTreeMap<&'a str, Option<Expr>>,
    metrics: &'a [KnownMetric<'a>],
    /// The ids of the metrics, as METRICS() lists them.
    order: Vec<&'a str>,
    period: i64,
}

/// What is known of one part of an expression.
#[derive(Debug, Clone)]
struct Worth {
    values: Interval,
    gaps: bool,
    /// A value for each period; else one number. Of what is not known a series, since those have more values.
    series: bool,
    linear: Option<Linear>,
    quotient: Option<Quotient>,
    /// Sums that it is never less than.
    least: Vec<Linear>,
    /// Of a condition: where it holds, more than one event was counted.
    many_if_true: bool,
    /// Of a condition: where it does not hold, more than one event was counted.
    many_if_false: bool,
}

enum ExprPart {
    One(Worth),
    Array(Vec<Worth>),
    /// An array of which neither number nor order is known, each within this.
    Some(Worth),
}

impl ExprPart {
    fn single(self) -> Worth {
        match self {
            ExprPart::One(worth) => worth,
            ExprPart::Array(_) | ExprPart::Some(_) => Worth::unknown(),
        }
    }
}

impl Worth {
    fn of(values: Interval, gaps: bool, series: bool) -> Self {
        let (linear, quotient, least) = (None, None, Vec::new());
        Self { values, gaps, series, linear, quotient, least, many_if_true: false, many_if_false: false }
    }

    fn unknown() -> Self {
        Self::of(Interval::ANY, true, true)
    }

    /// Beside another series a missing value counts as 0.
    fn beside_series(&self) -> Interval {
        if self.gaps { self.values.or(Interval::of(0.0)) } else { self.values }
    }

    fn hull(items: &[Worth]) -> Option<Self> {
        let values = items.iter().map(|item| item.values).reduce(Interval::or)?;
        Some(Self::of(values, items.iter().any(|item| item.gaps), true))
    }
}

impl BoundsScope<'_> {
    fn of(&self, expr: &Expr, depth: usize) -> ExprPart {
        if depth > MAX_NESTING {
            return ExprPart::One(Worth::unknown());
        }
        match expr {
            Expr::Number(number) => {
                let linear = Some(Linear::constant(*number));
                ExprPart::One(Worth { linear, ..Worth::of(Interval::of(*number), false, false) })
            }
            Expr::Id(id) => self.id(id, depth + 1),
            Expr::Negative(inner) => self.each(inner, depth, |worth| Worth {
                linear: worth.linear.map(|linear| linear.times(-1.0)),
                quotient: worth.quotient.map(|quotient| quotient.times(-1.0)),
                ..Worth::of(worth.values.negative(), worth.gaps, worth.series)
            }),
            Expr::Binary(op, left, right) => match (self.of(left, depth + 1), self.of(right, depth + 1)) {
                (ExprPart::One(a), ExprPart::One(b)) => ExprPart::One(self.binary(*op, a, b)),
                (ExprPart::Array(items), ExprPart::One(b)) => {
                    ExprPart::Array(items.into_iter().map(|a| self.binary(*op, a, b.clone())).collect())
                }
                (ExprPart::One(a), ExprPart::Array(items)) => {
                    ExprPart::Array(items.into_iter().map(|b| self.binary(*op, a.clone(), b)).collect())
                }
                _ => ExprPart::Some(Worth::unknown()),
            },
            Expr::List(items) => {
                let mut all = Vec::new();
                for item in items {
                    match self.of(item, depth + 1) {
                        ExprPart::One(worth) => all.push(worth),
                        ExprPart::Array(inner) => all.extend(inner),
                        ExprPart::Some(_) => return ExprPart::Some(Worth::unknown()),
                    }
                }
                ExprPart::Array(all)
            }
            Expr::Call(name, arguments) => self.call(&name.to_ascii_uppercase(), arguments, depth + 1),
            Expr::Text(_) | Expr::Powers(_) => ExprPart::One(Worth::unknown()),
        }
    }

    fn id(&self, id: &str, depth: usize) -> ExprPart {
        if let Some(metric) = self.metrics.iter().find(|metric| metric.id == id) {
            return ExprPart::One(self.metric(metric));
        }
        match self.expressions.get(id) {
            Some(Some(expr)) => self.of(expr, depth + 1),
            _ => ExprPart::One(Worth::unknown()),
        }
    }

    fn metric(&self, metric: &KnownMetric<'_>) -> Worth {
        let linear = Linear::metric(metric.id);
        Worth { least: vec![linear.clone()], linear: Some(linear), ..Worth::of(metric.values, metric.gaps, true) }
    }

    /// An operation on each value by itself.
    fn each(&self, expr: &Expr, depth: usize, change: impl Fn(Worth) -> Worth) -> ExprPart {
        match self.of(expr, depth + 1) {
            ExprPart::One(worth) => ExprPart::One(change(worth)),
            ExprPart::Array(items) => ExprPart::Array(items.into_iter().map(change).collect()),
            ExprPart::Some(worth) => ExprPart::Some(change(worth)),
        }
    }

    fn binary(&self, op: MathOperator, a: Worth, b: Worth) -> Worth {
        let both = a.series && b.series;
        let operand = |worth: &Worth| if both { worth.beside_series() } else { worth.values };
        let mut values = operand(&a).apply(op, operand(&b));
        // Of two series a value is missing where both are; a quotient by zero is none, and a number that is not known leaves nothing.
        let may_divide_by_zero = op == MathOperator::Divide && operand(&b).contains(0.0);
        let gaps = may_divide_by_zero || if both { a.gaps && b.gaps } else { a.gaps || b.gaps };
        let constant = |worth: &Worth| worth.values.number().filter(|_| !worth.series);
        let quotient = match (op, constant(&a), constant(&b)) {
            (MathOperator::Divide, None, None) => match (&a.linear, &b.linear) {
                (Some(numerator), Some(denominator)) => Quotient::of(numerator, denominator),
                // A divisor that is the greater of several is at least the sums that it stands for.
                (Some(numerator), None) => {
                    let all = b.least.iter().filter_map(|least| Quotient::of(numerator, least));
                    all.max_by_key(|quotient| quotient.numerator.is_disjoint(&quotient.denominator))
                }
                _ => None,
            },
            (MathOperator::Divide, None, Some(by)) => a.quotient.clone().map(|quotient| quotient.times(1.0 / by)),
            (MathOperator::Multiply, None, Some(by)) => a.quotient.clone().map(|quotient| quotient.times(by)),
            (MathOperator::Multiply, Some(by), None) => b.quotient.clone().map(|quotient| quotient.times(by)),
            (MathOperator::Multiply, None, None) => match (&a.quotient, &b.quotient) {
                (Some(quotient), None) if b.many_if_true => Some(quotient.clone().floored()),
                (None, Some(quotient)) if a.many_if_true => Some(quotient.clone().floored()),
                _ => None,
            },
            (MathOperator::Add, None, Some(by)) => a.quotient.clone().map(|quotient| quotient.plus(by)),
            (MathOperator::Add, Some(by), None) => b.quotient.clone().map(|quotient| quotient.plus(by)),
            (MathOperator::Subtract, None, Some(by)) => a.quotient.clone().map(|quotient| quotient.plus(-by)),
            (MathOperator::Subtract, Some(by), None) => {
                b.quotient.clone().map(|quotient| quotient.times(-1.0).plus(by))
            }
            _ => None,
        };
        if op == MathOperator::Divide
            && let Some(numerator) = &a.linear
        {
            if let Some(denominator) = &b.linear {
                values = values.and(quotient_range(numerator, denominator, self.metrics));
            }
            // Divided by more than a sum, the quotient is less than by that sum.
            for range in b.least.iter().map(|least| quotient_range(numerator, least, self.metrics)) {
                if range.low >= 0.0 && values.low >= 0.0 {
                    values = values.and(Interval::new(0.0, range.high));
                }
            }
        }
        let linear = match (op, &a.linear, &b.linear) {
            (MathOperator::Add, Some(a), Some(b)) => Some(a.clone().plus(b)),
            (MathOperator::Subtract, Some(a), Some(b)) => Some(a.clone().plus(&b.clone().times(-1.0))),
            (MathOperator::Multiply, Some(linear), Some(by)) | (MathOperator::Multiply, Some(by), Some(linear))
                if by.number().is_some() =>
            {
                by.number().map(|by| linear.clone().times(by))
            }
            (MathOperator::Divide, Some(linear), Some(by)) => by.number().map(|by| linear.clone().times(1.0 / by)),
            _ => None,
        };
        // Beside another series all of a missing value is 0, the number that was added to it, too.
        let linear = linear.filter(|linear| linear.is_homogeneous() || !(a.gaps || b.gaps) || !(a.series || b.series));
        if let (MathOperator::Add | MathOperator::Subtract, Some(linear), true) = (op, &linear, both) {
            values = values.and(linear.range(self.metrics));
        }
        let (many_if_true, many_if_false) = match op {
            MathOperator::And => (a.many_if_true || b.many_if_true, a.many_if_false && b.many_if_false),
            MathOperator::Or => (a.many_if_true && b.many_if_true, a.many_if_false || b.many_if_false),
            _ => many(op, &a, &b),
        };
        let series = a.series || b.series;
        let least = linear.clone().into_iter().collect();
        Worth { linear, quotient, least, many_if_true, many_if_false, ..Worth::of(values, gaps, series) }
    }

    fn call(&self, name: &str, arguments: &[Expr], depth: usize) -> ExprPart {
        let one = |values: Interval, gaps: bool, series: bool| ExprPart::One(Worth::of(values, gaps, series));
        let [first, rest @ ..] = arguments else {
            return if name == "METRICS" { self.selected("") } else { ExprPart::One(Worth::unknown()) };
        };
        let by_each = |change: &dyn Fn(Interval) -> Interval| {
            self.each(first, depth, |worth| Worth::of(change(worth.values), worth.gaps, worth.series))
        };
        match name {
            "ABS" => by_each(&Interval::absolute),
            "CEIL" => by_each(&|values| values.rising(f64::ceil)),
            "FLOOR" => by_each(&|values| values.rising(f64::floor)),
            "LOG" | "LOG10" => self.each(first, depth, |worth| {
                let of = |number: f64| if name == "LOG" { number.ln() } else { number.log10() };
                // Of what is not above zero there is none.
                let gaps = worth.gaps || worth.values.low <= 0.0;
                let values = if worth.values.high <= 0.0 { Interval::ANY } else { worth.values.rising(of) };
                Worth::of(values, gaps, worth.series)
            }),
            "SUM" | "AVG" | "MIN" | "MAX" | "STDDEV" | "DATAPOINT_COUNT" => match self.of(first, depth) {
                ExprPart::One(worth) => ExprPart::One(reduced(name, &worth)),
                ExprPart::Array(items) if !items.is_empty() => ExprPart::One(self.across(name, &items)),
                ExprPart::Array(_) | ExprPart::Some(_) => ExprPart::One(Worth::unknown()),
            },
            "RATE" | "DIFF" => self.each(first, depth, |worth| {
                let change = worth.values.plus(worth.values.negative());
                // Values are at least a period apart, and the first has none before it.
                let per = if name == "RATE" { 1.0 / self.period.max(1) as f64 } else { 1.0 };
                Worth::of(change.times(Interval::of(per)).or(Interval::of(0.0)), true, worth.series)
            }),
            "DIFF_TIME" => one(Interval::POSITIVE, true, true),
            "RUNNING_SUM" => self.each(first, depth, |worth| {
                let values = if worth.values.low >= 0.0 { Interval::POSITIVE } else { Interval::ANY };
                Worth::of(values, worth.gaps, worth.series)
            }),
            "MINUTE" => one(Interval::new(0.0, 59.0), false, true),
            "HOUR" => one(Interval::new(0.0, 23.0), false, true),
            "DAY" => one(Interval::new(1.0, 7.0), false, true),
            "DATE" => one(Interval::new(1.0, 31.0), false, true),
            "MONTH" => one(Interval::new(1.0, 12.0), false, true),
            "YEAR" | "EPOCH" | "SERVICE_QUOTA" => one(Interval::POSITIVE, true, true),
            "METRIC_COUNT" => one(Interval::new(0.0, 500.0), false, false),
            "PERIOD" => {
                let period = self.period.max(1) as f64;
                let linear = Some(Linear::constant(period));
                ExprPart::One(Worth { linear, ..Worth::of(Interval::of(period), false, false) })
            }
            "TIME_SERIES" => match self.of(first, depth) {
                ExprPart::One(worth) => one(worth.values, worth.gaps, true),
                _ => ExprPart::One(Worth::unknown()),
            },
            "METRICS" => match first {
                Expr::Text(part) => self.selected(part),
                _ => ExprPart::Some(Worth::unknown()),
            },
            "FIRST" | "LAST" => match self.of(first, depth) {
                ExprPart::Array(items) => ExprPart::One(Worth::hull(&items).unwrap_or_else(Worth::unknown)),
                ExprPart::Some(worth) => ExprPart::One(Worth { gaps: true, ..worth }),
                ExprPart::One(_) => ExprPart::One(Worth::unknown()),
            },
            "SORT" | "SLICE" | "REMOVE_EMPTY" => match self.of(first, depth) {
                ExprPart::Array(items) => {
                    let hull = Worth::hull(&items).unwrap_or_else(Worth::unknown);
                    ExprPart::Some(Worth { gaps: true, ..hull })
                }
                _ => ExprPart::Some(Worth::unknown()),
            },
            "FILL" => {
                let filler = rest.first().map(|filler| (filler, self.of(filler, depth)));
                self.each(first, depth, |worth| match &filler {
                    // What is repeated or drawn between is no longer what the metrics say then.
                    Some((Expr::Text(_), _)) => Worth { linear: None, least: Vec::new(), ..worth },
                    Some((_, ExprPart::One(with))) if worth.gaps => Worth {
                        values: worth.values.or(with.values),
                        gaps: with.gaps,
                        linear: worth.linear.filter(|_| with.values == Interval::of(0.0)),
                        least: if with.values.low >= 0.0 { worth.least } else { Vec::new() },
                        ..worth
                    },
                    Some((_, ExprPart::One(_))) => worth,
                    _ => Worth::unknown(),
                })
            }
            "IF" => match (self.of(first, depth), rest.first().map(|then| self.of(then, depth))) {
                (ExprPart::One(condition), Some(ExprPart::One(then))) => {
                    let other = rest.get(1).map(|other| self.of(other, depth).single());
                    ExprPart::One(chosen(&condition, then, other))
                }
                _ => ExprPart::One(Worth::unknown()),
            },
            _ => ExprPart::One(Worth::unknown()),
        }
    }

    /// METRICS(): those whose id holds a part.
    fn selected(&self, part: &str) -> ExprPart {
        let named = self.order.iter().filter(|id| id.contains(part));
        ExprPart::Array(named.map(|id| self.id(id, 0).single()).collect())
    }

    /// Period by period over the series of an array; those that have no value are left out, but an average counts them as 0.
    fn across(&self, name: &str, items: &[Worth]) -> Worth {
        let (gaps, some_gaps) = (items.iter().all(|item| item.gaps), items.iter().any(|item| item.gaps));
        let sum = || {
            let linear = items.iter().map(|item| item.linear.clone()).reduce(|a, b| Some(a?.plus(&b?)));
            let values = items.iter().map(Worth::beside_series).reduce(Interval::plus).unwrap_or(Interval::ANY);
            let linear = linear.flatten();
            Worth { least: linear.clone().into_iter().collect(), linear, ..Worth::of(values, gaps, true) }
        };
        let all = || items.iter().map(|item| item.values).reduce(Interval::or).unwrap_or(Interval::ANY);
        match name {
            "SUM" => sum(),
            "AVG" => {
                let (sum, each) = (sum(), 1.0 / items.len() as f64);
                let linear = sum.linear.map(|linear| linear.times(each));
                let values = sum.values.times(Interval::of(each));
                Worth { least: linear.clone().into_iter().collect(), linear, ..Worth::of(values, gaps, true) }
            }
            "MIN" => {
                let highest = |a: f64, item: &Worth| a.min(item.values.high);
                let high = items.iter().filter(|item| !item.gaps).fold(all().high, highest);
                Worth::of(Interval::new(all().low, high), gaps, true)
            }
            "MAX" => {
                let lowest = |a: f64, item: &Worth| a.max(item.values.low);
                let low = items.iter().filter(|item| !item.gaps).fold(all().low, lowest);
                // What is left out counts as 0 elsewhere, and is no more than a value that is not below it.
                let least = if all().low >= 0.0 || !some_gaps {
                    items.iter().flat_map(|i| i.least.clone()).collect()
                } else {
                    Vec::new()
                };
                Worth { least, ..Worth::of(Interval::new(low, all().high), gaps, true) }
            }
            "STDDEV" => Worth::of(Interval::POSITIVE, gaps, true),
            // Where no series has a value, there is no count.
            _ => Worth::of(Interval::new(1.0, items.len().max(1) as f64), gaps, true),
        }
    }
}

/// One number of a whole series.
fn reduced(name: &str, worth: &Worth) -> Worth {
    let values = match name {
        "AVG" | "MIN" | "MAX" => worth.values,
        "SUM" if worth.values.low < 0.0 => Interval::ANY,
        _ => Interval::POSITIVE,
    };
    Worth::of(values, worth.gaps && name != "DATAPOINT_COUNT", false)
}

/// `IF(condition, then, other)`: nothing where the condition is missing, and nothing without an `other` where it does not hold.
fn chosen(condition: &Worth, then: Worth, other: Option<Worth>) -> Worth {
    let series = condition.series || then.series || other.as_ref().is_some_and(|other| other.series);
    // Where a series is the condition, one that has no value counts as 0.
    let then = if condition.series && then.series {
        Worth { values: then.beside_series(), gaps: false, ..then }
    } else {
        then
    };
    let (then_gaps, other_gaps) = (then.gaps, other.as_ref().is_none_or(|other| other.gaps));
    let certain = condition.values.number().map(|truth| truth != 0.0);
    let values = match (&other, certain) {
        (_, Some(true)) | (None, _) => then.values,
        (Some(other), Some(false)) => other.values,
        (Some(other), None) => then.values.or(other.values),
    };
    let is_fixed = |worth: &Option<Worth>| worth.as_ref().is_none_or(|worth| worth.values.number().is_some());
    let quotient = match (then.quotient, other.as_ref().and_then(|other| other.quotient.clone())) {
        (Some(quotient), None) if is_fixed(&other) => {
            Some(if condition.many_if_true { quotient.floored() } else { quotient })
        }
        (None, Some(quotient)) if then.values.number().is_some() => {
            Some(if condition.many_if_false { quotient.floored() } else { quotient })
        }
        _ => None,
    };
    let gaps = condition.gaps || then_gaps || other_gaps;
    Worth { quotient, ..Worth::of(values, gaps, series) }
}

/// Of a comparison with a number: whether it asks for more than one event where it holds, and where it does not.
fn many(op: MathOperator, a: &Worth, b: &Worth) -> (bool, bool) {
    let counted = |worth: &Worth| worth.series && worth.linear.as_ref().is_some_and(Linear::counts);
    let number = |worth: &Worth| worth.values.number().filter(|_| !worth.series);
    let (op, limit) = match (counted(a), number(b), number(a), counted(b)) {
        (true, Some(limit), ..) => (op, limit),
        (_, _, Some(limit), true) => {
            let turned = match op {
                MathOperator::Less => MathOperator::Greater,
                MathOperator::LessOrEqual => MathOperator::GreaterOrEqual,
                MathOperator::Greater => MathOperator::Less,
                MathOperator::GreaterOrEqual => MathOperator::LessOrEqual,
                other => other,
            };
            (turned, limit)
        }
        _ => return (false, false),
    };
    match op {
        MathOperator::Greater => (limit >= 1.0, false),
        MathOperator::GreaterOrEqual => (limit > 1.0, false),
        MathOperator::Less => (false, limit > 1.0),
        MathOperator::LessOrEqual => (false, limit >= 1.0),
        _ => (false, false),
    }
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
