//! Text -> tree of a metric math expression. Knows the grammar, not what the functions do.

use std::fmt;

const MAX_DEPTH: usize = 64;

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Number(f64),
    Text(String),
    Id(String),
    List(Vec<Expr>),
    Negative(Box<Expr>),
    Binary(Op, Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
}

/// Why an expression has no value here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MathError(pub String);

impl fmt::Display for MathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for MathError {}

/// Reads an expression. OR binds loosest, then AND, comparisons, sums, products, minus, powers.
pub fn parse(text: &str) -> Result<Expr, MathError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let expr = parser.level(0)?;
    match parser.next() {
        None => Ok(expr),
        Some(token) => Err(MathError(format!("`{token}` is not expected in `{text}`"))),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Word(String),
    Sign(&'static str),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Number(number) => write!(f, "{number}"),
            Token::Text(text) => write!(f, "\"{text}\""),
            Token::Word(word) => f.write_str(word),
            Token::Sign(sign) => f.write_str(sign),
        }
    }
}

/// Longer signs before their beginnings.
const SIGNS: [&str; 19] =
    ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",", "="];

fn tokens(text: &str) -> Result<Vec<Token>, MathError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let used = if first.is_ascii_digit() || first == '.' {
            let length = number_length(rest.as_bytes());
            let number =
                rest[..length].parse().map_err(|_| MathError(format!("`{}` is no number", &rest[..length])))?;
            tokens.push(Token::Number(number));
            length
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..length].to_owned()));
            length
        } else if first == '"' || first == '\'' {
            let inner = &rest[1..];
            let length = inner.find(first).ok_or_else(|| MathError("a quoted text never ends".into()))?;
            tokens.push(Token::Text(inner[..length].to_owned()));
            length + 2
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| MathError(format!("`{first}` means nothing in metric math")))?;
            tokens.push(Token::Sign(if sign == "=" { "==" } else { sign }));
            sign.len()
        };
        rest = rest[used..].trim_start();
    }
    Ok(tokens)
}

/// Bytes of a decimal number with an optional exponent.
fn number_length(bytes: &[u8]) -> usize {
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        length += 1;
        length += digits(length);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits((length + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// From the loosest to the closest; a chain reads from left to right.
const LEVELS: [&[(&str, Op)]; 5] = [
    &[("||", Op::Or), ("OR", Op::Or)],
    &[("&&", Op::And), ("AND", Op::And)],
    &[
        ("==", Op::Equal),
        ("!=", Op::NotEqual),
        ("<=", Op::LessOrEqual),
        (">=", Op::GreaterOrEqual),
        ("<", Op::Less),
        (">", Op::Greater),
    ],
    &[("+", Op::Add), ("-", Op::Subtract)],
    &[("*", Op::Multiply), ("/", Op::Divide)],
];

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes(&mut self, sign: &str) -> bool {
        let there = matches!(self.tokens.get(self.at), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn level(&mut self, level: usize) -> Result<Expr, MathError> {
        let Some(operators) = LEVELS.get(level) else { return self.negative() };
        let mut left = self.level(level + 1)?;
        loop {
            let here = match self.tokens.get(self.at) {
                Some(Token::Sign(sign)) => *sign,
                Some(Token::Word(word)) => word.as_str(),
                _ => break,
            };
            let Some((_, op)) = operators.iter().find(|(sign, _)| *sign == here) else { break };
            self.at += 1;
            left = Expr::Binary(*op, Box::new(left), Box::new(self.level(level + 1)?));
        }
        Ok(left)
    }

    fn negative(&mut self) -> Result<Expr, MathError> {
        if !self.takes("-") {
            return self.power();
        }
        self.deeper()?;
        let inner = self.negative()?;
        self.depth -= 1;
        Ok(Expr::Negative(Box::new(inner)))
    }

    /// AWS does not say which power of `a^b^c` comes first, nor what `a^-b` means.
    fn power(&mut self) -> Result<Expr, MathError> {
        let base = self.atom()?;
        if !self.takes("^") {
            return Ok(base);
        }
        let exponent = self.atom()?;
        if self.takes("^") {
            return Err(MathError("powers of powers need parentheses".into()));
        }
        Ok(Expr::Binary(Op::Power, Box::new(base), Box::new(exponent)))
    }

    fn deeper(&mut self) -> Result<(), MathError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(MathError("the expression is nested too deep".into())) } else { Ok(()) }
    }

    fn atom(&mut self) -> Result<Expr, MathError> {
        self.deeper()?;
        let atom = match self.next() {
            Some(Token::Number(number)) => Expr::Number(number),
            Some(Token::Text(text)) => Expr::Text(text),
            Some(Token::Word(word)) if self.takes("(") => Expr::Call(word, self.until(")")?),
            // The two words that FILL takes; ids begin with a small letter.
            Some(Token::Word(word)) if matches!(word.as_str(), "REPEAT" | "LINEAR") => Expr::Text(word),
            Some(Token::Word(word)) => Expr::Id(word),
            Some(Token::Sign("[")) => Expr::List(self.until("]")?),
            Some(Token::Sign("(")) => {
                let inner = self.level(0)?;
                if !self.takes(")") {
                    return Err(MathError("a `(` is never closed".into()));
                }
                inner
            }
            Some(token) => return Err(MathError(format!("`{token}` is not expected here"))),
            None => return Err(MathError("the expression ends too early".into())),
        };
        self.depth -= 1;
        Ok(atom)
    }

    fn until(&mut self, close: &str) -> Result<Vec<Expr>, MathError> {
        let mut parts = Vec::new();
        if self.takes(close) {
            return Ok(parts);
        }
        loop {
            parts.push(self.level(0)?);
            if self.takes(close) {
                return Ok(parts);
            }
            if !self.takes(",") {
                return Err(MathError(format!("`,` or `{close}` is expected")));
            }
        }
    }
}
