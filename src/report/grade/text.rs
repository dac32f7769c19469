//! A grade book for people at a terminal: a table of the class, what each has to mend, how the class did.

use super::super::{RenderOptions, Tone, count, layout, mask, table};
use super::{cell, folded, has_regions, number, points, remarks, summary, tens, verdict, who_columns, word};
use crate::grade::{GradeBook, GradeVerdict, GradedItem, Mistake, Student};

/// Mistakes that are counted; more with `verbose`.
const SHOWN: usize = 8;
/// So many students are shown one by one without being asked for.
const FEW: usize = 5;

/// The whole report, ending in a line feed. More than a few students are folded, unless `details` asks for each.
pub fn text(book: &GradeBook, details: bool, look: &RenderOptions) -> String {
    let mut text = format!("{}\n\n", look.paint(Tone::Strong, &verdict(book)));
    if let [student] = book.students.as_slice() {
        text += &items(book, student, look);
        return text + &summary(book) + "\n";
    }
    if book.students.len() > FEW && !details && !look.verbose {
        text += &folded::folded(book, look);
        return text + &summary(book) + "\n";
    }
    text += &class(book, look);
    text.push('\n');
    for student in &book.students {
        text += &to_mend(student, look);
    }
    text += &overview(book, look);
    text + &summary(book) + "\n"
}

/// One line a student, while a run goes on: `Ada (100000000001 us-east-1): 62 of 100 points, 62 %`.
pub fn line(student: &Student, look: &RenderOptions) -> String {
    let who = match student.label() {
        label if label == student.target.account => student.target.to_string(),
        label => format!("{} ({})", mask::line(label), student.target),
    };
    match &student.failure {
        Some(why) => format!("{who}: {}: {}", look.paint(Tone::Careful, "not read"), mask::line(&why.message)),
        None => format!("{who}: {}", points(student)),
    }
}

fn class(book: &GradeBook, look: &RenderOptions) -> String {
    let (regions, whom) = (has_regions(book), who_columns(book));
    let mut header = vec!["account"];
    header.extend(regions.then_some("region"));
    header.extend(whom);
    header.extend(["points", "%"]);
    header.extend(book.items.iter().map(|item| item.name.as_str()));
    let row = |student: &Student| {
        let mut cells = vec![student.target.account.clone()];
        cells.extend(regions.then(|| student.target.region.clone()));
        cells.extend(whom.iter().map(|column| mask::line(student.columns.get(*column).map_or("", String::as_str))));
        cells.push(match student.is_judged() {
            true => format!("{}/{}", number(student.earned()), number(student.possible())),
            false => "?".to_owned(),
        });
        cells.push(student.percent().map(number).unwrap_or_else(|| "?".to_owned()));
        cells.extend(student.items.iter().map(cell));
        cells
    };
    table::table(&header, book.students.iter().map(row).collect(), look)
}

/// What one of a class has to mend; nothing where nothing is missing.
fn to_mend(student: &Student, look: &RenderOptions) -> String {
    let remarks = remarks(student);
    if remarks.is_empty() {
        return String::new();
    }
    let who = format!("{} ({})", mask::line(student.label()), student.target);
    let mut text = format!("{}: {}\n", look.paint(Tone::Strong, &who), points(student));
    for (names, remark) in remarks {
        let unknown = remark.mistake == Mistake::Unread;
        let (sign, tone) = if unknown { ("?", Tone::Careful) } else { ("!", Tone::Bad) };
        let lead = format!("  {} ", look.paint(tone, sign));
        text += &lead;
        text += layout::hang("    ", &format!("{}: {}", names.join(", "), mask::line(&remark.what)), look.width)
            .trim_start();
        if let Some(mend) = &remark.mend {
            text += &layout::hang("    fix: ", &mask::line(mend), look.width);
        }
    }
    text + "\n"
}

/// Every item of the one account there is.
fn items(book: &GradeBook, student: &Student, look: &RenderOptions) -> String {
    let mut text = String::new();
    for (heading, item) in book.items.iter().zip(&student.items) {
        text += &one(&heading.says, item, look);
    }
    text
}

fn one(says: &str, item: &GradedItem, look: &RenderOptions) -> String {
    let (sign, tone) = match item.verdict {
        GradeVerdict::Full => ("+", Tone::Good),
        GradeVerdict::Partial => ("~", Tone::Careful),
        GradeVerdict::None => ("-", Tone::Bad),
        GradeVerdict::Unknown => ("?", Tone::Careful),
        GradeVerdict::NotAsked => (" ", Tone::Quiet),
    };
    let got = match item.verdict {
        GradeVerdict::NotAsked | GradeVerdict::Unknown => word(item.verdict).to_owned(),
        _ => format!("{} of {}", number(item.earned), number(item.possible)),
    };
    let head = layout::hang("    ", &format!("{}: {} ({got})", mask::line(&item.name), mask::line(says)), look.width);
    let mut text = format!("  {} {}", look.paint(tone, sign), head.trim_start());
    for remark in &item.remarks {
        text += &layout::hang("      ", &mask::line(&remark.what), look.width);
        if let Some(mend) = &remark.mend {
            text += &layout::hang("      fix: ", &mask::line(mend), look.width);
        }
    }
    if look.verbose || item.verdict == GradeVerdict::Partial {
        for found in &item.found {
            let line = layout::hang("      found: ", &mask::line(found), look.width);
            text += &format!("{}\n", look.paint(Tone::Quiet, line.trim_end()));
        }
    }
    text + if item.remarks.is_empty() { "" } else { "\n" }
}

fn overview(book: &GradeBook, look: &RenderOptions) -> String {
    let (counts, unknown) = book.distribution();
    let mut text = look.paint(Tone::Strong, "How many") + "\n";
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let filled: Vec<usize> = (0..counts.len()).filter(|n| counts[*n] > 0).collect();
    let (first, last) = (filled.first().copied().unwrap_or(0), filled.last().copied().unwrap_or(0));
    for (n, students) in counts.iter().enumerate().take(last + 1).skip(first).rev() {
        // A bar of at most 40 columns.
        let bar = "#".repeat((students * 40).div_ceil(most));
        text += format!("  {:>11}  {students:>3}  {bar}", tens(n)).trim_end();
        text.push('\n');
    }
    if unknown > 0 {
        text += &format!("  {:>11}  {unknown:>3}\n", "not known");
    }
    let mistakes = book.mistakes();
    if !mistakes.is_empty() {
        text += &format!("\n{}\n", look.paint(Tone::Strong, "Most frequent mistakes"));
        let shown = if look.verbose { mistakes.len() } else { SHOWN };
        for (mistake, n) in mistakes.iter().take(shown) {
            text += &format!("  {n:>3}  {}\n", mistake.words());
        }
        if mistakes.len() > shown {
            let more = format!("  … and {} more (use -v to see all)", count(mistakes.len() - shown, "kind"));
            text += &format!("{}\n", look.paint(Tone::Quiet, &more));
        }
    }
    text + "\n"
}
