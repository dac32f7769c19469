//! The grade book for spreadsheets and learning platforms: a row a student, a column an item.

use super::super::csv;
use super::{number, remarks};
use crate::grade::{GradeBook, GradeVerdict, GradedItem, Mistake, Student};
use std::collections::BTreeSet;

/// Account, region and the roster's columns; the points of each item (empty where it is not known or not asked); total, possible
/// and not known points, percent; whether that is final; everything to mend.
pub fn csv(book: &GradeBook) -> String {
    let columns: BTreeSet<&str> = book.students.iter().flat_map(|s| s.columns.keys()).map(String::as_str).collect();
    let mut header = vec!["account", "region"];
    header.extend(&columns);
    header.extend(book.items.iter().map(|item| item.name.as_str()));
    header.extend(["total", "possible", "unknown", "percent", "complete", "remarks"]);
    csv::csv(header.iter().copied(), book.students.iter().map(|student| row(student, &columns)))
}

fn row(student: &Student, columns: &BTreeSet<&str>) -> Vec<String> {
    let mut cells = vec![student.target.account.clone(), student.target.region.clone()];
    cells.extend(columns.iter().map(|column| student.columns.get(*column).cloned().unwrap_or_default()));
    cells.extend(student.items.iter().map(item));
    // Where nothing could be judged there is no total: a nought would count against somebody.
    let judged = student.is_judged();
    cells.push(if judged { number(student.earned()) } else { String::new() });
    cells.push(if judged { number(student.possible()) } else { String::new() });
    cells.push(number(student.unknown()));
    cells.push(student.percent().map(number).unwrap_or_default());
    cells.push(if student.is_known() { "yes" } else { "no" }.to_owned());
    let told = remarks(student).into_iter().map(|(names, remark)| {
        let mend = remark.mend.as_ref().filter(|_| remark.mistake != Mistake::Unread);
        let mend = mend.map(|mend| format!(" -> {mend}")).unwrap_or_default();
        format!("{}: {}{mend}", names.join(", "), remark.what)
    });
    cells.push(told.collect::<Vec<_>>().join("; "));
    cells
}

fn item(item: &GradedItem) -> String {
    match item.verdict {
        GradeVerdict::Unknown | GradeVerdict::NotAsked => String::new(),
        GradeVerdict::Full | GradeVerdict::Partial | GradeVerdict::None => number(item.earned),
    }
}
