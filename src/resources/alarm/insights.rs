//! Metrics Insights queries: whether the clauses are there and in their order (CloudWatch user guide, "Metrics Insights query components and
//! syntax"). What stands inside WHERE, GROUP BY and ORDER BY is for AWS to say.

/// What does not follow the grammar: where, and what is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryFault {
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct QueryPiece<'t> {
    text: &'t str,
    at: usize,
}

impl QueryPiece<'_> {
    fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

const FUNCTIONS: [&str; 5] = ["AVG", "COUNT", "MAX", "MIN", "SUM"];
const ORDER: &str = "SELECT FUNCTION(metric) FROM namespace [WHERE …] [GROUP BY …] [ORDER BY …] [LIMIT n]";

/// Returns the first thing that is wrong with a query, which begins with SELECT.
pub fn fault(text: &str) -> Option<QueryFault> {
    let pieces = match pieces(text) {
        Ok(pieces) => pieces,
        Err(at) => {
            let message = "a quotation mark is never closed".to_owned();
            return Some(QueryFault { start: at, end: at + 1, message, help: ORDER });
        }
    };
    let end = text.trim_end().len();
    let mut rest = pieces.iter().copied().skip(1).peekable();
    let fault = |piece: Option<QueryPiece<'_>>, wanted: &str, help: &'static str| {
        let (start, stop, found) = match piece {
            Some(piece) => (piece.at, piece.at + piece.text.len(), format!("`{}`", piece.text)),
            None => (end.saturating_sub(1), end, "the end".to_owned()),
        };
        Some(QueryFault { start, end: stop, message: format!("{wanted} is expected here, not {found}"), help })
    };
    let function = rest.next();
    if !function.is_some_and(|piece| FUNCTIONS.iter().any(|name| piece.is(name))) {
        return fault(function, "a function", "the functions are AVG, COUNT, MAX, MIN and SUM");
    }
    for (wanted, is_right) in [
        ("`(`", (|piece: &QueryPiece<'_>| piece.text == "(") as fn(&QueryPiece<'_>) -> bool),
        ("a metric's name", |piece| is_name(piece.text)),
        ("`)`", |piece| piece.text == ")"),
        ("FROM", |piece| piece.is("FROM")),
    ] {
        let piece = rest.next();
        if !piece.as_ref().is_some_and(is_right) {
            return fault(piece, wanted, ORDER);
        }
    }
    let source = rest.next();
    if !source.is_some_and(|piece| is_name(piece.text)) {
        return fault(
            source,
            "a namespace",
            "a namespace with a slash is written in double quotes: FROM \"AWS/Lambda\"",
        );
    }
    if source.is_some_and(|piece| piece.is("SCHEMA")) && rest.peek().is_some_and(|piece| piece.text == "(") {
        let mut closed = false;
        for piece in rest.by_ref() {
            closed = piece.text == ")";
            if closed {
                break;
            }
        }
        if !closed {
            return fault(None, "`)`", "SCHEMA(\"namespace\", label, …)");
        }
    }
    let next = rest.next();
    let begins_clause = |piece: &QueryPiece<'_>| ["WHERE", "GROUP", "ORDER", "LIMIT"].iter().any(|word| piece.is(word));
    match next {
        None => None,
        Some(piece) if begins_clause(&piece) => None,
        other => fault(other, "WHERE, GROUP BY, ORDER BY or LIMIT", ORDER),
    }
}

/// What a query says of the series of one dimension in one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesQuery<'t> {
    pub metric: &'t str,
    /// Values of the dimension that are asked for, and that are left out.
    only: Vec<&'t str>,
    except: Vec<&'t str>,
}

impl SeriesQuery<'_> {
    /// Whether the series with this value of the dimension is among those that are asked for.
    pub fn covers(&self, value: &str) -> bool {
        !self.except.contains(&value) && self.only.iter().all(|only| *only == value)
    }
}

/// Reads a query over a namespace that tells the values of a dimension apart, by its schema, its groups or its conditions; `None` for
/// another one.
pub fn series_by<'t>(text: &'t str, namespace: &str, dimension: &str) -> Option<SeriesQuery<'t>> {
    if !mlops_cloudwatch::math::is_insights(text) {
        return None;
    }
    let pieces = pieces(text).ok()?;
    let plain = |piece: &QueryPiece<'t>| piece.text.trim_matches(['"', '\'']);
    let metric = pieces.get(3).map(plain)?;
    pieces.iter().find(|piece| plain(piece) == namespace)?;
    pieces.iter().find(|piece| plain(piece) == dimension)?;
    let mut query = SeriesQuery { metric, only: Vec::new(), except: Vec::new() };
    for (at, _) in pieces.iter().enumerate().filter(|(_, piece)| plain(piece) == dimension) {
        let next = |n: usize| pieces.get(at + n);
        match (next(1).map(|piece| piece.text), next(2), next(3)) {
            (Some("!"), Some(sign), Some(value)) if sign.text == "=" => query.except.push(plain(value)),
            (Some("="), Some(value), _) => query.only.push(plain(value)),
            _ => {}
        }
    }
    Some(query)
}

/// A name, in quotes or of letters, digits and underscores.
fn is_name(text: &str) -> bool {
    text.starts_with('"') || text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Words, quoted texts and signs, each where it begins; the place of a quotation mark that is never closed.
fn pieces(text: &str) -> Result<Vec<QueryPiece<'_>>, usize> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first == '"' || first == '\'' {
            let mut escaped = false;
            let close = rest.char_indices().skip(1).find(|(_, c)| {
                let closes = *c == first && !escaped;
                escaped = *c == '\\' && !escaped;
                closes
            });
            close.map(|(n, _)| n + 1).ok_or(at)?
        } else if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && !"_.".contains(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        pieces.push(QueryPiece { text: &rest[..length], at });
        at += length;
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_guides_queries() {
        for query in [
            "SELECT AVG(CPUUtilization) FROM \"AWS/EC2\"",
            "select sum(RequestCount) from schema(\"AWS/ApplicationELB\", LoadBalancer, AvailabilityZone)",
            "SELECT SUM(RequestCount)\nFROM SCHEMA(\"AWS/ApplicationELB\", LoadBalancer)\nWHERE LoadBalancer = 'app/x'\nGROUP BY AvailabilityZone\nORDER BY MAX() DESC\nLIMIT 5",
            "SELECT MAX(\"My.Metric\") FROM Custom WHERE a != 'b' AND c = 'd'",
            "SELECT AVG(\"Bytes\\\"Input\\\"\") FROM N ORDER BY SUM() ASC",
            "SELECT COUNT(x) FROM my_namespace LIMIT 10",
            "SELECT AVG(x) FROM N WHERE tag.env = 'prod' GROUP BY tag.\"app name\", AWS.AccountId",
        ] {
            assert_eq!(fault(query), None, "{query}");
        }
    }

    #[test]
    fn points_at_what_is_wrong() {
        for (query, part) in [
            ("SELECT SUM(X) FORM N", "FORM"),
            ("SELECT p99(X) FROM N", "p99"),
            ("SELECT SUM X FROM N", "X"),
            ("SELECT SUM(X) FROM N WHRE a = 'b'", "WHRE"),
            ("SELECT SUM(X) FROM", "M"),
            ("SELECT SUM(X) FROM \"N", "\""),
        ] {
            let found = fault(query).expect(query);
            assert_eq!(&query[found.start..found.end], part, "{query}: {}", found.message);
        }
    }
}
