//! One plan of many targets, on a screen: identical changes told once, and of the others what sets them apart.

use super::super::{RenderOptions, Tone, count, field_text, layout, mask, phrase};
use super::{DRIFT, TargetNaming};
use crate::fleet::{Drift, DriftGroup, FleetReport, fold};
use crate::model::Target;
use crate::plan::Action;
use std::collections::BTreeMap;

/// Lines that the changes most targets share may take, and those that set the others apart.
const SHARED: usize = 24;
const APART: usize = 6;
/// Groups that are told one by one.
const GROUPS: usize = 6;
const NAMED: usize = 4;

/// What is to be done where, ending in a line feed; empty where nothing is.
pub fn folded(report: &FleetReport, look: &RenderOptions) -> String {
    folded_within(report, usize::MAX, look)
}

/// The same in about so many lines: the first group is always there.
pub fn folded_within(report: &FleetReport, lines: usize, look: &RenderOptions) -> String {
    let shared = SHARED.min(lines.saturating_sub(2).max(1));
    let groups = fold(&report.rows);
    let Some(first) = groups.first() else { return String::new() };
    let most = if look.verbose { groups.len() } else { GROUPS };
    let naming = TargetNaming::of(report);
    let words = if report.command == DRIFT { &DIFFERENCES } else { &CHANGES };
    let (mut text, mut shown) = (String::new(), 0);
    for (n, group) in groups.iter().take(most).enumerate() {
        let difference = (n > 0).then(|| Difference::of(group, first)).filter(|d| d.size() < group.drift.len());
        let (who, named) = match group.targets.as_slice() {
            [one] if naming == TargetNaming::Region => (naming.one(one), String::new()),
            many if groups.len() == 1 && many.len() > NAMED => (naming.count(many.iter()), String::new()),
            many => (naming.count(many.iter()), format!(" ({})", naming.whom(many, NAMED))),
        };
        let what = match &difference {
            Some(_) => "as above, but".to_owned(),
            None if report.command == DRIFT => differences(&group.drift),
            None => amounts(&group.drift),
        };
        let mut one = format!("{}{}: {what}\n", look.paint(Tone::Strong, &who), look.paint(Tone::Quiet, &named));
        match difference {
            Some(difference) => one += &difference.text(words, look),
            None => one += &changes(&group.drift, "", if n == 0 { shared } else { APART }, words, look),
        }
        if n > 0 && text.lines().count() + one.lines().count() >= lines {
            break;
        }
        text += &one;
        shown += 1;
    }
    let rest = &groups[shown..];
    if !rest.is_empty() {
        let targets: Vec<&Target> = rest.iter().flat_map(|group| &group.targets).collect();
        let ways = count(rest.len(), "other way");
        let line = format!("… and {} in {ways} (use -v to see all)", naming.count(targets.into_iter()));
        text += &format!("{}\n", look.paint(Tone::Quiet, &line));
    }
    text
}

/// `+ 7 resources, ~ 1 resource`, by what is done.
pub fn amounts(drift: &[Drift]) -> String {
    let mut counts = BTreeMap::<Action, usize>::new();
    for drift in drift {
        *counts.entry(drift.action).or_default() += 1;
    }
    let amount = |(action, n): (&Action, &usize)| format!("{} {}", action.symbol(), count(*n, "resource"));
    counts.iter().map(amount).collect::<Vec<_>>().join(", ")
}

/// What an action is called: before an address, and behind a number.
struct ChangeWords {
    sign: fn(Action) -> &'static str,
    left: fn(Action) -> &'static str,
}

const CHANGES: ChangeWords = ChangeWords { sign: Action::symbol, left: phrase::intent };
/// Of what others deploy nothing is to be done.
const DIFFERENCES: ChangeWords = ChangeWords { sign: difference, left: difference };

/// A difference that is nobody's to undo here, by what would.
pub fn difference(action: Action) -> &'static str {
    match action {
        Action::Create => "missing",
        Action::Delete | Action::StopManaging => "not in the spec",
        Action::Update | Action::Replace | Action::Adopt | Action::NoOp => "differs",
    }
}

/// `1 missing, 2 differ`.
fn differences(drift: &[Drift]) -> String {
    let mut counts = BTreeMap::<&str, usize>::new();
    for drift in drift {
        *counts.entry(difference(drift.action)).or_default() += 1;
    }
    counts.iter().map(|(what, n)| format!("{n} {what}")).collect::<Vec<_>>().join(", ")
}

/// What one group has to do beyond another, and what it has not.
struct Difference<'a> {
    also: Vec<&'a Drift>,
    without: Vec<&'a Drift>,
}

impl<'a> Difference<'a> {
    fn of(group: &'a DriftGroup, first: &'a DriftGroup) -> Self {
        let beyond =
            |one: &'a DriftGroup, other: &DriftGroup| one.drift.iter().filter(|d| !other.drift.contains(d)).collect();
        Self { also: beyond(group, first), without: beyond(first, group) }
    }

    fn size(&self) -> usize {
        self.also.len() + self.without.len()
    }

    fn text(&self, words: &ChangeWords, look: &RenderOptions) -> String {
        let own = |drift: &[&Drift]| drift.iter().map(|drift| (*drift).clone()).collect::<Vec<_>>();
        let mut text = changes(&own(&self.also), "also ", APART, words, look);
        // What is done in another way is told once.
        let only = |without: &&&Drift| !self.also.iter().any(|also| also.address == without.address);
        let without: Vec<Drift> = self.without.iter().filter(only).map(|drift| (*drift).clone()).collect();
        text += &changes(&without, "not ", APART, words, look);
        text
    }
}

/// A line a change, with its fields below; more than `most` lines are counted.
fn changes(drift: &[Drift], lead: &str, most: usize, words: &ChangeWords, look: &RenderOptions) -> String {
    // A group belongs to no target, so no ARN in it is cut short as being of "this" one.
    let nowhere = Target::new("", "");
    let (mut text, mut lines, mut told) = (String::new(), 0, 0);
    for change in drift {
        let symbol =
            look.paint(super::super::plan_text::tone(change.action), &format!("{:>3}", (words.sign)(change.action)));
        let address = mask::line(&change.address.to_string());
        let mut one = format!("  {lead}{symbol} {}\n", layout::cut(&address, look.width.saturating_sub(12).max(20)));
        if lead != "not " {
            for field in change.fields.iter().filter(|field| look.verbose || !field_text::is_mark(field)) {
                one += &field_text::changed(field, &nowhere, look, 10);
            }
        }
        if let Some(blocked) = &change.blocked {
            one += &layout::hang("          blocked: ", &mask::text(&blocked.reason), look.width);
        }
        if !look.verbose && lines + one.lines().count() > most && told > 0 {
            break;
        }
        lines += one.lines().count();
        told += 1;
        text += &one;
    }
    let mut hidden = BTreeMap::new();
    for change in &drift[told..] {
        *hidden.entry((change.address.kind, change.action)).or_insert(0_usize) += 1;
    }
    if !hidden.is_empty() {
        let said = hidden
            .iter()
            .map(|((kind, action), n)| format!("{n} more {} {}", phrase::plural(*n, *kind), (words.left)(*action)));
        let line = format!("… and {} (use -v to see all)", said.collect::<Vec<_>>().join(", "));
        text += &format!("      {}\n", look.paint(Tone::Quiet, &line));
    }
    text
}
