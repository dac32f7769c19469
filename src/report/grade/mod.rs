//! A grade book as text: the words, figures and what is missing, which every format shares.

pub mod csv;
mod folded;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
#[cfg(test)]
mod tests;
pub mod text;

use super::html::CellStatus;
use super::{count, mask};
use crate::grade::{GradeBook, GradeVerdict, GradedItem, Remark, Student};

/// The class in one line: what, how many, and how they did.
pub fn verdict(book: &GradeBook) -> String {
    let title = mask::line(&book.title);
    let students = count(book.students.len(), "student");
    let full = book.students.iter().filter(|student| is_full(student)).count();
    let mut parts = vec![match full {
        0 => "none with full marks".to_owned(),
        n if n == book.students.len() => "full marks".to_owned(),
        n => format!("{n} with full marks"),
    }];
    if let Some((average, median)) = book.middle() {
        parts.push(format!("average {} %, median {} %", number(average), number(median)));
    }
    if let Some(pass) = book.pass {
        let passed = book.students.iter().filter(|s| s.percent().is_some_and(|percent| percent >= pass)).count();
        parts.push(format!("{passed} passed ({} %)", number(pass)));
    }
    let unread = book.students.iter().filter(|student| !student.is_known()).count();
    if unread > 0 {
        parts.push(format!("{unread} could not be read whole"));
    }
    match book.students.as_slice() {
        [student] => format!("{title}: {}", points(student)),
        _ => format!("{title}: {students}: {}", parts.join("; ")),
    }
}

/// The last line, for programs that look for it.
pub fn summary(book: &GradeBook) -> String {
    let known = |student: &&Student| student.is_known();
    let all = book.students.iter().filter(known);
    let full = all.clone().filter(|student| is_full(student)).count();
    let none = all.clone().filter(|student| student.earned() == 0.0 && !is_full(student)).count();
    let some = all.count() - full - none;
    let unknown = book.students.len() - full - none - some;
    format!("Grades: {full} full, {some} partial, {none} without points, {unknown} not known.")
}

fn is_full(student: &Student) -> bool {
    student.is_known() && student.earned() >= student.possible()
}

/// `62 of 100 points, 62 %`, and what is not known apart.
fn points(student: &Student) -> String {
    let unknown = match student.unknown() {
        0.0 => String::new(),
        points => format!("; {} more could not be judged", number(points)),
    };
    match student.percent() {
        Some(percent) => {
            let (earned, possible) = (number(student.earned()), number(student.possible()));
            format!("{earned} of {possible} points, {} %{unknown}", number(percent))
        }
        None => "nothing could be judged".to_owned(),
    }
}

/// Points and percentages, with as many decimals as they need, at most two.
fn number(value: f64) -> String {
    format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// An item's points, or why there are none.
fn cell(item: &GradedItem) -> String {
    match item.verdict {
        GradeVerdict::Unknown => "?".to_owned(),
        GradeVerdict::NotAsked => "-".to_owned(),
        GradeVerdict::Full | GradeVerdict::Partial | GradeVerdict::None => number(item.earned),
    }
}

fn word(verdict: GradeVerdict) -> &'static str {
    match verdict {
        GradeVerdict::Full => "full",
        GradeVerdict::Partial => "partial",
        GradeVerdict::None => "missing",
        GradeVerdict::Unknown => "not known",
        GradeVerdict::NotAsked => "not asked",
    }
}

fn mood(student: &Student, pass: Option<f64>) -> CellStatus {
    match student.percent() {
        _ if !student.is_known() => CellStatus::Quiet,
        None => CellStatus::Quiet,
        Some(_) if is_full(student) => CellStatus::Good,
        Some(percent) if pass.is_some_and(|pass| percent < pass) => CellStatus::Bad,
        Some(percent) if pass.is_none() && percent < 50.0 => CellStatus::Bad,
        Some(_) => CellStatus::Careful,
    }
}

/// By which students are told apart at a glance.
fn group(student: &Student, pass: Option<f64>) -> &'static str {
    match (mood(student, pass), pass) {
        (CellStatus::Quiet, _) => "not known",
        (CellStatus::Good, _) => "full marks",
        (CellStatus::Careful, Some(_)) => "passed",
        (CellStatus::Careful, None) => "50 % and more",
        (CellStatus::Bad, Some(_)) => "not passed",
        (CellStatus::Bad, None) => "below 50 %",
    }
}

/// Everything that a student has to mend, each once, with the items it is about.
fn remarks(student: &Student) -> Vec<(Vec<&str>, &Remark)> {
    let mut found: Vec<(Vec<&str>, &Remark)> = Vec::new();
    for item in &student.items {
        for remark in &item.remarks {
            match found.iter_mut().find(|(_, known)| *known == remark) {
                Some((names, _)) => names.push(&item.name),
                None => found.push((vec![&item.name], remark)),
            }
        }
    }
    found
}

/// Whether regions tell rows apart.
fn has_regions(book: &GradeBook) -> bool {
    let mut regions = book.students.iter().map(|student| &student.target.region);
    let first = regions.next();
    regions.any(|region| Some(region) != first)
}

/// By what people know a student: the first of these columns that anybody has.
fn who_columns(book: &GradeBook) -> Option<&'static str> {
    let has = |column: &&str| book.students.iter().any(|student| student.columns.contains_key(*column));
    ["name", "student", "email"].into_iter().find(has)
}

/// `0 to 9 %` ... `90 to 100 %`.
fn tens(n: usize) -> String {
    if n == 9 { "90 to 100 %".to_owned() } else { format!("{} to {} %", n * 10, n * 10 + 9) }
}
