//! Subscriptions for people and for programs: the verdict, the list, and what each one that is not confirmed waits for.

use crate::model::advice;
use crate::model::secret;
use crate::ops::subscriptions::{StackSubscriptions, SubscriptionRow, SubscriptionState};
use crate::plan::notes;
use crate::report::{RenderOptions, Tone, count, json, layout, mask, table};
use serde_json::{Value, json};

/// The list, ending in a line feed.
pub fn list(all: &StackSubscriptions, look: &RenderOptions) -> String {
    let open = all.open().count();
    let tone = if open == 0 { Tone::Good } else { Tone::Careful };
    let mut text = format!("{}\n", look.paint(tone, &verdict(all)));
    let cells = |row: &SubscriptionRow| {
        let spec = if row.wanted { "" } else { "not in the spec" };
        [&row.topic, &row.protocol, &mask::line(&row.endpoint), row.state.word(), spec].map(str::to_owned).to_vec()
    };
    if !all.rows.is_empty() {
        let header = ["topic", "protocol", "endpoint", "state", ""];
        text += &format!("\n{}", table::table(&header, all.rows.iter().map(cells).collect(), look));
    }
    if open > 0 {
        text += &format!("\n{}", to_do(all, look));
    }
    text
}

/// `mlops-lab9 in 123456789012 us-east-1: 1 of 2 subscriptions confirmed, 1 pending`.
pub fn verdict(all: &StackSubscriptions) -> String {
    let mut line = format!("{} in {}: ", mask::line(&all.stack), all.target);
    if all.rows.is_empty() {
        return line + "no topic has a subscription, so nobody is notified of anything";
    }
    let subscriptions = count(all.rows.len(), "subscription");
    line += &format!("{} of {subscriptions} confirmed", all.count(SubscriptionState::Confirmed));
    for state in [SubscriptionState::Pending, SubscriptionState::Lost, SubscriptionState::Missing] {
        match all.count(state) {
            0 => {}
            n => line += &format!(", {n} {}", state.word()),
        }
    }
    line
}

/// What somebody has to do about each one that is open.
pub fn to_do(all: &StackSubscriptions, look: &RenderOptions) -> String {
    let one = |row: &SubscriptionRow| {
        let line = format!("{} {}", mask::line(&row.endpoint), what(row.state));
        let head = layout::hang("  ! ", &line, look.width);
        head + &layout::hang("    fix: ", &mask::line(&remedy(row)), look.width)
    };
    all.open().map(one).collect()
}

fn what(state: SubscriptionState) -> &'static str {
    match state {
        SubscriptionState::Confirmed => "has confirmed",
        SubscriptionState::Pending => "has not confirmed",
        SubscriptionState::Lost => "has unsubscribed",
        SubscriptionState::Missing => "is not subscribed",
    }
}

/// What to do about a subscription that notifies nobody.
pub fn remedy(row: &SubscriptionRow) -> String {
    match row.state {
        SubscriptionState::Confirmed => String::new(),
        SubscriptionState::Pending => format!(
            "{}; no mail? {}",
            notes::confirm(&row.protocol, &row.endpoint),
            advice::command(&format!("subscriptions resend {}", advice::quoted(&secret::hide(&row.endpoint))))
        ),
        SubscriptionState::Lost => {
            format!(
                "ask them first; then {} subscribes them anew, or take them out of the spec",
                advice::command("apply")
            )
        }
        SubscriptionState::Missing => {
            let apply = advice::command("apply");
            format!("{apply} subscribes them (a pending one that nobody confirms is gone after some days)")
        }
    }
}

/// The same where it is said of many accounts: the mail is sent again with the credentials of the one that it came from.
pub fn remedy_of_many(row: &SubscriptionRow) -> String {
    match row.state {
        SubscriptionState::Pending => format!(
            "{}; no mail? {} with the credentials of that account",
            notes::confirm(&row.protocol, &row.endpoint),
            advice::command(&format!("subscriptions resend {}", advice::quoted(&secret::hide(&row.endpoint))))
        ),
        _ => remedy(row),
    }
}

