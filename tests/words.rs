//! The words of the program: what users read (string literals of `src/`, help, pages, docs, examples) says what CloudWatch's
//! console, Terraform and Kubernetes say. It finds words, it does not judge sentences.

use proc_macro2::{TokenStream, TokenTree};
use std::fs;
use std::path::{Path, PathBuf};

/// What is not said -> what is said instead. Capitals are compared where the word has some.
const WORDS: &[(&[&str], &str)] = &[
    (&["tell", "tells", "told", "telling"], "notifies; says; notification targets"),
    (&["ring", "rings", "ringing", "rang"], "is in ALARM"),
    (&["NO DATA"], "INSUFFICIENT_DATA"),
    (&["as the spec asks", "as the spec says"], "matches the spec"),
    (&["stands", "stood", "standing"], "exists; live state; is"),
    (&["lets go of", "let go of", "released"], "stops managing (left in place)"),
    (&["kept for ever", "for ever", "forever"], "never expires"),
    (&["nothing here is aws"], "simulated AWS: no real account is used"),
    (&["makes aws what"], "Creates, updates and deletes resources to match the spec"),
    (&["the mend", "mends", "mended"], "fix"),
    (&["turned away", "turns away"], "throttles; refuses"),
    (&["their cost"], "init duration"),
    (&["longest"], "max"),
    (&["raised", "raises"], "function error"),
    (&["hears", "hears of", "hears no more", "hear nothing"], "is subscribed to; receives"),
    (&["nobody can be asked"], "no terminal to confirm on: rerun with --yes"),
    (&["hop", "hops"], "steps"),
    (&["will wake", "wakes", "woken"], "will notify"),
    (&["told after"], "time to notify"),
    (&["of the way to"], "of the threshold"),
    (&["by usage"], "not included (usage-based)"),
    (&["in spam"], "check your spam folder"),
    (&["begin no further"], "stop starting accounts after N failures"),
    (&["weather", "accident", "accidents"], "simulated faults"),
    (&["shape", "shapes"], "schema; form"),
    (&["mood", "fate", "door"], "render options; outcome; listener"),
    (&["believed", "toward"], "assumed; to"),
];

/// Names that stay: keys of JSON that is promised not to change (`docs/schemas/status.schema.json`), aliases, and what others call theirs.
const NAMES: &[&str] = &[
    "\"standing\"",
    "#/$defs/standing",
    "\"tells\"",
    "\"sandbox-weather\"",
    "\"weather\"",
    "Error raised from handler method",
];

/// A text that somebody reads, and where it is.
struct Prose {
    place: String,
    text: String,
}

#[test]
fn what_users_read_is_said_in_their_words() {
    let prose: Vec<Prose> = [code(), pages(), documents()].into_iter().flatten().collect();
    assert!(prose.len() > 4_000, "only {} texts were found", prose.len());
    let found: Vec<String> = prose.iter().flat_map(violations).collect();
    assert!(found.is_empty(), "{} times other words than WORDS has\n{}", found.len(), found.join("\n"));
}

/// The check can fail: each word is found, in each kind of place, and nothing beside it.
#[test]
fn words_are_found_where_users_read_them() {
    let of = |text: &str| violations(&Prose { place: "x:1".into(), text: text.into() }).len();
    for (words, _) in WORDS {
        for word in *words {
            assert!(of(&format!("a {word}, b")) >= 1, "{word}");
        }
    }
    assert_eq!(of("Storytelling strings; no data; bellows"), 0);
    let file = "//! told\n/// told\n#[arg(help = \"told\")]\nstruct A;\nfn a() { let told = format!(\"told {}\", b(\"x told\")); }\n\
                #[cfg(test)]\nmod tests { const A: &str = \"told\"; }\n#[test]\nfn t() { a(\"told\") }";
    let places = |help| literals("a.rs", file, help).iter().map(|prose| prose.place.clone()).collect::<Vec<_>>();
    assert_eq!(places(false), ["a.rs:3", "a.rs:5", "a.rs:5"]);
    assert_eq!(places(true), ["a.rs:2", "a.rs:3", "a.rs:5", "a.rs:5"]);
}

