//! What a plan would newly make wrong: findings of what it changes that do not hold of what stands now.

use super::subject::RuleContext;
use super::{LintFinding, LintInput, Severity, lint, raise};
use crate::model::advice;
use crate::plan::{Note, NoteKind, Plan};
use crate::resources::{Address, Resource};
use std::collections::{BTreeMap, BTreeSet};

/// Findings that a plan adds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Added {
    /// In the order of the file.
    pub findings: Vec<LintFinding>,
}

/// The findings of `input` that are about something the plan changes and that were not there before.
pub fn added(input: LintInput<'_>, plan: &Plan) -> Added {
    let changed: BTreeSet<&Address> = plan.effective().map(|change| &change.address).collect();
    if changed.is_empty() {
        return Added::default();
    }
    let standing: BTreeMap<&Address, &Resource> =
        plan.changes.iter().filter_map(|change| Some((&change.address, &change.before.as_ref()?.resource))).collect();
    let functions = input.bound.functions().iter().cloned().collect();
    let mut standing_subject = RuleContext::new(standing, &functions, input.observed);
    standing_subject.region = &input.desired.region;
    standing_subject.slos = &input.desired.slos;
    let before: BTreeSet<(&str, String)> =
        raise(standing_subject, input.settings).into_iter().map(|raised| (raised.rule, raised.message)).collect();
    let mut findings = lint(input).findings;
    findings.retain(|finding| {
        // A limited plan does not see all that watches a function.
        let touched = finding.address.as_ref().map_or(plan.pruning, |address| changed.contains(address));
        touched
            && !finding.rule.starts_with("suppression-")
            && !before.contains(&(finding.rule, finding.message.clone()))
    });
    Added { findings }
}

impl Added {
    /// Says them in the plan: errors and warnings at their resource, hints as a count.
    pub fn note(&self, plan: &mut Plan) {
        let places: BTreeMap<Address, usize> =
            plan.changes.iter().enumerate().map(|(place, change)| (change.address.clone(), place)).collect();
        for finding in self.findings.iter().filter(|finding| finding.level != Severity::Hint) {
            let text = format!("{} ({})", finding.message, finding.rule);
            let note = Note::new(NoteKind::Warning, text).remedy(&finding.help);
            match finding.address.as_ref().and_then(|address| places.get(address)) {
                Some(place) => plan.changes[*place].notes.push(note),
                None => plan.notes.push(note),
            }
        }
        let hints = self.findings.iter().filter(|finding| finding.level == Severity::Hint).count();
        if hints > 0 {
            let text =
                format!("{} has {hints} more {}", advice::command("lint"), if hints == 1 { "hint" } else { "hints" });
            plan.notes.push(Note::new(NoteKind::Info, text));
        }
    }
}
