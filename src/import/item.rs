//! What an engine makes of its file: items with nothing left to resolve, and what is not one.

use crate::model::Target;
use crate::model::node::Span;
use crate::resources::foreign::ForeignReading;
use crate::spec::OpenParameter;
use serde_json::Value;
use std::collections::BTreeMap;

/// Reads the properties of a type; `None` of a type that mlopsctl does not manage.
pub type ReadProperties = fn(&str, &Value, &Target) -> Option<Result<ForeignReading, String>>;

/// A document with everything in it resolved as far as it can be.
#[derive(Debug)]
pub struct ImportDocument {
    pub target: Target,
    /// `cloudformation::from_template_resource`, or `terraform::from_arguments`.
    pub read: ReadProperties,
    pub items: Vec<ImportItem>,
    /// What is no item: types that mlopsctl does not manage, though they are of CloudWatch, SNS or Logs; what is not followed.
    pub not_carried: Vec<NotCarried>,
    /// How many there are of each other type.
    pub others: BTreeMap<String, usize>,
    /// What was assumed, a line each.
    pub notes: Vec<String>,
    /// Values that nobody has given: texts that stand in the items, to be variables of the spec.
    pub open: Vec<OpenParameter>,
}

/// A resource of a document, of a type that mlopsctl manages.
#[derive(Debug)]
pub struct ImportItem {
    /// What the document calls it: logical id, address.
    pub id: String,
    pub type_name: String,
    /// Its id in the file.
    pub span: Span,
    /// As `ImportDocument::read` takes them. What could not be resolved is left out.
    pub properties: Value,
    pub spans: PathSpans,
    pub unresolved: Vec<UnresolvedValue>,
    /// What is said above its declaration, such as who deletes it.
    pub remarks: Vec<String>,
}

/// A value that could not be resolved, and was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedValue {
    /// Parts with dots between, a number for a place in a list: `AlarmActions.0`.
    pub path: String,
    pub span: Span,
    pub why: String,
    /// Whether the resource is carried in spite of it, whichever property it is: the value is another one, which `why` says.
    pub is_replaced: bool,
}

/// Where properties stand, by path.
#[derive(Debug, Clone, Default)]
pub struct PathSpans(BTreeMap<String, Span>);

impl PathSpans {
    pub fn insert(&mut self, path: &str, span: Span) {
        self.0.insert(path.to_owned(), span);
    }

    /// Where a property stands, or what it is in.
    pub fn get(&self, path: &str) -> Option<Span> {
        let mut path = path;
        loop {
            if let Some(span) = self.0.get(path) {
                return Some(*span);
            }
            path = path.rsplit_once('.')?.0;
        }
    }
}

/// Something that the spec does not carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCarried {
    pub span: Span,
    pub id: String,
    pub type_name: String,
    /// `None`: the resource itself.
    pub property: Option<String>,
    pub why: String,
}
