//! What an import carried over and what not, for people and for programs.

use super::{RenderOptions, existing, mask};
use crate::import::{ImportOutcome, ImportedSpec};
use crate::ops::handover::HandoverStep;
use crate::resources::{Address, Kind};
use serde_json::{Value, json};

/// The account of an import, for stderr: every loss with its place, then the counts.
pub fn text(imported: &ImportedSpec, look: &RenderOptions) -> String {
    let mut text = String::new();
    for outcome in &imported.not_carried {
        let ImportOutcome { position, lost } = outcome;
        let property = lost.property.as_ref().map(|path| format!(" {path}")).unwrap_or_default();
        let line = format!(
            "{}:{}:{}: {} ({}){property}: {}",
            imported.file, position.line, position.column, lost.id, lost.type_name, lost.why
        );
        text += &(mask::line(&line) + "\n");
    }
    imported.notes.iter().for_each(|note| text += &(mask::line(&format!("note: {note}")) + "\n"));
    if look.verbose {
        for (name, count) in &imported.others {
            text += &(mask::line(&format!("not a matter of a spec: {count} {name}")) + "\n");
        }
    }
    let open: Vec<&str> =
        imported.written.variables.iter().filter(|one| one.open.unknown).map(|one| one.name.as_str()).collect();
    if !open.is_empty() {
        text += &(mask::line(&format!("variables without a value: {}", open.join(", "))) + "\n");
    }
    text += &existing::shortened(imported.written.folded.len(), &Default::default());
    let counts = imported.counts;
    text + &format!(
        "Import: {} carried over, {} in part, {} not: {}.\n",
        counts.whole,
        counts.partly,
        counts.not,
        existing::counted(&imported.kinds)
    )
}

/// The same as JSON, with the spec itself where it is in no file; for `Output::document`.
pub fn json(imported: &ImportedSpec, with_spec: bool, steps: &[HandoverStep]) -> String {
    let outcome = |outcome: &ImportOutcome| {
        let ImportOutcome { position, lost } = outcome;
        json!({
            "file": imported.file, "line": position.line, "column": position.column,
            "id": lost.id, "type": lost.type_name, "property": lost.property, "reason": lost.why,
        })
    };
    let counts = imported.counts;
    let members = json!({
        "format_version": super::json::FORMAT_VERSION,
        "format": imported.format.word(),
        "file": imported.file,
        "account": imported.target.account,
        "region": imported.target.region,
        "counts": { "carried_over": counts.whole, "in_part": counts.partly, "not": counts.not },
        "resources": imported.kinds.iter().map(|(kind, n)| (kind.word().to_owned(), Value::from(*n))).collect::<serde_json::Map<_, _>>(),
        "sources": imported.sources.iter().filter(|(address, _)| !names_people(address)).map(|(address, id)| json!({
            "address": address.to_string(), "id": id,
        })).collect::<Vec<_>>(),
        "not_carried_over": imported.not_carried.iter().map(outcome).collect::<Vec<_>>(),
        "other_types": imported.others,
        "notes": imported.notes,
        "variables": imported.written.variables.iter().map(|one| json!({
            "name": one.name, "description": one.open.description, "secret": one.open.secret, "known": !one.open.unknown,
        })).collect::<Vec<_>>(),
        "hand_over": steps,
    });
    mask::document_holding(members, "spec", with_spec.then_some(imported.written.text.as_str()))
}

/// Whether an address says who is notified.
fn names_people(address: &Address) -> bool {
    matches!(address.kind, Kind::Subscription | Kind::ExternalSubscription)
}
