//! What stands in the sandbox and what was sent there, as text and as JSON.

use super::{RenderOptions, Tone, mask, table};
use crate::model::advice;
use crate::model::duration::format_seconds;
use crate::model::visible;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// Something that SNS sent.
#[derive(Debug, Clone, Serialize)]
pub struct SentMessage {
    /// Of all that the sandbox has sent, the oldest is 1.
    pub number: usize,
    /// ISO 8601, UTC.
    pub sent: String,
    pub account: String,
    pub region: String,
    pub protocol: String,
    pub to: String,
    pub topic_arn: String,
    pub subject: Option<String>,
    pub body: String,
    #[serde(flatten)]
    pub fate: DeliveryOutcome,
    /// Of a request to confirm.
    pub token: Option<String>,
    /// Of a request to confirm by mail.
    pub confirmation_link: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "delivery", content = "why", rename_all = "snake_case")]
pub enum DeliveryOutcome {
    Arrived,
    Waiting,
    Failed(String),
}

/// The sandbox's clock.
#[derive(Debug, Clone)]
pub struct SandboxClock {
    /// ISO 8601, UTC.
    pub time: String,
    pub ahead_seconds: u64,
}

/// An alarm that changed its state.
#[derive(Debug, Clone)]
pub struct AlarmTransition {
    /// ISO 8601, UTC.
    pub at: String,
    pub account: String,
    pub region: String,
    pub alarm: String,
    /// E.g. `Alarm updated from OK to ALARM`.
    pub summary: String,
    pub reason: String,
}

/// What happened while time was let pass.
#[derive(Debug, Clone)]
pub struct Passed {
    pub clock: SandboxClock,
    pub changes: Vec<AlarmTransition>,
    /// Mails and other messages.
    pub sent: usize,
}

/// An account and region with what there is of each kind.
#[derive(Debug, Clone)]
pub struct AccountInventory {
    pub account: String,
    pub region: String,
    pub contents: Vec<(&'static str, Vec<String>)>,
}

/// What became of one subscription.
#[derive(Debug, Clone)]
pub struct ConfirmationStep(String);

impl ConfirmationStep {
    pub fn confirmed(endpoint: &str, topic_arn: &str) -> Self {
        Self(format!("confirmed: {endpoint} is subscribed to {}", name(topic_arn)))
    }

    pub fn ended(endpoint: &str, topic_arn: &str) -> Self {
        Self(format!("ended: {endpoint} is unsubscribed from {}", name(topic_arn)))
    }

