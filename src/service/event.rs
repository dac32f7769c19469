//! One tracked AI answer: from the bytes a client sends to a checked value, or to the first reason why not.
//! All or nothing: whoever holds a `TrackEvent` can count and store it without another check.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::identity::EventKey;

/// What a /track request tells, checked against the limits of the table `mlops_events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackEvent {
    /// When it arrived: microseconds since 1970.
    pub at: i64,
    pub business_id: Box<str>,
    pub conversation_id: Option<Box<str>>,
    pub session_id: Option<Box<str>>,
    pub response_time_ms: i32,
    /// 0 to 1; absent means that the gauge stays.
    pub success_rate: Option<f64>,
    pub tokens_used: i32,
    pub prompt_tokens: Option<i32>,
    pub completion_tokens: Option<i32>,
    /// Millionths of a dollar: what the table's six decimals keep, and what adds up exactly.
    pub cost_micros: Option<i64>,
    pub model_name: Box<str>,
    pub intent_detected: Box<str>,
    pub appointment_requested: bool,
    pub human_handoff_requested: bool,
    pub appointment_booked: bool,
    pub user_message_length: Option<i32>,
    pub ai_response_length: Option<i32>,
    pub response_type: Box<str>,
    /// What it is known by, so that it counts once; absent in what was spooled before there were keys.
    #[serde(default)]
    pub key: Option<EventKey>,
}

/// Why a body is no event, in the order in which the contract looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValidationError {
    /// Not JSON at all; the text says where.
    Malformed(String),
    /// JSON with a number that no machine number can be.
    OutOfRange,
    /// `{}`, `[]`, `null` and what else says nothing.
    NoData,
    /// The first required field that is not there.
    Missing(&'static str),
    /// A field whose value cannot be: its name, and what it must be.
    Field(&'static str, Cow<'static, str>),
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "The body is not valid JSON: {why}"),
            Self::OutOfRange => f.write_str("A number in the body is out of range"),
            Self::NoData => f.write_str("No metrics data provided"),
            Self::Missing(field) => write!(f, "Missing required field: {field}"),
            Self::Field(field, rule) => write!(f, "Invalid field: {field} must be {rule}"),
        }
    }
}

/// The course's defaults for what a client leaves out.
pub const UNKNOWN: &str = "unknown";
pub const DEFAULT_MODEL: &str = "gemini-1.5-flash";
/// `decimal(10,6)` holds less than this many dollars.
const MAX_COST_USD: f64 = 9_999.999_999;
const REQUIRED: [&str; 3] = ["business_id", "response_time_ms", "tokens_used"];

impl TrackEvent {
    /// Reads and checks a body that arrived at `at`; the mark of an encoding before it does not count.
    ///
    /// # Errors
    /// The first [`ValidationError`] in the contract's order.
    pub fn parse(body: &[u8], at: i64) -> Result<Self, ValidationError> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let body = match serde_json::from_slice::<TrackBody<'_>>(body) {
            Ok(body) => body,
            // serde_json tells this only by its text.
            Err(error) if error.to_string().starts_with("number out of range") => {
                return Err(ValidationError::OutOfRange);
            }
            Err(error) => return Err(ValidationError::Malformed(place(&error))),
        };
        let fields = match body {
            TrackBody::Empty => return Err(ValidationError::NoData),
            // The course looks for its fields in whatever it is given.
            TrackBody::Other => return Err(ValidationError::Missing(REQUIRED[0])),
            TrackBody::Object(fields) => fields,
        };
        let present = [&fields.business_id, &fields.response_time_ms, &fields.tokens_used];
        for (name, value) in REQUIRED.into_iter().zip(present) {
            if matches!(value, TrackValue::Absent) {
                return Err(ValidationError::Missing(name));
            }
        }
        fields.check(at)
    }
}

impl TrackEvent {
    /// Returns the key of its content. None when it has neither session nor conversation: then nothing tells a retry from a
    /// second answer that is like the first, and each counts.
    fn content_key(&self) -> Option<EventKey> {
        let id = |id: &Option<Box<str>>| id.as_deref().is_some_and(|id| !id.trim().is_empty());
        if !id(&self.session_id) && !id(&self.conversation_id) {
            return None;
        }
        let texts = [
            &self.business_id,
            self.session_id.as_deref().unwrap_or_default(),
            self.conversation_id.as_deref().unwrap_or_default(),
            &self.model_name,
            &self.intent_detected,
            &self.response_type,
        ];
        let number = |value: Option<i32>| value.map_or(-1, i64::from);
        let numbers = [
            i64::from(self.response_time_ms),
            i64::from(self.tokens_used),
            number(self.prompt_tokens),
            number(self.completion_tokens),
            self.cost_micros.unwrap_or(-1),
            self.success_rate.map_or(-1, |rate| (rate * 1e6) as i64),
            number(self.user_message_length),
            number(self.ai_response_length),
            i64::from(self.appointment_requested)
                | i64::from(self.appointment_booked) << 1
                | i64::from(self.human_handoff_requested) << 2,
        ];
        Some(EventKey::of_content(texts, numbers))
    }
}

