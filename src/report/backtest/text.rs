//! A backtest for people at a terminal: the verdicts as a table, then each alarm with its chart.

use super::super::layout::hang;
use super::super::table::table;
use super::super::{RenderOptions, Tone};
use super::{
    Backtest, agreement, beyond_all, budgets, chart, facts, incidents, pages, percent, spec_yaml, suggestion, summary,
};
use crate::backtest::for_plan::span;
use crate::backtest::{BacktestVerdict, EvaluatedAlarm};

/// With more alarms than this the charts would bury the table.
const MOST_CHARTS: usize = 12;

pub fn backtest(backtest: &Backtest<'_>, charts: bool, look: &RenderOptions) -> String {
    let mut text = table(
        &["Verdict", "Alarm", "Fired", "In alarm", "Max in alarm", "Time to notify", "No data"],
        backtest.judged.iter().map(row).collect(),
        look,
    );
    text.push('\n');
    let charts = charts && (backtest.judged.len() <= MOST_CHARTS || look.verbose);
    for judged in backtest.judged {
        let section = section(backtest, judged, charts, look);
        if !section.is_empty() {
            text.push_str(&section);
            text.push('\n');
        }
    }
    for note in backtest.notes {
        text.push_str(&hang("note: ", note, look.width));
    }
    budgets(backtest).iter().for_each(|budget| text.push_str(&hang("", budget, look.width)));
    text.extend(pages(backtest).into_iter().map(|pages| hang("", &pages, look.width)));
    text.push_str(&summary(backtest));
    text.push('\n');
    text
}

fn row(judged: &EvaluatedAlarm) -> Vec<String> {
    let name = judged.address.to_string();
    match &judged.outcome {
        Err(_) => vec!["unknown".to_owned(), name],
        Ok(found) => {
            let figures = &found.figures;
            let time = |seconds: i64| if seconds > 0 { span(seconds) } else { "-".to_owned() };
            vec![
                found.verdict.word().to_owned(),
                name,
                figures.firings.to_string(),
                time(figures.in_alarm),
                time(figures.longest),
                figures.time_to_detect.map_or("-".to_owned(), span),
                figures.missing.map_or("-".to_owned(), percent),
            ]
        }
    }
}

/// Under the table: what the row cannot say.
fn section(backtest: &Backtest<'_>, judged: &EvaluatedAlarm, charts: bool, look: &RenderOptions) -> String {
    let name = look.paint(Tone::Strong, &judged.address.to_string());
    let line = |text: &str| hang("  ", text, look.width);
    let found = match &judged.outcome {
        Ok(found) => found,
        Err(why) => return format!("{name}: unknown\n{}", line(why)),
    };
    let tone = match found.verdict {
        BacktestVerdict::Useful | BacktestVerdict::Quiet => Tone::Good,
        BacktestVerdict::Silent => Tone::Careful,
        BacktestVerdict::Noisy | BacktestVerdict::AlwaysOn | BacktestVerdict::Blind => Tone::Bad,
    };
    let reason = found.figures.verdict_reason().map(|reason| format!(": {reason}")).unwrap_or_default();
    let mut text = format!("{name}: {}{reason}\n", look.paint(tone, found.verdict.word()));
    if charts {
        text.extend(found.sketch.as_ref().map(|sketch| chart::chart(sketch, (&found.figures).into(), look)));
    }
    facts(&found.figures).iter().for_each(|fact| text.push_str(&line(fact)));
    text.extend(found.reason.as_deref().map(|reason| line(&format!("first: {reason}"))));
    judged.notes.iter().for_each(|note| text.push_str(&line(&format!("note: {note}"))));
    if let Some(compared) = backtest.agreements.get(&judged.address) {
        text.push_str(&line(&agreement(compared.as_ref())));
    }
    text.extend(found.known.as_ref().map(|known| line(&incidents(known))));
    match &found.advice {
        Some(Ok(made)) => {
            match &made.nothing_stands_out {
                Some(why) => text.push_str(&line(&beyond_all(why))),
                None => text.push_str("  conditions to choose from:\n"),
            }
            for one in &made.suggestions {
                text.push_str(&hang("    ", &suggestion(one), look.width));
                spec_yaml::alarm(one).lines().for_each(|yaml| text.push_str(&format!("        {yaml}\n")));
            }
        }
        Some(Err(why)) => text.push_str(&line(&format!("no condition is proposed: {why}"))),
        None => {}
    }
    text
}
