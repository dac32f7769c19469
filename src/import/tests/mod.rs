//! Tests of imports as a whole: what is exported comes back, and what is hostile is refused.

mod mutation;
mod round_trip;

use super::{ImportSettings, ImportSource, ImportedSpec, write_import};

/// Imports a text.
fn imported(text: &str, settings: &ImportSettings) -> ImportedSpec {
    let source = ImportSource::of("t.yaml", text.to_owned()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    write_import(&source, None, settings).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What was not carried over, as `id property: why`.
fn losses(imported: &ImportedSpec) -> Vec<String> {
    let line = |outcome: &super::ImportOutcome| {
        let lost = &outcome.lost;
        let property = lost.property.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
        format!("{}:{} {}{property}: {}", outcome.position.line, outcome.position.column, lost.id, lost.why)
    };
    imported.not_carried.iter().map(line).collect()
}
