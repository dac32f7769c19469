//! A grade book of a whole class in few lines: who could not be graded, what is missing with the number of students it is
//! missing for, and how the class did. Each student alone is in the other formats.

use super::super::budgeted::{BudgetedEntry, within};
use super::super::{RenderOptions, Tone, count, layout, mask};
use super::{has_regions, number, tens};
use crate::fleet::alike_texts;
use crate::grade::{GradeBook, Mistake, Student};
use crate::model::Target;
use std::collections::BTreeMap;

/// Lines for what could not be read, and for that and mistakes together; what does not fit is told in short, one after the other.
const UNREAD_LINES: usize = 18;
const LINES: usize = 39;
/// Students that are named: of all that could not be read, of those below the pass mark, and of a mistake.
const UNREAD_NAMED: usize = 40;
const BELOW_NAMED: usize = 12;
const NAMED: usize = 3;
/// Of more reasons than this why accounts could not be read, those that have no room are the accounts alone.
const REASONS: usize = 8;
/// Columns of a message in short.
const SHORT: usize = 60;

/// Everything between the verdict and the last line.
pub fn folded(book: &GradeBook, look: &RenderOptions) -> String {
    let hint = layout::hang(
        "",
        "Each student with everything that is missing: --details, or --report grades.html (also .csv, .txt).",
        look.width,
    );
    let unread = unread(book, look);
    let left = LINES - unread.lines().count().min(LINES / 2);
    let parts = [
        marks(book, look) + &below(book, look),
        unread,
        mistakes(book, left, look),
        look.paint(Tone::Quiet, hint.trim_end()) + "\n",
    ];
    parts.into_iter().filter(|part| !part.is_empty()).map(|part| part + "\n").collect()
}

/// `Marks: 90 to 100 %: 12 students, 80 to 89 %: 3, not known: 1`.
fn marks(book: &GradeBook, look: &RenderOptions) -> String {
    let (counts, unknown) = book.distribution();
    let filled = counts.iter().enumerate().rev().filter(|(_, students)| **students > 0);
    let mut parts: Vec<String> = filled.map(|(n, students)| format!("{}: {students}", tens(n))).collect();
    if unknown > 0 {
        parts.push(format!("not known: {unknown}"));
    }
    layout::hang("Marks: ", &parts.join(", "), look.width)
}

/// Who has less than the pass mark.
fn below(book: &GradeBook, look: &RenderOptions) -> String {
    let Some(pass) = book.pass else { return String::new() };
    let below: Vec<&Student> = book.students.iter().filter(|student| book.is_below(student, pass)).collect();
    if below.is_empty() {
        return String::new();
    }
    let lead = format!("Below {} %: ", number(pass));
    let text = format!("{}: {}", count(below.len(), "student"), named(book, &below, BELOW_NAMED));
    layout::hang(&lead, &text, look.width)
}

