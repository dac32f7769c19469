//! The words of a query. Comments begin with `#` and end with their line.

use regex_lite::Regex;

#[derive(Debug, Clone)]
pub enum Token {
    /// A name or a word of the language.
    Word(String),
    Number(f64),
    /// In quotes.
    Text(String),
    /// Between slashes.
    Pattern(Regex),
    Symbol(&'static str),
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Token::Word(a), Token::Word(b)) | (Token::Text(a), Token::Text(b)) => a == b,
            (Token::Number(a), Token::Number(b)) => a == b,
            (Token::Pattern(a), Token::Pattern(b)) => a.as_str() == b.as_str(),
            (Token::Symbol(a), Token::Symbol(b)) => a == b,
            _ => false,
        }
    }
}

/// Longer ones before those that they begin with.
const SYMBOLS: [&str; 16] = ["!=", "<=", ">=", "=~", "=", "<", ">", "(", ")", "[", "]", ",", "|", "*", "+", "/"];

/// Tokens and how far they have been read.
#[derive(Debug)]
pub struct Tokens {
    tokens: Vec<Token>,
    next: usize,
}

impl Tokens {
    pub fn read(text: &str) -> Result<Self, String> {
        let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
        while let Some(first) = rest.chars().next() {
            let (token, behind) = match first {
                '#' => {
                    rest = rest.split_once('\n').map_or("", |(_, behind)| behind).trim_start();
                    continue;
                }
                '"' | '\'' => {
                    let (text, behind) = quoted(rest, first).ok_or_else(|| format!("`{rest}` has no end"))?;
                    (Token::Text(text), behind)
                }
                // After a value a slash divides.
                '/' if !matches!(tokens.last(), Some(Token::Number(_) | Token::Symbol(")"))) => pattern(rest)?,
                '`' => {
                    let (name, behind) = rest[1..].split_once('`').ok_or_else(|| format!("`{rest}` has no end"))?;
                    (Token::Word(name.to_owned()), behind)
                }
                letter if letter.is_ascii_digit() || (letter == '-' && next_is_digit(rest)) => number(rest)?,
                letter if letter.is_alphabetic() || "@_".contains(letter) => {
                    let end = rest.find(|c: char| !(c.is_alphanumeric() || "@_.-".contains(c))).unwrap_or(rest.len());
                    (Token::Word(rest[..end].to_owned()), &rest[end..])
                }
                _ => {
                    let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
                    let symbol = symbol.ok_or_else(|| format!("the sandbox does not understand `{first}`"))?;
                    (Token::Symbol(symbol), &rest[symbol.len()..])
                }
            };
            tokens.push(token);
            rest = behind.trim_start();
        }
        Ok(Self { tokens, next: 0 })
    }

    pub fn is_over(&self) -> bool {
        self.next == self.tokens.len()
    }

    pub fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    pub fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += usize::from(token.is_some());
        token
    }

    pub fn takes(&mut self, symbol: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Symbol(next)) if *next == symbol);
        self.next += usize::from(is_next);
        is_next
    }

    pub fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word))
    }

    pub fn takes_word(&mut self, word: &str) -> bool {
        let is_next = self.is_word(word);
        self.next += usize::from(is_next);
        is_next
    }

    pub fn word(&mut self) -> Option<String> {
        let Some(Token::Word(word)) = self.peek() else { return None };
        let word = word.clone();
        self.next += 1;
        Some(word)
    }

    pub fn number(&mut self) -> Option<f64> {
        let Some(Token::Number(number)) = self.peek() else { return None };
        let number = *number;
        self.next += 1;
        Some(number)
    }

    /// What comes next, for a message.
    pub fn shown(&self) -> String {
        match self.peek() {
            None => "the end".to_owned(),
            Some(Token::Word(text) | Token::Text(text)) => text.clone(),
            Some(Token::Number(number)) => number.to_string(),
            Some(Token::Pattern(pattern)) => format!("/{}/", pattern.as_str()),
            Some(Token::Symbol(symbol)) => (*symbol).to_owned(),
        }
    }
}

fn next_is_digit(rest: &str) -> bool {
    rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
}

/// `\` takes the next letter as it is.
fn quoted(rest: &str, quote: char) -> Option<(String, &str)> {
    let (mut text, mut letters) = (String::new(), rest.char_indices().skip(1));
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => text.push(letters.next()?.1),
            letter if letter == quote => return Some((text, &rest[at + letter.len_utf8()..])),
            letter => text.push(letter),
        }
    }
    None
}

fn pattern(rest: &str) -> Result<(Token, &str), String> {
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '/' => {
                let written = rest[1..at].replace("\\/", "/");
                let regex = Regex::new(&written).map_err(|error| format!("/{written}/ is no pattern: {error}"))?;
                return Ok((Token::Pattern(regex), &rest[at + 1..]));
            }
            _ => {}
        }
    }
    Err(format!("`{rest}` has no end"))
}

fn number(rest: &str) -> Result<(Token, &str), String> {
    let body = rest.strip_prefix('-').unwrap_or(rest);
    let digits = body.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(body.len());
    let end = rest.len() - body.len() + digits;
    let number = rest[..end].parse().map_err(|_| format!("`{}` is no number", &rest[..end]))?;
    Ok((Token::Number(number), &rest[end..]))
}
