//! The plan for people: the verdict first, then what changes, what somebody must know or do, what is refused, and the
//! greppable count as the last line.

use super::{RenderOptions, Tone, field_text, layout, mask, phrase};
use crate::cost::Cost;
use crate::plan::{Action, Note, NoteKind, Plan, PlanSummary, PlannedChange};
use crate::resources::{Address, Kind};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// More changes of one kind than `FOLD_ABOVE` are shown as `SHOWN` of them and a count.
const FOLD_ABOVE: usize = 25;
const SHOWN: usize = 20;
/// Among more changes of one kind, what is merely worth knowing is left out.
const INFOS: usize = 10;
/// A note that so many resources have is said once, below.
const SHARED: usize = 4;
/// Where a change's fields and notes begin.
const INDENT: usize = 6;

/// The whole plan, ending in a line feed.
#[cfg(test)]
pub fn plan(plan: &Plan, look: &RenderOptions) -> String {
    plan_and_cost(plan, None, look)
}

/// The whole plan with what it costs, ending in a line feed.
pub fn plan_and_cost(plan: &Plan, cost: Option<&Cost>, look: &RenderOptions) -> String {
    let page = PlanText { plan, shared: shared_notes(plan), look, advised: RefCell::default() };
    let mut text = format!("{}\n", look.paint(Tone::Strong, &verdict(plan)));
    for kind in Kind::ALL {
        let changes: Vec<&PlannedChange> =
            plan.changes.iter().filter(|change| change.address.kind == kind && page.is_shown(change)).collect();
        if !changes.is_empty() {
            text.push('\n');
            text += &page.of_one_kind(kind, &changes);
        }
    }
    text += &page.below();
    let changes = plan.effective().next().is_some();
    if let Some(cost) = cost.filter(|_| changes || look.verbose) {
        text += &format!("\n{}", super::cost::text(cost, look));
    }
    if changes || plan.is_incomplete() {
        text += &format!("\n{}\n", summary(&plan.summary()));
    }
    text
}

/// `Plan: 3 to add, 1 to change, 0 to destroy, 1 to adopt.`, or with `, 1 to stop managing` before the full stop.
pub fn summary(sum: &PlanSummary) -> String {
    let PlanSummary { add, change, destroy, adopt, stop_managing } = sum;
    let stop = if *stop_managing > 0 { format!(", {stop_managing} to stop managing") } else { String::new() };
    format!("Plan: {add} to add, {change} to change, {destroy} to destroy, {adopt} to adopt{stop}.")
}

/// The plan in one line: whose, where, how much.
pub fn verdict(plan: &Plan) -> String {
    let whose = format!("{} in {}", mask::line(&plan.stack), plan.target);
    let changes = plan.effective().count();
    let blocked = plan.refusals().next().is_some();
    let mut line = match changes {
        0 if plan.is_incomplete() => format!("{whose}: no changes seen, but not everything could be read"),
        0 if blocked => whose,
        0 if plan.changes.is_empty() => format!("No changes. {whose}: nothing exists and nothing is declared."),
        0 => {
            return format!("No changes. {whose} matches the spec: {}.", super::count(plan.changes.len(), "resource"));
        }
        n => format!("{whose}: {}", super::count(n, "change")),
    };
    if changes > 0 && plan.is_incomplete() {
        line += ", and not everything could be read";
    }
    if blocked {
        line += if changes > 0 { ", blocked" } else { ": blocked" };
    }
    line
}

/// What the parts of one text share.
struct PlanText<'a> {
    plan: &'a Plan,
    /// Notes that are said once, below.
    shared: BTreeMap<NoteKey, usize>,
    look: &'a RenderOptions,
    /// For which kinds of resource somebody was told to do what, by its first word.
    advised: RefCell<BTreeSet<(Kind, String)>>,
}

