//! The commands that advice names, with those flags of the run that they take as well, so that they do what is said when they are
//! pasted. Told once, by the command line; knows no command and no flag itself.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// What advice needs of the command line of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFlags {
    /// The flags of the run that a command takes, quoted for a shell, by the command's words: `subscriptions resend`.
    pub by_command: BTreeMap<String, Vec<String>>,
    /// The whole command line, quoted for a shell and without secrets.
    pub own: Vec<String>,
}

static FLAGS: RwLock<Option<RunFlags>> = RwLock::new(None);

/// From now on commands are named with these flags: those of the command line, and of what somebody answered at the terminal.
pub fn set(flags: RunFlags) {
    *FLAGS.write().unwrap_or_else(PoisonError::into_inner) = Some(flags);
}

fn with_flags(look: impl FnOnce(&RunFlags) -> String) -> String {
    let flags = FLAGS.read().unwrap_or_else(PoisonError::into_inner);
    look(flags.as_ref().unwrap_or(&RunFlags::default()))
}

/// The command to run, in back quotes: `mlopsctl plan --sandbox --out FILE` of `plan --out FILE` in a run with `--sandbox`.
pub fn command(words: &str) -> String {
    with_flags(|flags| flags.command(words))
}

/// The run's own command once more, with a flag added, in back quotes.
pub fn again_with(flag: &str) -> String {
    with_flags(|flags| flags.again_with(flag))
}

impl RunFlags {
    fn command(&self, words: &str) -> String {
        let words: Vec<&str> = words.split(' ').collect();
        let known = |length: &usize| self.by_command.get(&words[..*length].join(" "));
        let length = (1..=words.len()).rev().find(|length| known(length).is_some()).unwrap_or(words.len());
        let flags = known(&length).into_iter().flatten().map(String::as_str);
        let (command, rest) = words.split_at(length);
        let all: Vec<&str> = ["mlopsctl"].into_iter().chain(command.iter().copied()).chain(flags).collect();
        format!("`{}`", all.into_iter().chain(rest.iter().copied()).collect::<Vec<_>>().join(" "))
    }

    fn again_with(&self, flag: &str) -> String {
        if self.own.is_empty() {
            return format!("the same command with {flag}");
        }
        format!("`{} {flag}`", self.own.join(" "))
    }
}

/// The text as a POSIX shell takes it for one word.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_the_flags_that_it_takes_before_its_own() {
        let by_command = [("apply", vec!["--sandbox", "--var email=a@x.edu"]), ("sandbox mail", vec!["--sandbox f"])];
        let by_command =
            by_command.map(|(name, flags)| (name.to_owned(), flags.into_iter().map(str::to_owned).collect()));
        let flags = RunFlags { by_command: by_command.into(), own: vec!["mlopsctl".into(), "apply".into()] };
        assert_eq!(flags.command("apply --yes"), "`mlopsctl apply --sandbox --var email=a@x.edu --yes`");
        assert_eq!(flags.command("sandbox mail a@x.edu"), "`mlopsctl sandbox mail --sandbox f a@x.edu`");
        assert_eq!(flags.command("schema"), "`mlopsctl schema`");
        assert_eq!(flags.again_with("--yes"), "`mlopsctl apply --yes`");
    }

    #[test]
    fn a_word_stays_one_word_in_a_shell() {
        for (text, word) in
            [("a@x.edu", "a@x.edu"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("", "''"), ("$(x)", "'$(x)'")]
        {
            assert_eq!(quoted(text), word);
        }
    }
}
