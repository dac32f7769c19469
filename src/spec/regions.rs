//! `regions:`, where a file is of several regions: the tree of the file -> one tree a region, each as if it were a file of its own.
//! Looks at nothing below the sections.

use super::region::REGION;
use crate::model::node::{Data, MapEntry, Node, Span, SpannedName};
use crate::model::problem::nearest;
use crate::model::{Partition, SpecProblem};
use crate::resources::{Kind, SECTIONS};
use std::ops::Range;

pub const REGIONS: &str = "regions";
/// What a region's own section adds to and wins over.
const MERGED: [&str; 2] = ["defaults", "tags"];
/// What of a file is true in each of its regions.
const SHARED: [&str; 5] = ["version", "stack", "allowed_accounts", "vars", "lint"];
/// What stands in a region, beside the sections of kinds.
const STANDING: [&str; 2] = ["functions", "slos"];
/// What the last word of a region's code is made of (AWS general reference, "Regional endpoints").
const COMPASS: [&str; 9] =
    ["north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest"];

/// What a file asks for in one region.
#[derive(Debug)]
pub struct RegionPart {
    pub root: Node,
    /// The bytes of the file that are of this region alone, and those that are of others alone.
    own: Option<Range<usize>>,
    others: Vec<Range<usize>>,
    /// Whether the file says which regions it has: no other can be run then.
    pub is_listed: bool,
}

impl RegionPart {
    fn whole(root: Node) -> Self {
        Self { root, own: None, others: Vec::new(), is_listed: false }
    }

    pub fn is_whole(&self) -> bool {
        self.own.is_none() && self.others.is_empty()
    }

    /// Whether what stands there is said of this region: comments are.
    pub fn holds(&self, span: Span) -> bool {
        let is_own = self.own.as_ref().is_none_or(|own| own.contains(&span.start));
        is_own && !self.others.iter().any(|other| other.contains(&span.start))
    }
}

/// Cuts the tree of a file, whose variables are filled in. The home region comes first, the others in the order of the file; there is
/// always one. Says what is wrong with the regions themselves.
pub fn cut(mut root: Node, problems: &mut Vec<SpecProblem>) -> Vec<RegionPart> {
    let Data::Map(entries) = &mut root.data else { return vec![RegionPart::whole(root)] };
    let Some(at) = entries.iter().position(|entry| entry.name.text == REGIONS) else {
        return vec![RegionPart::whole(root)];
    };
    let regions = entries.remove(at);
    let end = entries.iter().map(|entry| entry.name.span.start).filter(|start| *start > regions.name.span.start).min();
    entries.retain(|entry| entry.name.text != REGIONS);
    match &regions.value.data {
        Data::List(items) => {
            let names: Vec<&Node> = items.iter().filter(|item| item.text().is_some()).collect();
            in_each(root, &regions.name, &names, problems)
        }
        Data::Map(sections) if !sections.is_empty() => {
            in_some(root, &regions.name, sections, end.unwrap_or(usize::MAX), problems)
        }
        _ => vec![RegionPart::whole(root)],
    }
}

/// A list of regions: the whole file in each of them.
fn in_each(root: Node, key: &SpannedName, names: &[&Node], problems: &mut Vec<SpecProblem>) -> Vec<RegionPart> {
    let text = |node: &&Node| node.text().unwrap_or_default().to_owned();
    let mut listed: Vec<SpannedName> = Vec::new();
    for node in names {
        let name = SpannedName { text: text(node), span: node.span };
        check_name(&name, problems);
        match listed.iter().find(|one| one.text == name.text) {
            Some(first) => problems.push(
                SpecProblem::new(name.span, format!("`{name}` is listed twice")).also(first.span, "first listed here"),
            ),
            None => listed.push(name),
        }
    }
    if listed.is_empty() {
        let problem = SpecProblem::new(key.span, "`regions` names no region");
        problems.push(problem.help("list the regions, or leave the key out and write region: and its name"));
        return vec![RegionPart::whole(root)];
    }
    if let Some(home) = home(&root) {
        match listed.iter().position(|one| one.text == home.text) {
            Some(at) => listed[..=at].rotate_right(1),
            None => {
                let message = format!("`region` is `{home}`, which is not among `regions`");
                let help = "add it to the list, or leave `region` out: the list has all regions of the file";
                problems.push(SpecProblem::new(home.span, message).help(help));
            }
        }
    }
    check_partitions(&listed, problems);
    let part = |(at, name)| {
        let mut root = with_region(root.clone(), name);
        if let (Data::Map(entries), true) = (&mut root.data, at > 0) {
            entries.retain(|entry| !is_of_the_account(&entry.name.text));
        }
        RegionPart { is_listed: true, ..RegionPart::whole(root) }
    };
    listed.iter().enumerate().map(part).collect()
}

