//! Logs Insights queries as scheduled queries run them, the part of the language that the sandbox knows: `fields`, `display`, `filter`,
//! `sort` and `limit`, and one aggregate over what they find. Everything else is refused by name. Source: CloudWatch Logs user guide,
//! "CloudWatch Logs Insights language query syntax".

mod aggregate;
mod condition;
mod row;
#[cfg(test)]
mod tests;
mod token;

pub use aggregate::QueryAggregate;
pub use row::LogRow;

use super::chunk::{Edge, EventPosition, EventWindow, read};
use super::{account_policy, group, stream};
use crate::fault::Fault;
use crate::store::Tx;
use condition::LogCondition;
use row::FieldValue;
use std::collections::BTreeMap;
use token::{Token, Tokens};

/// What a query without `limit` returns at most.
const MOST_ROWS: usize = 10_000;

/// A query that has been read.
#[derive(Debug)]
pub struct LogsQuery {
    filters: Vec<LogCondition>,
    sort: Option<RowOrder>,
    limit: usize,
}

#[derive(Debug)]
struct RowOrder {
    field: String,
    descending: bool,
}

impl std::str::FromStr for LogsQuery {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut tokens = Tokens::read(text)?;
        let mut query = LogsQuery { filters: Vec::new(), sort: None, limit: MOST_ROWS };
        while !tokens.is_over() {
            let command = tokens.word().ok_or_else(|| format!("a command is missing at `{}`", tokens.shown()))?;
            match command.to_ascii_lowercase().as_str() {
                // What is shown has nothing to do with how much is found.
                "fields" | "display" => shown_fields(&mut tokens)?,
                "filter" => query.filters.push(LogCondition::read(&mut tokens)?),
                "sort" => query.sort = Some(order(&mut tokens)?),
                "limit" | "head" => query.limit = rows(&mut tokens)?,
                other => return Err(format!("the sandbox does not know the command `{other}`")),
            }
            if !tokens.is_over() && !tokens.takes("|") {
                return Err(format!("the sandbox does not understand `{}`", tokens.shown()));
            }
        }
        Ok(query)
    }
}

fn shown_fields(tokens: &mut Tokens) -> Result<(), String> {
    loop {
        let field = tokens.word().ok_or_else(|| format!("a field is missing at `{}`", tokens.shown()))?;
        if tokens.peek() == Some(&Token::Symbol("(")) || tokens.is_word("as") {
            return Err(format!("the sandbox does not know `{field}` with a function or another name"));
        }
        if !tokens.takes(",") {
            return Ok(());
        }
    }
}

fn order(tokens: &mut Tokens) -> Result<RowOrder, String> {
    let field = tokens.word().ok_or("`sort` needs a field")?;
    let descending = tokens.takes_word("desc") || !tokens.takes_word("asc");
    match tokens.peek() {
        Some(Token::Symbol(",")) => Err("the sandbox sorts by one field only".into()),
        _ => Ok(RowOrder { field, descending }),
    }
}

fn rows(tokens: &mut Tokens) -> Result<usize, String> {
    let count = tokens.number().filter(|n| n.fract() == 0.0 && (1.0..=MOST_ROWS as f64).contains(n));
    count.map(|n| n as usize).ok_or_else(|| format!("`limit` needs a number up to {MOST_ROWS}"))
}

impl LogsQuery {
    /// What of these lines the query returns, in its order: the newest first where it names none.
    pub fn run<'r>(&self, rows: impl Iterator<Item = &'r LogRow>) -> Vec<&'r LogRow> {
        let mut found: Vec<&LogRow> = rows.filter(|row| self.filters.iter().all(|filter| filter.holds(row))).collect();
        match &self.sort {
            None => found.sort_by_key(|row| std::cmp::Reverse(row.time)),
            Some(order) => {
                found.sort_by(|a, b| FieldValue::order(a.field(&order.field), b.field(&order.field)));
                if order.descending {
                    found.reverse();
                }
            }
        }
        found.truncate(self.limit);
        found
    }
}

/// The lines of some groups, named or given by ARN, from `start` up to and without `end`, in milliseconds. What is not there has none.
pub fn lines(tx: &Tx, groups: &[&str], start: i64, end: i64) -> Result<Vec<LogRow>, Fault> {
    let mut rows = Vec::new();
    for identifier in groups {
        let identifier = identifier.strip_suffix(":*").unwrap_or(identifier);
        let Ok(name) = group::named_by(tx, identifier) else { continue };
        let Ok((name, stored)) = group::find(tx, Some(name)) else { continue };
        let kept = account_policy::kept_since(tx, &stored)?.map_or(i64::MIN, |since| since.millis());
        let streams: BTreeMap<u64, String> =
            stream::all(tx, &name, "")?.into_iter().map(|(stream, kept)| (kept.shelf.id, stream)).collect();
        let ids: Vec<u64> = streams.keys().copied().collect();
        let window = EventWindow { start: start.max(kept), end };
        for (place, event) in read(tx, &ids, window, Edge::After(EventPosition::FIRST), usize::MAX)? {
            let stream = streams.get(&place.stream).cloned().unwrap_or_default();
            rows.push(LogRow::new(&name, stream, event));
        }
    }
    rows.sort_by_key(|row| row.time);
    Ok(rows)
}
