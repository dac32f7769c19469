//! Who names whom, read off the code: between folders there is no circle, between files only those that are listed.
//! `cargo test --test architecture drawing -- --nocapture` prints the floors, the lowest last.

use super::{File, MEMBERS, sources};
use std::collections::{BTreeMap, BTreeSet};

/// Files -> files that they name.
pub struct Graph {
    edges: BTreeMap<String, BTreeSet<String>>,
}

type Module = Vec<String>;

impl Graph {
    pub fn of(files: &[File]) -> Self {
        let modules: BTreeMap<Module, &str> =
            files.iter().map(|file| (module_of(&file.path), file.path.as_str())).collect();
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for file in files {
            let own = module_of(&file.path);
            let named = named_paths(&file.code).into_iter().filter_map(|path| resolve(&path, &own, &modules));
            let named = named.filter(|named| *named != file.path).map(str::to_owned);
            edges.entry(file.path.clone()).or_default().extend(named);
        }
        Self { edges }
    }

    /// Folder -> folders that it names.
    pub fn folders(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (from, named) in &self.edges {
            let Some((from, _)) = from.split_once('/') else { continue };
            let named = named.iter().filter_map(|path| path.split_once('/')).map(|(folder, _)| folder);
            folders.entry(from).or_default().extend(named.filter(|folder| *folder != from));
        }
        folders
    }

    /// Files that name each other, over others or not. A folder's `mod.rs` and what lies in the folder are one room: what they
    /// name of each other does not count.
    pub fn circles(&self) -> BTreeSet<Vec<&str>> {
        let one_room = |a: &str, b: &str| {
            let (a, b) = (module_of(a), module_of(b));
            a.starts_with(&b) || b.starts_with(&a)
        };
        let named: BTreeMap<&str, Vec<&str>> = self
            .edges
            .iter()
            .map(|(from, to)| (from.as_str(), to.iter().map(String::as_str).filter(|to| !one_room(from, to)).collect()))
            .collect();
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            named.keys().map(|from| (*from, reached_from(from, &named))).collect();
        let of = |file: &&str| -> Vec<&str> {
            let back = |other: &&&str| reached.get(**other).is_some_and(|others| others.contains(*file));
            reached.get(*file).into_iter().flatten().filter(back).copied().collect()
        };
        named.keys().map(of).filter(|circle| !circle.is_empty()).collect()
    }
}

fn reached_from<'a>(from: &str, named: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut frontier: Vec<&str> = named.get(from).cloned().unwrap_or_default();
    while let Some(file) = frontier.pop() {
        if reached.insert(file) {
            frontier.extend(named.get(file).into_iter().flatten());
        }
    }
    reached
}

/// `plan/mod.rs` is `plan`, `plan/order.rs` is `plan::order`, `lib.rs` the root.
fn module_of(path: &str) -> Module {
    let mut parts: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// The file behind a path as it is written in a module: the deepest module that the path goes through.
fn resolve<'a>(path: &[String], own: &Module, modules: &BTreeMap<Module, &'a str>) -> Option<&'a str> {
    let crate_of = |module: &Module| -> Module {
        let first = module.first().map(String::as_str).unwrap_or_default();
        let member = MEMBERS.iter().any(|(folder, _)| *folder == first);
        if member { vec![first.to_owned()] } else { Vec::new() }
    };
    let supers = path.iter().take_while(|part| *part == "super").count();
    let member = MEMBERS.iter().find(|(_, name)| path.first().is_some_and(|first| first == name));
    let (mut at, rest) = match path.first()?.as_str() {
        "crate" => (crate_of(own), &path[1..]),
        "self" => (own.clone(), &path[1..]),
        "super" => (own[..own.len().checked_sub(supers)?].to_vec(), &path[supers..]),
        first => match member {
            Some((folder, _)) => (vec![(*folder).to_owned()], &path[1..]),
            None if modules.contains_key(&[own.as_slice(), &[first.to_owned()]].concat()) => (own.clone(), path),
            None => return None,
        },
    };
    for part in rest {
        at.push(part.clone());
        if !modules.contains_key(&at) {
            at.pop();
            break;
        }
    }
    modules.get(&at).copied()
}

