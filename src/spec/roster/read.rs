//! The accounts of a roster out of its text, piece by piece: what is not kept is forgotten, and a mistake finds its line again.

use super::pieces::{self, RosterForm};
use super::seen::SeenTargets;
use super::table::{self, TableHead};
use super::{ACCOUNT, ENTRY, PassOver, Roster, RosterAccount, other_name};
use crate::model::SpecProblem;
use crate::model::node::{Data, Node, Span};
use crate::model::problem::nearest;
use crate::model::shape::{self, Shape};
use crate::spec::error::SpecError;
use crate::spec::{file, yaml};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// A text that is shorter is held as it is.
const SMALL: usize = 1 << 20;
/// With more mistakes nobody reads on.
const MOST_MISTAKES: usize = 10_000;

/// Where the lines are that a mistake shows.
#[derive(Debug, Clone)]
pub enum RosterText {
    Held(String),
    /// In the file still: it is read again where there is a mistake.
    In(PathBuf),
}

/// Reads a file, as a whole where it is small.
pub fn load(path: &Path, pass_over: PassOver<'_>) -> Result<Roster, SpecError> {
    let is_stdin = path.as_os_str() == "-";
    let (name, mut from) = file::open(path, &file::ROSTER)?;
    let mut begun = Vec::new();
    let read = (&mut from).take(SMALL as u64).read_to_end(&mut begun);
    read.map_err(|error| file::unreadable(&name, &file::ROSTER, &error))?;
    if begun.len() < SMALL {
        return whole(&name, &file::utf8(&name, begun)?, pass_over);
    }
    let form = RosterForm::of(&name, &String::from_utf8_lossy(&begun[..1024]));
    let mut reader = RosterReader { is_whole: false, ..RosterReader::new("the roster", pass_over) };
    let (mut held, mut wrong) = (String::new(), None);
    let most = file::ROSTER.bytes();
    let read = pieces::each(form, begun, from, most, |at, bytes| match std::str::from_utf8(bytes) {
        Ok(text) => {
            // What comes from a pipe does not come again.
            if is_stdin {
                held.push_str(text);
            }
            reader.piece(form, text, at)
        }
        Err(error) => {
            wrong = Some(at + error.valid_up_to());
            false
        }
    });
    let text = if is_stdin { RosterText::Held(held) } else { RosterText::In(path.to_owned()) };
    if let Some(at) = wrong {
        let problem = SpecProblem::new(Span::default(), format!("byte {at} of {name} is not UTF-8"));
        return Err(SpecError::without_place(&name, problem.help("save the file as UTF-8")));
    }
    if let (Err(error), true) = (read, reader.problems.is_empty()) {
        return Err(match error.kind() {
            io::ErrorKind::FileTooLarge => file::too_large(&name, &file::ROSTER),
            _ => file::unreadable(&name, &file::ROSTER, &error),
        });
    }
    reader.end(&name, text)
}

/// Reads a roster from its whole text.
pub fn whole(name: &str, text: &str, pass_over: PassOver<'_>) -> Result<Roster, SpecError> {
    let mut reader = RosterReader::new("the roster", pass_over);
    reader.piece(RosterForm::of(name, text), text, 0);
    reader.end(name, RosterText::Held(text.to_owned()))
}

/// What has been read so far.
pub struct RosterReader<'a> {
    pub accounts: Vec<RosterAccount>,
    pub problems: Vec<SpecProblem>,
    label: &'static str,
    /// Whether nothing else follows: where a list is wrong, its accounts are not compared with each other.
    is_whole: bool,
    passed_over: usize,
    head: Option<TableHead>,
    seen: SeenTargets,
    pass_over: PassOver<'a>,
}

impl<'a> RosterReader<'a> {
    pub fn new(label: &'static str, pass_over: PassOver<'a>) -> Self {
        let (accounts, problems) = (Vec::new(), Vec::new());
        Self {
            accounts,
            problems,
            label,
            is_whole: true,
            passed_over: 0,
            head: None,
            seen: SeenTargets::default(),
            pass_over,
        }
    }

