//! The intrinsic functions, after the template reference (Intrinsic function reference).

use super::evaluate::Evaluator;
use super::open::OpenReason;
use super::value::{Evaluated, UnknownValue, scalar_text};
use crate::model::node::{Data, Node, Span};
use serde_json::Value;

impl<'t> Evaluator<'t> {
    /// Calls a function.
    ///
    /// # Errors
    /// Why its value is not known.
    pub fn call(&mut self, name: &str, argument: &'t Node, span: Span) -> Evaluated {
        let unknown = |why: &str| Err(UnknownValue::new(span, why));
        match name {
            "Ref" => match argument.text() {
                Some(name) => self.reference(name, span),
                None => unknown("Ref takes a name"),
            },
            "Fn::GetAtt" => {
                let (logical, attribute) = self.attribute_names(argument)?;
                self.attribute(&logical, &attribute, span).map(|text| Some(text.into()))
            }
            "Fn::Sub" => self.sub(argument, span),
            "Fn::Join" => self.join(argument, span),
            "Fn::Select" => self.select(argument, span),
            "Fn::Split" => self.split(argument, span),
            "Fn::FindInMap" => self.find_in_map(argument, span),
            "Fn::If" => match self.branch(argument, span)? {
                Some(branch) => self.evaluate(branch),
                None => Ok(None),
            },
            "Fn::Base64" => {
                let text = self.known_text(argument)?;
                self.made(text.len().saturating_mul(2), span)?;
                Ok(Some(base64(text.as_bytes()).into()))
            }
            "Fn::Length" => match self.evaluate(argument)? {
                Some(Value::Array(items)) => Ok(Some(items.len().into())),
                _ => unknown("Fn::Length takes a list"),
            },
            "Fn::ToJsonString" => match self.evaluate(argument)? {
                Some(value @ (Value::Array(_) | Value::Object(_))) => {
                    let text = value.to_string();
                    self.known(&text, span)?;
                    self.made(text.len(), span)?;
                    Ok(Some(text.into()))
                }
                _ => unknown("Fn::ToJsonString takes a map or a list"),
            },
            "Fn::ImportValue" => {
                let name = self.known_text(argument)?;
                let text = self.open.text(OpenReason {
                    name: name.rsplit([':', '/']).next().unwrap_or_default(),
                    description: format!("The value of the export {name:.200} of another stack"),
                    secret: false,
                    value: None,
                    missing: format!("the export {name:.200} is another stack's (Fn::ImportValue)"),
                });
                Ok(Some(text.into()))
            }
            "Fn::GetAZs" => unknown("the zones of a region are not in the template (Fn::GetAZs)"),
            "Fn::Cidr" => unknown("blocks of addresses are not worked out (Fn::Cidr)"),
            "Fn::Transform" => unknown("the macro is not run (Fn::Transform)"),
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => unknown("a condition is no value"),
            name => Err(UnknownValue::new(span, format!("no function is called {name}"))),
        }
    }

