//! What the user wrote -> what should be: `load`, `bind` the variables, ask for the `desired` resources of a target.
//! Everything here is offline: no clock, no network, and no file but the spec itself.

mod coverage;
mod desired;
mod document;
mod error;
mod file;
mod form;
mod golden_signals;
mod input;
mod one_alarm;
mod pick;
mod presets;
mod reading;
mod region;
mod regions;
mod roster;
mod slo;
mod source;
mod target_functions;
mod template;
mod variables;
mod writer;
mod written;
mod written_region;
mod yaml;

pub use coverage::CoveredFunctions;
pub use desired::Desired;
pub use document::{BoundSpec, Spec};
pub use error::SpecError;
pub use form::schema;
#[cfg(test)]
pub use form::{reference, sample};
#[cfg(test)]
pub use input::parse;
pub use input::{
    SpecLikeDocument, load, parse_document, parse_foreign, read_document, read_foreign_text, read_var_file,
};
pub use roster::{DEFAULT_ROLE, Roster, RosterAccount};
pub use source::SourceFile;
pub use template::Template;
pub use variables::{VARIABLE, Variable};
pub use writer::{OpenParameter, WriterInput, WrittenSpec, write};
pub use written_region::WrittenRegion;

#[cfg(test)]
mod tests;