    /// Takes the accounts of a piece; whether it is worth to read on.
    fn piece(&mut self, form: RosterForm, text: &str, at: usize) -> bool {
        let read = match form {
            RosterForm::Table => table::read(text, at, &mut self.head),
            RosterForm::Json if at > 0 || !is_list(text) => yaml::read(&pieces::listed(text)).map(|mut parsed| {
                back_by_one(&mut parsed.root);
                (parsed.root, parsed.problems)
            }),
            _ => yaml::read(text).map(|parsed| (parsed.root, parsed.problems)),
        };
        let by = if form == RosterForm::Table { 0 } else { at };
        let shifted = |problem| yaml::shifted(problem, by);
        match read {
            Ok((mut list, problems)) => {
                yaml::shift(&mut list, by);
                self.problems.extend(problems.into_iter().map(shifted));
                self.list(list);
                self.problems.len() < MOST_MISTAKES
            }
            Err(problem) => {
                self.problems.push(shifted(problem));
                false
            }
        }
    }

    /// Takes the accounts of a list, as far as they are right.
    pub fn list(&mut self, mut list: Node) {
        if let Data::List(items) = &mut list.data {
            items.iter_mut().for_each(rename);
        }
        let before = self.problems.len();
        shape::check(&list, &Shape::List(&ENTRY), self.label, &mut self.problems);
        for item in list.items() {
            misspelt(item, &mut self.problems);
        }
        if self.is_whole && self.problems.len() > before {
            return;
        }
        let wrong: BTreeSet<usize> = self.problems[before..].iter().map(|problem| problem.span.start).collect();
        let is_right = |item: &&Node| wrong.range(item.span.start..=item.span.end).next().is_none();
        for item in list.items().iter().filter(is_right) {
            let mut account = account(item);
            account.is_first = !self.seen.knows(&account.id);
            self.repeated(&account);
            match (self.pass_over)(&account) {
                Some(targets) => self.passed_over += targets,
                None => self.accounts.push(account),
            }
        }
    }

    /// An account and region may stand in a roster once.
    fn repeated(&mut self, account: &RosterAccount) {
        let nowhere = [String::new()];
        let regions = if account.regions.is_empty() { &nowhere } else { account.regions.as_slice() };
        let mut said = BTreeSet::new();
        for region in regions {
            let Some(first) = self.seen.note(&account.id, region, account.span) else { continue };
            let whole = if region.is_empty() { account.id.clone() } else { format!("{} {region}", account.id) };
            if said.insert(whole.clone()) {
                let problem = SpecProblem::new(account.span, format!("{whole} is in the roster twice"));
                self.problems.push(match first.start == account.span.start {
                    true => problem.help("name each region once"),
                    false => problem.also(first, "first given here"),
                });
            }
        }
    }

    fn end(mut self, name: &str, text: RosterText) -> Result<Roster, SpecError> {
        if self.problems.is_empty() && self.accounts.is_empty() && self.passed_over == 0 {
            let empty = SpecProblem::new(Span::default(), "the roster is empty");
            self.problems.push(empty.help("it has a line for each account, with at least `account`: twelve digits"));
        }
        match self.problems.is_empty() {
            true => Ok(Roster { accounts: self.accounts, passed_over: self.passed_over, name: name.to_owned(), text }),
            false => Err(text.mistakes(name, self.problems)),
        }
    }
}

/// Whether a text in JSON is one list, as far as its beginning tells.
fn is_list(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with('[') && text.trim_end().ends_with(']')
}

/// For a text that had a bracket put in front.
fn back_by_one(node: &mut Node) {
    let back = |span: Span| Span::new(span.start.saturating_sub(1), span.end.saturating_sub(1));
    node.span = back(node.span);
    match &mut node.data {
        Data::Scalar(scalar) => scalar.pieces.clear(),
        Data::List(items) => items.iter_mut().for_each(back_by_one),
        Data::Map(entries) => entries.iter_mut().for_each(|entry| {
            entry.name.span = back(entry.name.span);
            back_by_one(&mut entry.value);
        }),
        Data::Null | Data::Hole => {}
    }
}

