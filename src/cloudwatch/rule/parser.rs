//! The text of a rule -> its tree. Every mistake has its place.

use super::{Count, Reference, Rule, RuleError};
use crate::state::AlarmState;

/// PutCompositeAlarm: "The AlarmRule expression can have as many as 500 elements"; parentheses count.
const MAX_ELEMENTS: usize = 500;
const MAX_DEPTH: usize = 64;

/// Reads a rule. NOT binds closest, then AND, then OR.
pub fn parse(text: &str) -> Result<Rule, RuleError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { text, tokens, at: 0, depth: 0 };
    let rule = parser.or()?;
    match parser.next() {
        None if parser.elements() > MAX_ELEMENTS => Err(RuleError {
            start: 0,
            end: text.len(),
            message: format!("the rule has {} elements", parser.elements()),
            help: Some(format!("AWS allows {MAX_ELEMENTS}: alarms, TRUE, FALSE and parentheses")),
            unknown: None,
        }),
        None => Ok(rule),
        Some(token) if token.kind == Kind::Close => Err(token.error("this `)` closes nothing")),
        Some(token) => Err(token.error("AND or OR is missing here")),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Open,
    Close,
    Comma,
    Word(String),
    Quoted(String),
}

#[derive(Debug, Clone)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

impl Token {
    fn error(&self, message: impl Into<String>) -> RuleError {
        RuleError { start: self.start, end: self.end, message: message.into(), help: None, unknown: None }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, RuleError> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let single = match c {
            '(' => Some(Kind::Open),
            ')' => Some(Kind::Close),
            ',' => Some(Kind::Comma),
            _ => None,
        };
        if let Some(kind) = single {
            tokens.push(Token { kind, start, end: start + 1 });
        } else if c == '"' {
            let (mut name, mut end) = (String::new(), None);
            while let Some((at, c)) = chars.next() {
                match c {
                    '"' => {
                        end = Some(at + 1);
                        break;
                    }
                    '\\' if chars.peek().is_some_and(|(_, next)| *next == '"' || *next == '\\') => {
                        name.extend(chars.next().map(|(_, c)| c));
                    }
                    c => name.push(c),
                }
            }
            let Some(end) = end else {
                let message = "this quoted name never ends".to_owned();
                return Err(RuleError {
                    start,
                    end: text.len(),
                    message,
                    help: Some("close the quote".into()),
                    unknown: None,
                });
            };
            tokens.push(Token { kind: Kind::Quoted(name), start, end });
        } else if !c.is_whitespace() {
            let mut end = start + c.len_utf8();
            while let Some((at, c)) = chars.next_if(|(_, c)| !c.is_whitespace() && !"(),\"".contains(*c)) {
                end = at + c.len_utf8();
            }
            tokens.push(Token { kind: Kind::Word(text[start..end].to_owned()), start, end });
        }
    }
    Ok(tokens)
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// The words that a condition begins with.
pub const CONDITIONS: [&str; 7] = ["ALARM", "OK", "INSUFFICIENT_DATA", "AT_LEAST", "NOT", "TRUE", "FALSE"];

impl Parser<'_> {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn peek_word(&self) -> Option<&str> {
        match &self.tokens.get(self.at)?.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Alarms, constants and parentheses.
    fn elements(&self) -> usize {
        let words = |word: &str| !["AND", "OR", "NOT", "ALARM", "OK", "INSUFFICIENT_DATA", "AT_LEAST"].contains(&word);
        let counts = |token: &&Token| match &token.kind {
            Kind::Word(word) => words(word),
            Kind::Comma => false,
            _ => true,
        };
        self.tokens.iter().filter(counts).count()
    }

    fn end_error(&self, expected: &str) -> RuleError {
        let end = self.text.trim_end().len();
        let start = self.text[..end].char_indices().next_back().map_or(0, |(at, _)| at);
        RuleError {
            start,
            end,
            message: format!("the rule ends where {expected} is expected"),
            help: None,
            unknown: None,
        }
    }

    fn expect(&mut self, kind: &Kind, word: &str) -> Result<Token, RuleError> {
        match self.next() {
            Some(token) if token.kind == *kind => Ok(token),
            Some(token) => Err(token.error(format!("{word} is expected here"))),
            None => Err(self.end_error(word)),
        }
    }

    fn or(&mut self) -> Result<Rule, RuleError> {
        self.chain("OR", Self::and, Rule::Or)
    }

    fn and(&mut self) -> Result<Rule, RuleError> {
        self.chain("AND", Self::not, Rule::And)
    }

