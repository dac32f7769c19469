//! The rule of a composite alarm: text -> tree, one text per meaning, and whether it holds. What the states are is told.

mod parser;

pub use parser::{CONDITIONS, parse};

use crate::state::AlarmState;
use std::fmt;

/// A rule; `And` and `Or` have two parts or more.
#[derive(Debug, Clone, PartialEq)]
pub enum AlarmRule {
    Constant(bool),
    /// The alarm is in the state (or, negated, in another one).
    State(AlarmState, Reference),
    Not(Box<AlarmRule>),
    And(Vec<AlarmRule>),
    Or(Vec<AlarmRule>),
    /// At least so many of the alarms are in the state; `negated` means: in any other.
    AtLeast {
        count: CountFunction,
        negated: bool,
        state: AlarmState,
        alarms: Vec<Reference>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CountFunction {
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RuleError {
    pub start: usize,
    pub end: usize,
    pub message: String,
    pub help: Option<String>,
    /// A word that is none of [`CONDITIONS`], where one of them was expected.
    pub unknown: Option<String>,
}

impl AlarmRule {
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

    /// Whether the rule is true while the alarms are in these states; an alarm without one is in none.
    pub fn holds(&self, state: &impl Fn(&str) -> Option<AlarmState>) -> bool {
        match self {
            AlarmRule::Constant(value) => *value,
            AlarmRule::State(wanted, alarm) => state(&alarm.name) == Some(*wanted),
            AlarmRule::Not(inner) => !inner.holds(state),
            AlarmRule::And(parts) => parts.iter().all(|part| part.holds(state)),
            AlarmRule::Or(parts) => parts.iter().any(|part| part.holds(state)),
            AlarmRule::AtLeast { count, negated, state: wanted, alarms } => {
                let counts = |alarm: &&Reference| (state(&alarm.name) == Some(*wanted)) != *negated;
                let matching = alarms.iter().filter(counts).count();
                match count {
                    CountFunction::Number(least) => matching >= *least as usize,
                    CountFunction::Percent(share) => matching * 100 >= *share as usize * alarms.len(),
                }
            }
        }
    }

    /// Every place that names an alarm.
    pub fn references(&self) -> Vec<&Reference> {
        match self {
            AlarmRule::Constant(_) => Vec::new(),
            AlarmRule::State(_, alarm) => vec![alarm],
            AlarmRule::Not(inner) => inner.references(),
            AlarmRule::And(parts) | AlarmRule::Or(parts) => parts.iter().flat_map(AlarmRule::references).collect(),
            AlarmRule::AtLeast { alarms, .. } => alarms.iter().collect(),
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

impl fmt::Display for AlarmRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[AlarmRule], word: &str| {
            for (n, part) in parts.iter().enumerate() {
                if n > 0 {
                    write!(f, " {word} ")?;
                }
                match part {
                    AlarmRule::And(_) | AlarmRule::Or(_) => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            AlarmRule::Constant(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
            AlarmRule::State(state, alarm) => write!(f, "{}({alarm})", state.word()),
            AlarmRule::Not(inner) => match **inner {
                AlarmRule::And(_) | AlarmRule::Or(_) => write!(f, "NOT ({inner})"),
                _ => write!(f, "NOT {inner}"),
            },
            AlarmRule::And(parts) => joined(f, parts, "AND"),
            AlarmRule::Or(parts) => joined(f, parts, "OR"),
            AlarmRule::AtLeast { count, negated, state, alarms } => {
                let count = match count {
                    CountFunction::Number(n) => n.to_string(),
                    CountFunction::Percent(n) => format!("{n}%"),
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

    /// Alarms named `a...` are in ALARM, `o...` in OK, `n...` in none, others in INSUFFICIENT_DATA.
    fn holds(text: &str) -> bool {
        let state = |name: &str| match name.chars().next() {
            Some('a') => Some(AlarmState::Alarm),
            Some('o') => Some(AlarmState::Ok),
            Some('n') => None,
            _ => Some(AlarmState::InsufficientData),
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
            ("INSUFFICIENT_DATA(n) OR OK(n)", false),
            ("AT_LEAST(1, NOT OK, (n))", true),
            ("AT_LEAST(2, NOT ALARM, (a1, o1, x))", true),
            ("AT_LEAST(3, NOT ALARM, (a1, o1, x))", false),
            ("AT_LEAST(50%, ALARM, (a1, \"a2\", o1, o2))", true),
            ("AT_LEAST(51%, ALARM, (a1, a2, o1, o2))", false),
        ] {
            assert_eq!(holds(rule), expected, "{rule}");
        }
    }

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
            ("alarm(a)", "alarm"),
            ("AT_LEAST(x, ALARM, (a))", "x"),
            ("AT_LEAST(50%, NOT_A_STATE, (a))", "NOT_A_STATE"),
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