/// What could not be read, by its reason: it needs somebody, so every account of it is named or counted.
fn unread(book: &GradeBook, look: &RenderOptions) -> String {
    let mut said: Vec<(&Student, [&str; 3])> = Vec::new();
    for student in book.students.iter().filter(|student| !student.is_known()) {
        if let Some(why) = &student.failure {
            said.push((student, ["not read", &why.message, why.remedy.as_deref().unwrap_or_default()]));
            continue;
        }
        let remarks = student.items.iter().flat_map(|item| &item.remarks);
        let mut parts: Vec<[&str; 3]> = Vec::new();
        for remark in remarks.filter(|remark| remark.mistake == Mistake::Unread) {
            let part = ["read in part", remark.what.as_str(), remark.mend.as_deref().unwrap_or_default()];
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        said.extend(parts.into_iter().map(|part| (student, part)));
    }
    if said.is_empty() {
        return String::new();
    }
    let students = by_target(book);
    let groups = alike_texts(said.iter().map(|(s, texts)| (&s.target, &s.columns, texts.as_slice())));
    let most = (UNREAD_NAMED / groups.len().max(1)).max(NAMED);
    let entries = groups.iter().map(|group| {
        let [lead, message, remedy] = [0, 1, 2].map(|n| group.texts.get(n).map_or("", String::as_str));
        let whose: Vec<&Student> = group.targets.iter().filter_map(|target| students.get(target).copied()).collect();
        let many = count(whose.len(), "account");
        let mut long = format!("  {} ", look.paint(Tone::Careful, "?"));
        long += layout::hang("    ", &format!("{many} {lead}: {}", mask::line(message)), look.width).trim_start();
        if !remedy.is_empty() {
            long += &layout::hang("    fix: ", &mask::line(remedy), look.width);
        }
        long += &layout::hang("    ", &named(book, &whose, most), look.width);
        // Of very many reasons the accounts are what somebody has to know.
        let short = match groups.len() <= REASONS {
            true => format!("{many} ({}): {}", named(book, &whose, NAMED), layout::cut(&mask::line(message), SHORT)),
            false => named(book, &whose, NAMED),
        };
        BudgetedEntry { long, short }
    });
    let unknown = book.students.iter().filter(|student| !student.is_known()).count();
    let title = format!("Not known whole: {}", count(unknown, "account"));
    look.paint(Tone::Strong, &title) + "\n" + &within(entries.collect(), UNREAD_LINES, "; ", "--details has all", look)
}

/// Mistakes by their number, each with its fix.
fn mistakes(book: &GradeBook, lines: usize, look: &RenderOptions) -> String {
    let found = book.mistakes();
    if found.is_empty() {
        return String::new();
    }
    let entries = found.iter().map(|(mistake, n)| {
        let many = count(*n, "student");
        BudgetedEntry { long: self::mistake(book, *mistake, &many, look), short: format!("{} ({n})", mistake.words()) }
    });
    let text = within(entries.collect(), lines, ", ", "--details has all", look);
    look.paint(Tone::Strong, "What is missing, by the number of students") + "\n" + &text
}

/// `26 students: the subscription is not confirmed (mail, notifies) -> fix: click the link, e.g. Ada, Bob and 24 more`.
fn mistake(book: &GradeBook, mistake: Mistake, many: &str, look: &RenderOptions) -> String {
    let (mut said, mut items): (Vec<(&Student, [&str; 1])>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut whose: Vec<&Student> = Vec::new();
    for student in &book.students {
        for item in &student.items {
            for remark in item.remarks.iter().filter(|remark| remark.mistake == mistake) {
                said.push((student, [remark.mend.as_deref().unwrap_or_default()]));
                if !items.contains(&item.name.as_str()) {
                    items.push(&item.name);
                }
                if whose.last().is_none_or(|last| last.target != student.target) {
                    whose.push(student);
                }
            }
        }
    }
    let fixes = alike_texts(said.iter().map(|(s, texts)| (&s.target, &s.columns, texts.as_slice())));
    let fix = fixes.iter().filter_map(|group| group.texts.first()).find(|text| !text.is_empty());
    let lead = if fixes.len() > 1 { "fix, e.g." } else { "fix" };
    let fix = fix.map(|fix| format!(" -> {lead}: {}", mask::line(fix))).unwrap_or_default();
    let text = format!("{many}: {} ({}){fix}", mistake.words(), mask::line(&items.join(", ")));
    let who = if whose.len() > NAMED { "e.g. " } else { "" };
    let who = format!("{who}{}", named(book, &whose, NAMED));
    let mut long = format!("  {} ", look.paint(Tone::Bad, "!"));
    long += layout::hang("    ", &text, look.width).trim_start();
    long + &layout::hang("    ", &who, look.width)
}

/// `Ada (100000000001), Bob (100000000002) and 3 more`.
fn named(book: &GradeBook, students: &[&Student], most: usize) -> String {
    let regions = has_regions(book);
    let one = |student: &&Student| {
        let target = if regions { student.target.to_string() } else { student.target.account.clone() };
        match student.label() {
            label if label == student.target.account => target,
            label => format!("{} ({target})", mask::line(label)),
        }
    };
    let shown: Vec<String> = students.iter().take(most).map(one).collect();
    match students.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn by_target(book: &GradeBook) -> BTreeMap<&Target, &Student> {
    book.students.iter().map(|student| (&student.target, student)).collect()
}
