//! A drill for people and for programs: who will be woken, what each judged showed, what arrived, and what is left.

use crate::ops::drill::{
    Cleaned, DrillEvent, DrillReport, DrillStep, DrillSurvey, DrillVerdict, Drilled, JudgedStep, Left,
    ReceivedNotification,
};
use crate::report::{RenderOptions, Tone, count, json, layout, mask};
use serde_json::{Value, json};

/// Endpoints named one by one; the rest is counted.
const NAMED: usize = 12;

/// Before anything is fired: which alarms, who will be told, what else will run.
pub fn before(survey: &DrillSurvey, look: &RenderOptions) -> String {
    let standing = survey.alarms.iter().filter(|chain| chain.live.is_some()).count();
    let mut text = format!("a drill of {} in {}", count(standing, "alarm"), survey.target);
    let woken = survey.woken();
    text += &match woken.len() {
        0 => ": nobody who has confirmed will be notified\n".to_owned(),
        n => format!(" will notify {}:\n", count(n, "confirmed endpoint")),
    };
    for one in woken.iter().take(NAMED) {
        let alarms: Vec<&str> = one.alarms.iter().map(String::as_str).collect();
        let by = if alarms.len() > 3 { count(alarms.len(), "alarm") } else { alarms.join(", ") };
        let line = format!("{} {} (by {by})", one.protocol, one.endpoint);
        text += &layout::hang("  ! ", &mask::line(&line), look.width);
    }
    if woken.len() > NAMED {
        text += &format!("  ! and {} more\n", woken.len() - NAMED);
    }
    for (arn, alarm) in survey.other_actions() {
        let line = format!("{arn} will really be run (by {alarm})");
        text += &look.paint(Tone::Careful, &layout::hang("  ! ", &mask::line(&line), look.width));
    }
    let pending = pending(survey);
    if pending > 0 {
        text += &format!(
            "  {} not confirmed and will not be notified\n",
            count(pending, "endpoint has").replace("hass", "have")
        );
    }
    text
}

fn pending(survey: &DrillSurvey) -> usize {
    let all = survey.topics.values().flat_map(|topic| &topic.subscribers);
    all.filter(|subscriber| subscriber.confirmation == crate::resources::ConfirmationState::Pending).count()
}

/// A step, on one line.
pub fn event(event: &DrillEvent<'_>) -> String {
    mask::line(&match event {
        DrillEvent::Cleaned(cleaned) => format!("an earlier drill was not cleaned up: {}", cleaned_words(cleaned)),
        DrillEvent::Receiving { at, topics } => format!("listening to {} at {at}", count(*topics, "topic")),
        DrillEvent::Fired(alarm) => format!("fired {alarm}"),
        DrillEvent::NotFired { alarm, why } => format!("did not fire {alarm}: {why}"),
        DrillEvent::Arrived { topic, alarm } => format!("a message of {alarm} arrived from {topic}"),
        DrillEvent::PutBack { alarm, state } => format!("put {alarm} back to {state}"),
    })
}

/// What came of it, the verdict first; ends in a line feed.
pub fn report(report: &DrillReport, look: &RenderOptions) -> String {
    let worst = report.steps().map(|judged| judged.verdict).max().unwrap_or(DrillVerdict::Verified);
    let mut text = format!("{}\n", look.paint(tone(worst), &verdict(report)));
    for alarm in &report.alarms {
        text += &format!("\n{}", one(alarm, look));
    }
    text += &left(&report.left, look);
    text
}

/// `the notification of 2 alarms in 123456789012 us-east-1 comes through: 8 steps verified, 2 not tested`.
pub fn verdict(report: &DrillReport) -> String {
    let alarms = count(report.alarms.len(), "alarm");
    let end = match () {
        () if report.interrupted => "was interrupted",
        () if report.id.is_none() && report.count(DrillVerdict::Failed) > 0 => "would not come through",
        () if report.id.is_none() && report.count(DrillVerdict::Waiting) == 0 => "would come through",
        () if report.count(DrillVerdict::Failed) > 0 => "does not come through",
        () if report.count(DrillVerdict::Waiting) > 0 => "waits for a confirmation",
        () => "comes through",
    };
    let counts = [DrillVerdict::Failed, DrillVerdict::Waiting, DrillVerdict::Verified, DrillVerdict::NotTested];
    let counts = counts.into_iter().map(|verdict| (report.count(verdict), verdict.word())).filter(|(n, _)| *n > 0);
    let counts: Vec<String> = counts
        .enumerate()
        .map(|(at, (n, word))| if at == 0 { format!("{} {word}", count(n, "step")) } else { format!("{n} {word}") })
        .collect();
    format!("the notification of {alarms} in {} {end}: {}", report.target, counts.join(", "))
}

