//! Patterns of terms: `a "b c"` has both, `-a` has it not, `?a ?b` has one of them. Case counts. That a term matches within a word
//! as well is not documented, but what is seen.

use super::PatternFault;

/// Terms that the text must have, must not have, and of which it must have one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Terms {
    all: Vec<String>,
    none: Vec<String>,
    any: Vec<String>,
}

impl Terms {
    pub fn match_text(&self, text: &str) -> bool {
        let has = |term: &String| text.contains(term.as_str());
        // Documented: beside other terms, those with a question mark are ignored.
        let one = !self.all.is_empty() || !self.none.is_empty() || self.any.is_empty() || self.any.iter().any(has);
        one && self.all.iter().all(has) && !self.none.iter().any(has)
    }
}

pub fn parse(text: &str) -> Result<Terms, PatternFault> {
    let mut terms = Terms::default();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let list = match first {
            '-' => &mut terms.none,
            '?' => &mut terms.any,
            _ => &mut terms.all,
        };
        let term = rest.strip_prefix(['-', '?']).unwrap_or(rest);
        let (term, after) = match term.chars().next() {
            Some('"') => super::unquote(term)?,
            Some('%') => return Err(super::no_regex()),
            _ => {
                let (term, after) = term.split_at(term.find(char::is_whitespace).unwrap_or(term.len()));
                if term.is_empty() || !term.chars().all(|c| c.is_alphanumeric() || c == '_') {
                    return Err(PatternFault::Wrong(format!("Invalid character(s) in term '{term}'")));
                }
                (term.to_owned(), after)
            }
        };
        if !term.is_empty() {
            list.push(term);
        }
        rest = after.trim_start();
    }
    Ok(terms)
}
