//! The grade book as a comment: the verdict first, what each has to mend, the table folded. Never too long.

use super::super::count;
use super::super::markdown::{Cut, DETAILS_END, code, prose};
use super::{cell, number, points, remarks, summary, verdict, who_columns};
use crate::grade::GradeBook;
use crate::model::advice;

/// A table of so few rows is open.
const OPEN: usize = 20;

/// At most `markdown::LIMIT` bytes, and a cut is said.
pub fn markdown(book: &GradeBook) -> String {
    let mut text = Cut::new();
    text.push(&format!("### {}\n\n**{}**\n\n", prose(&verdict(book)), prose(&summary(book))));
    for (mistake, n) in book.mistakes() {
        text.push(&format!("- {} of {}: {}\n", n, count(book.students.len(), "student"), prose(mistake.words())));
    }
    let whom = who_columns(book);
    let mut header = vec!["account".to_owned()];
    header.extend(whom.iter().map(|column| (*column).to_owned()));
    header.extend(["points".to_owned(), "%".to_owned()]);
    header.extend(book.items.iter().map(|item| code(&item.name)));
    let open = if book.students.len() <= OPEN { " open" } else { "" };
    let heading = format!(
        "\n<details{open}><summary>{}</summary>\n\n| {} |\n|{}\n",
        count(book.students.len(), "student"),
        header.join(" | "),
        "---|".repeat(header.len())
    );
    if !book.students.is_empty() && text.push(&heading) {
        for student in &book.students {
            let mut cells = vec![code(&student.target.account)];
            cells.extend(whom.iter().map(|column| student.columns.get(*column).map(|c| code(c)).unwrap_or_default()));
            cells.push(match student.is_judged() {
                true => format!("{}/{}", number(student.earned()), number(student.possible())),
                false => "?".to_owned(),
            });
            cells.push(student.percent().map(number).unwrap_or_else(|| "?".to_owned()));
            cells.extend(student.items.iter().map(cell));
            text.push(&format!("| {} |\n", cells.join(" | ")));
        }
        text.close(DETAILS_END);
    }
    for student in book.students.iter().filter(|student| !remarks(student).is_empty()) {
        text.push(&format!("\n**{}**: {}\n\n", prose(student.label()), prose(&points(student))));
        for (names, remark) in remarks(student) {
            let mend = remark.mend.as_ref().map(|mend| format!(" — fix: {}", prose(mend))).unwrap_or_default();
            text.push(&format!("- {}: {}{mend}\n", code(&names.join(", ")), prose(&remark.what)));
        }
    }
    text.done("this grade book", &advice::command("check --format html"))
}
