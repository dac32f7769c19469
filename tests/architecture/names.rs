//! One name, one type: no two files of the workspace declare a type of the same name at their top.
//! A re-export declares nothing.

use super::{File, sources};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn each_type_has_a_name_of_its_own() {
    let files = sources();
    let declared = declared(&files);
    assert!(declared.len() > 300, "the types were not found");
    let shared = shared(&declared);
    assert!(shared.is_empty(), "{}", shared.join("\n"));
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
    assert_eq!(shared(&declared), ["Alias is declared in a.rs, b.rs", "Event is declared in a.rs, b.rs"]);
}

/// The names of more than one type, with their files.
fn shared(declared: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let several = declared.iter().filter(|(_, files)| files.len() > 1);
    several
        .map(|(name, files)| format!("{name} is declared in {}", files.iter().copied().collect::<Vec<_>>().join(", ")))
        .collect()
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