/// The string literals of the programs, and the comments that become their help.
fn code() -> Vec<Prose> {
    let files = files(&["src"], &["rs"]);
    let tests = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.contains("tests.rs") || path.contains("/tests/") || path.contains("/benches/") || path.contains("/testing")
    };
    let read = files.into_iter().filter(|(path, _)| !tests(path));
    read.flat_map(|(path, text)| literals(&path, &text, path.starts_with("src/cli/") || path.ends_with("/command.rs")))
        .collect()
}

/// Pages that are served or written.
fn pages() -> Vec<Prose> {
    lines(files(&["src"], &["html", "js", "txt"]))
}

fn documents() -> Vec<Prose> {
    let mut found = files(&["docs", "examples"], &["md", "yaml", "yml", "json", "rules", "csv"]);
    for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "alarms.yaml", "alarms.test.yaml"] {
        found.push((name.to_owned(), fs::read_to_string(root().join(name)).expect(name)));
    }
    lines(found)
}

fn lines(files: Vec<(String, String)>) -> Vec<Prose> {
    let each = |(path, text): (String, String)| {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.into_iter().enumerate().map(move |(at, text)| Prose { place: format!("{path}:{}", at + 1), text })
    };
    files.into_iter().flat_map(each).collect()
}

/// The literals of a file without its tests; with `help`, its doc comments, too, but not what the file says of itself.
fn literals(path: &str, text: &str, help: bool) -> Vec<Prose> {
    let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut found = Vec::new();
    collect(path, tokens, help, &mut found);
    found
}

fn collect(path: &str, tokens: TokenStream, help: bool, found: &mut Vec<Prose>) {
    let mut tokens = tokens.into_iter().peekable();
    let mut skipped = false;
    while let Some(token) = tokens.next() {
        match token {
            // An attribute: of the file (`#!`), a doc comment, what makes the next item a test, or one with texts of its own.
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                let inner =
                    tokens.next_if(|next| matches!(next, TokenTree::Punct(sign) if sign.as_char() == '!')).is_some();
                let Some(TokenTree::Group(attribute)) = tokens.next() else { continue };
                let text = attribute.stream().to_string();
                let doc = text.starts_with("doc =");
                skipped |= text == "test" || text.contains("tokio :: test") || text.starts_with("cfg (test)");
                if !inner && !skipped && (!doc || help) {
                    collect(path, attribute.stream(), help, found);
                }
            }
            TokenTree::Group(group) => {
                if !skipped {
                    collect(path, group.stream(), help, found);
                }
                // The item that an attribute made a test ends with its body.
                skipped &= group.delimiter() != proc_macro2::Delimiter::Brace;
            }
            TokenTree::Punct(sign) if sign.as_char() == ';' => skipped = false,
            TokenTree::Literal(literal) if !skipped => {
                let text = literal.to_string();
                if text.starts_with(['"', 'r']) {
                    let place = format!("{path}:{}", literal.span().start().line);
                    found.push(Prose { place, text });
                }
            }
            _ => {}
        }
    }
}

fn violations(prose: &Prose) -> Vec<String> {
    // A literal that goes on in the next line is one sentence.
    let text = prose.text.replace("\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let text = NAMES.iter().fold(text, |text, name| text.replace(name, "-"));
    let lower = text.to_lowercase();
    let mut found = Vec::new();
    for (words, instead) in WORDS {
        for word in *words {
            let capitals = word.chars().any(char::is_uppercase);
            if has(if capitals { &text } else { &lower }, word) {
                found.push(format!("{}: \"{word}\", but: {instead}\n    {}", prose.place, prose.text.trim()));
                break;
            }
        }
    }
    found
}

/// The word as a whole, not a part of another or of a name.
fn has(text: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word)
        .any(|(at, _)| !part(text[..at].chars().next_back()) && !part(text[at + word.len()..].chars().next()))
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Path below the project -> text, of each file with one of these endings.
fn files(folders: &[&str], endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders {
        walk(&root().join(folder), endings, &mut found);
    }
    found.sort();
    found
}

fn walk(folder: &Path, endings: &[&str], found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of the project") {
        let path = entry.expect("an entry").path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if path.is_dir() {
            walk(&path, endings, found);
        } else if endings.contains(&ending) {
            let name = path.strip_prefix(root()).expect("below the project").to_string_lossy().replace('\\', "/");
            found.push((name, fs::read_to_string(&path).expect("a text")));
        }
    }
}