/// A map of regions: in each what its section says, in `region` what stands outside of them.
fn in_some(
    root: Node,
    key: &SpannedName,
    sections: &[MapEntry],
    end: usize,
    problems: &mut Vec<SpecProblem>,
) -> Vec<RegionPart> {
    let home = home(&root);
    let stands = |entry: &&MapEntry| {
        let name = entry.name.text.as_str();
        STANDING.contains(&name) || SECTIONS.iter().any(|group| group.iter().any(|key| key.name == name))
    };
    let outside = root.entries().iter().find(stands).map(|entry| entry.name.clone());
    let names: Vec<SpannedName> = home.iter().cloned().chain(sections.iter().map(|one| one.name.clone())).collect();
    sections.iter().for_each(|section| check_name(&section.name, problems));
    check_partitions(&names, problems);
    if let Some(home) = &home
        && let Some(twice) = sections.iter().find(|section| section.name.text == home.text)
    {
        let problem = SpecProblem::new(twice.name.span, format!("`{home}` is the file's `region` already"));
        let problem = problem.also(home.span, "what is declared outside of `regions` is there");
        problems.push(problem.help("move what is below it out of `regions`"));
    }
    if let (None, Some(outside), false) = (&home, &outside, root.get("region").is_some()) {
        let problem = SpecProblem::new(outside.span, format!("`{outside}` is in no region"));
        let problem = problem.also(key.span, "with sections here, the file has to say where all else is");
        problems.push(problem.help("write region: and its name, or move this into a section of `regions`"));
    }
    let starts = sections.iter().map(|section| section.name.span.start);
    let ends = starts.clone().skip(1).chain([end]);
    let ranges: Vec<Range<usize>> = starts.zip(ends).map(|(start, end)| start..end).collect();
    let mut parts = Vec::new();
    let mut seen: Vec<&str> = home.iter().map(|home| home.text.as_str()).collect();
    for (section, own) in sections.iter().zip(&ranges) {
        // A second time is a mistake that is said already.
        if !seen.contains(&section.name.text.as_str()) {
            seen.push(&section.name.text);
            parts.push(RegionPart {
                root: of_section(&root, section),
                own: Some(own.clone()),
                others: Vec::new(),
                is_listed: true,
            });
        }
    }
    if home.is_some() || outside.is_some() {
        parts.insert(0, RegionPart { root, own: None, others: ranges, is_listed: true });
    }
    parts
}

/// Whether it is the section of a kind of which an account has one of a name: the home region's run alone keeps those.
fn is_of_the_account(key: &str) -> bool {
    Kind::ALL.into_iter().any(|kind| kind.is_of_the_account() && kind.facts().section.name == key)
}

/// The tree of a section, with what is true of the whole file.
fn of_section(root: &Node, section: &MapEntry) -> Node {
    let shared = root.entries().iter().filter(|entry| SHARED.contains(&entry.name.text.as_str()));
    let mut entries: Vec<MapEntry> = shared.cloned().collect();
    let own = section.value.entries().iter().filter(|entry| !MERGED.contains(&entry.name.text.as_str()));
    entries.extend(own.cloned());
    for key in MERGED {
        let find = |node: &Node| node.entries().iter().find(|entry| entry.name.text == key).cloned();
        entries.extend(match (find(&section.value), find(root)) {
            (Some(own), Some(all)) => Some(merged(own, all)),
            (own, all) => own.or(all),
        });
    }
    with_region(Node::new(section.value.span, Data::Map(entries)), &section.name)
}

/// The entries of a section's key and those of the file that it does not name.
fn merged(own: MapEntry, all: MapEntry) -> MapEntry {
    let mut entries = own.value.entries().to_vec();
    let further = all.value.entries().iter().filter(|entry| own.value.get(&entry.name.text).is_none());
    entries.extend(further.cloned());
    MapEntry { value: Node::new(own.value.span, Data::Map(entries)), name: own.name }
}

fn home(root: &Node) -> Option<SpannedName> {
    let node = root.get("region")?;
    Some(SpannedName { text: node.text()?.to_owned(), span: node.span })
}

fn with_region(mut root: Node, name: &SpannedName) -> Node {
    if let Data::Map(entries) = &mut root.data {
        entries.retain(|entry| entry.name.text != "region");
        let key = SpannedName { text: "region".to_owned(), span: name.span };
        entries.push(MapEntry { name: key, value: Node::written(name.span, name.text.clone()) });
    }
    root
}

/// A name that no region can have. Which regions there are, only AWS knows.
fn check_name(name: &SpannedName, problems: &mut Vec<SpecProblem>) {
    // Its form is held against the list's shape already; a map's keys have none.
    if let Err(why) = (REGION.check)(&name.text) {
        let problem = SpecProblem::new(name.span, format!("`{name}` {why}"));
        let problem = problem.help(format!("a key of `regions` is {}", REGION.what));
        if !problems.iter().any(|known| known.span == name.span) {
            problems.push(problem);
        }
        return;
    }
    let word = name.text.rsplit('-').nth(1).unwrap_or_default();
    if !COMPASS.contains(&word) {
        let problem = SpecProblem::new(name.span, format!("there is no region `{name}`"));
        let right =
            nearest(word, COMPASS).map(|right| format!("did you mean `{}`?", name.text.replacen(word, right, 1)));
        problems.push(
            problem.help(right.unwrap_or_else(|| format!("before the number comes one of {}", COMPASS.join(", ")))),
        );
    }
}

/// An account is in one partition, and so is what it has.
fn check_partitions(names: &[SpannedName], problems: &mut Vec<SpecProblem>) {
    let Some(first) = names.first() else { return };
    let partition = Partition::of_region(&first.text).id;
    for name in names.iter().filter(|name| Partition::of_region(&name.text).id != partition) {
        let of = Partition::of_region(&name.text).id;
        let problem = SpecProblem::new(name.span, format!("`{name}` is in partition {of}, `{first}` in {partition}"));
        problems
            .push(problem.also(first.span, "the other one").help("no account has regions of both: write two files"));
    }
}
