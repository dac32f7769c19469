//! The plan as a comment of a pull request: the verdict first, details folded, never longer than GitHub takes.
//! Nothing in a name can become markup, a mention or a link.

use super::backtest::{page_rate, unknown_pages};
use super::{count, field_text, mask, phrase, plan_text};
use crate::apply::{ApplyOutcome, ApplyReport};
use crate::backtest::for_plan::DAYS;
use crate::backtest::pages::PagesChange;
use crate::cost::Cost;
use crate::model::advice;
use crate::plan::{Action, Note, NoteKind, Plan, PlannedChange};
use std::fmt::Write as _;

/// Bytes. GitHub takes 65,536 characters a comment; the rest is room for what a workflow puts around it.
pub const LIMIT: usize = 65_000;
/// What is kept free for closing the text after a cut.
pub(super) const RESERVE: usize = 600;

/// One plan, at most `LIMIT` bytes.
#[cfg(test)]
pub fn plan(plan: &Plan) -> String {
    plan_and_cost(plan, None)
}

/// One plan with what it costs, at most `LIMIT` bytes.
#[cfg(test)]
pub fn plan_and_cost(plan: &Plan, cost: Option<&Cost>) -> String {
    plan_with_pages(plan, cost, None)
}

/// One plan with what it costs and how often it pages whom, at most `LIMIT` bytes.
pub fn plan_with_pages(plan: &Plan, cost: Option<&Cost>, pages: Option<&PagesChange>) -> String {
    let mut text = Cut::new();
    push_plan(&mut text, "###", plan, cost);
    let people = pages.map(PagesChange::people).unwrap_or_default();
    if !people.is_empty() {
        text.push(&format!(
            "\nPages a week from the alarms that this plan changes, by the last {DAYS} days:\n\n| Who | Before | After |\n|---|---|---|\n"
        ));
        for (who, before, after) in people {
            let who = code(&format!("{} {}", who.protocol, who.endpoint));
            text.push(&format!("| {who} | {} | {} |\n", page_rate(before), page_rate(after)));
        }
    }
    for line in unknown_pages(pages.map(PagesChange::unknown).unwrap_or_default()) {
        text.push(&format!("\n- {}\n", prose(&line)));
    }
    text.done("this plan", &advice::command("plan -v"))
}

fn push_plan(text: &mut Cut, heading: &str, plan: &Plan, cost: Option<&Cost>) {
    text.push(&format!("{heading} {}\n\n", prose(&plan_text::verdict(plan))));
    let changes: Vec<&PlannedChange> = plan.effective().collect();
    if !changes.is_empty() || plan.is_incomplete() {
        text.push(&format!("**{}**\n\n", plan_text::summary(&plan.summary())));
    }
    if let Some(cost) = cost.filter(|_| !changes.is_empty()) {
        text.push(&format!("Cost: {}\n\n", prose(&super::cost::sentence(cost))));
    }
    for (address, blocked) in plan.refusals() {
        let address = address.map(|address| format!("{} ", code(&address.to_string()))).unwrap_or_default();
        let reason = format!("{} — fix: {}", prose(&blocked.reason), prose(&blocked.remedy));
        text.push(&format!("- :no_entry: {address}{reason}\n"));
    }
    for (address, note) in plan.all_notes().filter(|(_, note)| note.kind != NoteKind::Info) {
        let address = address.map(|address| format!("{} ", code(&address.to_string()))).unwrap_or_default();
        text.push(&format!("- {address}{}\n", self::note(note)));
    }
    if !changes.is_empty() {
        let open = if changes.len() <= 20 { " open" } else { "" };
        let heading = format!(
            "\n<details{open}><summary>{}</summary>\n\n| | Resource | |\n|---|---|---|\n",
            count(changes.len(), "change")
        );
        if text.push(&heading) {
            for change in &changes {
                text.push(&row(plan, change));
            }
            text.close(DETAILS_END);
        }
    }
    let infos = plan.all_notes().filter(|(_, note)| note.kind == NoteKind::Info);
    for (address, note) in infos {
        let address = address.map(|address| format!("{} ", code(&address.to_string()))).unwrap_or_default();
        text.push(&format!("- {address}{}\n", self::note(note)));
    }
}

