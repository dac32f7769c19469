//! A failed run in the format that was asked for, so that whoever parses the output can parse this, too. The words for people
//! are `cli::failure`'s.

use super::html::{CellStatus, HtmlPage};
use super::junit::{CaseResult, JunitCase, Suite, xml};
use super::lint::{github, sarif};
use super::markdown::prose;
use super::{csv, html, json, mask};
use json::{Diagnostic, FailedRun};

/// A format that a command can be asked for, where a failure has a body of its own. A table has none: it is for people, who
/// read the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureFormat {
    /// Also of what asked for YAML, of which JSON is a part.
    Json,
    /// Of `plan`, whose schema promises more of it.
    PlanJson,
    Markdown,
    Csv,
    Html,
    Junit,
    Sarif,
    Github,
}

/// Every mistake or failure of a run that has no result, ending in a line feed.
pub fn body(format: FailureFormat, failed: &FailedRun<'_>) -> String {
    let diagnostics = failed.diagnostics;
    match format {
        FailureFormat::Json => json::failure(failed),
        FailureFormat::PlanJson => json::plan_failure(failed),
        FailureFormat::Markdown => markdown(diagnostics),
        FailureFormat::Csv => csv(diagnostics),
        FailureFormat::Html => html(diagnostics),
        FailureFormat::Junit => junit(diagnostics),
        FailureFormat::Sarif => sarif::failure(diagnostics),
        FailureFormat::Github => diagnostics.iter().map(github::failure).collect(),
    }
}

/// `alarms.yaml:3:5`, as far as the place is known.
pub fn place(diagnostic: &Diagnostic) -> Option<String> {
    let number = |n: Option<usize>| n.map(|n| format!(":{n}")).unwrap_or_default();
    let file = diagnostic.file.as_ref()?;
    Some(format!("{file}{}{}", number(diagnostic.line), number(diagnostic.column)))
}

fn markdown(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        let lead = if text.is_empty() { "### Error: " } else { "\n### Error: " };
        text += &format!("{lead}{}\n", prose(&diagnostic.summary));
        text += &place(diagnostic).map(|place| format!("\n- at {}\n", prose(&place))).unwrap_or_default();
        let fix = |detail: &String| format!("\n- fix: {}\n", prose(detail));
        text += &diagnostic.detail.as_ref().map(fix).unwrap_or_default();
    }
    text
}

fn csv(diagnostics: &[Diagnostic]) -> String {
    let rows = diagnostics.iter().map(|diagnostic| {
        let number = |n: Option<usize>| n.map(|n| n.to_string()).unwrap_or_default();
        vec![
            "error".to_owned(),
            diagnostic.summary.clone(),
            diagnostic.detail.clone().unwrap_or_default(),
            diagnostic.file.clone().unwrap_or_default(),
            number(diagnostic.line),
            number(diagnostic.column),
        ]
    });
    csv::csv(["severity", "message", "remedy", "file", "line", "column"], rows)
}

fn html(diagnostics: &[Diagnostic]) -> String {
    let said = |diagnostic: &Diagnostic| {
        let place = place(diagnostic).map(|place| html::Markup::text(&place).classed("div", "do"));
        let fix = diagnostic.detail.as_ref().map(|fix| html::Markup::text(&format!("fix: {fix}")).classed("div", "do"));
        let summary = html::Markup::text(&diagnostic.summary).within("div");
        html::Markup::join([summary, place.unwrap_or_default(), fix.unwrap_or_default()]).within("li").line()
    };
    html::page(&HtmlPage {
        title: "mlopsctl: error",
        verdict: "The run failed: there is no result",
        mood: CellStatus::Bad,
        figures: Vec::new(),
        body: html::Markup::join(diagnostics.iter().map(said)).within("ul"),
    })
}

fn junit(diagnostics: &[Diagnostic]) -> String {
    let told = |diagnostic: &Diagnostic| {
        let more = place(diagnostic).into_iter().chain(diagnostic.detail.as_ref().map(|fix| format!("fix: {fix}")));
        let lines: Vec<String> = std::iter::once(mask::line(&diagnostic.summary)).chain(more).collect();
        CaseResult::Error(lines.join("\n"))
    };
    let case = JunitCase { name: "run".to_owned(), told: diagnostics.iter().map(told).collect() };
    xml("mlopsctl", &[Suite { name: "mlopsctl".to_owned(), cases: vec![case] }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(format: FailureFormat, diagnostics: &[Diagnostic]) -> String {
        body(format, &FailedRun { code: "invalid_spec", exit_code: 65, diagnostics })
    }

    fn mistake() -> Vec<Diagnostic> {
        vec![Diagnostic {
            summary: "unknown key <x> of https://u:hunter2@example.edu".into(),
            detail: Some("did you mean =y?".into()),
            file: Some("a,b.yaml".into()),
            line: Some(3),
            column: Some(5),
        }]
    }

    #[test]
    fn every_format_has_the_mistake_its_place_and_what_to_do() {
        use FailureFormat::{Csv, Github, Html, Json, Junit, Markdown, PlanJson, Sarif};
        for format in [Json, PlanJson, Markdown, Csv, Html, Junit, Sarif, Github] {
            let text = told(format, &mistake());
            assert!(text.contains("unknown key") && text.contains("did you mean"), "{format:?}: {text}");
            assert!(!text.contains("hunter2"), "{format:?} tells a secret: {text}");
            assert!(text.ends_with('\n'), "{format:?}");
        }
    }

    #[test]
    fn sarif_says_that_the_run_failed() {
        let log: serde_json::Value = serde_json::from_str(&told(FailureFormat::Sarif, &mistake())).unwrap();
        let run = &log["runs"][0];
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
        assert_eq!(notification["level"], "error");
        assert_eq!(notification["locations"][0]["physicalLocation"]["region"]["startLine"], 3);
        assert_eq!(run["results"], serde_json::json!([]));
    }

    #[test]
    fn a_workflow_command_is_one_line_that_nothing_ends() {
        let mut mistakes = mistake();
        mistakes[0].summary = "one\n::error::two".into();
        assert_eq!(told(FailureFormat::Github, &mistakes).lines().count(), 1);
    }
}
