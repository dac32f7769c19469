//! The rule of a composite alarm: text -> tree, and one text per meaning. What the states are is not known here.

mod parser;

pub use parser::parse;

use std::fmt;

/// A rule; `And` and `Or` have two parts or more.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Constant(bool),
    /// The alarm is in the state (or, negated, in another one).
    State(State, Reference),
    Not(Box<Rule>),
    And(Vec<Rule>),
    Or(Vec<Rule>),
    /// At least so many of the alarms are in the state; `negated` means: in any other.
    AtLeast {
        count: Count,
        negated: bool,
        state: State,
        alarms: Vec<Reference>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Alarm,
    Ok,
    InsufficientData,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Count {
    Number(u32),
    Percent(u32),
}

/// An alarm by name or ARN, and the bytes of the rule where it stands. Two references are equal by name.
#[derive(Debug, Clone, Eq)]
pub struct Reference {
    pub name: String,
    pub start: usize,
    pub end: usize,
}

impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What is wrong with a rule, and at which bytes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub help: Option<String>,
}

impl Rule {
    /// The names of the alarms, each once, in the order of the rule.
    pub fn alarms(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for reference in self.references() {
            if !names.contains(&reference.name.as_str()) {
                names.push(&reference.name);
            }
        }
        names
    }

    /// Every place that names an alarm.
    pub fn references(&self) -> Vec<&Reference> {
        match self {
            Rule::Constant(_) => Vec::new(),
            Rule::State(_, alarm) => vec![alarm],
            Rule::Not(inner) => inner.references(),
            Rule::And(parts) | Rule::Or(parts) => parts.iter().flat_map(Rule::references).collect(),
            Rule::AtLeast { alarms, .. } => alarms.iter().collect(),
        }
    }
}

impl State {
    const ALL: [State; 3] = [State::Alarm, State::Ok, State::InsufficientData];

    pub fn word(self) -> &'static str {
        match self {
            State::Alarm => "ALARM",
            State::Ok => "OK",
            State::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// One text per meaning of white space, quotes and needless parentheses. A rule that cannot be parsed (AWS may know more
/// than we do) has only its white space put in order.
pub fn canonical(text: &str) -> String {
    match parse(text) {
        Ok(rule) => rule.to_string(),
        Err(_) => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Rule], word: &str| {
            for (n, part) in parts.iter().enumerate() {
                if n > 0 {
                    write!(f, " {word} ")?;
                }
                match part {
                    Rule::And(_) | Rule::Or(_) => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Rule::Constant(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
            Rule::State(state, alarm) => write!(f, "{}({alarm})", state.word()),
            Rule::Not(inner) => match **inner {
                Rule::And(_) | Rule::Or(_) => write!(f, "NOT ({inner})"),
                _ => write!(f, "NOT {inner}"),
            },
            Rule::And(parts) => joined(f, parts, "AND"),
            Rule::Or(parts) => joined(f, parts, "OR"),
            Rule::AtLeast { count, negated, state, alarms } => {
                let count = match count {
                    Count::Number(n) => n.to_string(),
                    Count::Percent(n) => format!("{n}%"),
                };
                let not = if *negated { "NOT " } else { "" };
                let alarms: Vec<String> = alarms.iter().map(Reference::to_string).collect();
                write!(f, "AT_LEAST({count}, {not}{}, ({}))", state.word(), alarms.join(", "))
            }
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_per_meaning() {
        for (written, canon) in [
            ("ALARM(a)", r#"ALARM("a")"#),
            ("  ALARM ( \"a b\" )\n AND\tOK(c) ", r#"ALARM("a b") AND OK("c")"#),
            ("((ALARM(a)))", r#"ALARM("a")"#),
            ("(ALARM(a) AND ALARM(b)) AND ALARM(c)", r#"ALARM("a") AND ALARM("b") AND ALARM("c")"#),
            ("ALARM(a) OR ALARM(b) AND NOT ALARM(c)", r#"ALARM("a") OR (ALARM("b") AND NOT ALARM("c"))"#),
            ("NOT (TRUE OR FALSE)", "NOT (TRUE OR FALSE)"),
            ("AT_LEAST(2,ALARM,(a,\"b\",c))", r#"AT_LEAST(2, ALARM, ("a", "b", "c"))"#),
            ("AT_LEAST( 50% , NOT OK , ( a ) )", r#"AT_LEAST(50%, NOT OK, ("a"))"#),
            (r#"ALARM("say \"no\"")"#, r#"ALARM("say \"no\"")"#),
            ("ALARM(arn:aws:cloudwatch:r:1:alarm:x)", r#"ALARM("arn:aws:cloudwatch:r:1:alarm:x")"#),
            ("SOMETHING  NEW(a)", "SOMETHING NEW(a)"),
        ] {
            assert_eq!(canonical(written), canon, "{written}");
            assert_eq!(canonical(canon), canon, "{written}");
        }
    }

    #[test]
    fn names_its_alarms_once_and_where_they_stand() {
        let text = "ALARM(a) OR OK(\"b\") OR AT_LEAST(1, OK, (a, c))";
        let rule = parse(text).unwrap();
        assert_eq!(rule.alarms(), ["a", "b", "c"]);
        let places: Vec<&str> = rule.references().iter().map(|r| &text[r.start..r.end]).collect();
        assert_eq!(places, ["a", "\"b\"", "a", "c"]);
    }

    #[test]
    fn refuses_what_is_no_rule_at_the_right_place() {
        for (text, place) in [
            ("", ""),
            ("ALARM", "M"),
            ("ALARM()", ")"),
            ("ALARM(a", "a"),
            ("ALARM(a))", ")"),
            ("ALARM(a) ALARM(b)", "ALARM"),
            ("AND ALARM(a)", "AND"),
            ("AT_LEAST(0, ALARM, (a))", "0"),
            ("AT_LEAST(2, ALARM, (a))", "2"),
            ("AT_LEAST(101%, ALARM, (a))", "101%"),
            ("ALARM(\"a)", "\"a)"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(&text[error.start..error.end], place, "{text}: {}", error.message);
        }
    }

    #[test]
    fn is_limited_in_depth_and_elements() {
        let deep = format!("{}TRUE{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(parse(&deep).unwrap_err().message.contains("too deep"));
        assert!(parse(&format!("{}TRUE", "NOT ".repeat(10_000))).unwrap_err().message.contains("too deep"));
        let long = vec!["TRUE"; 501].join(" OR ");
        assert!(parse(&long).unwrap_err().message.contains("501 elements"));
        assert!(parse(&vec!["TRUE"; 500].join(" OR ")).is_ok());
    }
}