/// The end of an apply, and below it the plan that was carried out; at most `LIMIT` bytes.
pub fn report(report: &ApplyReport, plan: &Plan, cost: &Cost) -> String {
    use super::apply_text;
    let mut text = Cut::new();
    text.push(&format!("### {}\n\n", prose(&apply_text::verdict(report))));
    text.push(&format!("**{}**\n\n", apply_text::summary(report)));
    for note in &report.to_do {
        text.push(&format!("- {}\n", self::note(note)));
    }
    if let Some(muted) = &report.muted {
        text.push(&format!("- {}\n", prose(&apply_text::muted(muted))));
    }
    if let Some(verification) = &report.verified {
        for (address, how) in &verification.differing {
            text.push(&format!(
                "- :warning: {} does not stand as desired: {}\n",
                code(&address.to_string()),
                prose(&how.to_string())
            ));
        }
    }
    for result in &report.results {
        let said = match &result.outcome {
            ApplyOutcome::Done => continue,
            ApplyOutcome::Failed { message, remedy, .. } => {
                let remedy = remedy.as_ref().map(|remedy| format!(" — fix: {}", prose(remedy))).unwrap_or_default();
                format!(":x: {}{remedy}", prose(message))
            }
            ApplyOutcome::Skipped { because_of } => format!("skipped, {} failed", code(&because_of.to_string())),
            ApplyOutcome::NotStarted => "not started".to_owned(),
        };
        text.push(&format!("- {} {said}\n", code(&result.address.to_string())));
    }
    text.push("\n");
    push_plan(&mut text, "#### Plan:", plan, Some(cost));
    text.done("this report", &advice::command("apply -v"))
}

fn row(plan: &Plan, change: &PlannedChange) -> String {
    let mut parts = Vec::new();
    if change.action == Action::Create
        && let Some(after) = &change.after
    {
        let phrase = phrase::resource(after, &plan.target);
        if !phrase.is_empty() {
            parts.push(code(&phrase));
        }
    }
    if change.action == Action::StopManaging {
        parts.push(phrase::STOPS_MANAGING.to_owned());
    }
    for field in change.fields.iter().filter(|field| !field_text::is_mark(field)) {
        for place in field_text::places(field, &plan.target) {
            let (from, to) = super::layout::cut_both(&place.from, &place.to, 200);
            parts.push(code(&format!("{}: {from} -> {to}", place.path)));
        }
    }
    let (symbol, word) = (change.action.symbol(), change.action.word());
    format!("| `{symbol}` {word} | {} | {} |\n", code(&change.address.to_string()), parts.join("<br>"))
}

pub(super) fn note(note: &Note) -> String {
    let lead = match note.kind {
        NoteKind::Info => "",
        NoteKind::Warning => ":warning: ",
        NoteKind::Act => ":exclamation: ",
        NoteKind::Unknown => ":grey_question: ",
    };
    let remedy = note.remedy.as_ref().map(|remedy| format!(" — fix: {}", prose(remedy))).unwrap_or_default();
    format!("{lead}{}{remedy}", prose(&note.text))
}

/// Text that stays literal: no markup, and inside `<code>` no mention, issue or address becomes a link.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", literal(text))
}

/// Text that may hold an address or a name: words stay prose, what could become a mention or a link becomes code.
pub(in crate::report) fn prose(text: &str) -> String {
    let linked = |word: &str| {
        let lower = word.to_ascii_lowercase();
        word.contains(['@', '#', '/']) || lower.contains("www.") || lower.contains("gh-") || is_commit(word)
    };
    let words = text.split_whitespace().map(|word| if linked(word) { code(word) } else { literal(word) });
    words.collect::<Vec<_>>().join(" ")
}

/// Seven hexadecimal digits or more become a link to a commit; a number alone is none.
fn is_commit(word: &str) -> bool {
    let hexadecimal = |part: &str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        part.len() >= 7 && part.bytes().all(|b| b.is_ascii_hexdigit()) && (1..part.len()).contains(&digits)
    };
    word.split(|c: char| !c.is_alphanumeric()).any(hexadecimal)
}

