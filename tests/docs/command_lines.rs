//! Command lines that are shown and not run here: the program takes them as they are written.

use super::pages::{Block, Page, all, root};
use super::support::Desk;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::OnceLock;

/// Flags of other programs that the pages name.
const FOREIGN_FLAGS: &[&str] = &[
    "--array",
    "--requeue",
    "--locked",
    "--release",
    "--test",
    "--bench",
    "--lib",
    "--check",
    "--all-targets",
    "--no-deps",
];

/// Words in front of a program's name.
const BEFORE: &[&str] =
    &["if", "!", "while", "until", "then", "do", "else", "sudo", "time", "exec", "uvx", "pipx", "run"];

/// A call of the program as a page shows it.
struct CommandLine {
    place: String,
    words: Vec<String>,
    /// In a sentence: `mlopsctl schema NAME`.
    in_sentence: bool,
}

#[test]
fn every_command_line_is_one_that_the_program_takes() {
    let lines: Vec<CommandLine> = all().iter().flat_map(command_lines).chain(of_workflows()).collect();
    let (blocks, sentences): (Vec<_>, Vec<_>) = lines.iter().partition(|line| !line.in_sentence);
    assert!(blocks.len() > 50 && sentences.len() > 60, "{} in blocks, {} in sentences", blocks.len(), sentences.len());
    let wrong = refused(&lines);
    assert!(wrong.is_empty(), "{} command lines that the program refuses\n{}", wrong.len(), wrong.join("\n"));
}

/// What the workflows of the examples run.
fn of_workflows() -> Vec<CommandLine> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("examples/ci")).expect("examples/ci") {
        let page = Page::read(&entry.expect("an entry").path());
        // What GitHub fills in is a number here.
        let mut parts = page.text.split("${{");
        let first = parts.next().unwrap_or_default().to_owned();
        let code = parts.fold(first, |text, part| text + "1" + part.split_once("}}").map_or(part, |(_, rest)| rest));
        let block = Block { info: "yaml".into(), range: 0..0, line: 0, code };
        let lines = of_block(&block).into_iter();
        found.extend(lines.map(|(line, words)| {
            let place = format!("{}:{line}", page.name);
            CommandLine { place, words, in_sentence: false }
        }));
    }
    assert!(found.len() >= 4, "{} command lines in the workflows", found.len());
    found
}

/// The check can fail: on a flag, a command and a value that are not there.
#[test]
fn a_stale_command_line_is_found() {
    let text = "`mlopsctl plan --detailed-exitcodes` `mlopsctl plann` `mlopsctl plan --format tables` `mlopsctl plan --region REGION`\n\n\
                ```sh\nmlopsctl plan --format tables && \\\n  mlopsctl apply --sandboxes # --no\nX=1 mlopsctl nothing\nif ! uvx mlopsctl plan --sandbx; then mlops-service prune --older 3d; fi\n$ cargo run -- apply --sandbox --yess | cat\n```\n\n\
                ```yaml\n- run: mlopsctl plan --colour\n```\n\n```text\nmlopsctl is no command here\n$ mlopsctl drill --realy\n```\n";
    let page = Page { name: "p.md".into(), text: text.into() };
    let lines: Vec<CommandLine> = command_lines(&page).collect();
    assert_eq!(lines.len(), 12);
    let wrong = refused(&lines);
    let at = [1, 1, 1, 4, 4, 6, 7, 7, 8, 12, 17];
    let expected = at.map(|line| format!("p.md:{line}: "));
    assert_eq!(wrong.len(), expected.len(), "{wrong:#?}");
    for (found, place) in wrong.iter().zip(expected) {
        assert!(found.starts_with(&place), "{found}");
    }
}

#[test]
fn every_flag_that_is_named_exists() {
    let known = flags();
    assert!(known.len() > 80, "only {} flags were found", known.len());
    assert!(known.contains("--allow-data-loss") && !known.contains("--allow-dataloss"), "{known:?}");
    let (mut named, mut unknown) = (0, Vec::new());
    for page in all().iter().filter(|page| page.name != "CHANGELOG.md") {
        for (code, line) in page.code_spans() {
            for flag in code.split([' ', '=', '[', ',', '|']).filter(|word| word.starts_with("--") && word.len() > 3) {
                named += 1;
                if !known.contains(flag) && !FOREIGN_FLAGS.contains(&flag) {
                    unknown.push(format!("{}:{line}: {flag}", page.name));
                }
            }
        }
    }
    assert!(named > 150, "only {named} flags are named");
    assert!(unknown.is_empty(), "{} flags are not there\n{}", unknown.len(), unknown.join("\n"));
}

fn command_lines(page: &Page) -> impl Iterator<Item = CommandLine> + '_ {
    let spans = page.code_spans().into_iter().filter_map(|(code, line)| {
        let words = words(code.strip_prefix("mlopsctl ")?).into_iter().next()?;
        // `[ADDRESS]` may be left out, `…` is anything.
        let words = words.into_iter().filter(|word| !word.starts_with(['[', '…']) && word != "...").collect();
        Some(CommandLine { place: format!("{}:{line}", page.name), words, in_sentence: true })
    });
    let blocks = page.blocks().into_iter().filter(|block| block.language() != "console");
    let lines = blocks.flat_map(|block| of_block(&block)).map(|(line, words)| {
        let place = format!("{}:{line}", page.name);
        CommandLine { place, words, in_sentence: false }
    });
    spans.chain(lines)
}

