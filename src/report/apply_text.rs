//! The end of an apply for people: the verdict, what failed and why, what was skipped, what somebody must still do.

use super::backtest::moment;
use super::{RenderOptions, Tone, layout, mask, plan_text};
use crate::apply::{ApplyEvent, ApplyOutcome, ApplyReport, ChangeResult, MutedAlarms};
use crate::model::duration::format_seconds;
use crate::plan::{Action, PlanSummary};
use crate::resources::Address;
use std::collections::BTreeMap;
use std::time::Duration;

/// The whole report, ending in a line feed. Every failure is in it; successes are counted, and listed when verbose.
pub fn report(report: &ApplyReport, look: &RenderOptions) -> String {
    let mut text = String::new();
    for result in &report.results {
        text += &match &result.outcome {
            ApplyOutcome::Done if !look.verbose => String::new(),
            ApplyOutcome::Skipped { .. } | ApplyOutcome::NotStarted if !look.verbose => String::new(),
            _ => one(result, look),
        };
        if result.action == Action::Delete && result.outcome == ApplyOutcome::Done {
            text += &left_behind(result, look);
        }
    }
    text += &skipped(report, look);
    if let Some(verification) = &report.verified {
        for (address, how) in &verification.differing {
            let line = format!("{} does not stand as desired: {}", address, how);
            text += &layout::hang("  ! ", &mask::line(&line), look.width);
        }
    }
    for note in &report.to_do {
        text += &plan_text::note(note, None, look, 2);
    }
    if let Some(muted) = &report.muted {
        text += &layout::hang("  ", &self::muted(muted), look.width);
    }
    if !text.is_empty() {
        text = format!("\n{text}\n");
    }
    format!("{}\n{text}{}\n", look.paint(tone(report), &verdict(report)), summary(report))
}

/// `3 alarms notify nobody`.
pub fn muted_alarms(alarms: usize) -> String {
    let verb = if alarms == 1 { "notifies" } else { "notify" };
    format!("{} {verb} nobody", super::count(alarms, "alarm"))
}

/// What is muted, until when, and what then.
pub fn muted(muted: &MutedAlarms) -> String {
    let until = moment(muted.until);
    format!("muted: {} until {until} UTC; what is in ALARM then notifies then", muted_alarms(muted.alarms.len()))
}

/// Whose, where, how much of it was done, and whether it stands.
pub fn verdict(report: &ApplyReport) -> String {
    let (done, of) = (report.done(), report.results.len());
    let mut line =
        format!("{} in {}: {done} of {} made", mask::line(&report.stack), report.target, super::count(of, "change"));
    let failed = report.failed().count();
    if failed > 0 {
        line += &format!(", {failed} failed");
    }
    let skipped = report.results.iter().filter(|r| matches!(r.outcome, ApplyOutcome::Skipped { .. })).count();
    if skipped > 0 {
        line += &format!(", {skipped} skipped");
    }
    if report.interrupted {
        line += ", interrupted";
    }
    match &report.verified {
        Some(v) => line += &format!(", {} of {} verified", v.verified, v.of),
        None if done > 0 => line += ", not read back",
        None => {}
    }
    line
}

/// `Applied: 3 added, 1 changed, 0 destroyed, 1 adopted.`, or with `, 1 no longer managed` before the full stop.
pub fn summary(report: &ApplyReport) -> String {
    let PlanSummary { add, change, destroy, adopt, stop_managing } = made(report);
    let stopped = if stop_managing > 0 { format!(", {stop_managing} no longer managed") } else { String::new() };
    format!("Applied: {add} added, {change} changed, {destroy} destroyed, {adopt} adopted{stopped}.")
}

/// What was really done, counted as a plan counts.
pub fn made(report: &ApplyReport) -> PlanSummary {
    report.results.iter().filter(|r| r.outcome == ApplyOutcome::Done).map(|result| result.action).collect()
}

/// One finished change, as a line of its own with what to do about a failure.
pub fn one(result: &ChangeResult, look: &RenderOptions) -> String {
    let symbol = format!("{:>3}", result.action.symbol());
    let address = mask::line(&result.address.to_string());
    match &result.outcome {
        ApplyOutcome::Done => format!("{symbol} {address}  done\n"),
        ApplyOutcome::Failed { message, remedy, .. } => {
            let mut text = format!("{symbol} {address}  {}\n", look.paint(Tone::Bad, "failed"));
            text += &layout::hang("      ", &mask::text(message), look.width);
            if let Some(remedy) = remedy {
                text += &layout::hang("      fix: ", &mask::text(remedy), look.width);
            }
            text
        }
        ApplyOutcome::Skipped { because_of } => {
            format!("{symbol} {address}  skipped, {} failed\n", mask::line(&because_of.to_string()))
        }
        ApplyOutcome::NotStarted => format!("{symbol} {address}  not started\n"),
    }
}

/// What a deletion left, e.g. a subscription that AWS does not delete before it expires.
fn left_behind(result: &ChangeResult, look: &RenderOptions) -> String {
    let lead = format!("{}: ", mask::line(&result.address.to_string()));
    result.notes.iter().map(|note| plan_text::note(note, Some(lead.clone()), look, 4)).collect()
}

