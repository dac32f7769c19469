//! Text -> tree of a metric math expression: the one parser, for the spec and for the evaluation. Knows the grammar, not what the
//! functions do (CloudWatch user guide, "Metric math syntax and functions").

const MAX_DEPTH: usize = 64;
/// The words that FILL and SORT take without quotes; ids begin with a small letter.
const WORDS: [&str; 8] = ["REPEAT", "LINEAR", "AVG", "MIN", "MAX", "SUM", "ASC", "DESC"];

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Number(f64),
    Text(String),
    Id(String),
    List(Vec<Expr>),
    Negative(Box<Expr>),
    Binary(MathOperator, Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
    /// `a^b^c`: AWS does not say which power comes first.
    Powers(Vec<Expr>),
}

impl Expr {
    /// The expressions inside this one.
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            Expr::Number(_) | Expr::Text(_) | Expr::Id(_) => Vec::new(),
            Expr::Negative(inner) => vec![inner.as_ref()],
            Expr::Binary(_, left, right) => vec![left.as_ref(), right.as_ref()],
            Expr::List(items) | Expr::Powers(items) | Expr::Call(_, items) => items.iter().collect(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MathOperator {
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

/// What does not follow the grammar, and at which byte of the expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxFault {
    pub at: usize,
    pub message: String,
}

/// Reads an expression. OR binds loosest, then AND, comparisons, sums, products, minus, powers.
pub fn parse(text: &str) -> Result<Expr, SyntaxFault> {
    let mut parser =
        MathParser { tokens: tokens(text)?, at: 0, depth: 0, end: text.trim_end().len().saturating_sub(1) };
    let expr = parser.level(0)?;
    match parser.next() {
        None => Ok(expr),
        Some(token) => Err(parser.fault_before(format!("`{token}` is not expected here"))),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum MathToken {
    Number(f64),
    Text(String),
    Word(String),
    Sign(&'static str),
}

impl std::fmt::Display for MathToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MathToken::Number(number) => write!(f, "{number}"),
            MathToken::Text(text) => write!(f, "\"{text}\""),
            MathToken::Word(word) => f.write_str(word),
            MathToken::Sign(sign) => f.write_str(sign),
        }
    }
}

/// Longer signs before their beginnings.
const SIGNS: [&str; 19] =
    ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",", "="];

/// The tokens, each with the byte at which it begins.
fn tokens(text: &str) -> Result<Vec<(MathToken, usize)>, SyntaxFault> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let fault = |message: String| SyntaxFault { at, message };
        let used = if first.is_ascii_digit() || first == '.' {
            let length = number_length(rest.as_bytes());
            let number =
                rest[..length].parse().map_err(|_| fault(format!("`{}` is no number", &rest[..length.max(1)])))?;
            tokens.push((MathToken::Number(number), at));
            length
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push((MathToken::Word(rest[..length].to_owned()), at));
            length
        } else if first == '"' || first == '\'' {
            let inner = &rest[1..];
            let length = inner.find(first).ok_or_else(|| fault(format!("this `{first}` is never closed")))?;
            tokens.push((MathToken::Text(inner[..length].to_owned()), at));
            length + 2
        } else {
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
            let sign = sign.ok_or_else(|| fault(format!("`{first}` means nothing in metric math")))?;
            tokens.push((MathToken::Sign(if sign == "=" { "==" } else { sign }), at));
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

struct MathParser {
    tokens: Vec<(MathToken, usize)>,
    at: usize,
    depth: usize,
    /// The last byte of the expression.
    end: usize,
}

/// From the loosest to the closest; a chain reads from left to right.
const LEVELS: [&[(&str, MathOperator)]; 5] = [
    &[("||", MathOperator::Or), ("OR", MathOperator::Or)],
    &[("&&", MathOperator::And), ("AND", MathOperator::And)],
    &[
        ("==", MathOperator::Equal),
        ("!=", MathOperator::NotEqual),
        ("<=", MathOperator::LessOrEqual),
        (">=", MathOperator::GreaterOrEqual),
        ("<", MathOperator::Less),
        (">", MathOperator::Greater),
    ],
    &[("+", MathOperator::Add), ("-", MathOperator::Subtract)],
    &[("*", MathOperator::Multiply), ("/", MathOperator::Divide)],
];

impl MathParser {
    fn next(&mut self) -> Option<MathToken> {
        let token = self.tokens.get(self.at).map(|(token, _)| token.clone());
        self.at += 1;
        token
    }

    /// A fault at the token that comes next.
    fn fault(&self, message: impl Into<String>) -> SyntaxFault {
        let at = self.tokens.get(self.at).map_or(self.end, |(_, at)| *at);
        SyntaxFault { at, message: message.into() }
    }

    /// A fault at the token that was taken last.
    fn fault_before(&self, message: impl Into<String>) -> SyntaxFault {
        let at = self.tokens.get(self.at.saturating_sub(1)).map_or(self.end, |(_, at)| *at);
        SyntaxFault { at, message: message.into() }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let there = matches!(self.tokens.get(self.at), Some((MathToken::Sign(found), _)) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn level(&mut self, level: usize) -> Result<Expr, SyntaxFault> {
        let Some(operators) = LEVELS.get(level) else { return self.negative() };
        let mut left = self.level(level + 1)?;
        loop {
            let here = match self.tokens.get(self.at) {
                Some((MathToken::Sign(sign), _)) => *sign,
                Some((MathToken::Word(word), _)) => word.as_str(),
                _ => break,
            };
            let Some((_, op)) = operators.iter().find(|(sign, _)| sign.eq_ignore_ascii_case(here)) else { break };
            self.at += 1;
            left = Expr::Binary(*op, Box::new(left), Box::new(self.level(level + 1)?));
        }
        Ok(left)
    }

    fn negative(&mut self) -> Result<Expr, SyntaxFault> {
        if !self.takes("-") {
            return self.power();
        }
        self.deeper()?;
        let inner = self.negative()?;
        self.depth -= 1;
        Ok(Expr::Negative(Box::new(inner)))
    }

    fn power(&mut self) -> Result<Expr, SyntaxFault> {
        let base = self.atom()?;
        if !self.takes("^") {
            return Ok(base);
        }
        let mut powers = vec![base, self.exponent()?];
        while self.takes("^") {
            powers.push(self.exponent()?);
        }
        Ok(match <[Expr; 2]>::try_from(powers) {
            Ok([base, exponent]) => Expr::Binary(MathOperator::Power, Box::new(base), Box::new(exponent)),
            Err(powers) => Expr::Powers(powers),
        })
    }

    fn exponent(&mut self) -> Result<Expr, SyntaxFault> {
        match self.takes("-") {
            true => Ok(Expr::Negative(Box::new(self.atom()?))),
            false => self.atom(),
        }
    }

    fn deeper(&mut self) -> Result<(), SyntaxFault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.fault("the expression is nested too deep")) } else { Ok(()) }
    }

    fn atom(&mut self) -> Result<Expr, SyntaxFault> {
        self.deeper()?;
        let opened = self.at;
        let atom = match self.next() {
            Some(MathToken::Number(number)) => Expr::Number(number),
            Some(MathToken::Text(text)) => Expr::Text(text),
            Some(MathToken::Word(word)) if self.takes("(") => Expr::Call(word, self.until(")", opened + 1)?),
            Some(MathToken::Word(word)) if WORDS.contains(&word.as_str()) => Expr::Text(word),
            Some(MathToken::Word(word)) => Expr::Id(word),
            Some(MathToken::Sign("[")) => Expr::List(self.until("]", opened)?),
            Some(MathToken::Sign("(")) => {
                let inner = self.level(0)?;
                if !self.takes(")") {
                    return Err(self.unclosed("(", opened));
                }
                inner
            }
            Some(token) => return Err(self.fault_before(format!("`{token}` is not expected here"))),
            None => return Err(self.fault("the expression ends too early")),
        };
        self.depth -= 1;
        Ok(atom)
    }

    /// Of a bracket that something else stands before its end, or nothing.
    fn unclosed(&self, open: &str, opened: usize) -> SyntaxFault {
        match self.tokens.get(self.at) {
            Some((token, at)) => SyntaxFault { at: *at, message: format!("`{token}` is not expected here") },
            None => {
                let at = self.tokens.get(opened).map_or(self.end, |(_, at)| *at);
                SyntaxFault { at, message: format!("this `{open}` is never closed") }
            }
        }
    }

    fn until(&mut self, close: &str, opened: usize) -> Result<Vec<Expr>, SyntaxFault> {
        let open = if close == ")" { "(" } else { "[" };
        let mut parts = Vec::new();
        if self.takes(close) {
            return Ok(parts);
        }
        loop {
            if self.at >= self.tokens.len() {
                return Err(self.unclosed(open, opened));
            }
            parts.push(self.level(0)?);
            if self.takes(close) {
                return Ok(parts);
            }
            if !self.takes(",") {
                return Err(self.unclosed(open, opened));
            }
        }
    }
}
