//! The rule of a composite alarm: `ALARM("a") AND NOT (OK(b) OR AT_LEAST(2, ALARM, (c, d, e)))`, read and evaluated.

use super::alarm::{self, Alarm, AlarmType, StateValue};
use crate::sandbox::fault::Fault;
use crate::sandbox::store::Tx;
use std::collections::BTreeSet;

/// A rule that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    expression: Expression,
    /// The names or ARNs it refers to.
    pub children: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Constant(bool),
    Is(StateValue, String),
    /// At least so many of the alarms, a share in percent, are in the state; negated: in another one.
    AtLeast {
        number: u32,
        percent: bool,
        negated: bool,
        state: StateValue,
        alarms: Vec<String>,
    },
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
}

impl Rule {
    /// The truth of the rule, given the state of each child.
    pub fn holds(&self, state: &impl Fn(&str) -> Option<StateValue>) -> bool {
        self.expression.holds(state)
    }
}

impl Expression {
    fn holds(&self, state: &impl Fn(&str) -> Option<StateValue>) -> bool {
        match self {
            Expression::Constant(value) => *value,
            Expression::Is(wanted, alarm) => state(alarm) == Some(*wanted),
            Expression::AtLeast { number, percent, negated, state: wanted, alarms } => {
                let counts = |alarm: &&String| (state(alarm) == Some(*wanted)) != *negated;
                let count = alarms.iter().filter(counts).count() as u64;
                let number = u64::from(*number);
                if *percent { count * 100 >= number * alarms.len() as u64 } else { count >= number }
            }
            Expression::Not(inner) => !inner.holds(state),
            Expression::And(parts) => parts.iter().all(|part| part.holds(state)),
            Expression::Or(parts) => parts.iter().any(|part| part.holds(state)),
        }
    }
}

/// The names of the alarms a composite looks at, its suppressor included; of another alarm none.
pub fn children(tx: &Tx, alarm: &Alarm) -> Vec<String> {
    if alarm.kind != AlarmType::Composite {
        return Vec::new();
    }
    let in_rule = parse(alarm.text("AlarmRule")).map(|rule| rule.children).unwrap_or_default();
    let suppressor = Some(alarm.text("ActionsSuppressor").to_owned()).filter(|name| !name.is_empty());
    in_rule.into_iter().chain(suppressor).map(|child| alarm::name_of(tx, &child).to_owned()).collect()
}

/// Reads a rule; the fault says where it is wrong.
pub fn parse(text: &str) -> Result<Rule, Fault> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, elements: 0, children: BTreeSet::new() };
    let expression = parser.or()?;
    if let Some(token) = parser.peek() {
        return Err(wrong(format!("unexpected {token}")));
    }
    if parser.elements > 500 {
        return Err(wrong("it has more than 500 elements"));
    }
    Ok(Rule { expression, children: parser.children })
}