/// What was not tried, counted by its cause.
fn skipped(report: &ApplyReport, look: &RenderOptions) -> String {
    if look.verbose {
        return String::new();
    }
    let mut causes: BTreeMap<&Address, Vec<String>> = BTreeMap::new();
    for result in &report.results {
        if let ApplyOutcome::Skipped { because_of } = &result.outcome {
            causes.entry(because_of).or_default().push(mask::line(&result.address.to_string()));
        }
    }
    let mut text = String::new();
    for (cause, skipped) in causes {
        let more = if skipped.len() > 5 { format!(" and {} more", skipped.len() - 5) } else { String::new() };
        let names: Vec<&str> = skipped.iter().take(5).map(String::as_str).collect();
        let line = format!("skipped because {} failed: {}{more}", mask::line(&cause.to_string()), names.join(", "));
        text += &layout::hang("    ", &line, look.width);
    }
    let left = report.results.iter().filter(|r| r.outcome == ApplyOutcome::NotStarted).count();
    if left > 0 {
        text += &format!("    {} not started; run the same command again\n", super::count(left, "change"));
    }
    text
}

/// A running apply's event as a line, without its line feed.
pub fn event(event: &ApplyEvent, look: &RenderOptions) -> String {
    match event {
        ApplyEvent::Started { target, changes, remaining } => {
            format!("applying {} in {target}{}", super::count(*changes, "change"), about(*remaining))
        }
        ApplyEvent::Finished { result, done, of, .. } => format!("[{done}/{of}] {}", one(result, look).trim()),
        ApplyEvent::Muted { alarms, until } => format!("muted: {} until {} UTC", muted_alarms(*alarms), moment(*until)),
        ApplyEvent::Interrupted => {
            "interrupted: nothing new is started, what is running may finish; once more ends at once".to_owned()
        }
        ApplyEvent::Verifying { target } => format!("{target}: reading back"),
    }
}

/// `, about 82s`; nothing under two seconds.
pub fn about(remaining: Duration) -> String {
    match remaining.as_secs() {
        0 | 1 => String::new(),
        s @ 2..=119 => format!(", about {}", format_seconds(s as i64)),
        s => format!(", about {}", format_seconds((s as i64 / 60) * 60)),
    }
}

fn tone(report: &ApplyReport) -> Tone {
    if report.is_complete() && !report.interrupted { Tone::Good } else { Tone::Bad }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::apply::{FailureClass, Verification};
    use crate::plan::{Note, NoteKind};
    use crate::report::testing::target;
    use crate::resources::Kind;

    pub fn partial() -> ApplyReport {
        let result = |name: &str, outcome| ChangeResult {
            address: Address::new(Kind::Alarm, name),
            action: Action::Create,
            outcome,
            notes: vec![],
        };
        let failed = ApplyOutcome::Failed {
            message: "cloudwatch:PutMetricAlarm: not authorized".into(),
            remedy: Some("allow the action cloudwatch:PutMetricAlarm".into()),
            class: FailureClass::Permission,
        };
        ApplyReport {
            stack: "lab9".into(),
            target: target(),
            results: vec![
                result("a", ApplyOutcome::Done),
                result("b", failed),
                result("c", ApplyOutcome::Skipped { because_of: Address::new(Kind::Alarm, "b") }),
                result("d", ApplyOutcome::NotStarted),
            ],
            planned: PlanSummary { add: 4, ..PlanSummary::default() },
            verified: Some(Verification { verified: 1, of: 1, differing: vec![] }),
            to_do: vec![Note::new(NoteKind::Act, "you@example.edu is not confirmed").remedy("click the link")],
            interrupted: true,
            muted: None,
        }
    }

    #[test]
    fn a_partial_failure_says_what_and_what_to_do() {
        let expected = "\
lab9 in 123456789012 us-east-1: 1 of 4 changes made, 1 failed, 1 skipped, interrupted, 1 of 1 verified

  + alarm/b  failed
      cloudwatch:PutMetricAlarm: not authorized
      fix: allow the action cloudwatch:PutMetricAlarm
    skipped because alarm/b failed: alarm/c
    1 change not started; run the same command again
  ! you@example.edu is not confirmed
    fix: click the link

Applied: 1 added, 0 changed, 0 destroyed, 0 adopted.
";
        assert_eq!(report(&partial(), &RenderOptions::PLAIN), expected);
    }

    #[test]
    fn a_success_is_two_lines() {
        let mut all = partial();
        all.results.truncate(1);
        all.to_do.clear();
        all.interrupted = false;
        let expected = "lab9 in 123456789012 us-east-1: 1 of 1 change made, 1 of 1 verified\n\
                        Applied: 1 added, 0 changed, 0 destroyed, 0 adopted.\n";
        assert_eq!(report(&all, &RenderOptions::PLAIN), expected);
    }

    #[test]
    fn an_event_is_one_line_that_says_how_far() {
        let ApplyReport { results, .. } = partial();
        let event = ApplyEvent::Finished { result: results[0].clone(), done: 1, of: 4, remaining: Duration::ZERO };
        assert_eq!(super::event(&event, &RenderOptions::PLAIN), "[1/4] + alarm/a  done");
    }
}
