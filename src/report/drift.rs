//! The drift of one target, for people, programs and pull requests: the verdict first, then a resource a line with its fields.

use super::markdown::{Cut, prose};
use super::{RenderOptions, Tone, field_text, json, layout, mask};
use crate::model::advice;
use crate::plan::drift::{DriftOutcome, NotCompared, StackDrift};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// In words: before an address, and behind a number.
fn words(outcome: DriftOutcome) -> (&'static str, &'static str) {
    match outcome {
        DriftOutcome::Missing => ("missing", "missing"),
        DriftOutcome::Differs => ("differs", "differing"),
        DriftOutcome::Undeclared => ("not in the spec", "not in the spec"),
    }
}

/// The whole drift, ending in a line feed.
pub fn text(drift: &StackDrift, look: &RenderOptions) -> String {
    let tone = if drift.resources.is_empty() && !drift.is_incomplete() { Tone::Good } else { Tone::Careful };
    let body = body(drift, look);
    let body = if body.is_empty() { body } else { format!("\n{body}") };
    format!("{}\n{body}\n{}\n", look.paint(tone, &verdict(drift)), summary(drift))
}

fn verdict(drift: &StackDrift) -> String {
    let by = drift.deployed_by.map(|engine| format!(" (deployed by {})", engine.name())).unwrap_or_default();
    let found = match drift.resources.len() {
        0 if drift.compared == 1 => "no drift of 1 resource".to_owned(),
        0 => format!("no drift of {} resources", drift.compared),
        1 => "1 resource has drifted".to_owned(),
        n => format!("{n} resources have drifted"),
    };
    let unknown = if drift.is_incomplete() { ", and not everything could be read" } else { "" };
    format!("{} in {}{by}: {found}{unknown}", mask::line(&drift.stack), drift.target)
}

/// The last line, for programs that look for it.
fn summary(drift: &StackDrift) -> String {
    let counts = DriftOutcome::ALL.map(|outcome| format!("{} {}", drift.count(outcome), words(outcome).1));
    format!("Drift: {}.", counts.join(", "))
}

fn body(drift: &StackDrift, look: &RenderOptions) -> String {
    let mut text = String::new();
    let width = drift.resources.iter().map(|one| words(one.outcome).0.len()).max().unwrap_or_default();
    for one in &drift.resources {
        let what = look.paint(Tone::Careful, &format!("{:width$}", words(one.outcome).0));
        text += &format!("  {what}  {}\n", mask::line(&one.address.to_string()));
        for field in &one.fields {
            text += &field_text::changed(field, &drift.target, look, width + 6);
        }
    }
    if drift.resources.iter().any(|one| !one.fields.is_empty()) {
        text += &format!("  {}\n", look.paint(Tone::Quiet, "fields: live -> spec"));
    }
    for (why, what) in not_compared(drift) {
        let engine = drift.deployed_by.map_or("the engine", |engine| engine.name());
        let line = format!("{engine} cannot carry {} ({why})", mask::line(&what.join(", ")));
        text += &layout::hang("not compared: ", &line, look.width);
    }
    for note in &drift.unknown {
        text += &layout::hang("unknown: ", &mask::text(&note.text), look.width);
        text +=
            &note.remedy.as_ref().map_or_else(String::new, |fix| layout::hang("  fix: ", &mask::text(fix), look.width));
    }
    text
}

/// What was not compared, by the reason.
fn not_compared(drift: &StackDrift) -> BTreeMap<&str, Vec<String>> {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for NotCompared { address, field, why } in &drift.not_compared {
        let field = field.as_ref().map(|field| format!(" {field}")).unwrap_or_default();
        by_reason.entry(why).or_default().push(format!("{address}{field}"));
    }
    by_reason
}

/// For programs. `docs/schemas/drift.schema.json` describes it.
pub fn json(drift: &StackDrift) -> String {
    let resources = drift
        .resources
        .iter()
        .map(|one| json!({ "address": one.address.to_string(), "outcome": one.outcome.word(), "fields": one.fields }));
    let not_compared = drift.not_compared.iter();
    let not_compared =
        not_compared.map(|one| json!({ "address": one.address.to_string(), "field": one.field, "why": one.why }));
    let counts: BTreeMap<&str, usize> =
        DriftOutcome::ALL.into_iter().map(|outcome| (outcome.word(), drift.count(outcome))).collect();
    mask::document(json!({
        "format_version": json::FORMAT_VERSION,
        "stack": drift.stack,
        "account": drift.target.account,
        "region": drift.target.region,
        "deployed_by": drift.deployed_by.map(|engine| engine.word()),
        "complete": !drift.is_incomplete(),
        "compared": drift.compared,
        "summary": counts,
        "resources": resources.collect::<Vec<Value>>(),
        "not_compared": not_compared.collect::<Vec<Value>>(),
        "notes": drift.unknown,
    }))
}

/// At most `markdown::LIMIT` bytes, and a cut is said.
pub fn markdown(drift: &StackDrift) -> String {
    let mut text = Cut::new();
    text.push(&format!("### {}\n\n**{}**\n\n", prose(&verdict(drift)), prose(&summary(drift))));
    // Indented by four: a block that nothing within can end.
    for line in body(drift, &RenderOptions { width: 100, ..RenderOptions::PLAIN }).lines() {
        text.push(&format!("    {}\n", mask::line(line)));
    }
    text.done("the drift", &advice::command("drift"))
}

#[cfg(test)]
mod tests;
