//! What other engines' files declare -> the text of a spec, and what of them no spec can carry. Pure but for the file itself.
//! A file becomes a tree (`source`), an engine's folder makes items of it with nothing left to resolve, `assemble` makes resources of these.

mod assemble;
pub mod cloudformation;
mod described;
#[cfg(test)]
mod described_tests;
mod format;
mod item;
mod settings;
mod source;
pub mod terraform;
#[cfg(test)]
mod tests;
mod write;

pub use format::ImportFormat;
pub use settings::{ImportSettings, list_text, read_parameters, read_physical_ids};
pub use source::{FilePosition, ImportSource};
pub use write::{ImportOutcome, ImportedSpec, write_import};
