//! What is to be written into a spec: a tree whose keys are in the order in which a person reads them. Knows nothing of YAML's letters,
//! which are `spec::writer`'s.

use serde_json::Value as Json;

/// A value as it is to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum SpecValue {
    Null,
    Bool(bool),
    Integer(i64),
    /// A number, in the shortest form that reads back as the same.
    Number(f64),
    /// A text that reads back as the same, whatever is in it.
    Text(String),
    /// A value that the file leaves open: it becomes a variable.
    Open(OpenValue),
    /// The value of a variable, by its name.
    Variable(String),
    /// A text in which `${name}` is a variable, and `$${` no more than it says.
    Filled(String),
    List(Vec<SpecValue>),
    Map(SpecMap),
}

/// A value that is not to stand in a file: a person's address, a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenValue {
    /// What the variable is best called.
    pub name: &'static str,
    pub value: String,
    /// What the value is for; shown when it is asked for.
    pub description: String,
    /// Whether it is hidden wherever it would be shown.
    pub secret: bool,
    /// Whether AWS does not tell it: somebody has to fill it in.
    pub unknown: bool,
}

/// Keys and values in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpecMap {
    entries: Vec<SpecEntry>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SpecEntry {
    pub key: String,
    pub value: SpecValue,
    /// Lines of comment above it.
    pub comments: Vec<String>,
}

impl SpecMap {
    /// With a key behind the others.
    #[must_use]
    pub fn put(mut self, key: &str, value: impl Into<SpecValue>) -> Self {
        self.set(key, value);
        self
    }

    /// With a key, where there is a value.
    #[must_use]
    pub fn put_some<T: Into<SpecValue>>(self, key: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    /// With a text, unless it is what nobody has to say.
    #[must_use]
    pub fn put_unless(self, default: &str, key: &str, value: Option<&str>) -> Self {
        self.put_some(key, value.filter(|value| *value != default && !value.is_empty()))
    }

    /// Adds a key behind the others, or gives the one that is there another value.
    pub fn set(&mut self, key: &str, value: impl Into<SpecValue>) {
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.value = value.into(),
            None => self.add(SpecEntry { key: key.to_owned(), value: value.into(), comments: Vec::new() }),
        }
    }

    pub fn add(&mut self, entry: SpecEntry) {
        self.entries.push(entry);
    }

    pub fn get(&self, key: &str) -> Option<&SpecValue> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut SpecValue> {
        self.entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
    }

    pub fn remove(&mut self, key: &str) -> Option<SpecValue> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at).value)
    }

    pub fn entries(&self) -> &[SpecEntry] {
        &self.entries
    }

    pub fn entries_mut(&mut self) -> impl Iterator<Item = &mut SpecEntry> {
        self.entries.iter_mut()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl SpecValue {
    pub fn map(&self) -> Option<&SpecMap> {
        match self {
            SpecValue::Map(map) => Some(map),
            _ => None,
        }
    }

    pub fn map_mut(&mut self) -> Option<&mut SpecMap> {
        match self {
            SpecValue::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A JSON document as YAML writes it.
    pub fn json(value: &Json) -> Self {
        match value {
            Json::Null => SpecValue::Null,
            Json::Bool(flag) => SpecValue::Bool(*flag),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => SpecValue::Integer(whole),
                None => number.as_f64().map_or(SpecValue::Null, SpecValue::Number),
            },
            Json::String(text) => SpecValue::Text(text.clone()),
            Json::Array(items) => SpecValue::List(items.iter().map(SpecValue::json).collect()),
            Json::Object(map) => {
                let mut written = SpecMap::default();
                map.iter().for_each(|(key, value)| written.set(key, SpecValue::json(value)));
                SpecValue::Map(written)
            }
        }
    }
}

impl From<bool> for SpecValue {
    fn from(flag: bool) -> Self {
        SpecValue::Bool(flag)
    }
}

impl From<f64> for SpecValue {
    fn from(number: f64) -> Self {
        SpecValue::Number(number)
    }
}

impl From<i32> for SpecValue {
    fn from(number: i32) -> Self {
        SpecValue::Integer(number.into())
    }
}

impl From<&str> for SpecValue {
    fn from(text: &str) -> Self {
        SpecValue::Text(text.to_owned())
    }
}

impl From<String> for SpecValue {
    fn from(text: String) -> Self {
        SpecValue::Text(text)
    }
}

impl From<&String> for SpecValue {
    fn from(text: &String) -> Self {
        SpecValue::Text(text.clone())
    }
}

impl From<SpecMap> for SpecValue {
    fn from(map: SpecMap) -> Self {
        SpecValue::Map(map)
    }
}

impl<T: Into<SpecValue>> From<Vec<T>> for SpecValue {
    fn from(items: Vec<T>) -> Self {
        SpecValue::List(items.into_iter().map(Into::into).collect())
    }
}
