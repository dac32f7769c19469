//! Patterns of columns: `[ip, user, ..., status = 4* || status = 5*, bytes > 1000]`. A line's columns stand between spaces; what is in
//! quotation marks or square brackets is one.

use super::json::{COMPARISONS, FieldComparison};
use super::{PatternFault, like, no_regex, unquote, wrong};

/// The columns that a line must have, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct PatternColumns {
    /// Before and, where the pattern has `...`, behind what is not looked at.
    first: Vec<PatternColumn>,
    last: Option<Vec<PatternColumn>>,
}

#[derive(Debug, Clone, PartialEq)]
struct PatternColumn {
    name: String,
    /// One of these has to hold, each of which are several that have to hold together; none: anything does.
    tests: Vec<Vec<ColumnTest>>,
}

#[derive(Debug, Clone, PartialEq)]
enum ColumnTest {
    Like(String),
    Unlike(String),
    Number(FieldComparison, f64),
}

impl PatternColumns {
    pub fn hold(&self, line: &str) -> bool {
        self.pairs(line).is_some_and(|pairs| pairs.iter().all(|(column, text)| column.holds(text)))
    }

    /// The text of a column of a line; `None` where the line has other columns, or the pattern no such name.
    pub fn value(&self, line: &str, name: &str) -> Option<String> {
        let pairs = self.pairs(line)?;
        pairs.into_iter().find(|(column, _)| column.name == name).map(|(_, text)| text)
    }

    pub fn has(&self, name: &str) -> bool {
        self.first.iter().chain(self.last.iter().flatten()).any(|column| column.name == name)
    }

    fn pairs(&self, line: &str) -> Option<Vec<(&PatternColumn, String)>> {
        let mut texts = split(line);
        let last = match &self.last {
            None if texts.len() == self.first.len() => Vec::new(),
            Some(last) if texts.len() >= self.first.len() + last.len() => {
                last.iter().zip(texts.split_off(texts.len() - last.len())).collect()
            }
            _ => return None,
        };
        Some(self.first.iter().zip(texts).chain(last).collect())
    }
}

impl PatternColumn {
    fn holds(&self, text: &str) -> bool {
        let holds = |test: &ColumnTest| match test {
            ColumnTest::Like(wanted) => like(text, wanted),
            ColumnTest::Unlike(wanted) => !like(text, wanted),
            ColumnTest::Number(comparison, wanted) => {
                text.parse().is_ok_and(|number: f64| comparison.holds(number, *wanted))
            }
        };
        self.tests.is_empty() || self.tests.iter().any(|all| all.iter().all(holds))
    }
}

/// The columns of a line, without the marks around them.
fn split(line: &str) -> Vec<String> {
    let mut columns = Vec::new();
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        let close = match first {
            '"' => Some('"'),
            '[' => Some(']'),
            _ => None,
        };
        let end = close.and_then(|close| Some(rest[1..].find(close)? + 1));
        let (column, behind) = match end {
            Some(end) => (&rest[1..end], &rest[end + 1..]),
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        columns.push(column.to_owned());
        rest = behind.trim_start();
    }
    columns
}

pub fn parse(text: &str) -> Result<PatternColumns, PatternFault> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let mut rest = inner.ok_or_else(|| wrong("a closing ] is missing"))?.trim();
    let mut columns = PatternColumns { first: Vec::new(), last: None };
    loop {
        match rest.strip_prefix("...") {
            Some(_) if columns.last.is_some() => return Err(wrong("... is there twice")),
            Some(behind) => {
                columns.last = Some(Vec::new());
                rest = behind.trim_start();
            }
            None => {
                let (column, behind) = column(rest)?;
                columns.last.as_mut().unwrap_or(&mut columns.first).push(column);
                rest = behind.trim_start();
            }
        }
        match rest.strip_prefix(',') {
            Some(behind) => rest = behind.trim_start(),
            None if rest.is_empty() => return Ok(columns),
            None => return Err(wrong(&format!("{rest:?} is not understood"))),
        }
    }
}

fn column(text: &str) -> Result<(PatternColumn, &str), PatternFault> {
    let (name, mut rest) = word(text);
    if name.is_empty() {
        return Err(wrong("a column has no name"));
    }
    let mut column = PatternColumn { name: name.to_owned(), tests: Vec::new() };
    if rest.is_empty() || rest.starts_with(',') {
        return Ok((column, rest));
    }
    let mut all = Vec::new();
    loop {
        let found = COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (sign, comparison) = found.ok_or_else(|| wrong("a comparison is missing"))?;
        let (test, behind) = test(rest[sign.len()..].trim_start(), sign, *comparison)?;
        all.push(test);
        rest = behind.trim_start();
        let again = if let Some(behind) = rest.strip_prefix("&&") {
            behind
        } else if let Some(behind) = rest.strip_prefix("||") {
            column.tests.push(std::mem::take(&mut all));
            behind
        } else {
            column.tests.push(all);
            return Ok((column, rest));
        };
        let (named, behind) = word(again.trim_start());
        if named != name {
            return Err(wrong(&format!("the conditions of the column {name} are about {named:?}, too")));
        }
        rest = behind;
    }
}

fn test<'a>(text: &'a str, sign: &str, comparison: FieldComparison) -> Result<(ColumnTest, &'a str), PatternFault> {
    let (value, quoted, behind) = match text.chars().next() {
        Some('"') => {
            let (value, behind) = unquote(text)?;
            (value, true, behind)
        }
        Some('%') => return Err(no_regex()),
        _ => {
            let end = text.find(|c: char| c.is_whitespace() || ",&|".contains(c)).unwrap_or(text.len());
            (text[..end].to_owned(), false, &text[end..])
        }
    };
    if value.is_empty() && !quoted {
        return Err(wrong("a value is missing"));
    }
    let test = match (value.parse::<f64>(), comparison) {
        (Ok(number), comparison) if !quoted => ColumnTest::Number(comparison, number),
        (_, FieldComparison::Equal) => ColumnTest::Like(value),
        (_, FieldComparison::Unequal) => ColumnTest::Unlike(value),
        _ => return Err(wrong(&format!("{sign} compares numbers only"))),
    };
    Ok((test, behind))
}

/// A name, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}
