//! The grade book as one page: figures, what most got wrong, and every student with all that is to be mended below the row.

use super::super::html::grid::{HtmlCell, HtmlColumn, HtmlGrid, HtmlRow, grid};
use super::super::html::{CellStatus, HtmlPage, Markup, page};
use super::{cell, group, has_regions, is_full, mood, number, points, tens, verdict, who_columns, word};
use crate::grade::{GradeBook, GradeVerdict, GradedItem, Heading, Student};

pub fn html(book: &GradeBook) -> String {
    page(&HtmlPage {
        title: &book.title,
        verdict: &verdict(book),
        mood: worst(book),
        figures: figures(book),
        body: Markup::join([students(book), class(book), items(book)]),
    })
}

fn worst(book: &GradeBook) -> CellStatus {
    let moods = book.students.iter().map(|student| mood(student, book.pass));
    match moods.max_by_key(|mood| usize::from(*mood != CellStatus::Good) + usize::from(*mood == CellStatus::Bad)) {
        Some(CellStatus::Quiet) => CellStatus::Careful,
        Some(mood) => mood,
        None => CellStatus::Quiet,
    }
}

fn figures(book: &GradeBook) -> Vec<(&'static str, String)> {
    let mut figures = vec![("Students", book.students.len().to_string())];
    let counted = |wanted: &dyn Fn(&Student) -> bool| book.students.iter().filter(|s| wanted(s)).count().to_string();
    figures.push(("Full marks", counted(&is_full)));
    if let Some(pass) = book.pass {
        figures.push(("Passed", counted(&|student| student.percent().is_some_and(|percent| percent >= pass))));
    }
    if let Some((average, median)) = book.middle() {
        figures.push(("Average", format!("{} %", number(average))));
        figures.push(("Median", format!("{} %", number(median))));
    }
    if book.students.iter().any(|student| !student.is_known()) {
        figures.push(("Not known whole", counted(&|student| !student.is_known())));
    }
    figures
}

/// How the class did: the distribution, and the mistakes by their number.
fn class(book: &GradeBook) -> Markup {
    if book.students.len() < 2 {
        return Markup::default();
    }
    let (counts, unknown) = book.distribution();
    let most = counts.iter().copied().max().unwrap_or(0).max(1).to_string();
    let mut bars: Vec<Markup> =
        counts.iter().enumerate().rev().map(|(n, count)| bar(&tens(n), *count, &most)).collect();
    if unknown > 0 {
        bars.push(bar("not known", unknown, &most));
    }
    let bars = Markup::join(bars).classed("ul", "lines");
    let mistakes = book
        .mistakes()
        .into_iter()
        .map(|(mistake, n)| Markup::text(&format!("{n} of {}: {}", book.students.len(), mistake.words())).within("li"));
    let mistakes = Markup::join(mistakes);
    let list = if mistakes.is_empty() { Markup::default() } else { mistakes.within("ul") };
    let heading = |text: &str| Markup::text(text).within("h2");
    let distribution = Markup::join([heading("How many have how much"), bars]);
    let made = match list.is_empty() {
        true => Markup::default(),
        false => Markup::join([heading("Most frequent mistakes"), list]),
    };
    Markup::join([distribution, made]).classed("section", "panel").line()
}

fn bar(label: &str, count: usize, most: &str) -> Markup {
    let words = format!(" {label}: {}", super::super::count(count, "student"));
    let count = count.to_string();
    let meter =
        Markup::text(&count).with("meter", &[("min", "0"), ("max", most), ("value", &count), ("aria-label", label)]);
    Markup::join([meter, Markup::text(&words)]).within("li")
}

