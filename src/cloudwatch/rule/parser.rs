//! The text of a rule -> its tree. Every mistake has its place.

use super::{AlarmRule, CountFunction, Reference, RuleError};
use crate::state::AlarmState;

/// PutCompositeAlarm: "The AlarmRule expression can have as many as 500 elements"; parentheses count.
const MAX_ELEMENTS: usize = 500;
const MAX_DEPTH: usize = 64;

/// Reads a rule. NOT binds closest, then AND, then OR.
pub fn parse(text: &str) -> Result<AlarmRule, RuleError> {
    let tokens = tokens(text)?;
    let mut parser = RuleParser { text, tokens, at: 0, depth: 0 };
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
        Some(token) if token.kind == TokenKind::Close => Err(token.error("this `)` closes nothing")),
        Some(token) => Err(token.error("AND or OR is missing here")),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum TokenKind {
    Open,
    Close,
    Comma,
    Word(String),
    Quoted(String),
}

#[derive(Debug, Clone)]
struct RuleToken {
    kind: TokenKind,
    start: usize,
    end: usize,
}

impl RuleToken {
    fn error(&self, message: impl Into<String>) -> RuleError {
        RuleError { start: self.start, end: self.end, message: message.into(), help: None, unknown: None }
    }
}

fn tokens(text: &str) -> Result<Vec<RuleToken>, RuleError> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        let single = match c {
            '(' => Some(TokenKind::Open),
            ')' => Some(TokenKind::Close),
            ',' => Some(TokenKind::Comma),
            _ => None,
        };
        if let Some(kind) = single {
            tokens.push(RuleToken { kind, start, end: start + 1 });
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
            tokens.push(RuleToken { kind: TokenKind::Quoted(name), start, end });
        } else if !c.is_whitespace() {
            let mut end = start + c.len_utf8();
            while let Some((at, c)) = chars.next_if(|(_, c)| !c.is_whitespace() && !"(),\"".contains(*c)) {
                end = at + c.len_utf8();
            }
            tokens.push(RuleToken { kind: TokenKind::Word(text[start..end].to_owned()), start, end });
        }
    }
    Ok(tokens)
}

struct RuleParser<'t> {
    text: &'t str,
    tokens: Vec<RuleToken>,
    at: usize,
    depth: usize,
}

/// The words that a condition begins with.
pub const CONDITIONS: [&str; 7] = ["ALARM", "OK", "INSUFFICIENT_DATA", "AT_LEAST", "NOT", "TRUE", "FALSE"];