/// While waiting: `you@example.edu has confirmed (mlops-lambda-alerts)`.
pub fn change(row: &SubscriptionRow) -> String {
    format!("{} {} ({})", mask::line(&row.endpoint), what(row.state), mask::line(&row.topic))
}

/// For programs.
pub fn json(all: &StackSubscriptions) -> String {
    let count = |state: SubscriptionState| all.count(state);
    let mut value = json!({
        "format_version": json::FORMAT_VERSION,
        "stack": all.stack,
        "account": all.target.account,
        "region": all.target.region,
        "summary": {
            "confirmed": count(SubscriptionState::Confirmed), "pending": count(SubscriptionState::Pending),
            "lost": count(SubscriptionState::Lost), "missing": count(SubscriptionState::Missing),
        },
    });
    let rows = all.rows.iter().map(|row| {
        let mut value = json!(row);
        if row.state != SubscriptionState::Confirmed {
            value["remedy"] = remedy(row).into();
        }
        value
    });
    value["subscriptions"] = rows.collect::<Vec<Value>>().into();
    mask::document(value)
}

/// What came of asking again: who was asked, and who could not be and why.
#[derive(Debug, Default)]
pub struct AskedAgain<'a> {
    pub asked: Vec<&'a SubscriptionRow>,
    pub failed: Vec<(&'a SubscriptionRow, String)>,
}

/// Of `subscriptions resend`, for programs.
pub fn resent_json(all: &StackSubscriptions, sent: &AskedAgain<'_>) -> String {
    let named =
        |row: &SubscriptionRow| json!({ "topic": row.topic, "protocol": row.protocol, "endpoint": row.endpoint });
    let failed = sent.failed.iter().map(|(row, why)| {
        let mut value = named(row);
        value["message"] = why.as_str().into();
        value
    });
    mask::document(json!({
        "format_version": json::FORMAT_VERSION,
        "stack": all.stack,
        "account": all.target.account,
        "region": all.target.region,
        "asked": sent.asked.iter().map(|row| named(row)).collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::target;

    fn row(endpoint: &str, state: SubscriptionState, wanted: bool) -> SubscriptionRow {
        SubscriptionRow { topic: "alerts".into(), protocol: "email".into(), endpoint: endpoint.into(), state, wanted }
    }

    fn all(rows: Vec<SubscriptionRow>) -> StackSubscriptions {
        StackSubscriptions { stack: "lab9".into(), target: target(), rows }
    }

    #[test]
    fn what_is_open_is_said_with_what_to_do() {
        let all = all(vec![
            row("a@x.edu", SubscriptionState::Confirmed, true),
            row("b@x.edu", SubscriptionState::Pending, true),
            row("c@x.edu", SubscriptionState::Lost, false),
            row("d@x.edu", SubscriptionState::Missing, true),
        ]);
        let text = list(&all, &RenderOptions::PLAIN);
        assert!(text.contains("1 of 4 subscriptions confirmed, 1 pending, 1 lost, 1 missing\n"), "{text}");
        assert!(text.contains("! b@x.edu has not confirmed\n") && text.contains("resend b@x.edu"), "{text}");
        assert!(text.contains("! d@x.edu is not subscribed\n    fix: `mlopsctl apply`"), "{text}");
        assert!(!text.contains("! c@x.edu"), "nobody asked for it: {text}");
    }

    #[test]
    fn all_is_well_in_one_line_and_a_list() {
        let text = list(&all(vec![row("a@x.edu", SubscriptionState::Confirmed, true)]), &RenderOptions::PLAIN);
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(list(&all(vec![]), &RenderOptions::PLAIN).contains("nobody is notified"));
    }

    #[test]
    fn programs_get_states_and_no_secret() {
        let secret = SubscriptionRow {
            protocol: "https".into(),
            ..row("https://u:hunter2@x.edu/hook", SubscriptionState::Pending, true)
        };
        let text = json(&all(vec![secret]));
        assert!(!text.contains("hunter2"), "{text}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["summary"]["pending"], 1);
        assert_eq!(value["subscriptions"][0]["state"], "pending");
    }
}