fn students(book: &GradeBook) -> Markup {
    let (regions, whom) = (has_regions(book), who_columns(book));
    let column = |title: &str, numeric: bool| HtmlColumn { title: title.to_owned(), numeric };
    let mut columns = vec![column("account", false)];
    columns.extend(regions.then(|| column("region", false)));
    columns.extend(whom.iter().map(|title| column(title, false)));
    columns.extend([column("how", false), column("%", true), column("points", true)]);
    columns.extend(book.items.iter().map(|item| column(&item.name, true)));
    let row = |student: &Student| {
        let mut cells = vec![HtmlCell::text(&student.target.account)];
        cells.extend(regions.then(|| HtmlCell::name(&student.target.region)));
        cells.extend(whom.iter().map(|c| HtmlCell::name(student.columns.get(*c).map_or("", String::as_str))));
        let percent = student.percent();
        let mood = mood(student, book.pass);
        // On a phone the first badge stands beside the name of the row: it has to be the whole of it.
        cells.push(HtmlCell::badge(group(student, book.pass), mood, usize::from(mood == CellStatus::Bad)));
        cells.push(HtmlCell::number(percent, &percent.map(number).unwrap_or_default()));
        let of = match student.is_judged() {
            true => format!("{} of {}", number(student.earned()), number(student.possible())),
            false => String::new(),
        };
        cells.push(HtmlCell::number(percent.map(|_| student.earned()), &of));
        cells.extend(student.items.iter().map(points_cell));
        HtmlRow { kind: group(student, book.pass).to_owned(), mood, cells, detail: detail(book, student) }
    };
    grid(&HtmlGrid {
        id: "students",
        caption: "Every student with the points of each item".to_owned(),
        one: "student",
        columns,
        rows: book.students.iter().map(row).collect(),
    })
}

fn points_cell(item: &GradedItem) -> HtmlCell {
    let text = cell(item);
    let class = match item.verdict {
        GradeVerdict::Full => "badge good",
        GradeVerdict::Partial => "badge careful",
        GradeVerdict::None => "badge bad",
        GradeVerdict::Unknown | GradeVerdict::NotAsked => "badge",
    };
    let sort = match item.verdict {
        GradeVerdict::Unknown | GradeVerdict::NotAsked => None,
        _ => Some(item.earned.to_string()),
    };
    HtmlCell { markup: Markup::text(&text).classed("span", class), sort }
}

/// Everything that is known of a student: each item that is not full, then those that are.
fn detail(book: &GradeBook, student: &Student) -> Markup {
    let mut parts = vec![Markup::text(&points(student)).classed("p", "quiet")];
    if let Some(why) = &student.failure {
        parts.push(Markup::text(&format!("The account could not be read: {}", why.message)).within("p"));
    }
    let pairs: Vec<(&Heading, &GradedItem)> = book.items.iter().zip(&student.items).collect();
    let open = pairs.iter().filter(|(_, item)| !matches!(item.verdict, GradeVerdict::Full | GradeVerdict::NotAsked));
    parts.extend(open.map(|(heading, item)| to_mend(heading, item)));
    let full: Vec<Markup> = pairs
        .iter()
        .filter(|(_, item)| item.verdict == GradeVerdict::Full)
        .map(|(heading, item)| {
            let found = if item.found.is_empty() { String::new() } else { format!(" ({})", item.found.join("; ")) };
            Markup::text(&format!("{}: {}{found}", heading.name, heading.says)).within("li")
        })
        .collect();
    if !full.is_empty() {
        parts.push(Markup::text("As it should be").within("h3"));
        parts.push(Markup::join(full).within("ul"));
    }
    Markup::join(parts)
}

fn to_mend(heading: &Heading, item: &GradedItem) -> Markup {
    let got = match item.verdict {
        GradeVerdict::Unknown => word(item.verdict).to_owned(),
        _ => format!("{} of {}", number(item.earned), number(item.possible)),
    };
    let title = Markup::text(&format!("{} ({got}): {}", heading.name, heading.says)).within("h3");
    let lines = item.remarks.iter().map(|remark| {
        let what = Markup::text(&remark.what);
        match &remark.mend {
            Some(mend) => {
                let mend = Markup::text(&format!("fix: {mend}")).classed("span", "do");
                Markup::join([what, Markup::void("br", &[]), mend]).within("li")
            }
            None => what.within("li"),
        }
    });
    let found =
        item.found.iter().map(|found| Markup::text(&format!("found: {found}")).with("li", &[("class", "quiet")]));
    Markup::join([title, Markup::join(lines.chain(found)).within("ul")])
}

/// The rubric: what each column means, and how the class did in it.
fn items(book: &GradeBook) -> Markup {
    let rows = book.items.iter().enumerate().map(|(n, item)| {
        let share = book.share_of(n).map(|share| format!(", of which the class has {} %", number(share)));
        let share = share.unwrap_or_default();
        Markup::text(&format!("{} ({} points{share}): {}", item.name, number(item.points), item.says)).within("li")
    });
    let list = Markup::join(rows).within("ul");
    Markup::join([Markup::text("What is graded").within("h2"), list]).classed("section", "panel").line()
}