fn one(alarm: &Drilled, look: &RenderOptions) -> String {
    let mut text = format!("{}\n", look.paint(Tone::Strong, &mask::line(&alarm.alarm)));
    for judged in &alarm.steps {
        text += &self::judged(judged, look);
    }
    for message in &alarm.messages {
        text += &self::message(message, look);
    }
    for note in &alarm.notes {
        text += &layout::hang("  note: ", &mask::line(note), look.width);
    }
    text
}

fn judged(judged: &JudgedStep, look: &RenderOptions) -> String {
    let about = judged
        .topic
        .as_ref()
        .filter(|_| judged.step != DrillStep::Actions)
        .map(|topic| format!("{topic}: "))
        .unwrap_or_default();
    let line = layout::hang(
        &format!("  {:<10}  {:<10}  ", judged.verdict.word(), judged.step.word()),
        &mask::line(&format!("{about}{}", judged.text)),
        look.width,
    );
    let mut text = match line.split_once(judged.verdict.word()) {
        Some((before, after)) => format!("{before}{}{after}", look.paint(tone(judged.verdict), judged.verdict.word())),
        None => line,
    };
    if let Some(remedy) = &judged.remedy {
        text += &layout::hang("                       fix: ", &mask::line(remedy), look.width);
    }
    text
}

/// What arrived: the subject, and with -v all that CloudWatch published.
fn message(message: &ReceivedNotification, look: &RenderOptions) -> String {
    let said = |key: &str| message.body.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut text = format!("  arrived from {}:\n", mask::line(&message.topic));
    let subject = message.subject.as_deref().unwrap_or_default();
    text += &layout::hang("    | ", &mask::line(subject), look.width);
    for key in ["NewStateValue", "OldStateValue", "NewStateReason", "StateChangeTime"] {
        text += &layout::hang(&format!("    | {key}: "), &mask::line(said(key)), look.width);
    }
    if look.verbose {
        let whole = format!("{:#}", mask::json(message.body.clone()));
        text += &whole.lines().map(|line| format!("    | {}\n", mask::line(line))).collect::<String>();
    }
    text
}

fn tone(verdict: DrillVerdict) -> Tone {
    match verdict {
        DrillVerdict::Verified => Tone::Good,
        DrillVerdict::NotTested => Tone::Quiet,
        DrillVerdict::Waiting => Tone::Careful,
        DrillVerdict::Failed => Tone::Bad,
    }
}

/// What could not be put back; empty where all was.
pub fn left(left: &[Left], look: &RenderOptions) -> String {
    let one = |left: &Left| {
        let head = layout::hang("  ! ", &mask::line(&left.what), look.width);
        head + &layout::hang("    fix: ", &mask::line(&left.remedy), look.width)
    };
    match left.is_empty() {
        true => String::new(),
        false => format!("\nnot put back:\n{}", left.iter().map(one).collect::<String>()),
    }
}

/// Of `--clean`; ends in a line feed.
pub fn cleaned(cleaned: &Cleaned, look: &RenderOptions) -> String {
    format!("{}\n{}", mask::line(&cleaned_words(cleaned)), left(&cleaned.left, look))
}

fn cleaned_words(cleaned: &Cleaned) -> String {
    let parts = [
        (cleaned.queues.len(), "queue"),
        (cleaned.subscriptions.len(), "subscription"),
        (cleaned.alarms.len(), "alarm"),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| count(n, word)).collect();
    match parts.is_empty() {
        true => "no drill has left anything behind".to_owned(),
        false => format!("taken away or put back: {}", parts.join(", ")),
    }
}