impl PlanText<'_> {
    fn is_shown(&self, change: &PlannedChange) -> bool {
        change.is_effective()
            || change.blocked.is_some()
            || self.look.verbose
            || self.own_notes(change, false).count() > 0
    }

    /// The change's notes that are said under it.
    fn own_notes<'a>(&'a self, change: &'a PlannedChange, infos: bool) -> impl Iterator<Item = &'a Note> {
        let own = change.notes.iter().filter(|note| !self.shared.contains_key(&key(note)));
        own.filter(move |note| infos || note.kind != NoteKind::Info)
    }

    fn of_one_kind(&self, kind: Kind, changes: &[&PlannedChange]) -> String {
        let all = self.look.verbose || changes.len() <= FOLD_ABOVE;
        let shown: BTreeSet<usize> = if all { (0..changes.len()).collect() } else { foremost(changes) };
        let infos = self.look.verbose || changes.len() <= INFOS;
        let mut text = String::new();
        let (mut hidden, mut noted) = (BTreeMap::<Action, usize>::new(), 0);
        for (n, change) in changes.iter().enumerate() {
            if shown.contains(&n) {
                text += &self.one(change, infos);
            } else {
                *hidden.entry(change.action).or_default() += 1;
                noted += usize::from(self.own_notes(change, false).count() > 0);
            }
        }
        if !hidden.is_empty() {
            let count = |(action, n): (&Action, &usize)| {
                format!("{n} more {} {}", phrase::plural(*n, kind), phrase::intent(*action))
            };
            let counts: Vec<String> = hidden.iter().map(count).collect();
            let noted = if noted > 0 { format!(", {noted} of them with something to know") } else { String::new() };
            let line = format!("… and {}{noted} (use -v to see all)", counts.join(", "));
            text += &format!("    {}\n", self.look.paint(Tone::Quiet, &line));
        }
        text
    }

    fn one(&self, change: &PlannedChange, infos: bool) -> String {
        let look = self.look;
        let symbol = look.paint(tone(change.action), &format!("{:>3}", change.action.symbol()));
        let address = mask::line(&change.address.to_string());
        let mut text = format!("{symbol} {address}");
        let phrase = self.phrase(change);
        if !phrase.is_empty() {
            // What does not fit beside the name is below it: of whom an alarm notifies nothing is cut.
            let fits = layout::width(&address) + 6 + layout::width(&phrase) <= look.width;
            let wrapped = layout::hang(&" ".repeat(INDENT), &phrase, look.width);
            let lines = if fits {
                vec![format!("  {phrase}")]
            } else {
                wrapped.lines().map(|line| format!("\n{line}")).collect()
            };
            text.extend(lines.iter().map(|line| look.paint(Tone::Quiet, line)));
        }
        text.push('\n');
        match (change.action, &change.after) {
            (Action::Create, Some(after)) if look.verbose => {
                text += &field_text::whole(&after.fields(), after.tags(), &self.plan.target, look, INDENT);
            }
            _ => {
                for field in change.fields.iter().filter(|field| look.verbose || !field_text::is_mark(field)) {
                    text += &field_text::changed(field, &self.plan.target, look, INDENT);
                }
            }
        }
        for note in self.own_notes(change, look.verbose || (infos && change.is_effective())) {
            // Of many alike, the first one that says what to do says it for all.
            let advice = note.remedy.as_ref().and_then(|remedy| remedy.split(' ').next()).unwrap_or_default();
            let key = (change.address.kind, advice.to_owned());
            let silent = !infos && !self.advised.borrow_mut().insert(key) && note.remedy.is_some();
            let note = if silent { Note::new(note.kind, note.text.clone()) } else { note.clone() };
            text += &self::note(&note, None, look, INDENT);
        }
        text
    }

    fn phrase(&self, change: &PlannedChange) -> String {
        match (change.action, &change.after) {
            (Action::Create, Some(after)) => phrase::resource(after, &self.plan.target),
            (Action::NoOp, _) => "unchanged".to_owned(),
            (Action::StopManaging, _) => phrase::STOPS_MANAGING.to_owned(),
            (Action::Update, _) if !change.fields.is_empty() && change.fields.iter().all(field_text::is_mark) => {
                "only the tags by which mlopsctl knows it".to_owned()
            }
            _ => String::new(),
        }
    }

    /// What is said once: notes of the target, notes many resources share, refusals.
    fn below(&self) -> String {
        let mut notes: String = self.plan.notes.iter().map(|note| self::note(note, None, self.look, 0)).collect();
        for ((kind, text, remedy), n) in &self.shared {
            let note = Note { kind: *kind, text: text.clone(), remedy: remedy.clone() };
            notes += &self::note(&note, Some(format!("{n} resources: ")), self.look, 0);
        }
        let refused = blocked(self.plan, self.look);
        [notes, refused].iter().filter(|part| !part.is_empty()).map(|part| format!("\n{part}")).collect()
    }
}

