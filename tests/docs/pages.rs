//! The pages, and what they are made of.

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A Markdown file; `name` is its path below the project, with `/`.
#[derive(Debug, Clone)]
pub struct Page {
    pub name: String,
    pub text: String,
}

/// A fenced block of code.
#[derive(Debug, Clone)]
pub struct Block {
    /// All that is written behind the fence.
    pub info: String,
    /// Between the fences.
    pub code: String,
    /// Where that is in the page.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub range: Range<usize>,
    /// The line of the fence.
    pub line: usize,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub to: String,
    pub line: usize,
}

impl Block {
    /// The first word behind the fence.
    pub fn language(&self) -> &str {
        self.info.split([' ', ',']).next().unwrap_or_default()
    }
}

impl Page {
    pub fn read(path: &Path) -> Self {
        let name = path.strip_prefix(root()).expect("below the project").to_string_lossy().replace('\\', "/");
        Self { name, text: std::fs::read_to_string(path).expect("a text").replace("\r\n", "\n") }
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter()
    }

    fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut found: Vec<Block> = Vec::new();
        let mut inside = false;
        for (event, range) in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    inside = true;
                    let (line, code) = (self.line(range.start), String::new());
                    let end = self.text[range.start..].find('\n').map_or(range.end, |at| range.start + at + 1);
                    found.push(Block { info: info.to_string(), code, range: end..end, line });
                }
                Event::Text(text) if inside => {
                    let block = found.last_mut().expect("a block has begun");
                    block.code.push_str(&text);
                    block.range.end = block.range.end.max(range.end);
                }
                Event::End(TagEnd::CodeBlock) => inside = false,
                _ => {}
            }
        }
        found
    }

    /// Name and text of the blocks that are files: `file=NAME` behind the fence.
    pub fn files(&self) -> Vec<(String, String)> {
        let named = |block: Block| {
            let name = block.info.split(' ').find_map(|word| word.strip_prefix("file="))?.to_owned();
            Some((name, block.code))
        };
        self.blocks().into_iter().filter_map(named).collect()
    }

    pub fn headings(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut inside = false;
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => {
                    inside = true;
                    found.push(String::new());
                }
                Event::End(TagEnd::Heading(_)) => inside = false,
                Event::Text(text) | Event::Code(text) if inside => {
                    found.last_mut().expect("a heading has begun").push_str(&text);
                }
                _ => {}
            }
        }
        found
    }

    /// What headings are called in addresses, as GitHub does it: a second one of a name gets `-1`.
    pub fn anchors(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for heading in self.headings() {
            let slug: String = heading
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect();
            let again = found.iter().filter(|known| {
                known.trim_end_matches(|c: char| c.is_ascii_digit()) == format!("{slug}-") || **known == slug
            });
            let name = match again.count() {
                0 => slug,
                many => format!("{slug}-{many}"),
            };
            found.push(name);
        }
        found
    }

    pub fn links(&self) -> Vec<Link> {
        let mut found = Vec::new();
        for (event, range) in self.events() {
            let to = match event {
                Event::Start(Tag::Link { link_type, dest_url, .. })
                    if !matches!(link_type, LinkType::Autolink | LinkType::Email) =>
                {
                    dest_url
                }
                Event::Start(Tag::Image { dest_url, .. }) => dest_url,
                _ => continue,
            };
            found.push(Link { to: to.to_string(), line: self.line(range.start) });
        }
        found
    }

    /// Code within sentences and tables, with its line.
    pub fn code_spans(&self) -> Vec<(String, usize)> {
        let spans = self.events().filter_map(|(event, range)| match event {
            Event::Code(code) => Some((code.to_string(), self.line(range.start))),
            _ => None,
        });
        spans.collect()
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README, the pages at the root, and all below docs/ and examples/.
pub fn all() -> Vec<Page> {
    let mut paths: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(|name| root().join(name)).into();
    walk(&root().join("docs"), &mut paths);
    walk(&root().join("examples"), &mut paths);
    let pages: Vec<Page> = paths.iter().map(|path| Page::read(path)).collect();
    assert!(pages.len() > 70, "only {} pages were found", pages.len());
    pages
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder of the project")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
}

#[test]
fn a_page_is_taken_apart() {
    let text = "# A `b` c!\n\n## Same\n\n## Same\n\nx `mlopsctl plan` [l](a.md#b) <https://x.y>\n\n```console\n$ mlopsctl plan\nout\n```\n";
    let page = Page { name: "p.md".into(), text: text.into() };
    assert_eq!(page.anchors(), ["a-b-c", "same", "same-1"]);
    let blocks = page.blocks();
    assert_eq!((blocks.len(), blocks[0].line, blocks[0].language()), (1, 9, "console"));
    assert_eq!(&text[blocks[0].range.clone()], "$ mlopsctl plan\nout\n");
    assert_eq!(page.links().iter().map(|link| (link.to.as_str(), link.line)).collect::<Vec<_>>(), [("a.md#b", 7)]);
    assert_eq!(page.code_spans(), [("b".to_owned(), 1), ("mlopsctl plan".to_owned(), 7)]);
}
