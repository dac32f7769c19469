//! What the user wrote -> what should be: `load`, `bind` the variables, ask for the `desired` resources of a target.
//! Everything here is offline: no clock, no network, and no file but the spec itself.

mod document;
mod error;
mod input;
mod presets;
mod variables;
mod yaml;

pub use document::{Bound, Desired, Spec, reference, schema};
pub use error::{Located, SpecError};
pub use input::{Document, load, parse, parse_document, read_document, read_var_file};
pub use variables::Variable;

#[cfg(test)]
mod tests;
