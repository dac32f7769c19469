//! The flags of a command line that other commands take as well, for `model::advice`. Secrets are left out. Reads nothing but the
//! command line and, for its use of variables, the spec.

use crate::model::advice::{RunFlags, quoted};
use crate::model::secret;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;

/// What says where and of what a run is: the same for whatever is advised. How it is written or judged is not.
const KEPT: [&str; 9] = ["file", "pairs", "files", "sandbox", "profile", "region", "endpoint_url", "accounts", "role"];
/// Values of variables.
const VARIABLES: [&str; 2] = ["pairs", "files"];
/// What is written in place of a value that is a secret.
const LEFT_OUT: &str = "…";
/// A spec that is longer is not looked at, and every variable counts as a secret.
const LONGEST_SPEC: u64 = 1_000_000;

/// Reads a command line, also a mistaken one.
pub fn run_flags(cli: Command, arguments: &[OsString]) -> RunFlags {
    let mut tree = cli.clone();
    tree.build();
    let Ok(matches) = cli.ignore_errors(true).try_get_matches_from(arguments) else { return RunFlags::default() };
    let (mut innermost, mut words) = (&matches, Vec::new());
    while let Some((word, inner)) = innermost.subcommand() {
        words.push(word);
        innermost = inner;
    }
    let given = Given::of(innermost, &words);
    let mut by_command = BTreeMap::new();
    given.add(&tree, &mut Vec::new(), &mut by_command);
    RunFlags { by_command, own: given.own(arguments) }
}

/// The kept flags as they were written, and which variables are secret.
struct Given {
    values: BTreeMap<&'static str, Vec<String>>,
    /// Of the spec, where it can be read.
    spec: Option<String>,
}

