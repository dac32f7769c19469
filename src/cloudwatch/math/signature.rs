//! The functions of metric math: how many arguments each takes, and what it gives (CloudWatch user guide, "Functions supported for metric
//! math"; LAMBDA: "Query metrics from other data sources"; DB_PERF_INSIGHTS: RDS user guide). Computes nothing.

use super::math_type::MathType;
use super::parse::{Expr, MathOperator, parse};
use super::query::MathQuery;
use super::words::{is_grouped, is_insights};
use std::collections::BTreeMap;

/// What a function gives of its first argument.
#[derive(Debug, Clone, Copy)]
enum Gives {
    Is(MathType),
    /// What it was given.
    Same,
    /// Of an array a series, of a series a number.
    Folded,
    /// Not said, or several.
    Any,
}

use Gives::{Any, Folded, Is, Same};
use MathType::{Scalar, Series, SeriesArray, Text};

/// Name, fewest and most arguments, and what it gives.
const FUNCTIONS: &[(&str, usize, usize, Gives)] = &[
    ("ABS", 1, 1, Same),
    ("ANOMALY_DETECTION_BAND", 1, 2, Is(SeriesArray)),
    ("AVG", 1, 1, Folded),
    ("CEIL", 1, 1, Same),
    ("DATAPOINT_COUNT", 1, 1, Folded),
    ("DATE", 1, 1, Is(Series)),
    ("DAY", 1, 1, Is(Series)),
    ("DB_PERF_INSIGHTS", 3, 8, Any),
    ("DIFF", 1, 1, Same),
    ("DIFF_TIME", 1, 1, Same),
    ("EPOCH", 1, 1, Is(Series)),
    ("FILL", 2, 2, Same),
    ("FIRST", 1, 1, Is(Series)),
    ("FLOOR", 1, 1, Same),
    ("HOUR", 1, 1, Is(Series)),
    ("IF", 2, 3, Any),
    ("INSIGHT_RULE_METRIC", 2, 3, Is(Series)),
    ("LAMBDA", 1, 64, Any),
    ("LAST", 1, 1, Is(Series)),
    ("LOG", 1, 1, Same),
    ("LOG10", 1, 1, Same),
    ("MAX", 1, 1, Folded),
    ("METRICS", 0, 1, Is(SeriesArray)),
    ("METRIC_COUNT", 1, 1, Is(Scalar)),
    ("MIN", 1, 1, Folded),
    ("MINUTE", 1, 1, Is(Series)),
    ("MONTH", 1, 1, Is(Series)),
    ("PERIOD", 1, 1, Is(Scalar)),
    ("RATE", 1, 1, Same),
    ("REMOVE_EMPTY", 1, 1, Is(SeriesArray)),
    ("RUNNING_SUM", 1, 1, Same),
    ("SEARCH", 1, 3, Any),
    ("SERVICE_QUOTA", 1, 1, Same),
    ("SLICE", 2, 3, Any),
    ("SORT", 3, 4, Is(SeriesArray)),
    ("STDDEV", 1, 1, Folded),
    ("SUM", 1, 1, Folded),
    ("TIME_SERIES", 1, 1, Is(Series)),
    ("YEAR", 1, 1, Is(Series)),
];

/// Every function there is.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|(name, ..)| *name)
}

fn find(name: &str) -> Option<&'static (&'static str, usize, usize, Gives)> {
    FUNCTIONS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name))
}

/// Whether AWS documents a function of this name, capitals or not.
pub fn is_function(name: &str) -> bool {
    find(name).is_some()
}

/// The calls with a wrong number of arguments: the function, and what is wrong.
pub fn miscounted(expr: &Expr, found: &mut Vec<(String, String)>) {
    if let Expr::Call(name, arguments) = expr
        && let Some((known, fewest, most, _)) = find(name)
        && !(*fewest..=*most).contains(&arguments.len())
    {
        let takes = match (fewest, most) {
            (0, 1) => "no argument or one".to_owned(),
            (1, 1) => "one argument".to_owned(),
            (fewest, most) if fewest == most => format!("{fewest} arguments"),
            (fewest, most) if most - fewest == 1 => format!("{fewest} or {most} arguments"),
            (fewest, _) => format!("at least {fewest} arguments"),
        };
        found.push((name.clone(), format!("{known} takes {takes}, and here it has {}", arguments.len())));
    }
    expr.parts().into_iter().for_each(|part| miscounted(part, found));
}