/// For programs.
pub fn json(report: &DrillReport) -> String {
    let count = |verdict: DrillVerdict| report.count(verdict);
    let value = json!({
        "format_version": json::FORMAT_VERSION,
        "account": report.target.account,
        "region": report.target.region,
        "id": report.id,
        "summary": {
            "verified": count(DrillVerdict::Verified), "not_tested": count(DrillVerdict::NotTested),
            "waiting": count(DrillVerdict::Waiting), "failed": count(DrillVerdict::Failed),
        },
        "alarms": report.alarms,
        "left": report.left,
        "interrupted": report.interrupted,
    });
    mask::document(value)
}

/// Of `--clean`, for programs.
pub fn cleaned_json(cleaned: &Cleaned) -> String {
    let mut value = json!(cleaned);
    value["format_version"] = json::FORMAT_VERSION.into();
    mask::document(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::drill::DeliveryChannel;
    use crate::report::testing::target;

    fn judged(step: DrillStep, verdict: DrillVerdict, remedy: Option<&str>) -> JudgedStep {
        let topic = Some("alerts".to_owned()).filter(|_| step > DrillStep::Actions);
        JudgedStep { step, verdict, topic, text: "what was seen".into(), remedy: remedy.map(str::to_owned) }
    }

    fn drilled(steps: Vec<JudgedStep>) -> DrillReport {
        let message = ReceivedNotification {
            way: DeliveryChannel::Sqs,
            topic: "alerts".into(),
            topic_arn: "arn:aws:sns:us-east-1:123456789012:alerts".into(),
            alarm: "errors".into(),
            reason: "drill".into(),
            subject: Some("ALARM: \"errors\"".into()),
            body: json!({ "NewStateValue": "ALARM", "AlarmDescription": "by https://u:hunter2@x.edu" }),
        };
        let alarm = Drilled {
            alarm: "errors".into(),
            state: Some("OK".into()),
            steps,
            messages: vec![message],
            notes: vec!["a note".into()],
        };
        DrillReport { target: target(), id: Some("abc".into()), alarms: vec![alarm], left: vec![], interrupted: false }
    }

    #[test]
    fn the_verdict_comes_first_and_every_mend_is_there() {
        let good = drilled(vec![
            judged(DrillStep::State, DrillVerdict::Verified, None),
            judged(DrillStep::Message, DrillVerdict::NotTested, None),
        ]);
        assert!(report(&good, &RenderOptions::PLAIN).starts_with(
            "the notification of 1 alarm in 123456789012 us-east-1 comes through: 1 step verified, 1 not tested\n"
        ));
        let broken = drilled(vec![
            judged(DrillStep::State, DrillVerdict::Verified, None),
            judged(DrillStep::Action, DrillVerdict::Failed, Some("mend it")),
        ]);
        let text = report(&broken, &RenderOptions::PLAIN);
        assert!(text.contains("does not come through: 1 step failed, 1 verified"), "{text}");
        assert!(
            text.contains("  failed      action      alerts: what was seen\n") && text.contains("fix: mend it\n"),
            "{text}"
        );
        assert!(text.contains("    | ALARM: \"errors\"\n") && text.contains("note: a note"), "{text}");
        let waiting = drilled(vec![judged(DrillStep::Subscriber, DrillVerdict::Waiting, Some("click"))]);
        assert!(verdict(&waiting).contains("waits for a confirmation"));
    }

    #[test]
    fn nothing_secret_is_shown_however_much_is() {
        let all = drilled(vec![judged(DrillStep::State, DrillVerdict::Verified, None)]);
        let verbose = RenderOptions { verbose: true, colour: true, ..RenderOptions::PLAIN };
        assert!(!report(&all, &verbose).contains("hunter2") && !json(&all).contains("hunter2"));
        let value: Value = serde_json::from_str(&json(&all)).unwrap();
        assert_eq!(
            (&value["summary"]["verified"], &value["alarms"][0]["steps"][0]["verdict"]),
            (&json!(1), &json!("verified"))
        );
    }
}