/// The changes that must not be folded away first: what is deleted or refused, then what is noted, then what changes.
fn foremost(changes: &[&PlannedChange]) -> BTreeSet<usize> {
    let weight = |change: &PlannedChange| match change.action {
        _ if change.blocked.is_some() => 0,
        Action::Delete | Action::Replace => 0,
        _ if change.notes.iter().any(|note| note.kind != NoteKind::Info) => 1,
        Action::Update | Action::StopManaging => 2,
        Action::Adopt => 3,
        Action::Create | Action::NoOp => 4,
    };
    let mut order: Vec<usize> = (0..changes.len()).collect();
    order.sort_by_key(|n| (weight(changes[*n]), *n));
    order.into_iter().take(SHOWN).collect()
}

/// Why the plan cannot be applied as things stand, and what lifts it; refusals for one reason are one.
pub fn blocked(plan: &Plan, look: &RenderOptions) -> String {
    let mut reasons: BTreeMap<(&str, &str), Vec<&Address>> = BTreeMap::new();
    for (address, blocked) in plan.refusals() {
        reasons.entry((&blocked.reason, &blocked.remedy)).or_default().extend(address);
    }
    let mut text = String::new();
    for ((reason, remedy), addresses) in reasons {
        let names: Vec<String> = addresses.iter().take(5).map(|address| mask::line(&address.to_string())).collect();
        let more = addresses.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text += &format!("{} {}", look.paint(Tone::Bad, "Blocked:"), names.join(", "));
        text += &format!("{more}{}", if names.is_empty() { "" } else { "\n" });
        let reason = mask::text(reason);
        if names.is_empty() {
            text += &format!("{reason}\n");
        } else {
            text += &layout::hang("  ", &reason, look.width);
        }
        text += &layout::hang("  fix: ", &mask::text(remedy), look.width);
    }
    text
}

/// A note with what to do about it.
pub fn note(note: &Note, lead: Option<String>, look: &RenderOptions, indent: usize) -> String {
    let (symbol, tone) = match note.kind {
        NoteKind::Info => ("", Tone::Quiet),
        NoteKind::Warning => ("warning: ", Tone::Careful),
        NoteKind::Act => ("! ", Tone::Careful),
        NoteKind::Unknown => ("unknown: ", Tone::Bad),
    };
    let pad = " ".repeat(indent);
    let said = format!("{symbol}{}{}", lead.unwrap_or_default(), mask::text(&note.text));
    let mut text = layout::hang(&pad, &said, look.width);
    if !symbol.is_empty() {
        text = text.replacen(symbol, &look.paint(tone, symbol), 1);
    }
    if let Some(remedy) = &note.remedy {
        text += &layout::hang(&format!("{pad}  fix: "), &mask::text(remedy), look.width);
    }
    text
}

pub(super) fn tone(action: Action) -> Tone {
    match action {
        Action::Create => Tone::Good,
        Action::Update => Tone::Careful,
        Action::Replace | Action::Delete => Tone::Bad,
        Action::Adopt | Action::StopManaging => Tone::Special,
        Action::NoOp => Tone::Quiet,
    }
}

type NoteKey = (NoteKind, String, Option<String>);

fn key(note: &Note) -> NoteKey {
    (note.kind, note.text.clone(), note.remedy.clone())
}