/// The arguments of each call of the program, with the line on which it begins. In `text`, only behind a prompt.
fn of_block(block: &Block) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut lines = block.code.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let mut whole = line.to_owned();
        while let Some(before) = whole.strip_suffix('\\') {
            let Some((_, next)) = lines.next() else { break };
            whole = format!("{before} {next}");
        }
        let place = block.line + 1 + at;
        let bare = whole.trim_start();
        let shell = match block.language() {
            "sh" | "bash" | "powershell" => bare.strip_prefix("$ ").unwrap_or(bare),
            "text" => bare.strip_prefix("$ ").unwrap_or_default(),
            "yaml" if bare.starts_with("mlopsctl ") => bare,
            "yaml" => bare.split_once("run: ").map_or("", |(_, run)| run),
            _ => "",
        };
        for command in words(shell) {
            let before = |word: &String| is_assignment(word) || BEFORE.contains(&word.as_str());
            let command: Vec<String> = command.into_iter().skip_while(before).collect();
            let texts: Vec<&str> = command.iter().map(String::as_str).collect();
            let arguments = match texts.as_slice() {
                ["mlopsctl", arguments @ ..] | ["cargo", "run", "--", arguments @ ..] => arguments.to_vec(),
                // The small binary has the commands of `mlopsctl service`.
                ["mlops-service", first, more @ ..] => [&["service", first], more].concat(),
                _ => continue,
            };
            found.push((place, arguments.into_iter().map(str::to_owned).collect()));
        }
    }
    found
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
    })
}

/// The commands of a line of shell, each as its words, without comments, redirections and what is piped on.
fn words(line: &str) -> Vec<Vec<String>> {
    let mut commands: Vec<Vec<String>> = vec![Vec::new()];
    let (mut word, mut begun, mut quote) = (String::new(), false, None);
    let mut letters = line.chars().peekable();
    let push = |word: &mut String, begun: &mut bool, commands: &mut Vec<Vec<String>>| {
        if *begun {
            commands.last_mut().expect("one at least").push(std::mem::take(word));
            *begun = false;
        }
    };
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => word.push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                begun = true;
            }
            (None, '#') if !begun => break,
            (None, ' ' | '\t') => push(&mut word, &mut begun, &mut commands),
            (None, '|' | '&' | ';') => {
                push(&mut word, &mut begun, &mut commands);
                if commands.last().is_some_and(|command| !command.is_empty()) {
                    commands.push(Vec::new());
                }
            }
            (None, '>' | '<') => {
                // A digit before it is a stream, the word behind it a file.
                if word.chars().all(|c| c.is_ascii_digit()) {
                    word.clear();
                    begun = false;
                }
                push(&mut word, &mut begun, &mut commands);
                while letters.next_if(|next| matches!(next, ' ' | '>' | '&')).is_some() {}
                while letters.next_if(|next| !next.is_whitespace()).is_some() {}
            }
            (None, _) => {
                word.push(letter);
                begun = true;
            }
        }
    }
    push(&mut word, &mut begun, &mut commands);
    commands.retain(|command| !command.is_empty());
    commands
}

/// Each line that the program refuses, and why. `--help` behind a line has it read and not carried out.
fn refused(lines: &[CommandLine]) -> Vec<String> {
    let desk = Desk::new();
    let mut asked: BTreeMap<&[String], Option<String>> = BTreeMap::new();
    let mut found = Vec::new();
    for line in lines {
        let answer = asked.entry(&line.words).or_insert_with(|| {
            let words: Vec<&str> = line.words.iter().map(String::as_str).chain(["--help"]).collect();
            let ran = desk.run(&words);
            (ran.code != Some(0)).then(|| ran.stderr.trim().replace('\n', "\n    "))
        });
        // A placeholder is no right value, and a word such as PATH none that a path would be refused for.
        let placeholder = |why: &str| {
            line.in_sentence && why.contains("invalid value '") && {
                let value = why.split('\'').nth(1).unwrap_or_default();
                value.chars().any(char::is_uppercase) && !value.chars().any(char::is_lowercase)
            }
        };
        if let Some(why) = answer.as_ref().filter(|why| !placeholder(why)) {
            found.push(format!("{}: mlopsctl {}\n    {why}", line.place, line.words.join(" ")));
        }
    }
    found
}

/// Every flag of every command: those of `--help`, command by command, hidden ones by `tests/flags.rs` left out.
fn flags() -> &'static BTreeSet<String> {
    static FLAGS: OnceLock<BTreeSet<String>> = OnceLock::new();
    FLAGS.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let made = Command::new(env!("CARGO_BIN_EXE_mlopsctl")).args(["man", "--dir"]).arg(folder.path()).status();
        assert!(made.expect("the program starts").success());
        let pages = std::fs::read_dir(folder.path()).expect("pages").map(|page| page.expect("an entry").path());
        let text: String = pages.map(|page| std::fs::read_to_string(page).expect("a page")).collect();
        let text = text.replace("\\-", "-").replace("\\fB", " ").replace("\\fR", " ").replace("\\fI", " ");
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        words.filter(|word| word.starts_with("--") && word.len() > 3).map(str::to_owned).collect()
    })
}