/// Every path in the code, those of `use` trees one by one. What a module only hands on (`pub use`) it does not name.
fn named_paths(code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = String::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        let handed_on = start.starts_with("pub use ") || start.starts_with("pub(");
        let Some((_, first)) =
            start.split_once("use ").filter(|(before, _)| ["", "pub ", "pub(crate) ", "pub(super) "].contains(before))
        else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let mut tree = first.to_owned();
        while !tree.contains(';') {
            match lines.next() {
                Some(line) => tree.push_str(line.trim()),
                None => break,
            }
        }
        let tree = tree.split(';').next().unwrap_or_default().to_owned();
        if !handed_on {
            expand(&tree, &[], &mut paths);
        }
    }
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let written = rest.split(|c| !word(c)).filter(|text| text.contains("::"));
    paths.extend(written.map(parts).filter(|path| path.len() > 1));
    paths
}

/// The paths of a `use` tree.
fn expand(tree: &str, before: &[String], paths: &mut Vec<Vec<String>>) {
    let (mut depth, mut from) = (0, 0);
    let mut branches = Vec::new();
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                branches.push(&tree[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    branches.push(&tree[from..]);
    for branch in branches.into_iter().map(str::trim).filter(|branch| !branch.is_empty()) {
        match branch.split_once('{') {
            Some((head, inner)) => {
                let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
                expand(inner, &[before, &parts(head)].concat(), paths);
            }
            None => {
                let named = branch.split(" as ").next().unwrap_or(branch);
                paths.push([before, &parts(named)].concat());
            }
        }
    }
}

fn parts(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Circles that are there still. None may come, and one that is gone is taken out here.
const CIRCLES: &[&[&str]] = &[];

#[test]
fn the_drawing_of_the_house_has_no_circle_between_folders() {
    let files = sources();
    let graph = Graph::of(&files);
    let mut folders = graph.folders();
    let mut floors: Vec<Vec<&str>> = Vec::new();
    let drawn = folders.clone();
    while !folders.is_empty() {
        let lowest: Vec<&str> = folders
            .iter()
            .filter(|(_, named)| named.iter().all(|named| !folders.contains_key(named)))
            .map(|(folder, _)| *folder)
            .collect();
        assert!(!lowest.is_empty(), "a circle between {:?}", folders.keys());
        folders.retain(|folder, _| !lowest.contains(folder));
        floors.push(lowest);
    }
    for floor in floors.iter().rev() {
        for folder in floor {
            let named: Vec<&str> = drawn[folder].iter().copied().collect();
            println!("{folder:<12} -> {}", named.join(" "));
        }
        println!();
    }
    assert!(floors.len() > 4, "the floors were not found: {floors:?}");
}

#[test]
fn files_name_each_other_in_circles_only_where_it_is_listed() {
    let files = sources();
    let graph = Graph::of(&files);
    let found = graph.circles();
    let listed: BTreeSet<Vec<&str>> = CIRCLES.iter().map(|circle| circle.to_vec()).collect();
    let new: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(new.is_empty() && gone.is_empty(), "new: {new:#?}\nno more: {gone:#?}");
}

#[test]
fn circles_are_found() {
    let file = |path: &str, code: &str| File { path: path.into(), code: code.into(), lines: 1 };
    let circles =
        |files: &[File]| Graph::of(files).circles().into_iter().map(|circle| circle.join(" ")).collect::<Vec<_>>();
    let own = [file("a/mod.rs", "use b::B;"), file("a/b.rs", "use super::A;")];
    assert!(circles(&own).is_empty(), "a folder is one room");
    let siblings = [
        file("a/mod.rs", ""),
        file("a/b.rs", "use super::c::{C, D as E};"),
        file("a/c.rs", "fn f() { crate::a::b::g() }"),
    ];
    assert_eq!(circles(&siblings), ["a/b.rs a/c.rs"]);
    let over = [
        file("a/mod.rs", ""),
        file("e/mod.rs", ""),
        file("a/b.rs", "use crate::{x, d::{self, D}};"),
        file("d/mod.rs", "use crate::e::f::F;"),
        file("e/f.rs", "use crate::a::b::{\n    G,\n};"),
    ];
    assert_eq!(circles(&over), ["a/b.rs d/mod.rs e/f.rs"]);
    let handed_on = [file("a/b.rs", "pub use super::c::C;"), file("a/c.rs", "use super::b::B;")];
    assert!(circles(&handed_on).is_empty());
    let members = [file("cloudwatch/a.rs", "use crate::b::B;"), file("cloudwatch/b.rs", "use crate::a::A;")];
    assert_eq!(circles(&members), ["cloudwatch/a.rs cloudwatch/b.rs"]);
}
