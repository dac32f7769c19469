//! A status as a comment or a page: the verdict, what is in ALARM or waits, a table of the alarms. Nothing in a name can become markup.

use super::super::budget;
use super::super::markdown::{Cut, code, note, prose};
use super::words;
use crate::model::advice;
use crate::ops::status::{Life, SloStatus, StackStatus};
use crate::plan::NoteKind;

/// At most `LIMIT` bytes.
pub fn markdown(status: &StackStatus) -> String {
    let mut text = Cut::new();
    let verdict = format!("{} in {}: {}", status.stack, status.target, words::verdict(status));
    text.push(&format!("### {}\n\n", prose(&verdict)));
    text.push(&format!("**{}**\n\n", words::summary(status)));
    for subscription in status.wanted_subscriptions().filter(|subscription| subscription.life != Life::Confirmed) {
        let (_, word, _) = words::life(subscription);
        text.push(&format!("- :exclamation: {} {word}\n", code(&words::endpoint(subscription))));
    }
    let known = status.notes.iter().filter(|(_, note)| note.kind != NoteKind::Info && note.kind != NoteKind::Act);
    for (address, one) in known {
        let address = address.as_ref().map(|address| format!("{} ", code(&address.to_string()))).unwrap_or_default();
        text.push(&format!("- {address}{}\n", note(one)));
    }
    for SloStatus { slo, budget, .. } in &status.slos {
        let said = match budget {
            Ok(budget) => format!("{}, {}", budget::left(budget).0, budget::burning(budget)),
            Err(why) => format!("error budget unknown: {why}"),
        };
        text.push(&format!("- SLO {} {} %: {}\n", code(&slo.name), slo.objective, prose(&said)));
    }
    if !status.alarms.is_empty() && text.push("\n| State | Alarm | Since | Why |\n|---|---|---|---|\n") {
        for alarm in &status.alarms {
            let (_, word, _) = words::alarm_state(alarm);
            let mut why: Vec<String> = alarm.reason.iter().map(|reason| prose(&words::reason(reason))).collect();
            why.extend(words::hushed(alarm, status.at).map(|hushed| format!("nobody is notified: {}", prose(&hushed))));
            why.extend(words::standing(&alarm.standing).map(|(said, _)| prose(&said)));
            let name = code(&alarm.address.name);
            text.push(&format!(
                "| {word} | {name} | {} | {} |\n",
                words::age(alarm.since, status.at),
                why.join("<br>")
            ));
        }
    }
    if !status.drift.is_empty() {
        text.push("\n| | Drift | |\n|---|---|---|\n");
        for drift in &status.drift {
            let fields: Vec<&str> = drift.fields.iter().map(|field| field.field.as_str()).collect();
            let (symbol, word) = (drift.action.symbol(), drift.action.word());
            let address = code(&drift.address.to_string());
            text.push(&format!("| `{symbol}` {word} | {address} | {} |\n", prose(&fields.join(", "))));
        }
    }
    text.done("this status", &advice::command("status"))
}
