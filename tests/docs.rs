//! What README and docs say holds: every block of code is run, parsed or read as what it shows, every link leads somewhere, every
//! flag that is named exists. `MLOPSCTL_UPDATE=1 cargo test --test docs` writes down what the commands of the pages say now.

#[path = "docs/command_lines.rs"]
mod command_lines;
#[cfg(target_os = "linux")]
#[path = "docs/console.rs"]
mod console;
#[path = "docs/data.rs"]
mod data;
#[path = "docs/links.rs"]
mod links;
#[path = "docs/pages.rs"]
mod pages;
#[path = "docs/site.rs"]
mod site;
#[path = "support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
#[path = "docs/transcript.rs"]
mod transcript;

use pages::{all, root};

/// How each kind of block is checked, so that none is left out: by `console`, `command_lines` or `data`.
const LANGUAGES: &[&str] =
    &["console", "sh", "bash", "powershell", "text", "yaml", "json", "csv", "toml", "dockerfile"];

#[test]
fn every_block_of_code_says_what_it_is() {
    let mut wrong = Vec::new();
    let mut counted = 0;
    for page in all() {
        for block in page.blocks() {
            counted += 1;
            if !LANGUAGES.contains(&block.language()) {
                wrong.push(format!("{}:{}: `{}`", page.name, block.line, block.info));
            }
        }
    }
    assert!(counted > 200, "only {counted} blocks were found");
    assert!(wrong.is_empty(), "write one of {LANGUAGES:?} behind the fence:\n{}", wrong.join("\n"));
}

#[test]
fn the_readme_has_at_most_150_lines() {
    let lines = std::fs::read_to_string(root().join("README.md")).expect("the README").lines().count();
    assert!(lines <= 150, "{lines} lines: move some of it into docs/");
}
