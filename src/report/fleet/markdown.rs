//! The report as a comment of a pull request: the verdict and what is to be done first, who has what folded, never too long.

use super::super::markdown::{Cut, DETAILS_END, code, prose};
use super::super::{RenderOptions, count, mask};
use super::functions::{self, FunctionTable};
use super::{FleetProblem, TargetNaming, columns, folded, in_order, problems, summary, verdict};
use crate::fleet::FleetReport;
use crate::model::advice;

/// Targets that a problem names.
const NAMED: usize = 8;
/// A table of so few rows is open.
const OPEN: usize = 20;

/// At most `markdown::LIMIT` bytes, and a cut is said.
pub fn markdown(report: &FleetReport) -> String {
    let mut text = Cut::new();
    text.push(&format!("### {}\n\n**{}**\n\n", prose(&verdict(report)), prose(&summary(report))));
    let changes = folded::folded(report, &RenderOptions { width: 100, ..RenderOptions::PLAIN });
    if !changes.is_empty() {
        // Indented by four: a block that nothing within can end.
        let block: String = changes.lines().map(|line| format!("    {}\n", mask::line(line))).collect();
        text.push(&format!("{block}\n"));
    }
    let naming = TargetNaming::of(report);
    for one in problems(report) {
        text.push(&problem(&one, naming));
    }
    if functions::has_any(report) {
        function_table(report, &mut text);
    }
    let columns = columns(report);
    let titles: Vec<&str> = columns.iter().map(|column| column.title()).collect();
    let open = if report.rows.len() <= OPEN { " open" } else { "" };
    let heading = format!(
        "\n<details{open}><summary>{}</summary>\n\n| {} |\n|{}\n",
        count(report.rows.len(), "target"),
        titles.join(" | "),
        "---|".repeat(columns.len())
    );
    if !report.rows.is_empty() && text.push(&heading) {
        // Whoever needs somebody's hand stands first, so that a cut takes the others.
        let mut rows = in_order(report);
        rows.sort_by_key(|row| !row.state.is_worth_another_run());
        for row in rows {
            let cells: Vec<String> = columns.iter().map(|column| column.cell(row)).collect();
            let cells: Vec<String> = cells.iter().map(|c| if c.is_empty() { String::new() } else { code(c) }).collect();
            text.push(&format!("| {} |\n", cells.join(" | ")));
        }
        text.close(DETAILS_END);
    }
    text.done("this report", &advice::command("report show FILE.json -v"))
}

/// A line a function, the worst first, so that a cut takes the others.
fn function_table(report: &FleetReport, text: &mut Cut) {
    let functions = FunctionTable::of(report);
    let (of, titles) = (functions.rows.len(), &functions.titles);
    let open = if of <= OPEN { " open" } else { "" };
    let heading = format!(
        "\n<details{open}><summary>{}</summary>\n\n| {} |\n|{}\n",
        count(of, "function"),
        titles.join(" | "),
        "---|".repeat(titles.len())
    );
    if text.push(&heading) {
        for row in functions.texts() {
            let cells: Vec<String> = row.into_iter().map(code).collect();
            text.push(&format!("| {} |\n", cells.join(" | ")));
        }
        text.close(DETAILS_END);
    }
}

fn problem(problem: &FleetProblem, naming: TargetNaming) -> String {
    let who = naming.who(&problem.targets, NAMED);
    let remedy = problem.remedy.as_ref().map(|remedy| format!(" — fix: {}", prose(remedy))).unwrap_or_default();
    format!("- **{}** in {}: {}{remedy}\n", prose(&problem.lead), prose(&who), prose(&problem.message))
}