    pub fn locked(endpoint: &str, topic_arn: &str) -> Self {
        Self(format!(
            "refused: {endpoint} is still subscribed to {}; it was confirmed with credentials, so a link alone cannot end it",
            name(topic_arn)
        ))
    }
}

pub fn steps(steps: &[ConfirmationStep], nothing: &str) -> String {
    if steps.is_empty() {
        return format!("{nothing}\n");
    }
    steps.iter().fold(String::new(), |text, ConfirmationStep(step)| text + step + "\n")
}

/// A line a message, the newest last; with `verbose` each in full.
pub fn inbox(messages: &[SentMessage], look: &RenderOptions) -> String {
    if look.verbose {
        let whole: String = messages.iter().map(|message| letter(message, look) + "\n").collect();
        return format!("{whole}{}\n", verdict(messages));
    }
    let one_place = messages.iter().all(|m| (&m.account, &m.region) == (&messages[0].account, &messages[0].region));
    let mut text = String::new();
    if !messages.is_empty() {
        let row = |message: &SentMessage| {
            let place = if one_place { String::new() } else { format!(" in {} {}", message.account, message.region) };
            let to = match message.protocol.as_str() {
                "email" => format!("{}{place}", message.to),
                protocol => format!("{} ({protocol}){place}", message.to),
            };
            let subject = message.subject.clone().unwrap_or_else(|| "-".to_owned());
            let subject = format!("{subject}{}", outcome(&message.fate));
            vec![message.number.to_string(), time(&message.sent), to, subject]
        };
        let rows = messages.iter().map(row).collect();
        text += &table::table(&["#", "Sent (UTC)", "To", "Subject"], rows, look);
        text.push('\n');
    }
    let newest = messages.last().map(|newest| advice::command(&format!("sandbox mail {}", newest.number)));
    let read = newest.map(|command| format!(" Read one: {command}")).unwrap_or_default();
    let _ = writeln!(text, "{}{read}", verdict(messages));
    text
}

/// A message in full, with the link that it is to be confirmed by.
pub fn letter(message: &SentMessage, look: &RenderOptions) -> String {
    let place = format!("{} {}", message.account, message.region);
    let head = format!("{}  {}  {}  {place}", time(&message.sent), message.protocol, message.to);
    let mut text = String::new();
    let _ = writeln!(text, "{}{}", look.paint(Tone::Strong, &head), look.paint(Tone::Bad, &outcome(&message.fate)));
    if let Some(subject) = &message.subject {
        let _ = writeln!(text, "  {subject}");
    }
    for line in message.body.trim_end().lines() {
        let line = if line.is_empty() { String::new() } else { format!("  | {line}") };
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if let Some(link) = &message.confirmation_link {
        let _ = writeln!(text, "  fix: {}", confirm(link));
    }
    text
}

fn outcome(fate: &DeliveryOutcome) -> String {
    match fate {
        DeliveryOutcome::Arrived => String::new(),
        DeliveryOutcome::Waiting => "  not posted yet".to_owned(),
        DeliveryOutcome::Failed(why) => format!("  did not arrive: {why}"),
    }
}

/// `3 messages: 1 asks to confirm, 2 notify; 1 did not arrive.`
fn verdict(messages: &[SentMessage]) -> String {
    let asking = messages.iter().filter(|message| message.token.is_some()).count();
    let failed = messages.iter().filter(|message| matches!(message.fate, DeliveryOutcome::Failed(_))).count();
    let lost = if failed > 0 { format!("; {failed} did not arrive") } else { String::new() };
    let all = messages.len();
    format!("{all} sent: {asking} to confirm a subscription, {} to notify{lost}.", all - asking)
}

pub fn mail_json(messages: &[SentMessage]) -> String {
    let value = serde_json::json!({ "format_version": super::json::FORMAT_VERSION, "messages": messages });
    visible::escape_json(&format!("{value:#}\n")).into_owned()
}

/// The newest changes last, as far as a screen is patient, then the verdict.
pub fn advanced(passed: &Passed, look: &RenderOptions) -> String {
    const SHOWN: usize = 50;
    let mut text = String::new();
    let skipped = if look.verbose { 0 } else { passed.changes.len().saturating_sub(SHOWN) };
    if skipped > 0 {
        let _ = writeln!(text, "{skipped} earlier changes; --verbose shows them too");
    }
    for change in &passed.changes[skipped..] {
        let states = change.summary.trim_start_matches("Alarm updated from ").replace(" to ", " -> ");
        let tone = if states.ends_with("ALARM") { Tone::Bad } else { Tone::Good };
        let place = format!("{} {}", change.account, change.region);
        let _ = writeln!(text, "{}  {}  {}  {place}", time(&change.at), change.alarm, look.paint(tone, &states));
        let _ = writeln!(text, "  {}", change.reason);
    }
    let sent = match passed.sent {
        0 => "nothing was sent".to_owned(),
        1 => format!("1 message was sent ({})", advice::command("sandbox mail")),
        n => format!("{n} messages were sent ({})", advice::command("sandbox mail")),
    };
    let changes = match passed.changes.len() {
        0 => "No alarm changed its state".to_owned(),
        1 => "1 change of state".to_owned(),
        n => format!("{n} changes of state"),
    };
    let _ = writeln!(text, "{} {changes}, {sent}.", now(&passed.clock));
    text
}

pub fn show(clock: &SandboxClock, places: &[AccountInventory]) -> String {
    let mut text = format!("{}\n", now(clock));
    for place in places {
        let _ = writeln!(text, "\n{} {}", place.account, place.region);
        for (kind, things) in &place.contents {
            let _ = writeln!(text, "  {} {kind}", things.len());
            for thing in things {
                let _ = writeln!(text, "    {thing}");
            }
        }
    }
    text
}

/// For programs.
pub fn show_json(clock: &SandboxClock, places: &[AccountInventory]) -> String {
    let place = |place: &AccountInventory| {
        let resources = place.contents.iter().map(|(kind, things)| ((*kind).to_owned(), json!(things)));
        let resources: serde_json::Map<String, Value> = resources.collect();
        json!({ "account": place.account, "region": place.region, "resources": resources })
    };
    mask::document(json!({
        "format_version": super::json::FORMAT_VERSION,
        "time": clock.time,
        "ahead_s": clock.ahead_seconds,
        "accounts": places.iter().map(place).collect::<Vec<_>>(),
    }))
}

fn now(clock: &SandboxClock) -> String {
    let ahead = match clock.ahead_seconds {
        0 => String::new(),
        seconds => format!(", {} ahead", format_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))),
    };
    format!("The sandbox's time is {}{ahead}.", time(&clock.time))
}

/// `2026-11-22T10:31:25.123Z` as `2026-11-22 10:31:25`.
fn time(iso: &str) -> String {
    iso.get(..19).unwrap_or(iso).replace('T', " ")
}

fn name(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

fn confirm(link: &str) -> String {
    advice::command(&format!("subscriptions confirm --url {}", advice::quoted(link)))
}
