//! Links within the project: the file is there, and in it the heading.

use super::pages::{Page, all, root};
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

#[test]
fn every_link_leads_somewhere() {
    let pages = all();
    let (mut links, mut broken) = (0, Vec::new());
    for page in &pages {
        for link in page.links() {
            let outside = link.to.contains("://") || link.to.starts_with("mailto:");
            links += usize::from(!outside);
            if let (false, Err(why)) = (outside, follow(page, &link.to, &pages)) {
                broken.push(format!("{}:{}: {}: {why}", page.name, link.line, link.to));
            }
        }
    }
    assert!(links > 150, "only {links} links were found");
    assert!(broken.is_empty(), "{} broken links\n{}", broken.len(), broken.join("\n"));
}

/// The check can fail, in each way.
#[test]
fn a_broken_link_is_found() {
    let page = Page { name: "docs/a.md".into(), text: "# One\n".into() };
    let pages = [page.clone()];
    for right in ["#one", "a.md#one", "../README.md", "../examples/lab.yaml"] {
        follow(&page, right, &pages).unwrap_or_else(|why| panic!("{right}: {why}"));
    }
    for wrong in [
        "#two",
        "b.md",
        "a.md#two",
        "/README.md",
        "../../README.md",
        "../examples",
        "../examples/lab.yaml#x",
        "../docs/iam",
    ] {
        assert!(follow(&page, wrong, &pages).is_err(), "{wrong}");
    }
}

fn follow(from: &Page, link: &str, pages: &[Page]) -> Result<(), String> {
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let name = if file.is_empty() { from.name.clone() } else { resolve(&from.name, file)? };
    let page = pages.iter().find(|page| page.name == name);
    match root().join(&name) {
        path if page.is_none() && !path.exists() => return Err("is not there".into()),
        path if path.is_dir() => return Err("is a folder: a site cannot show it, name a file in it".into()),
        _ => {}
    }
    match (anchor, page) {
        (None, _) => Ok(()),
        (Some(_), None) => Err("is no page, so it has no headings".into()),
        (Some(anchor), Some(page)) if page.anchors().iter().any(|known| known == anchor) => Ok(()),
        (Some(_), Some(page)) => Err(format!("has no such heading, but {}", page.anchors().join(", "))),
    }
}

fn resolve(from: &str, file: &str) -> Result<String, String> {
    let mut found: Vec<String> = Vec::new();
    for part in Path::new(from).parent().expect("a page is in a folder").join(file).components() {
        match part {
            Component::Normal(name) => found.push(name.to_string_lossy().into_owned()),
            Component::ParentDir => drop(found.pop().ok_or("leaves the project")?),
            Component::CurDir => {}
            _ => return Err("is not relative".into()),
        }
    }
    Ok(found.join("/"))
}

/// The table of contents has every page once, and nothing else.
#[test]
fn the_table_of_contents_is_complete() {
    let pages = all();
    let summary = pages.iter().find(|page| page.name == "docs/SUMMARY.md").expect("docs/SUMMARY.md");
    let mut listed: BTreeMap<String, usize> = BTreeMap::new();
    for link in summary.links() {
        *listed.entry(resolve(&summary.name, &link.to).expect("within the project")).or_default() += 1;
    }
    let twice: Vec<_> = listed.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let docs =
        pages.iter().map(|page| &page.name).filter(|name| name.starts_with("docs/") && *name != "docs/SUMMARY.md");
    let missing: Vec<_> = docs.filter(|name| !listed.contains_key(*name)).collect();
    assert!(missing.is_empty(), "docs/SUMMARY.md lacks {missing:?}");
    let unknown: Vec<PathBuf> = listed.keys().map(PathBuf::from).filter(|name| !root().join(name).is_file()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