/// Where the parser stopped, without a word of what it read.
fn place(error: &serde_json::Error) -> String {
    match error.line() {
        0 => "it cannot be read".to_owned(),
        line => format!("line {line}, column {}", error.column()),
    }
}

/// A JSON value as far as any field cares.
#[derive(Debug, Default)]
enum TrackValue<'a> {
    #[default]
    Absent,
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Cow<'a, str>),
    /// A list, an object, or an integer past 64 bits.
    Other,
}

#[derive(Debug, Default)]
struct TrackFields<'a> {
    business_id: TrackValue<'a>,
    conversation_id: TrackValue<'a>,
    session_id: TrackValue<'a>,
    response_time_ms: TrackValue<'a>,
    success_rate: TrackValue<'a>,
    tokens_used: TrackValue<'a>,
    prompt_tokens: TrackValue<'a>,
    completion_tokens: TrackValue<'a>,
    api_cost_usd: TrackValue<'a>,
    model_name: TrackValue<'a>,
    intent_detected: TrackValue<'a>,
    appointment_requested: TrackValue<'a>,
    human_handoff_requested: TrackValue<'a>,
    appointment_booked: TrackValue<'a>,
    user_message_length: TrackValue<'a>,
    ai_response_length: TrackValue<'a>,
    response_type: TrackValue<'a>,
}

impl<'a> TrackFields<'a> {
    fn slot(&mut self, name: &str) -> Option<&mut TrackValue<'a>> {
        Some(match name {
            "business_id" => &mut self.business_id,
            "conversation_id" => &mut self.conversation_id,
            "session_id" => &mut self.session_id,
            "response_time_ms" => &mut self.response_time_ms,
            "success_rate" => &mut self.success_rate,
            "tokens_used" => &mut self.tokens_used,
            "prompt_tokens" => &mut self.prompt_tokens,
            "completion_tokens" => &mut self.completion_tokens,
            "api_cost_usd" => &mut self.api_cost_usd,
            "model_name" => &mut self.model_name,
            "intent_detected" => &mut self.intent_detected,
            "appointment_requested" => &mut self.appointment_requested,
            "human_handoff_requested" => &mut self.human_handoff_requested,
            "appointment_booked" => &mut self.appointment_booked,
            "user_message_length" => &mut self.user_message_length,
            "ai_response_length" => &mut self.ai_response_length,
            "response_type" => &mut self.response_type,
            _ => return None,
        })
    }

    fn check(self, at: i64) -> Result<TrackEvent, ValidationError> {
        let mut event = TrackEvent {
            at,
            business_id: required("business_id", text("business_id", self.business_id, 255)?, "a string")?,
            response_time_ms: milliseconds(&self.response_time_ms)?,
            tokens_used: required(
                "tokens_used",
                count("tokens_used", &self.tokens_used)?,
                "a whole number, 0 or above",
            )?,
            conversation_id: text("conversation_id", self.conversation_id, 255)?,
            session_id: text("session_id", self.session_id, 255)?,
            success_rate: number("success_rate", &self.success_rate, 1.0)?,
            prompt_tokens: count("prompt_tokens", &self.prompt_tokens)?,
            completion_tokens: count("completion_tokens", &self.completion_tokens)?,
            cost_micros: number("api_cost_usd", &self.api_cost_usd, MAX_COST_USD)?.map(micros),
            model_name: text("model_name", self.model_name, 100)?.unwrap_or_else(|| DEFAULT_MODEL.into()),
            intent_detected: text("intent_detected", self.intent_detected, 50)?.unwrap_or_else(|| UNKNOWN.into()),
            appointment_requested: flag("appointment_requested", &self.appointment_requested)?,
            human_handoff_requested: flag("human_handoff_requested", &self.human_handoff_requested)?,
            appointment_booked: flag("appointment_booked", &self.appointment_booked)?,
            user_message_length: count("user_message_length", &self.user_message_length)?,
            ai_response_length: count("ai_response_length", &self.ai_response_length)?,
            response_type: text("response_type", self.response_type, 50)?.unwrap_or_else(|| UNKNOWN.into()),
            key: None,
        };
        // Each of them is a label, and a label that nobody can read names nothing.
        for (field, name) in [
            ("business_id", &event.business_id),
            ("model_name", &event.model_name),
            ("intent_detected", &event.intent_detected),
            ("response_type", &event.response_type),
        ] {
            if name.trim().is_empty() {
                return refuse(field, "more than blanks");
            }
        }
        event.key = event.content_key();
        Ok(event)
    }
}

fn refuse<T>(field: &'static str, rule: impl Into<Cow<'static, str>>) -> Result<T, ValidationError> {
    Err(ValidationError::Field(field, rule.into()))
}

