//! One number of what a query found, or one for each group: `count(*)`, `avg(latency) by host | sort desc`.

use super::row::{FieldValue, LogRow};
use super::token::Tokens;
use std::collections::{BTreeMap, BTreeSet};

/// Groups that an alarm evaluates at most (LogAlarm, EvaluationState).
const MOST_GROUPS: usize = 500;

#[derive(Debug, Clone, PartialEq)]
pub struct QueryAggregate {
    function: AggregateFunction,
    /// `None` is `*`.
    field: Option<String>,
    by: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum AggregateFunction {
    Count,
    CountDistinct,
    Sum,
    Average,
    Minimum,
    Maximum,
    Deviation,
    Percentile(f64),
}

impl std::str::FromStr for QueryAggregate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut tokens = Tokens::read(text)?;
        tokens.takes_word("stats");
        let name = tokens.word().ok_or("a function such as count(*) is missing")?;
        if !tokens.takes("(") {
            return Err(format!("`{name}` needs parentheses"));
        }
        let field = if tokens.takes("*") { None } else { tokens.word() };
        let function = match (name.to_ascii_lowercase().as_str(), &field) {
            ("count", _) => AggregateFunction::Count,
            (name, None) => return Err(format!("`{name}` needs a field")),
            ("count_distinct", _) => AggregateFunction::CountDistinct,
            ("sum", _) => AggregateFunction::Sum,
            ("avg", _) => AggregateFunction::Average,
            ("min", _) => AggregateFunction::Minimum,
            ("max", _) => AggregateFunction::Maximum,
            ("stddev", _) => AggregateFunction::Deviation,
            ("median", _) => AggregateFunction::Percentile(50.0),
            ("pct" | "percentile", _) => {
                let percent = if tokens.takes(",") { tokens.number() } else { None };
                let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
                AggregateFunction::Percentile(percent.ok_or("`pct` needs a field and a percentage")?)
            }
            (other, _) => return Err(format!("the sandbox does not know the function `{other}`")),
        };
        if !tokens.takes(")") {
            return Err(format!("`)` is missing at `{}`", tokens.shown()));
        }
        if tokens.takes_word("as") {
            tokens.word().ok_or("a name is missing after `as`")?;
        }
        let mut by = Vec::new();
        if tokens.takes_word("by") {
            loop {
                let field = tokens.word().ok_or("a field is missing after `by`")?;
                if tokens.takes("(") {
                    return Err(format!("the sandbox does not know `{field}(…)` after `by`"));
                }
                by.push(field);
                if !tokens.takes(",") {
                    break;
                }
            }
        }
        // The order of the groups decides nothing but which are left out of more than 500.
        if tokens.takes("|") && !(tokens.takes_word("sort") && (tokens.takes_word("desc") || tokens.takes_word("asc")))
        {
            return Err(format!("the sandbox does not understand `{}`", tokens.shown()));
        }
        match tokens.is_over() {
            true => Ok(Self { function, field, by }),
            false => Err(format!("the sandbox does not understand `{}`: it computes one number", tokens.shown())),
        }
    }
}

impl QueryAggregate {
    /// The number of each group, by the values of the fields after `by`; of no line there is none.
    pub fn of(&self, rows: &[&LogRow]) -> BTreeMap<Vec<String>, f64> {
        let mut groups: BTreeMap<Vec<String>, Vec<&LogRow>> = BTreeMap::new();
        for row in rows {
            let key = self.by.iter().map(|field| row.field(field).map(|value| value.text()).unwrap_or_default());
            groups.entry(key.collect()).or_default().push(row);
        }
        let numbers = groups.into_iter().filter_map(|(key, rows)| Some((key, self.number(&rows)?)));
        numbers.take(MOST_GROUPS).collect()
    }

    fn number(&self, rows: &[&LogRow]) -> Option<f64> {
        let Some(field) = &self.field else { return Some(rows.len() as f64) };
        let values: Vec<FieldValue> = rows.iter().filter_map(|row| row.field(field)).collect();
        match self.function {
            AggregateFunction::Count => return Some(values.len() as f64),
            AggregateFunction::CountDistinct => {
                return Some(values.iter().map(FieldValue::text).collect::<BTreeSet<_>>().len() as f64);
            }
            _ => {}
        }
        let mut numbers: Vec<f64> = values.iter().filter_map(FieldValue::number).collect();
        if numbers.is_empty() {
            return None;
        }
        let count = numbers.len() as f64;
        let sum: f64 = numbers.iter().sum();
        Some(match self.function {
            AggregateFunction::Average => sum / count,
            AggregateFunction::Minimum => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            AggregateFunction::Maximum => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            AggregateFunction::Deviation => {
                (numbers.iter().map(|number| (number - sum / count).powi(2)).sum::<f64>() / count).sqrt()
            }
            AggregateFunction::Percentile(percent) => {
                numbers.sort_by(f64::total_cmp);
                let at = (percent / 100.0 * count).ceil() as usize;
                numbers[at.saturating_sub(1).min(numbers.len() - 1)]
            }
            _ => sum,
        })
    }
}