/// Works out what an expression gives; `None` where it is not certain. `ids` are the other queries of the alarm: what each gives.
pub fn gives(expr: &Expr, ids: &BTreeMap<&str, Option<MathType>>) -> Option<MathType> {
    match expr {
        Expr::Number(_) => Some(Scalar),
        Expr::Text(_) => None,
        Expr::Id(id) => ids.get(id.as_str()).copied().flatten(),
        Expr::List(_) => Some(SeriesArray),
        Expr::Negative(inner) => gives(inner, ids),
        Expr::Powers(items) => {
            let all: Option<Vec<MathType>> = items.iter().map(|item| gives(item, ids)).collect();
            all?.into_iter().max()
        }
        Expr::Binary(MathOperator::And | MathOperator::Or, ..) => None,
        Expr::Binary(_, left, right) => Some(gives(left, ids)?.max(gives(right, ids)?)),
        Expr::Call(name, arguments) => {
            let first = || gives(arguments.first()?, ids);
            match find(name)?.3 {
                Is(one) => Some(one),
                Same => first(),
                Folded => match first()? {
                    SeriesArray => Some(Series),
                    Series | Scalar | Text => Some(Scalar),
                },
                Any => None,
            }
        }
    }
}

/// Works out what each query gives, as far as it is certain.
pub fn types<'a>(queries: &[MathQuery<'a>]) -> BTreeMap<&'a str, Option<MathType>> {
    let mut types: BTreeMap<&str, Option<MathType>> =
        queries.iter().map(|query| (query.id, query.is_metric.then_some(Series))).collect();
    // Expressions may name each other in any order; a circle stays unknown.
    for _ in 0..queries.len() {
        for query in queries {
            if let Some(text) = query.expression.filter(|text| is_insights(text)) {
                types.insert(query.id, Some(if is_grouped(text) { SeriesArray } else { Series }));
                continue;
            }
            let text = query.expression;
            let Some(expr) = text.and_then(|text| parse(text).ok()) else { continue };
            let gives = gives(&expr, &types);
            types.insert(query.id, gives);
        }
    }
    types
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_certain_and_nothing_else() {
        let ids = BTreeMap::from([("m1", Some(Series)), ("m2", Some(Series)), ("e1", None)]);
        for (text, expected) in [
            ("m1 + 5", Some(Series)),
            ("METRICS()", Some(SeriesArray)),
            ("METRICS() * 100", Some(SeriesArray)),
            ("SUM(METRICS())", Some(Series)),
            ("AVG(m1)", Some(Scalar)),
            ("m1 - AVG(m1)", Some(Series)),
            ("AVG([m1, m2]) / m2", Some(Series)),
            ("SUM([METRICS(\"a\"), METRICS(\"b\")])", Some(Series)),
            ("IF(m1 > 5, m1)", None),
            ("e1 * 2", None),
            ("FIRST(SORT(METRICS(), AVG, DESC))", Some(Series)),
            ("TIME_SERIES(10)", Some(Series)),
        ] {
            assert_eq!(gives(&parse(text).unwrap(), &ids), expected, "{text}");
        }
    }

    #[test]
    fn arguments_are_counted() {
        let wrong = |text: &str| {
            let mut found = Vec::new();
            miscounted(&parse(text).unwrap(), &mut found);
            found.len()
        };
        assert_eq!(
            (wrong("IF(m1)"), wrong("FILL(m1)"), wrong("m1 + ABS(m1, m2)"), wrong("SORT(METRICS(), AVG)")),
            (1, 1, 1, 1)
        );
        assert_eq!(
            (wrong("IF(m1, 1, 0)"), wrong("METRICS()"), wrong("SLICE(SORT(METRICS(), SUM, DESC), 0, 10)")),
            (0, 0, 0)
        );
        assert!(function_names().collect::<Vec<_>>().is_sorted() && function_names().count() >= 36);
    }
}