/// A required field that is there may still be null.
fn required<T>(field: &'static str, value: Option<T>, rule: &'static str) -> Result<T, ValidationError> {
    value.map_or_else(|| refuse(field, rule), Ok)
}

fn text(field: &'static str, value: TrackValue<'_>, most: usize) -> Result<Option<Box<str>>, ValidationError> {
    match value {
        TrackValue::Absent | TrackValue::Null => Ok(None),
        TrackValue::Text(text) if text.chars().count() > most => refuse(field, format!("at most {most} characters")),
        // PostgreSQL keeps no NUL, and no label or page has a use for a control character.
        TrackValue::Text(text) if text.chars().any(char::is_control) => refuse(field, "free of control characters"),
        TrackValue::Text(text) => Ok(Some(text.into())),
        _ => refuse(field, "a string"),
    }
}

fn flag(field: &'static str, value: &TrackValue<'_>) -> Result<bool, ValidationError> {
    match value {
        TrackValue::Absent | TrackValue::Null => Ok(false),
        TrackValue::Bool(flag) => Ok(*flag),
        _ => refuse(field, "true or false"),
    }
}

fn count(field: &'static str, value: &TrackValue<'_>) -> Result<Option<i32>, ValidationError> {
    let whole = match *value {
        TrackValue::Absent | TrackValue::Null => return Ok(None),
        TrackValue::Integer(whole) => whole,
        // JavaScript and Python both write whole floats now and then.
        TrackValue::Float(float) if float.fract() == 0.0 && float.abs() < 1e15 => float as i64,
        _ => return refuse(field, "a whole number, 0 or above"),
    };
    match i32::try_from(whole) {
        Ok(count) if count >= 0 => Ok(Some(count)),
        Err(_) if whole > 0 => refuse(field, format!("at most {}", i32::MAX)),
        _ => refuse(field, "a whole number, 0 or above"),
    }
}

/// Clients measure with whole milliseconds; a fraction is rounded, because that is what the table keeps.
fn milliseconds(value: &TrackValue<'_>) -> Result<i32, ValidationError> {
    const FIELD: &str = "response_time_ms";
    match number(FIELD, value, f64::from(i32::MAX))? {
        Some(millis) => Ok(millis.round() as i32),
        None => refuse(FIELD, "a number, 0 or above"),
    }
}

fn number(field: &'static str, value: &TrackValue<'_>, most: f64) -> Result<Option<f64>, ValidationError> {
    let number = match *value {
        TrackValue::Absent | TrackValue::Null => return Ok(None),
        TrackValue::Integer(whole) => whole as f64,
        TrackValue::Float(float) => float,
        _ => return refuse(field, "a number, 0 or above"),
    };
    if !(0.0..=most).contains(&number) {
        return refuse(field, format!("a number from 0 to {most}"));
    }
    // -0.0 is a zero that would be written with a sign.
    Ok(Some(number.abs()))
}

fn micros(dollars: f64) -> i64 {
    (dollars * 1e6).round() as i64
}

#[derive(Debug)]
enum TrackBody<'a> {
    /// What Python calls false.
    Empty,
    /// JSON, but no object.
    Other,
    Object(Box<TrackFields<'a>>),
}

struct BodyVisitor;

impl<'de> Deserialize<'de> for TrackBody<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BodyVisitor)
    }
}

impl<'de> Visitor<'de> for BodyVisitor {
    type Value = TrackBody<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(TrackBody::Empty)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(if value { TrackBody::Other } else { TrackBody::Empty })
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(if value == 0 { TrackBody::Empty } else { TrackBody::Other })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(if value == 0 { TrackBody::Empty } else { TrackBody::Other })
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(if value == 0.0 { TrackBody::Empty } else { TrackBody::Other })
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(if value.is_empty() { TrackBody::Empty } else { TrackBody::Other })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut body = TrackBody::Empty;
        while list.next_element::<IgnoredAny>()?.is_some() {
            body = TrackBody::Other;
        }
        Ok(body)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Box::<TrackFields<'de>>::default();
        let mut empty = true;
        while let Some(FieldName(name)) = map.next_key()? {
            empty = false;
            // Of a key given twice the last counts, as in Python.
            match fields.slot(&name) {
                Some(slot) => *slot = map.next_value()?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(if empty { TrackBody::Empty } else { TrackBody::Object(fields) })
    }
}

/// A key, borrowed when it has no escape.
struct FieldName<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for FieldName<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(ValueVisitor)? {
            TrackValue::Text(name) => Ok(Self(name)),
            _ => Ok(Self(Cow::Borrowed(""))),
        }
    }
}

struct ValueVisitor;

impl<'de> Deserialize<'de> for TrackValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = TrackValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(TrackValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(TrackValue::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(TrackValue::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(TrackValue::Other, TrackValue::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(TrackValue::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(TrackValue::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(TrackValue::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(TrackValue::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(TrackValue::Other)
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
