//! The syntax of metric math.

/// An expression as a tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Number(f64),
    Text(String),
    /// The id of another query.
    Query(String),
    Negate(Box<Tree>),
    Binary(Operator, Box<Tree>, Box<Tree>),
    Call(String, Vec<Tree>),
    List(Vec<Tree>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operator {
    Or,
    And,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

use Operator::*;

/// Longer spellings first; how strongly each binds.
const OPERATORS: [(&str, Operator, u8); 15] = [
    ("||", Or, 1),
    ("OR", Or, 1),
    ("&&", And, 2),
    ("AND", And, 2),
    ("<=", LessOrEqual, 3),
    (">=", GreaterOrEqual, 3),
    ("==", Equal, 3),
    ("!=", NotEqual, 3),
    ("<", Less, 3),
    (">", Greater, 3),
    ("+", Add, 4),
    ("-", Subtract, 4),
    ("*", Multiply, 5),
    ("/", Divide, 5),
    ("^", Power, 7),
];
/// A sign binds stronger than a product and weaker than a power.
const SIGN: u8 = 6;
const DEEPEST: u32 = 100;

pub fn parse(text: &str) -> Result<Tree, String> {
    let mut parser = Parser { rest: text, depth: 0 };
    let tree = parser.expression(0)?;
    match parser.rest.trim_start() {
        "" => Ok(tree),
        rest => Err(format!("unexpected {:?}", rest.chars().take(20).collect::<String>())),
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: u32,
}

impl Parser<'_> {
    fn expression(&mut self, weakest: u8) -> Result<Tree, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        let mut left = self.operand()?;
        while let Some((spelling, operator, binding)) = self.operator().filter(|(_, _, binding)| *binding > weakest) {
            self.rest = &self.rest.trim_start()[spelling.len()..];
            // Powers group from the right.
            let right = self.expression(if operator == Power { binding - 1 } else { binding })?;
            left = Tree::Binary(operator, Box::new(left), Box::new(right));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operator(&self) -> Option<(&'static str, Operator, u8)> {
        let rest = self.rest.trim_start();
        let starts = |spelling: &str| {
            let word = spelling.starts_with(|c: char| c.is_alphabetic());
            let ends = !rest[spelling.len().min(rest.len())..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
            rest.starts_with(spelling) && (!word || ends)
        };
        OPERATORS
            .into_iter()
            .find(|(spelling, ..)| rest.is_char_boundary(spelling.len().min(rest.len())) && starts(spelling))
    }

    fn take(&mut self, symbol: char) -> bool {
        let rest = self.rest.trim_start().strip_prefix(symbol);
        if let Some(rest) = rest {
            self.rest = rest;
        }
        rest.is_some()
    }

    fn operand(&mut self) -> Result<Tree, String> {
        if self.take('-') {
            return Ok(Tree::Negate(Box::new(self.expression(SIGN)?)));
        }
        if self.take('(') {
            let inner = self.expression(0)?;
            return if self.take(')') { Ok(inner) } else { Err("a ) is missing".to_owned()) };
        }
        if self.take('[') {
            return Ok(Tree::List(self.items(']')?));
        }
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next().ok_or("it ends too early")?;
        match first {
            '"' | '\'' => {
                let (text, rest) = self.rest[1..].split_once(first).ok_or("a quotation mark is not closed")?;
                self.rest = rest;
                Ok(Tree::Text(text.to_owned()))
            }
            '0'..='9' | '.' => {
                let text = self.word(|c| c.is_ascii_digit() || c == '.');
                text.parse().map(Tree::Number).map_err(|_| format!("{text} is not a number"))
            }
            c if c.is_ascii_alphabetic() => {
                let name = self.word(|c| c.is_ascii_alphanumeric() || c == '_').to_owned();
                if self.take('(') {
                    return Ok(Tree::Call(name, self.items(')')?));
                }
                Ok(if name.starts_with(|c: char| c.is_ascii_lowercase()) {
                    Tree::Query(name)
                } else {
                    Tree::Text(name)
                })
            }
            other => Err(format!("unexpected {other:?}")),
        }
    }

    fn word(&mut self, belongs: fn(char) -> bool) -> &str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn items(&mut self, end: char) -> Result<Vec<Tree>, String> {
        let mut items = Vec::new();
        if self.take(end) {
            return Ok(items);
        }
        loop {
            items.push(self.expression(0)?);
            if self.take(end) {
                return Ok(items);
            }
            if !self.take(',') {
                return Err(format!("a , or {end} is missing"));
            }
        }
    }
}
