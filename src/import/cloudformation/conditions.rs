//! Conditions: `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not`, `Condition`, and the branches of `Fn::If`.

use super::evaluate::Evaluator;
use super::value::UnknownValue;
use crate::model::node::{Data, Node, Span};
use serde_json::Value;

impl<'t> Evaluator<'t> {
    /// Whether a condition holds.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn condition(&mut self, name: &str, span: Span) -> Result<bool, UnknownValue> {
        let Some((name, node)) = self.sections.conditions.get_key_value(name).map(|(name, node)| (*name, *node)) else {
            return Err(UnknownValue::new(span, format!("no condition is called {name}")));
        };
        match self.conditions.get(name) {
            Some(Some(known)) => return known.clone(),
            Some(None) => return Err(UnknownValue::new(span, format!("condition {name} depends on itself"))),
            None => {}
        }
        self.conditions.insert(name, None);
        let value = self.holds(node);
        let value = value.map_err(|unknown| UnknownValue {
            why: format!("it depends on condition {name}: {}", unknown.why.trim_start_matches("it depends on ")),
            ..unknown
        });
        self.conditions.insert(name, Some(value.clone()));
        value
    }

    fn holds(&mut self, node: &'t Node) -> Result<bool, UnknownValue> {
        self.enter(node.span)?;
        let value = self.entered_condition(node);
        self.leave();
        value
    }

    fn entered_condition(&mut self, node: &'t Node) -> Result<bool, UnknownValue> {
        let unknown = |why: &str| UnknownValue::new(node.span, why);
        let [entry] = node.entries() else { return Err(unknown("this is no condition")) };
        let argument = &entry.value;
        match entry.name.text.as_str() {
            "Condition" => match argument.text() {
                Some(name) => self.condition(name, argument.span),
                None => Err(unknown("Condition takes a name")),
            },
            "Fn::Equals" => match argument.items() {
                [left, right] => {
                    let sides = [self.evaluate(left)?, self.evaluate(right)?];
                    let [Some(left), Some(right)] = sides.map(|side| side.map(compared)) else {
                        return Err(unknown("Fn::Equals takes two values"));
                    };
                    for side in [&left, &right] {
                        let text = side.as_str().map_or_else(|| side.to_string(), str::to_owned);
                        self.known(&text, node.span)?;
                        if text.contains("{{resolve:") {
                            return Err(unknown("it depends on a dynamic reference, which only AWS knows"));
                        }
                    }
                    Ok(left == right)
                }
                _ => Err(unknown("Fn::Equals takes two values")),
            },
            "Fn::Not" => match argument.items() {
                [one] => Ok(!self.holds(one)?),
                _ => Err(unknown("Fn::Not takes one condition")),
            },
            name @ ("Fn::And" | "Fn::Or") => {
                let Data::List(items) = &argument.data else { return Err(unknown("this takes a list of conditions")) };
                // One is enough, whatever the others are.
                let deciding = name == "Fn::Or";
                let mut not_known = None;
                for item in items {
                    match self.holds(item) {
                        Ok(value) if value == deciding => return Ok(deciding),
                        Ok(_) => {}
                        Err(unknown) => not_known = not_known.or(Some(unknown)),
                    }
                }
                not_known.map_or(Ok(!deciding), Err)
            }
            name => Err(UnknownValue::new(node.span, format!("no condition function is called {name}"))),
        }
    }

    /// The value that `Fn::If` takes; `None` is never one.
    ///
    /// # Errors
    /// Why the condition is not known.
    pub fn branch(&mut self, argument: &'t Node, span: Span) -> Result<Option<&'t Node>, UnknownValue> {
        let [condition, yes, no] = argument.items() else {
            return Err(UnknownValue::new(span, "Fn::If takes a condition and two values"));
        };
        let holds = match condition.text() {
            Some(name) => self.condition(name, condition.span)?,
            None => self.holds(condition)?,
        };
        Ok(Some(if holds { yes } else { no }))
    }
}

/// Numbers and flags are compared as texts.
fn compared(value: Value) -> Value {
    super::value::scalar_text(&value).map_or(value, Value::String)
}
