//! What may be written where, declared once: the checks, the JSON Schema and the documentation all come from it.

mod check;
#[cfg(any(test, feature = "testing"))]
mod reference;
mod schema;

pub use check::{MANY, check};
#[cfg(any(test, feature = "testing"))]
pub use reference::{SampleFile, reference};
pub use schema::schema;

/// The values that a key takes.
#[derive(Debug)]
pub enum Shape {
    /// A text of at most this many characters.
    Text(usize),
    /// A text with a form of its own.
    Format(&'static TextFormat),
    OneOf(&'static [&'static str]),
    Bool,
    /// A whole number from and up to.
    Integer(i64, i64),
    Number,
    /// `30s`, `5m`, `1h`, `1d`, or a whole number of seconds.
    Duration,
    List(&'static Shape),
    /// Free names (their form is for the reader to check), each with a value.
    Map(&'static Shape),
    Object(&'static ObjectSchema),
    /// An object that may have further keys of any name, all of one shape.
    Open(&'static ObjectSchema, &'static Shape),
    /// The first alternative that fits the value's kind is the one meant.
    Either(&'static [Shape]),
    /// Any JSON or YAML document: a policy.
    Json,
}

/// A text with a form: `check` gives what is wrong with it, as the rest of a sentence that starts with the text.
#[derive(Debug)]
pub struct TextFormat {
    /// What it is, with an article: "an ARN".
    pub what: &'static str,
    pub check: fn(&str) -> Result<(), String>,
    /// For editors: a regular expression that every right text matches.
    pub pattern: Option<&'static str>,
}

/// A map with declared keys.
#[derive(Debug)]
pub struct ObjectSchema {
    /// What it is, with an article: "an alarm".
    pub what: &'static str,
    pub doc: &'static str,
    /// Groups of keys, so that objects can share them.
    pub keys: &'static [&'static [SchemaKey]],
}

#[derive(Debug)]
pub struct SchemaKey {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    /// Whether `null` may be written: AWS's default, said out loud. A key that is left empty stays a mistake.
    pub null: bool,
    pub doc: &'static str,
}

impl SchemaKey {
    pub const fn new(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, required: false, null: false, doc }
    }

    /// An optional key that takes `null` as well.
    pub const fn or_null(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, required: false, null: true, doc }
    }

    pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, required: true, null: false, doc }
    }
}

impl ObjectSchema {
    pub fn all_keys(&self) -> impl Iterator<Item = &'static SchemaKey> {
        self.keys.iter().flat_map(|group| group.iter())
    }

    pub fn key(&self, name: &str) -> Option<&'static SchemaKey> {
        self.all_keys().find(|key| key.name == name)
    }
}