/// Gives the key of the id our name, where it has another one.
fn rename(item: &mut Node) {
    let Data::Map(entries) = &mut item.data else { return };
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.text.as_str()).collect();
    if let Some(at) = other_name(&names) {
        entries[at].name.text = "account".to_owned();
    }
}

/// A further column is anything, so that a slip of the pen in a known one has to be looked for: it is one where the known one is
/// not given.
fn misspelt(item: &Node, problems: &mut Vec<SpecProblem>) {
    for entry in item.entries().iter().filter(|entry| ACCOUNT.key(&entry.name.text).is_none()) {
        let absent = ACCOUNT.all_keys().map(|key| key.name).filter(|name| item.get(name).is_none());
        if let Some(near) = nearest(&entry.name.text, absent) {
            let problem = SpecProblem::new(entry.name.span, format!("unknown key `{}` in an account", entry.name));
            problems.push(problem.help(format!("did you mean `{near}`? A further column needs a name less like it")));
        }
    }
}

fn account(item: &Node) -> RosterAccount {
    let text = |key: &str| item.get(key).and_then(Node::text).map(str::to_owned);
    let listed = item.get("regions").map(Node::items).unwrap_or_default();
    let further = item.entries().iter().filter(|entry| ACCOUNT.key(&entry.name.text).is_none());
    let id = item.get("account");
    RosterAccount {
        id: id.and_then(Node::text).unwrap_or_default().to_owned(),
        role: text("role"),
        external_id: text("external_id"),
        regions: text("region").into_iter().chain(listed.iter().filter_map(Node::text).map(str::to_owned)).collect(),
        profile: text("profile"),
        columns: further.filter_map(|entry| Some((entry.name.text.clone(), entry.value.text()?.to_owned()))).collect(),
        span: id.map_or(item.span, |id| id.span),
        is_first: true,
    }
}

impl RosterText {
    /// The mistakes with their lines. Of a large text only those lines are held; the others are empty, so that they count.
    pub fn mistakes(&self, name: &str, problems: Vec<SpecProblem>) -> SpecError {
        let sparse = match self {
            Self::Held(text) if text.len() < SMALL => return SpecError::new(name, text, problems),
            Self::Held(text) => sparse(text.as_bytes(), &problems),
            Self::In(path) => File::open(path).and_then(|file| sparse(BufReader::new(file), &problems)),
        };
        match sparse {
            Ok((text, problems)) => SpecError::new(name, &text, problems),
            // The file is gone since: what is wrong is known all the same.
            Err(_) => SpecError::new(name, "", problems),
        }
    }
}

/// The text with its lines emptied but for those that a mistake is in, and the mistakes with their places there.
fn sparse(mut from: impl BufRead, problems: &[SpecProblem]) -> io::Result<(String, Vec<SpecProblem>)> {
    let spans = problems.iter().flat_map(|problem| [Some(problem.span), problem.also.as_ref().map(|(span, _)| *span)]);
    let wanted: BTreeSet<usize> = spans.flatten().map(|span| span.start).collect();
    let (mut text, mut moved) = (String::new(), Vec::new());
    let (mut at, mut line) = (0, Vec::new());
    loop {
        line.clear();
        let read = from.read_until(b'\n', &mut line)?;
        if wanted.range(at..at + read.max(1)).next().is_some() {
            moved.push((at, text.len()));
            text.push_str(&String::from_utf8_lossy(&line));
        } else if line.ends_with(b"\n") {
            text.push('\n');
        }
        at += read;
        if read == 0 {
            break;
        }
    }
    let place = |span: Span| {
        let before = moved.partition_point(|(start, _)| *start <= span.start);
        let (from, to) = before.checked_sub(1).map(|n| moved[n]).unwrap_or_default();
        Span::new(span.start - from + to, span.end.saturating_sub(from) + to)
    };
    let placed = problems.iter().map(|problem| SpecProblem {
        span: place(problem.span),
        also: problem.also.clone().map(|(span, words)| (place(span), words)),
        ..problem.clone()
    });
    let placed = placed.collect();
    Ok((text, placed))
}