impl RuleParser<'_> {
    fn next(&mut self) -> Option<RuleToken> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn peek_word(&self) -> Option<&str> {
        match &self.tokens.get(self.at)?.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Alarms, constants and parentheses.
    fn elements(&self) -> usize {
        let words = |word: &str| !["AND", "OR", "NOT", "ALARM", "OK", "INSUFFICIENT_DATA", "AT_LEAST"].contains(&word);
        let counts = |token: &&RuleToken| match &token.kind {
            TokenKind::Word(word) => words(word),
            TokenKind::Comma => false,
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

    fn expect(&mut self, kind: &TokenKind, word: &str) -> Result<RuleToken, RuleError> {
        match self.next() {
            Some(token) if token.kind == *kind => Ok(token),
            Some(token) => Err(token.error(format!("{word} is expected here"))),
            None => Err(self.end_error(word)),
        }
    }

    fn or(&mut self) -> Result<AlarmRule, RuleError> {
        self.chain("OR", Self::and, AlarmRule::Or)
    }

    fn and(&mut self) -> Result<AlarmRule, RuleError> {
        self.chain("AND", Self::not, AlarmRule::And)
    }

    /// `part WORD part WORD part`, flat.
    fn chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<AlarmRule, RuleError>,
        join: fn(Vec<AlarmRule>) -> AlarmRule,
    ) -> Result<AlarmRule, RuleError> {
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
            AlarmRule::And(inner) if word == "AND" => inner,
            AlarmRule::Or(inner) if word == "OR" => inner,
            other => vec![other],
        });
        Ok(join(flat.collect()))
    }

    fn not(&mut self) -> Result<AlarmRule, RuleError> {
        if self.peek_word() != Some("NOT") {
            return self.condition();
        }
        let token = self.next();
        self.deeper(token.as_ref())?;
        let inner = self.not()?;
        self.depth -= 1;
        Ok(AlarmRule::Not(Box::new(inner)))
    }

    fn deeper(&mut self, token: Option<&RuleToken>) -> Result<(), RuleError> {
        self.depth += 1;
        match token {
            Some(token) if self.depth > MAX_DEPTH => Err(token.error("the rule is nested too deep")),
            _ => Ok(()),
        }
    }

    fn condition(&mut self) -> Result<AlarmRule, RuleError> {
        let Some(token) = self.next() else {
            return Err(self.end_error("a condition such as ALARM(name)"));
        };
        let word = match &token.kind {
            TokenKind::Open => {
                self.deeper(Some(&token))?;
                let inner = self.or()?;
                self.depth -= 1;
                self.expect(&TokenKind::Close, "`)`")?;
                return Ok(inner);
            }
            TokenKind::Word(word) => word.as_str(),
            TokenKind::Quoted(name) => {
                return Err(RuleError {
                    help: Some(format!("write ALARM(\"{name}\")")),
                    ..token.error("a state is expected here")
                });
            }
            _ => return Err(token.error("a condition such as ALARM(name) is expected here")),
        };
        match word {
            "TRUE" => Ok(AlarmRule::Constant(true)),
            "FALSE" => Ok(AlarmRule::Constant(false)),
            "AT_LEAST" => self.at_least(),
            _ => match AlarmState::ALL.into_iter().find(|state| state.word() == word) {
                Some(state) => {
                    self.expect(&TokenKind::Open, "`(`")?;
                    let alarm = self.alarm()?;
                    self.expect(&TokenKind::Close, "`)`")?;
                    Ok(AlarmRule::State(state, alarm))
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
            Some(RuleToken { kind: TokenKind::Word(name) | TokenKind::Quoted(name), start, end })
                if !name.is_empty() =>
            {
                Ok(Reference { name, start, end })
            }
            Some(token) => Err(token.error("the name of an alarm is expected here")),
            None => Err(self.end_error("the name of an alarm")),
        }
    }

    fn at_least(&mut self) -> Result<AlarmRule, RuleError> {
        self.expect(&TokenKind::Open, "`(`")?;
        let first = self.next().ok_or_else(|| self.end_error("a number or a percentage"))?;
        let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n > 0);
        let count = match &first.kind {
            TokenKind::Word(word) => match word.strip_suffix('%') {
                Some(percent) => number(percent).filter(|n| *n <= 100).map(CountFunction::Percent),
                None => number(word).map(CountFunction::Number),
            },
            _ => None,
        };
        let count = count.ok_or_else(|| RuleError {
            help: Some("write, for example, AT_LEAST(2, ALARM, (a, b, c)) or AT_LEAST(50%, ALARM, (a, b))".into()),
            ..first.error("a number, or a percentage from 1% to 100%, is expected here")
        })?;
        self.expect(&TokenKind::Comma, "`,`")?;
        let negated = self.peek_word() == Some("NOT");
        self.at += usize::from(negated);
        let token = self.next().ok_or_else(|| self.end_error("a state"))?;
        let named = |state: &AlarmState| matches!(&token.kind, TokenKind::Word(word) if word == state.word());
        let state = AlarmState::ALL.into_iter().find(named).ok_or_else(|| RuleError {
            help: Some("a state is one of ALARM, OK, INSUFFICIENT_DATA, with NOT before it if need be".into()),
            ..token.error("a state is expected here")
        })?;
        self.expect(&TokenKind::Comma, "`,`")?;
        self.expect(&TokenKind::Open, "`(`")?;
        let mut alarms = vec![self.alarm()?];
        loop {
            match self.next() {
                Some(token) if token.kind == TokenKind::Comma => alarms.push(self.alarm()?),
                Some(token) if token.kind == TokenKind::Close => break,
                Some(token) => return Err(token.error("`,` or `)` is expected here")),
                None => return Err(self.end_error("`)`")),
            }
        }
        self.expect(&TokenKind::Close, "`)`")?;
        match count {
            CountFunction::Number(n) if n as usize > alarms.len() => {
                Err(first.error(format!("at least {n} of {} alarms can never be", alarms.len())))
            }
            _ => Ok(AlarmRule::AtLeast { count, negated, state, alarms }),
        }
    }
}