    /// `part WORD part WORD part`, flat.
    fn chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Rule, RuleError>,
        join: fn(Vec<Rule>) -> Rule,
    ) -> Result<Rule, RuleError> {
        let mut parts = vec![part(self)?];
        while self.peek_word() == Some(word) {
            self.at += 1;
            parts.push(part(self)?);
        }
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        // `a OR (b OR c)` means `a OR b OR c`.
        let flat = parts.into_iter().flat_map(|part| match part {
            Rule::And(inner) if word == "AND" => inner,
            Rule::Or(inner) if word == "OR" => inner,
            other => vec![other],
        });
        Ok(join(flat.collect()))
    }

    fn not(&mut self) -> Result<Rule, RuleError> {
        if self.peek_word() != Some("NOT") {
            return self.condition();
        }
        let token = self.next();
        self.deeper(token.as_ref())?;
        let inner = self.not()?;
        self.depth -= 1;
        Ok(Rule::Not(Box::new(inner)))
    }

    fn deeper(&mut self, token: Option<&Token>) -> Result<(), RuleError> {
        self.depth += 1;
        match token {
            Some(token) if self.depth > MAX_DEPTH => Err(token.error("the rule is nested too deep")),
            _ => Ok(()),
        }
    }

    fn condition(&mut self) -> Result<Rule, RuleError> {
        let Some(token) = self.next() else {
            return Err(self.end_error("a condition such as ALARM(name)"));
        };
        let word = match &token.kind {
            Kind::Open => {
                self.deeper(Some(&token))?;
                let inner = self.or()?;
                self.depth -= 1;
                self.expect(&Kind::Close, "`)`")?;
                return Ok(inner);
            }
            Kind::Word(word) => word.as_str(),
            Kind::Quoted(name) => {
                return Err(RuleError {
                    help: Some(format!("write ALARM(\"{name}\")")),
                    ..token.error("a state is expected here")
                });
            }
            _ => return Err(token.error("a condition such as ALARM(name) is expected here")),
        };
        match word {
            "TRUE" => Ok(Rule::Constant(true)),
            "FALSE" => Ok(Rule::Constant(false)),
            "AT_LEAST" => self.at_least(),
            _ => match AlarmState::ALL.into_iter().find(|state| state.word() == word) {
                Some(state) => {
                    self.expect(&Kind::Open, "`(`")?;
                    let alarm = self.alarm()?;
                    self.expect(&Kind::Close, "`)`")?;
                    Ok(Rule::State(state, alarm))
                }
                None => {
                    let error = token.error(format!("`{word}` is no condition of a rule"));
                    let help = format!("a condition is one of {}", CONDITIONS.join(", "));
                    Err(RuleError { help: Some(help), unknown: Some(word.to_owned()), ..error })
                }
            },
        }
    }

    fn alarm(&mut self) -> Result<Reference, RuleError> {
        match self.next() {
            Some(Token { kind: Kind::Word(name) | Kind::Quoted(name), start, end }) if !name.is_empty() => {
                Ok(Reference { name, start, end })
            }
            Some(token) => Err(token.error("the name of an alarm is expected here")),
            None => Err(self.end_error("the name of an alarm")),
        }
    }

    fn at_least(&mut self) -> Result<Rule, RuleError> {
        self.expect(&Kind::Open, "`(`")?;
        let first = self.next().ok_or_else(|| self.end_error("a number or a percentage"))?;
        let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 0);
        let count = match &first.kind {
            Kind::Word(word) => match word.strip_suffix('%') {
                Some(percent) => number(percent).filter(|n| *n <= 100).map(Count::Percent),
                None => number(word).map(Count::Number),
            },
            _ => None,
        };
        let count = count.ok_or_else(|| RuleError {
            help: Some("write, for example, AT_LEAST(2, ALARM, (a, b, c)) or AT_LEAST(50%, ALARM, (a, b))".into()),
            ..first.error("a number, or a percentage from 1% to 100%, is expected here")
        })?;
        self.expect(&Kind::Comma, "`,`")?;
        let negated = self.peek_word() == Some("NOT");
        self.at += usize::from(negated);
        let token = self.next().ok_or_else(|| self.end_error("a state"))?;
        let named = |state: &AlarmState| matches!(&token.kind, Kind::Word(word) if word == state.word());
        let state = AlarmState::ALL.into_iter().find(named).ok_or_else(|| RuleError {
            help: Some("a state is one of ALARM, OK, INSUFFICIENT_DATA, with NOT before it if need be".into()),
            ..token.error("a state is expected here")
        })?;
        self.expect(&Kind::Comma, "`,`")?;
        self.expect(&Kind::Open, "`(`")?;
        let mut alarms = vec![self.alarm()?];
        loop {
            match self.next() {
                Some(token) if token.kind == Kind::Comma => alarms.push(self.alarm()?),
                Some(token) if token.kind == Kind::Close => break,
                Some(token) => return Err(token.error("`,` or `)` is expected here")),
                None => return Err(self.end_error("`)`")),
            }
        }
        self.expect(&Kind::Close, "`)`")?;
        match count {
            Count::Number(n) if n as usize > alarms.len() => {
                Err(first.error(format!("at least {n} of {} alarms can never be", alarms.len())))
            }
            _ => Ok(Rule::AtLeast { count, negated, state, alarms }),
        }
    }
}
