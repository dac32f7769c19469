//! How a resource is written in a document of another engine: tables of fields and properties that are read in both directions. Each
//! kind has its own; here is what turns them into a document's properties, and properties into a resource.

mod path;
mod read;
mod write;

pub use path::{get, set};
pub use read::read;
pub use write::{LostField, write};

use crate::model::Target;
use serde_json::Value;

/// How the resources of a kind are written in one engine's documents.
#[derive(Debug)]
pub enum ForeignForm {
    /// The types that a resource becomes; the first is the resource itself, others hold a part of it.
    Types(&'static [TypeMapping]),
    /// The engine has no such resource; why, in words that follow "because".
    Lacking(&'static str),
}

/// One type of a document.
#[derive(Debug)]
pub struct TypeMapping {
    /// As the document names it.
    pub type_name: &'static str,
    pub tables: &'static [&'static [PropertyMap]],
    /// The field that it holds, of a type that holds a part of a resource: without it there is no such resource in the document.
    pub part: Option<&'static str>,
    /// The property that holds one or many identities, of a type that is about several resources at once.
    pub split: Option<&'static str>,
    /// The properties that hold names of other resources, not their ARNs.
    pub names: &'static [&'static str],
    /// Whether it is made before what it refers to, which would make one like it by itself.
    pub before_parent: bool,
}

/// A property, and the field that it is. Both are paths: parts with dots between, a number for a place in a list.
#[derive(Debug)]
pub struct PropertyMap {
    /// Of the resource as it is serialised.
    pub field: &'static str,
    /// Of the document.
    pub property: &'static str,
    pub form: PropertyForm,
    pub writing: Writing,
}

/// When a property is written; it is always read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// Where the field is set, or named by the spec.
    WhereSet,
    Always,
    /// Where it is not what an absent property means, whatever the spec names: some engines refuse the default.
    WhereDifferent,
    /// An older spelling, or what goes without saying.
    Never,
}

/// A conversion; `None` where the value has no such form.
pub type Conversion = fn(&Value, &Target) -> Option<Value>;

/// How a value is written on both sides.
#[derive(Debug)]
pub enum PropertyForm {
    Text,
    Number,
    /// What an absent property means.
    Flag {
        absent: bool,
    },
    /// A list of texts.
    Texts,
    /// A map, and a list of pairs: of which members.
    Pairs(&'static str, &'static str),
    /// As `Pairs`, where no value may be empty.
    FilledPairs(&'static str, &'static str),
    /// A map of texts on both sides.
    Map,
    /// A list, each of whose items has properties of its own.
    Each(&'static [PropertyMap]),
    /// A JSON document: written as it is, or as a text; either is read.
    Document {
        as_text: bool,
    },
    Converted {
        write: Conversion,
        read: Conversion,
    },
    /// The document has no property for the field; why.
    Lacking(&'static str),
    /// The property says nothing that a field would.
    Silent,
    /// It says nothing at this value, which is AWS's default; no field carries another one.
    SilentAt(&'static str),
}

impl PropertyMap {
    pub const fn new(field: &'static str, property: &'static str, form: PropertyForm) -> Self {
        Self { field, property, form, writing: Writing::WhereSet }
    }

    pub const fn text(field: &'static str, property: &'static str) -> Self {
        Self::new(field, property, PropertyForm::Text)
    }

    pub const fn number(field: &'static str, property: &'static str) -> Self {
        Self::new(field, property, PropertyForm::Number)
    }

    pub const fn flag(field: &'static str, property: &'static str) -> Self {
        Self::new(field, property, PropertyForm::Flag { absent: false })
    }

    pub const fn texts(field: &'static str, property: &'static str) -> Self {
        Self::new(field, property, PropertyForm::Texts)
    }

    pub const fn converted(field: &'static str, property: &'static str, write: Conversion, read: Conversion) -> Self {
        Self::new(field, property, PropertyForm::Converted { write, read })
    }

    /// The field has no property.
    pub const fn lacking(field: &'static str, why: &'static str) -> Self {
        Self::new(field, "", PropertyForm::Lacking(why))
    }

    /// The property is known, and says nothing.
    pub const fn silent(property: &'static str) -> Self {
        Self { writing: Writing::Never, ..Self::new("", property, PropertyForm::Silent) }
    }

    /// The property is known, and says nothing at AWS's default.
    pub const fn silent_at(property: &'static str, default: &'static str) -> Self {
        Self { writing: Writing::Never, ..Self::new("", property, PropertyForm::SilentAt(default)) }
    }

    /// The field as the attributes of a resource are named: without what it is in.
    pub fn attribute(&self) -> &'static str {
        self.field.rsplit('.').next().unwrap_or(self.field)
    }

    /// Written whatever it holds.
    pub const fn always(self) -> Self {
        Self { writing: Writing::Always, ..self }
    }

    /// Never written at its default.
    pub const fn where_different(self) -> Self {
        Self { writing: Writing::WhereDifferent, ..self }
    }

    /// Only read.
    pub const fn only_read(self) -> Self {
        Self { writing: Writing::Never, ..self }
    }
}