fn wrong(what: impl std::fmt::Display) -> Fault {
    Fault::validation(format!("AlarmRule is invalid: {what}"))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Word(String),
    Quoted(String),
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Open => f.write_str("("),
            Token::Close => f.write_str(")"),
            Token::Comma => f.write_str(","),
            Token::Word(word) => f.write_str(word),
            Token::Quoted(text) => write!(f, "\"{text}\""),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '"' => {
                let (name, after) = quoted(&rest[1..]).ok_or_else(|| wrong("a quotation mark is not closed"))?;
                (Token::Quoted(name), 1 + after)
            }
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "(),\"".contains(c)).unwrap_or(rest.len());
                (Token::Word(rest[..end].to_owned()), end)
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// The text up to a closing quotation mark and how long it is with that mark; a backslash escapes.
fn quoted(text: &str) -> Option<(String, usize)> {
    let (mut name, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some((name, at + 1)),
            c => {
                name.push(c);
                escaped = false;
            }
        }
    }
    None
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
    elements: usize,
    children: BTreeSet<String>,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self, wanted: &str) -> Result<Token, Fault> {
        let token =
            self.tokens.get(self.at).cloned().ok_or_else(|| wrong(format!("it ends where {wanted} is expected")))?;
        self.at += 1;
        Ok(token)
    }

    fn expect(&mut self, wanted: Token) -> Result<(), Fault> {
        let found = self.next(&wanted.to_string())?;
        if found == wanted { Ok(()) } else { Err(wrong(format!("expected {wanted} and found {found}"))) }
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(next)) if next == word);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Expression, Fault> {
        let mut parts = vec![self.and()?];
        while self.keyword("OR") {
            parts.push(self.and()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Or(parts) })
    }

    fn and(&mut self) -> Result<Expression, Fault> {
        let mut parts = vec![self.not()?];
        while self.keyword("AND") {
            parts.push(self.not()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::And(parts) })
    }

    fn not(&mut self) -> Result<Expression, Fault> {
        let mut negated = false;
        while self.keyword("NOT") {
            negated = !negated;
        }
        let inner = self.primary()?;
        Ok(if negated { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn primary(&mut self) -> Result<Expression, Fault> {
        self.elements += 1;
        match self.next("an expression")? {
            Token::Open => {
                self.depth += 1;
                if self.depth > 100 {
                    return Err(wrong("it is nested too deeply"));
                }
                let inner = self.or()?;
                self.depth -= 1;
                self.expect(Token::Close)?;
                Ok(inner)
            }
            Token::Word(word) if word == "TRUE" => Ok(Expression::Constant(true)),
            Token::Word(word) if word == "FALSE" => Ok(Expression::Constant(false)),
            Token::Word(word) if word == "AT_LEAST" => self.at_least(),
            Token::Word(word) => {
                let state = state(&word)?;
                self.expect(Token::Open)?;
                let alarm = self.alarm()?;
                self.expect(Token::Close)?;
                Ok(Expression::Is(state, alarm))
            }
            token => Err(wrong(format!("unexpected {token}"))),
        }
    }

    fn at_least(&mut self) -> Result<Expression, Fault> {
        self.expect(Token::Open)?;
        let Token::Word(amount) = self.next("a number")? else {
            return Err(wrong("AT_LEAST begins with a number or a share"));
        };
        let percent = amount.ends_with('%');
        let number = amount.trim_end_matches('%').parse().map_err(|_| wrong(format!("{amount} is not a number")))?;
        self.expect(Token::Comma)?;
        let Token::Word(mut word) = self.next("a state")? else { return Err(wrong("AT_LEAST needs a state")) };
        let negated = word == "NOT";
        if negated {
            let Token::Word(state) = self.next("a state")? else { return Err(wrong("AT_LEAST needs a state")) };
            word = state;
        }
        let state = state(&word)?;
        self.expect(Token::Comma)?;
        self.expect(Token::Open)?;
        let mut alarms = vec![self.alarm()?];
        while self.peek() == Some(&Token::Comma) {
            self.at += 1;
            alarms.push(self.alarm()?);
        }
        self.expect(Token::Close)?;
        self.expect(Token::Close)?;
        let most = if percent { 100 } else { u32::try_from(alarms.len()).unwrap_or(u32::MAX) };
        if number < 1 || number > most {
            return Err(wrong(format!("AT_LEAST takes 1 to {most} here, not {number}")));
        }
        Ok(Expression::AtLeast { number, percent, negated, state, alarms })
    }

    fn alarm(&mut self) -> Result<String, Fault> {
        match self.next("the name of an alarm")? {
            Token::Word(name) | Token::Quoted(name) if !name.is_empty() => {
                self.children.insert(name.clone());
                Ok(name)
            }
            token => Err(wrong(format!("expected the name of an alarm and found {token}"))),
        }
    }
}

fn state(word: &str) -> Result<StateValue, Fault> {
    match word {
        "ALARM" => Ok(StateValue::Alarm),
        "OK" => Ok(StateValue::Ok),
        "INSUFFICIENT_DATA" => Ok(StateValue::InsufficientData),
        other => Err(wrong(format!("{other} is not a function"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Alarms named `a...` are in ALARM, `o...` in OK, others in INSUFFICIENT_DATA.
    fn holds(text: &str) -> bool {
        let state = |name: &str| match name.chars().next() {
            Some('a') => Some(StateValue::Alarm),
            Some('o') => Some(StateValue::Ok),
            _ => Some(StateValue::InsufficientData),
        };
        parse(text).unwrap().holds(&state)
    }

    #[test]
    fn rules_hold_or_not() {
        for (rule, expected) in [
            ("TRUE", true),
            ("NOT TRUE", false),
            ("ALARM(a1)", true),
            ("ALARM(\"a 1\") AND OK(o)", true),
            ("ALARM(o) OR NOT OK(a)", true),
            ("ALARM(a) AND (OK(a) OR INSUFFICIENT_DATA(x))", true),
            ("FALSE AND FALSE OR TRUE", true),
            ("FALSE AND (FALSE OR TRUE)", false),
            ("AT_LEAST(2, ALARM, (a1, a2, o))", true),
            ("AT_LEAST(3, ALARM, (a1, a2, o))", false),
            ("AT_LEAST(50%, NOT_A_STATE, (a1))", false),
            ("AT_LEAST(2, NOT ALARM, (a1, o1, x))", true),
            ("AT_LEAST(3, NOT ALARM, (a1, o1, x))", false),
            ("AT_LEAST(50%, ALARM, (a1, \"a2\", o1, o2))", true),
            ("AT_LEAST(51%, ALARM, (a1, a2, o1, o2))", false),
        ] {
            if rule.contains("NOT_A_STATE") {
                assert!(parse(rule).is_err());
            } else {
                assert_eq!(holds(rule), expected, "{rule}");
            }
        }
    }

    #[test]
    fn wrong_rules_are_refused() {
        for rule in [
            "",
            "ALARM",
            "ALARM(",
            "ALARM(a",
            "ALARM()",
            "ALARM(a))",
            "ALARM(a) ALARM(b)",
            "alarm(a)",
            "AND",
            "ALARM(\"a)",
        ] {
            assert!(parse(rule).is_err(), "{rule}");
        }
        for rule in [
            "AT_LEAST(0, ALARM, (a))",
            "AT_LEAST(2, ALARM, (a))",
            "AT_LEAST(101%, ALARM, (a))",
            "AT_LEAST(x, ALARM, (a))",
        ] {
            assert!(parse(rule).is_err(), "{rule}");
        }
        assert!(parse(&"(".repeat(5000)).is_err());
        let children = parse("ALARM(b) OR ALARM(a) OR OK(b)").unwrap().children;
        assert_eq!(children.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}