/// Notes that many changes have word for word.
fn shared_notes(plan: &Plan) -> BTreeMap<NoteKey, usize> {
    let mut counts = BTreeMap::new();
    for note in plan.changes.iter().flat_map(|change| &change.notes) {
        *counts.entry(key(note)).or_default() += 1;
    }
    counts.retain(|_, n| *n >= SHARED);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{alarm, change, create, every_kind_of_change, plan};

    #[test]
    fn every_kind_of_change_reads_well() {
        let text = super::plan(&every_kind_of_change(), &RenderOptions::PLAIN);
        let expected = "\
lab9 in 123456789012 us-east-1: 8 changes, blocked

  + topic/alerts

  + subscription/alerts/email/you@example.edu
      ! AWS will send a mail to you@example.edu
        fix: click the link in it; until then nobody is notified

  > log_group//aws/lambda/svc
      retention_in_days: never expires -> 14 days
      warning: 14 days of retention delete 3 MB of stored logs

  + alarm/errors  Errors Sum > 5 in 5m, notifies alerts
  - alarm/gone
  < alarm/left  stops managing (left in place)
  + alarm/taken  Errors Sum > 5 in 5m, notifies alerts
  ~ alarm/threshold
      threshold: 5 -> 6

pruning is on

Blocked: alarm/taken
  it belongs to the stack lab8
  fix: choose another name
Blocked: the function svc does not exist
  fix: deploy it first

Plan: 4 to add, 1 to change, 1 to destroy, 1 to adopt, 1 to stop managing.
";
        assert_eq!(text, expected);
    }

    #[test]
    fn no_changes_is_the_first_thing_said() {
        let same = change(Action::NoOp, Some(alarm("a", 5.0)), Some(alarm("a", 5.0)), vec![]);
        let text = super::plan(&plan(vec![same]), &RenderOptions::PLAIN);
        assert_eq!(text, "No changes. lab9 in 123456789012 us-east-1 matches the spec: 1 resource.\n");
    }

    #[test]
    fn many_changes_fold_but_deletions_do_not() {
        let mut changes: Vec<PlannedChange> = (0..250).map(|n| create(alarm(&format!("a{n:03}"), 5.0))).collect();
        for change in &mut changes {
            change.notes.push(Note::new(NoteKind::Warning, "nobody is notified"));
        }
        changes.push(change(Action::Delete, Some(alarm("z", 5.0)), None, vec![]));
        let plan = plan(changes);
        let text = super::plan(&plan, &RenderOptions::PLAIN);
        assert!(text.contains("  - alarm/z\n"), "{text}");
        assert!(text.contains("    … and 231 more alarms to create (use -v to see all)\n"), "{text}");
        assert!(text.contains("warning: 250 resources: nobody is notified\n"), "{text}");
        assert!(text.lines().count() < 30, "{text}");
        let all = super::plan(&plan, &RenderOptions { verbose: true, ..RenderOptions::PLAIN });
        assert_eq!(all.matches("+ alarm/a").count(), 250);
        assert_eq!(all.matches("- alarm/z").count(), 1);
    }

    #[test]
    fn a_failed_read_is_never_called_no_changes() {
        let mut plan = plan(vec![]);
        plan.notes.push(Note::new(NoteKind::Unknown, "the tag index could not be read"));
        let text = super::plan(&plan, &RenderOptions::PLAIN);
        assert!(!text.contains("No changes"), "{text}");
        assert!(text.ends_with("Plan: 0 to add, 0 to change, 0 to destroy, 0 to adopt.\n"), "{text}");
    }

    #[test]
    fn without_colours_nothing_is_lost() {
        let plan = every_kind_of_change();
        let coloured = super::plan(&plan, &RenderOptions { colour: true, ..RenderOptions::PLAIN });
        assert!(coloured.contains("\u{1b}["));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), super::plan(&plan, &RenderOptions::PLAIN));
    }

    #[test]
    fn no_secret_reaches_the_text() {
        use crate::resources::{Resource, Subscription};
        let endpoint = "https://user:hunter2@example.edu/hook?token=hunter2";
        let change = create(Resource::Subscription(Subscription::new("t", "https", endpoint)));
        for verbose in [false, true] {
            let text = super::plan(&plan(vec![change.clone()]), &RenderOptions { verbose, ..RenderOptions::PLAIN });
            assert!(!text.contains("hunter2") && text.contains("https://example.edu/#"), "{text}");
        }
    }
}