impl Given {
    fn of(matches: &ArgMatches, words: &[&str]) -> Self {
        let written = |id: &&'static str| {
            let by_hand = matches!(matches.try_contains_id(id), Ok(true))
                && matches.value_source(id) == Some(ValueSource::CommandLine);
            // A rubric's variables are no spec's.
            let fits = words.first() != Some(&"check") || !(VARIABLES.contains(id) || *id == "file");
            let values = matches.try_get_raw(id).ok().flatten().filter(|_| by_hand && fits)?;
            Some((*id, values.map(|value| value.to_string_lossy().into_owned()).collect::<Vec<_>>()))
        };
        let mut values: BTreeMap<&'static str, Vec<String>> = KEPT.iter().filter_map(written).collect();
        // A role is of a roster's accounts; `service deploy` calls another thing so.
        if !values.contains_key("accounts") {
            values.remove("role");
        }
        let file = values.get("file").and_then(|files| files.first()).map_or("alarms.yaml", String::as_str);
        let short = fs::metadata(file).is_ok_and(|known| known.is_file() && known.len() <= LONGEST_SPEC);
        let spec = (values.contains_key("pairs") && short).then(|| fs::read_to_string(file).ok()).flatten();
        Self { values, spec }
    }

    /// The flags for every command below `command` that does something.
    fn add(&self, command: &Command, words: &mut Vec<String>, found: &mut BTreeMap<String, Vec<String>>) {
        for inner in command.get_subcommands() {
            words.push(inner.get_name().to_owned());
            if inner.has_subcommands() {
                self.add(inner, words, found);
            } else {
                let takes_a_roster = inner.get_arguments().any(|arg| arg.get_id() == "accounts");
                let arguments = inner.get_arguments().filter(|arg| takes_a_roster || arg.get_id() != "role");
                found.insert(words.join(" "), arguments.flat_map(|arg| self.flags(arg)).collect());
            }
            words.pop();
        }
    }

    fn flags(&self, arg: &Arg) -> Vec<String> {
        let (Some(long), Some(values)) = (arg.get_long(), self.values.get(arg.get_id().as_str())) else {
            return Vec::new();
        };
        values.iter().map(|value| self.flag(arg, long, value)).filter(|flag| !flag.is_empty()).collect()
    }

    fn flag(&self, arg: &Arg, long: &str, value: &str) -> String {
        // `--sandbox` without a file is the usual one, which the commands about the sandbox itself take without being told.
        let usual = arg.get_id() == "sandbox" && ["", "1", "true"].contains(&value);
        match (usual, arg.is_require_equals_set()) {
            (true, true) => format!("--{long}"),
            (true, false) => String::new(),
            (false, true) => format!("--{long}={}", quoted(&self.shown(value))),
            (false, false) if arg.get_id() == "pairs" => format!("--{long} {}", quoted(&self.pair(value))),
            (false, false) => format!("--{long} {}", quoted(&self.shown(value))),
        }
    }

    fn shown(&self, value: &str) -> String {
        if secret::hide(value) == value { value.to_owned() } else { LEFT_OUT.to_owned() }
    }

    /// `name=value`, or the name alone where the value is a secret, or may be one.
    fn pair(&self, pair: &str) -> String {
        match pair.split_once('=') {
            Some((name, value)) if self.is_secret(name, value) => format!("{name}={LEFT_OUT}"),
            _ => pair.to_owned(),
        }
    }

    /// Addresses, values that fill a part of an address, and what is called a secret are secrets.
    fn is_secret(&self, name: &str, value: &str) -> bool {
        let words = ["secret", "token", "password", "passwd", "key", "credential", "hook", "auth"];
        let called = words.iter().any(|word| name.to_ascii_lowercase().contains(word));
        let in_an_address =
            |spec: &String| spec.lines().any(|line| line.contains("://") && line.contains(&format!("${{{name}}}")));
        called || value.contains("://") || secret::hide(value) != value || self.spec.as_ref().is_none_or(in_an_address)
    }

    /// The whole command line; the program by its name.
    fn own(&self, arguments: &[OsString]) -> Vec<String> {
        let mut own = vec!["mlopsctl".to_owned()];
        let mut is_pair = false;
        for argument in arguments.iter().skip(1) {
            let text = argument.to_string_lossy();
            own.push(quoted(&match text.strip_prefix("--var=") {
                Some(pair) => format!("--var={}", self.pair(pair)),
                None if is_pair => self.pair(&text),
                None => self.shown(&text),
            }));
            is_pair = text == "--var";
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::CommandFactory;

    fn of(words: &[&str]) -> RunFlags {
        let arguments: Vec<OsString> = ["mlopsctl"].iter().chain(words).map(OsString::from).collect();
        run_flags(Cli::command(), &arguments)
    }

    #[test]
    fn each_command_gets_the_flags_that_it_takes() {
        let spec = tempfile::NamedTempFile::new().unwrap();
        fs::write(spec.path(), "vars: {}\n").unwrap();
        let file = spec.path().display().to_string();
        let flags =
            of(&["status", "-f", &file, "--sandbox=my box.json", "--var", "email=ann@x.edu", "--format", "json"]);
        let apply = &flags.by_command["apply"];
        let expected = [format!("--file {file}"), "--var email=ann@x.edu".into(), "--sandbox='my box.json'".to_owned()];
        assert_eq!(apply, &expected);
        assert_eq!(flags.by_command["sandbox mail"], ["--sandbox 'my box.json'"]);
        assert_eq!(flags.by_command["schema"], Vec::<String>::new());
        assert_eq!(of(&["plan", "--sandbox"]).by_command["apply"], ["--sandbox"]);
        assert_eq!(of(&["plan", "--sandbox"]).by_command["sandbox show"], Vec::<String>::new());
    }

    #[test]
    fn no_secret_is_repeated() {
        let spec = tempfile::NamedTempFile::new().unwrap();
        fs::write(spec.path(), "endpoint: https://example.edu/${path}\n").unwrap();
        let file = spec.path().display().to_string();
        for (name, value, is_told) in [
            ("email", "ann@x.edu", true),
            ("hook", "hunter2", false),
            ("api_token", "hunter2", false),
            ("to", "https://u:hunter2@example.edu", false),
            ("path", "hunter2", false),
        ] {
            let pair = format!("{name}={value}");
            for words in
                [["plan", "-f", &file, "--var", &pair].as_slice(), &["plan", "-f", &file, &format!("--var={pair}")]]
            {
                let flags = of(words);
                let text = format!("{flags:?}");
                assert_eq!(text.contains(value), is_told, "{text}");
                assert!(text.contains(&format!("{name}=")), "{text}");
            }
        }
    }
}