    /// The items of a list of so many.
    fn list(
        &self,
        argument: &'t Node,
        count: std::ops::RangeInclusive<usize>,
        name: &str,
    ) -> Result<&'t [Node], UnknownValue> {
        match &argument.data {
            Data::List(items) if count.contains(&items.len()) => Ok(items),
            _ => Err(UnknownValue::new(argument.span, format!("{name} takes another list"))),
        }
    }

    /// `Name.Attribute`, or the two in a list.
    fn attribute_names(&mut self, argument: &'t Node) -> Result<(String, String), UnknownValue> {
        if let Some((logical, attribute)) = argument.text().and_then(|text| text.split_once('.')) {
            return Ok((logical.to_owned(), attribute.to_owned()));
        }
        let [logical, rest @ ..] = self.list(argument, 2..=4, "Fn::GetAtt")? else {
            return Err(UnknownValue::new(argument.span, "Fn::GetAtt takes a list"));
        };
        let logical = self.known_text(logical)?;
        let mut attribute = Vec::new();
        for part in rest {
            attribute.push(self.known_text(part)?);
        }
        Ok((logical, attribute.join(".")))
    }

    /// A text with `${Name}`, `${Name.Attribute}`, `${!Literal}`; or a list of it and a map of values for it.
    fn sub(&mut self, argument: &'t Node, span: Span) -> Evaluated {
        let (text, own): (&'t Node, &'t [_]) = match &argument.data {
            Data::List(items) if items.len() == 2 => (&items[0], items[1].entries()),
            Data::List(items) if items.len() == 1 => (&items[0], &[]),
            _ => (argument, &[]),
        };
        let Some(template) = text.text() else { return Err(UnknownValue::new(span, "Fn::Sub takes a text")) };
        let (mut out, mut rest) = (String::new(), template);
        while let Some((before, after)) = rest.split_once("${") {
            out += before;
            let Some((inside, behind)) = after.split_once('}') else {
                return Err(UnknownValue::new(text.span, "a ${ is never closed"));
            };
            let name = inside.trim();
            if let Some(literal) = name.strip_prefix('!') {
                out += &format!("${{{literal}}}");
            } else {
                self.enter(span)?;
                let value = self.substituted(name, own, text.span);
                self.leave();
                out += &value?;
            }
            self.made(out.len(), span)?;
            rest = behind;
        }
        out += rest;
        self.made(out.len(), span)?;
        Ok(Some(out.into()))
    }

    fn substituted(
        &mut self,
        name: &str,
        own: &'t [crate::model::node::MapEntry],
        span: Span,
    ) -> Result<String, UnknownValue> {
        if let Some(entry) = own.iter().find(|entry| entry.name.text == name) {
            return self.text(&entry.value);
        }
        match name.split_once('.') {
            Some((logical, attribute)) => self.attribute(logical, attribute, span),
            None => {
                let value = self.reference(name, span)?;
                let text = value.as_ref().and_then(scalar_text);
                text.ok_or_else(|| UnknownValue::new(span, format!("{name} is no single value")))
            }
        }
    }

    fn join(&mut self, argument: &'t Node, span: Span) -> Evaluated {
        let [delimiter, values] = self.list(argument, 2..=2, "Fn::Join")? else {
            return Err(UnknownValue::new(span, "Fn::Join takes a delimiter and a list"));
        };
        let delimiter = self.known_text(delimiter)?;
        let Some(Value::Array(values)) = self.evaluate(values)? else {
            return Err(UnknownValue::new(span, "Fn::Join takes a delimiter and a list"));
        };
        let texts: Option<Vec<String>> = values.iter().map(scalar_text).collect();
        let Some(texts) = texts else {
            return Err(UnknownValue::new(span, "Fn::Join takes a list of single values"));
        };
        let length = texts.iter().map(String::len).sum::<usize>() + delimiter.len().saturating_mul(texts.len());
        self.made(length, span)?;
        Ok(Some(texts.join(&delimiter).into()))
    }

    fn select(&mut self, argument: &'t Node, span: Span) -> Evaluated {
        let [at, values] = self.list(argument, 2..=2, "Fn::Select")? else {
            return Err(UnknownValue::new(span, "Fn::Select takes a place and a list"));
        };
        let at = self.known_text(at)?;
        let Some(Value::Array(values)) = self.evaluate(values)? else {
            return Err(UnknownValue::new(span, "Fn::Select takes a place and a list"));
        };
        let value = at.parse::<usize>().ok().and_then(|at| values.into_iter().nth(at));
        let value = value.filter(|value| !value.is_null());
        value.map(Some).ok_or_else(|| UnknownValue::new(span, format!("the list has no place {at}")))
    }

    fn split(&mut self, argument: &'t Node, span: Span) -> Evaluated {
        let [delimiter, text] = self.list(argument, 2..=2, "Fn::Split")? else {
            return Err(UnknownValue::new(span, "Fn::Split takes a delimiter and a text"));
        };
        let delimiter = self.known_text(delimiter)?;
        let text = self.known_text(text)?;
        if delimiter.is_empty() {
            return Err(UnknownValue::new(span, "Fn::Split takes a delimiter that is not empty"));
        }
        self.made(text.len().saturating_mul(4), span)?;
        Ok(Some(text.split(&delimiter).collect::<Vec<_>>().into()))
    }

    /// Two keys of a mapping; with AWS::LanguageExtensions a default, too.
    fn find_in_map(&mut self, argument: &'t Node, span: Span) -> Evaluated {
        let items = self.list(argument, 3..=4, "Fn::FindInMap")?;
        let mut keys = Vec::new();
        for item in &items[..3] {
            keys.push(self.known_text(item)?);
        }
        let found = self.sections.mappings.get(keys[0].as_str()).copied();
        let found = found.and_then(|mapping| mapping.get(&keys[1])).and_then(|top| top.get(&keys[2]));
        match (found, items.get(3).and_then(|options| options.get("DefaultValue"))) {
            (Some(value), _) | (None, Some(value)) => self.evaluate(value),
            (None, None) => Err(UnknownValue::new(span, format!("the mappings have no {}", keys.join(" / ")))),
        }
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let part = |at: usize| u32::from(three.get(at).copied().unwrap_or_default());
        let bits = part(0) << 16 | part(1) << 8 | part(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= three.len() { letter as char } else { '=' });
        }
    }
    out
}