/// One line with everything that Markdown or HTML could read as markup written as a character reference. An underscore
/// within a word is no markup.
fn literal(text: &str) -> String {
    let text = mask::line(text);
    let mut out = String::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let in_word = before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '_' if in_word => out.push(c),
            // The mark of a fingerprint, which the writer of output has to know again. No heading or issue follows a slash.
            '#' if before == '/' => out.push(c),
            '&' | '`' | '*' | '_' | '[' | ']' | '|' | '\\' | '~' | '#' | '@' | '$' | '!' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// The end of what folds. Without the empty line behind it CommonMark takes what follows for HTML, up to the next empty line.
pub(super) const DETAILS_END: &str = "\n</details>\n\n";

/// A text that stops growing at a limit and says so.
pub(super) struct Cut {
    text: String,
    limit: usize,
    skipped: usize,
}

impl Cut {
    pub(super) fn new() -> Self {
        Self { text: String::new(), limit: LIMIT - RESERVE, skipped: 0 }
    }

    /// Whether the part had room; a part that has none is left out as a whole.
    pub(super) fn push(&mut self, part: &str) -> bool {
        let fits = self.skipped == 0 && self.text.len() + part.len() <= self.limit;
        if fits {
            self.text.push_str(part);
        } else {
            self.skipped += 1;
        }
        fits
    }

    /// Adds what has to close the text, out of the reserve.
    pub(super) fn close(&mut self, part: &str) {
        self.text.push_str(part);
    }

    /// `whole` is what was cut, `command` is what shows all of it.
    pub(super) fn done(mut self, whole: &str, command: &str) -> String {
        if self.skipped > 0 {
            let lines = count(self.skipped, "line");
            let _ = write!(
                self.text,
                "\n**Cut: {lines} of {whole} did not fit into a comment.** See the whole of it with {command}.\n"
            );
        }
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{alarm, create, every_kind_of_change, plan};

    /// Each line that is meant as an item of a list is one to whoever renders it, wherever it is.
    #[test]
    fn what_is_a_list_is_rendered_as_one() {
        let mut plan = every_kind_of_change();
        plan.changes[0].notes.push(Note::new(NoteKind::Info, "would have fired once in 14 days, max 39m: useful"));
        let text = super::plan(&plan);
        let items = |text: &str| {
            let events = pulldown_cmark::Parser::new_ext(text, pulldown_cmark::Options::ENABLE_TABLES);
            events.filter(|event| matches!(event, pulldown_cmark::Event::Start(pulldown_cmark::Tag::Item))).count()
        };
        let meant = text.lines().filter(|line| line.starts_with("- ")).count();
        let behind =
            text.split(DETAILS_END).nth(1).map_or(0, |rest| rest.lines().filter(|line| line.starts_with("- ")).count());
        assert!(meant > 3 && behind > 0, "{text}");
        assert_eq!(items(&text), meant, "{text}");
        assert!(items(&text.replace(DETAILS_END, "\n</details>\n")) < meant, "the check can fail");
    }

    #[test]
    fn the_verdict_comes_first_and_details_fold() {
        let text = super::plan(&every_kind_of_change());
        assert!(
            text.starts_with("### lab9 in 123456789012 us-east-1: 8 changes, blocked\n\n**Plan: 4 to add, 1 to change"),
            "{text}"
        );
        assert!(
            text.contains("| `<` stop-managing | <code>alarm/left</code> | stops managing (left in place) |\n"),
            "{text}"
        );
        assert!(
            text.contains("| `~` update | <code>alarm/threshold</code> | <code>threshold: 5 -&gt; 6</code> |\n"),
            "{text}"
        );
        assert_eq!(text.matches("<details").count(), text.matches("</details>").count());
    }

    #[test]
    fn a_name_cannot_inject() {
        let name = "x|y`z*_~[a](https://evil.example)<img src=x>@octocat #1 ![i](j) </details>\nnext";
        let mut change = create(alarm(name, 5.0));
        change.notes.push(Note::new(NoteKind::Warning, format!("{name} www.evil.example")));
        let text = super::plan(&plan(vec![change]));
        for bad in ["|y", "`z", "*_", "](", "<img", "@octocat", "#1 ", "![", "\nnext"] {
            assert!(!text.contains(bad), "{bad} in {text}");
        }
        assert_eq!(text.matches("</details>").count(), 1);
        // Mentions and links live on after decoding, except inside <code>.
        let outside: String =
            text.split("<code>").map(|part| part.split_once("</code>").map_or(part, |p| p.1)).collect();
        for linked in ["&#64;", "@", "www.", "&#35;1"] {
            assert!(!outside.contains(linked), "{linked} in {outside}");
        }
        assert!(text.contains("<code>www.evil.example</code>"), "{text}");
    }

    #[test]
    fn the_name_of_an_address_is_the_same_in_a_comment() {
        let name = crate::model::secret::hide("https://u:hunter2@example.edu/hook");
        let text = code("https://u:hunter2@example.edu/hook");
        assert_eq!(text, format!("<code>{name}</code>"));
        assert_eq!(mask::printed(&text), text);
    }

    #[test]
    fn a_thousand_changes_fit_and_the_cut_is_said() {
        let changes: Vec<PlannedChange> = (0..2_000).map(|n| create(alarm(&format!("alarm-{n:04}-é"), 5.0))).collect();
        let text = super::plan(&plan(changes));
        assert!(text.len() <= LIMIT, "{}", text.len());
        assert!(text.contains("**Cut: ") && text.contains("</details>"), "the cut is said");
        assert!(text.contains("Plan: 2000 to add"));
    }

    #[test]
    fn no_changes_is_short() {
        assert_eq!(
            super::plan(&plan(vec![])),
            "### No changes. lab9 in 123456789012 us-east-1: nothing exists and nothing is declared.\n\n"
        );
    }
}
