//! Filter patterns, the subset that the sandbox knows: terms, and conditions on JSON. Regular expressions and the patterns for
//! columns are refused. Source: CloudWatch Logs user guide, "Filter pattern syntax".

mod json;
mod terms;
#[cfg(test)]
mod tests;

use json::PatternCondition;
use std::str::FromStr;
use terms::Terms;

/// What an event's text has to be like.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    Everything,
    Terms(Terms),
    Json(PatternCondition),
}

impl Pattern {
    pub fn is_everything(&self) -> bool {
        *self == Pattern::Everything
    }

    pub fn matches(&self, message: &str) -> bool {
        match self {
            Pattern::Everything => true,
            Pattern::Terms(terms) => terms.match_text(message),
            Pattern::Json(condition) => match serde_json::from_str(message) {
                Ok(event @ serde_json::Value::Object(_)) => condition.holds(&event),
                _ => false,
            },
        }
    }
}

impl FromStr for Pattern {
    type Err = String;

    /// The error is the message of InvalidParameterException.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.chars().count() > 1024 {
            return Err("The filter pattern is longer than 1024 characters.".into());
        }
        match text.chars().next() {
            None => Ok(Pattern::Everything),
            Some('{') => json::parse(text).map(Pattern::Json),
            Some('[') => {
                Err("Invalid filter pattern: the sandbox does not know patterns for columns, [a, b, c].".into())
            }
            Some(_) => terms::parse(text).map(Pattern::Terms),
        }
    }
}

/// What is said of `%...%`.
fn no_regex() -> String {
    "Invalid filter pattern: the sandbox does not know regular expressions, %...%.".into()
}

/// The text of a quoted part, in which `\` takes the next character as it is, and what follows it.
fn unquote(quoted: &str) -> Result<(String, &str), String> {
    let mut text = String::new();
    let mut rest = quoted.char_indices().skip(1);
    while let Some((at, letter)) = rest.next() {
        match letter {
            '"' => return Ok((text, &quoted[at + 1..])),
            '\\' => text.extend(rest.next().map(|(_, letter)| letter)),
            letter => text.push(letter),
        }
    }
    Err("Invalid filter pattern: a quotation mark is not closed.".into())
}
