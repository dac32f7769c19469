//! The site as mdBook makes it: `docs/build` runs, and every link of every page leads to a page, a file or a heading of the site.

use super::pages::root;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn every_link_of_the_site_leads_somewhere() {
    let mdbook = root().join("target/tools/venv/bin/mdbook");
    if !mdbook.is_file() {
        eprintln!("skipped: no {}; bash tests/setup installs it", mdbook.display());
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("site");
    let built = Command::new("bash")
        .arg(root().join("docs/build"))
        .arg(&folder)
        .current_dir(root())
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&built.stdout).into_owned() + &String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success() && !said.contains("WARN") && !said.contains("ERROR"), "{said}");
    let files = files(&folder);
    let pages: BTreeMap<&PathBuf, String> = files
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "html"))
        .map(|path| (path, std::fs::read_to_string(path).expect("a page")))
        .collect();
    assert!(pages.len() > 90, "only {} pages", pages.len());
    let (links, broken) = check(&folder, &files, &pages);
    assert!(links > 4_000, "only {links} links were found");
    assert!(broken.is_empty(), "{} broken links\n{}", broken.len(), broken.into_iter().collect::<Vec<_>>().join("\n"));
}

fn check(folder: &Path, files: &BTreeSet<PathBuf>, pages: &BTreeMap<&PathBuf, String>) -> (usize, BTreeSet<String>) {
    let ids: BTreeMap<&PathBuf, BTreeSet<&str>> =
        pages.iter().map(|(path, text)| (*path, values(text, "id").collect())).collect();
    let (mut links, mut broken) = (0, BTreeSet::new());
    for (path, text) in pages {
        for link in values(text, "href").chain(values(text, "src")) {
            if link.contains("://") || link.starts_with("mailto:") || link.starts_with("data:") {
                continue;
            }
            links += 1;
            let link = link.replace("&amp;", "&");
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), ""), |(file, anchor)| (file, anchor));
            // The page for addresses that are not there is shown at any address, so its links begin at the root.
            let base = path.parent().expect("a folder");
            let target = match file.strip_prefix('/') {
                Some(file) => plain(&folder.join(file)),
                None if file.is_empty() => path.to_path_buf(),
                None => plain(&base.join(file)),
            };
            let target = if target.is_dir() { target.join("index.html") } else { target };
            let has = |ids: &BTreeSet<&str>| ids.contains(anchor);
            let right = files.contains(&target) && (anchor.is_empty() || ids.get(&target).is_some_and(has));
            if !right {
                broken.insert(format!("{}: {link}", path.strip_prefix(folder).expect("below").display()));
            }
        }
    }
    (links, broken)
}

/// The check can fail, on a page and on a heading that are not there.
#[test]
fn a_broken_link_of_a_site_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("a.html");
    let text = "<h1 id=\"x\">x</h1><a href=\"#x\">1</a><a href=\"a.html#y\">2</a><a href=\"b.html\">3</a><img src=\"c.png\"><a href=\"https://d\">4</a>";
    std::fs::write(&page, text).expect("can be written");
    let files = files(folder.path());
    let (links, broken) = check(folder.path(), &files, &BTreeMap::from([(&page, text.to_owned())]));
    assert_eq!(
        (links, broken.into_iter().collect::<Vec<_>>()),
        (4, vec!["a.html: a.html#y".into(), "a.html: b.html".into(), "a.html: c.png".into()])
    );
}

/// The values of an attribute in the tags of a page.
fn values<'a>(html: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let begin = format!(" {name}=\"");
    html.split('<').skip(1).filter_map(move |tag| {
        let tag = tag.split('>').next().unwrap_or_default();
        let at = tag.find(&begin)? + begin.len();
        tag[at..].split('"').next()
    })
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(found.pop()),
            std::path::Component::CurDir => {}
            part => found.push(part),
        }
    }
    found
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    found
}
