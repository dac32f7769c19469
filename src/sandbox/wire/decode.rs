//! From a wire value to a typed input. The types lead, since the formats differ: a form has only text, lists are
//! `member.1`, a number may be whole or not, a point in time is tagged or not.

use ciborium::Value;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;

/// Reads a typed input; the error says what is wrong for the caller's eyes.
pub fn decode<T: DeserializeOwned>(value: Value) -> Result<T, DecodeError> {
    T::deserialize(Wire(value))
}

/// Why a request does not have the form its operation asks for.
#[derive(Debug)]
pub struct DecodeError(String);

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        DecodeError(message.to_string())
    }
}

struct Wire(Value);

impl Wire {
    fn untagged(self) -> Value {
        let mut value = self.0;
        while let Value::Tag(_, inner) = value {
            value = *inner;
        }
        value
    }
}

impl IntoDeserializer<'_, DecodeError> for Wire {
    type Deserializer = Wire;

    fn into_deserializer(self) -> Wire {
        self
    }
}

fn map_access<'de>(
    members: Vec<(Value, Value)>,
) -> MapDeserializer<'de, impl Iterator<Item = (Wire, Wire)>, DecodeError> {
    // An absent member and a null one mean the same to every service.
    let set = members.into_iter().filter(|(_, value)| !value.is_null());
    MapDeserializer::new(set.map(|(key, value)| (Wire(key), Wire(value))))
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.untagged() {
                Value::Text(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                    (Ok(whole), _) => visitor.visit_i64(whole),
                    (_, Ok(number)) => visitor.visit_f64(number),
                    _ => Err(de::Error::custom(format!("{text:?} is not a number"))),
                },
                // A client may send 5.0 where a whole number is due.
                Value::Float(x) if x.fract() == 0.0 && x.abs() < 9e15 => visitor.visit_i64(x as i64),
                other => Wire(other).deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Wire {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.untagged() {
            Value::Null => visitor.visit_unit(),
            Value::Bool(b) => visitor.visit_bool(b),
            Value::Float(x) => visitor.visit_f64(x),
            Value::Text(text) => visitor.visit_string(text),
            Value::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Wire))),
            Value::Map(members) => visitor.visit_map(map_access(members)),
            Value::Integer(n) => match i64::try_from(n) {
                Ok(n) => visitor.visit_i64(n),
                Err(_) => visitor.visit_f64(i128::from(n) as f64),
            },
            _ => Err(de::Error::custom("a value of a kind that no service takes")),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.untagged() {
            Value::Text(text) if text == "true" => visitor.visit_bool(true),
            Value::Text(text) if text == "false" => visitor.visit_bool(false),
            other => Wire(other).deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let items = match self.untagged() {
            Value::Map(members) => numbered(only(members, "member")),
            // A form writes an empty list as an empty text.
            Value::Text(text) if text.is_empty() => Vec::new(),
            other => return Wire(other).deserialize_any(visitor),
        };
        visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Wire)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.untagged() {
            Value::Map(members) if is_only(&members, "entry") => {
                let entries = numbered(only(members, "entry")).into_iter().filter_map(|entry| {
                    let members = entry.into_map().ok()?;
                    let mut pair = (Value::Null, Value::Null);
                    for (name, value) in members {
                        match name.as_text() {
                            Some("key" | "Name") => pair.0 = value,
                            Some("value" | "Value") => pair.1 = value,
                            _ => {}
                        }
                    }
                    Some(pair)
                });
                visitor.visit_map(map_access(entries.collect()))
            }
            Value::Text(text) if text.is_empty() => visitor.visit_map(map_access(Vec::new())),
            other => Wire(other).deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.untagged() {
            Value::Text(text) => {
                let text: de::value::StringDeserializer<DecodeError> = text.into_deserializer();
                text.deserialize_enum(name, variants, visitor)
            }
            _ => Err(de::Error::custom(format!("expected one of {}", variants.join(", ")))),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.untagged() {
            // A form writes an empty structure as an empty text.
            Value::Text(text) if text.is_empty() => visitor.visit_map(map_access(Vec::new())),
            other => Wire(other).deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

fn is_only(members: &[(Value, Value)], name: &str) -> bool {
    matches!(members, [(key, Value::Map(_))] if key.as_text() == Some(name))
}

/// The inside of `{name: {...}}`, or the map itself.
fn only(mut members: Vec<(Value, Value)>, name: &str) -> Vec<(Value, Value)> {
    if is_only(&members, name)
        && let Some((_, Value::Map(inner))) = members.pop()
    {
        return inner;
    }
    members
}

/// The values of `{1: a, 2: b}` by their numbers.
fn numbered(mut members: Vec<(Value, Value)>) -> Vec<Value> {
    members.sort_by_key(|(key, _)| key.as_text().and_then(|key| key.parse::<u64>().ok()).unwrap_or(u64::MAX));
    members.into_iter().map(|(_, value)| value).collect()
}
