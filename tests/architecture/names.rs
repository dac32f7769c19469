//! One name, one type: no two files of the workspace declare a type of the same name at their top, but for those that do today.
//! A re-export declares nothing.

use super::{File, sources};
use std::collections::{BTreeMap, BTreeSet};

/// Names that several files declare, and how many do: the list only gets shorter.
#[rustfmt::skip]
const SHARED: &[(&str, usize)] = &[
    ("Access", 2), ("Action", 2), ("Address", 3), ("Alarm", 2), ("Alarms", 3), ("Answer", 5), ("Answered", 3),
    ("Answers", 2), ("App", 2), ("Arn", 2), ("Arrival", 2), ("Ask", 2), ("Asked", 4), ("Asking", 4),
    ("AssumedRole", 2), ("Attributes", 4), ("Batch", 2), ("Bound", 3), ("Bucket", 2), ("Case", 2),
    ("Cell", 3), ("Change", 4), ("Chunk", 2), ("Column", 3), ("Command", 2), ("Comparison", 2), ("Condition", 2),
    ("Configuration", 2), ("ConfirmArgs", 2), ("Confirmation", 2), ("Content", 2), ("Count", 2), ("Created", 2),
    ("Curves", 2), ("Described", 3), ("Dimension", 2), ("Document", 2), ("Door", 3), ("Entry", 4),
    ("Environment", 2), ("Event", 9), ("Evidence", 2), ("Facts", 3), ("Failure", 3), ("Fate", 3), ("Fields", 2),
    ("Filler", 2), ("Finding", 3), ("Form", 2), ("Format", 3), ("Found", 5), ("Function", 3), ("Grid", 3),
    ("Group", 3), ("Happened", 2), ("Held", 2), ("History", 3), ("Http", 2), ("Item", 3), ("Judged", 2), ("Key", 5),
    ("Kind", 4), ("Known", 2), ("Level", 4), ("Limits", 4), ("Line", 3), ("Lines", 2), ("ListArgs", 2),
    ("Listing", 2), ("LogGroup", 2), ("Look", 2), ("Measured", 2), ("Member", 3), ("Message", 5), ("Metric", 4),
    ("MetricStat", 2), ("Metrics", 2), ("Mood", 2), ("MuteRule", 2), ("Name", 3), ("Named", 6), ("Needs", 2),
    ("Network", 2), ("Op", 2), ("Options", 3), ("Outcome", 5), ("Page", 6), ("Parser", 3), ("Parts", 2), ("Place", 5),
    ("Plan", 3), ("Policy", 2), ("Problem", 2), ("Progress", 2), ("PromQl", 2), ("Put", 2), ("Query", 2),
    ("Queue", 2), ("Read", 2), ("Reader", 4), ("Reading", 2), ("Received", 2), ("Refusal", 3), ("Report", 4),
    ("Requests", 2), ("Row", 4), ("Rule", 4), ("Run", 3), ("Schedule", 2), ("Scope", 3), ("Section", 2), ("Seen", 3),
    ("Sent", 2), ("Series", 5), ("ServeArgs", 2), ("Session", 2), ("Settings", 4), ("Shared", 5), ("ShowArgs", 2),
    ("Signal", 2), ("Signals", 2), ("Slot", 2), ("Snapshot", 2), ("Source", 6), ("Span", 2), ("State", 4),
    ("StateChange", 2), ("Statistics", 2), ("Status", 3), ("Step", 5), ("Stop", 2), ("Subject", 2), ("Subscribed", 3),
    ("Subscription", 2), ("Subscriptions", 3), ("Summary", 3), ("Surroundings", 2), ("Survey", 2), ("TagList", 2),
    ("TagResource", 3), ("Tags", 2), ("TagsPropagation", 2), ("Tail", 3), ("Target", 2), ("Token", 3), ("Told", 2),
    ("Topic", 4), ("Totals", 2), ("Unit", 3), ("Url", 2), ("Value", 2), ("Values", 2), ("Verdict", 7), ("Waiting", 2),
    ("Wanted", 5), ("WarmUp", 2), ("Watch", 2), ("Watched", 3), ("Way", 2), ("What", 2), ("Window", 3), ("Writer", 2),
    ("Written", 2),
    // Of files whose tests are files of their own.
    ("Account", 2), ("Accounts", 2), ("Body", 2), ("Contents", 2), ("Done", 4), ("Input", 2), ("Limit", 2),
    ("Mark", 2), ("Object", 2), ("Open", 2), ("Refused", 2), ("Relation", 2), ("Reply", 2), ("Request", 2),
    ("Standing", 2), ("Store", 2), ("Test", 2), ("UnderWay", 2), ("Usage", 2),
];

#[test]
fn each_type_has_a_name_of_its_own() {
    let files = sources();
    let declared = declared(&files);
    assert!(declared.len() > 300, "the types were not found");
    let wrong = wrong(&declared, SHARED);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn shared_names_are_found() {
    let file = |path: &str, code: &str| File { path: path.into(), lines: 1, code: code.into() };
    let files = [
        file("a.rs", "pub(crate) struct Event;\nenum Old {}\ntype Alias<T> = T;\nmod inner {\n    struct Inner;\n}"),
        file("b.rs", "pub trait Event {}\npub enum Alias {}\npub use a::Old;\nstruct Inner;"),
    ];
    let declared = declared(&files);
    assert_eq!(declared.keys().copied().collect::<Vec<_>>(), ["Alias", "Event", "Inner", "Old"]);
    let found = wrong(&declared, &[("Alias", 2), ("Old", 2)]);
    assert_eq!(found, ["Event is 2 types, in a.rs, b.rs: 1 may be", "Old is 1 type now: take it out of the list"]);
    assert_eq!(wrong(&declared, &[("Alias", 2), ("Event", 3)]), ["Event is 2 types now: the list says 3"]);
}

/// What keeps to neither the rule nor the list.
fn wrong(declared: &BTreeMap<&str, BTreeSet<&str>>, shared: &[(&str, usize)]) -> Vec<String> {
    let shared: BTreeMap<&str, usize> = shared.iter().copied().collect();
    let names: BTreeSet<&str> = declared.keys().chain(shared.keys()).copied().collect();
    let of = |name: &str| {
        let files: Vec<&str> = declared.get(name).into_iter().flatten().copied().collect();
        let (count, allowed) = (files.len(), shared.get(name).copied());
        match allowed {
            _ if count > allowed.unwrap_or(1) => {
                Some(format!("{name} is {count} types, in {}: {} may be", files.join(", "), allowed.unwrap_or(1)))
            }
            Some(_) if count < 2 => Some(format!("{name} is {count} type now: take it out of the list")),
            Some(allowed) if count < allowed => Some(format!("{name} is {count} types now: the list says {allowed}")),
            _ => None,
        }
    };
    names.into_iter().filter_map(of).collect()
}

/// Type -> the files that declare it, whatever they declare it for (`cfg`).
fn declared(files: &[File]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut declared: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        for name in file.code.lines().filter_map(name) {
            declared.entry(name).or_default().insert(&file.path);
        }
    }
    declared
}

/// The name that a line at the top of a file declares.
fn name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub") || *word == "unsafe");
    let at_top = line.starts_with(|c: char| !c.is_whitespace());
    let declares =
        at_top && words.next().is_some_and(|word| ["struct", "enum", "trait", "type", "union"].contains(&word));
    let rest = words.next().filter(|_| declares)?;
    rest.split(|c: char| !c.is_alphanumeric()).next()
}
