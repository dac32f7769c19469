//! Backtests as text, Markdown, JSON, SVG and HTML: one set of figures, many faces.

pub mod chart;
pub mod html;
pub mod json;
pub mod markdown;
pub mod spec_yaml;
pub mod svg;
#[cfg(test)]
mod tests;
pub mod text;

pub use super::figures::{moment, number};

use super::figures::percent;
use crate::backtest::budget::ErrorBudget;
use crate::backtest::for_plan::span;
use crate::backtest::incidents::IncidentScore;
use crate::backtest::pages::{PageRate, PagesCount};
use crate::backtest::suggest::ViewKind;
use crate::backtest::verdict::FLAP;
use crate::backtest::verify::Agreement;
use crate::backtest::{BacktestVerdict, EvaluatedAlarm, Figures, Suggestion};
use crate::resources::Address;
use mlops_cloudwatch::comparison::Comparison;
use std::collections::BTreeMap;

/// All that one backtest found.
#[derive(Debug)]
pub struct Backtest<'a> {
    pub judged: &'a [EvaluatedAlarm],
    /// Seconds since 1970.
    pub from: i64,
    pub until: i64,
    /// Of the history as a whole.
    pub notes: &'a [String],
    /// Simulated against real, where that was asked.
    pub agreements: &'a BTreeMap<Address, Option<Agreement>>,
    /// Who would have been paged how often.
    pub pages: &'a PagesCount,
    /// By SLO, in the order of the file; the error says why nothing is known.
    pub budgets: &'a [(String, Result<ErrorBudget, String>)],
}

/// So many people are named in one line.
const MOST_PEOPLE: usize = 5;
/// So many reasons why pages are not known are named.
const MOST_UNKNOWN: usize = 5;
const ORDER: [BacktestVerdict; 6] = [
    BacktestVerdict::AlwaysOn,
    BacktestVerdict::Noisy,
    BacktestVerdict::Blind,
    BacktestVerdict::Silent,
    BacktestVerdict::Useful,
    BacktestVerdict::Quiet,
];

/// `9 alarms in 14 days: 1 noisy, 1 blind, 3 useful, 4 quiet`
fn summary(backtest: &Backtest<'_>) -> String {
    let count = |verdict: BacktestVerdict| {
        backtest.judged.iter().filter(|j| j.outcome.as_ref().is_ok_and(|found| found.verdict == verdict)).count()
    };
    let mut parts: Vec<String> = ORDER
        .into_iter()
        .map(|verdict| (count(verdict), verdict.word()))
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    let unknown = backtest.judged.iter().filter(|judged| judged.outcome.is_err()).count();
    if unknown > 0 {
        parts.push(format!("{unknown} unknown"));
    }
    let alarms = super::count(backtest.judged.len(), "alarm");
    let time = span(backtest.until - backtest.from);
    if parts.is_empty() { format!("{alarms}.") } else { format!("{alarms} in {time}: {}.", parts.join(", ")) }
}

/// `pages a week: email you@example.edu 1.5`; nothing where nobody is subscribed. Then what is not known of them.
fn pages(backtest: &Backtest<'_>) -> Vec<String> {
    let people = &backtest.pages.people;
    let said: Vec<String> = people
        .iter()
        .take(MOST_PEOPLE)
        .map(|one| format!("{} {} {}", one.protocol, one.endpoint, page_rate(one.rate())))
        .collect();
    let more = people.len().saturating_sub(MOST_PEOPLE);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let rates = (!said.is_empty()).then(|| format!("pages a week: {}{more}", said.join(", ")));
    let unknown = unknown_pages(backtest.pages.unknown.iter().map(String::as_str));
    rates.into_iter().chain(unknown).collect()
}

/// What of the pages could not be worked out, a sentence each.
pub fn unknown_pages<'a>(unknown: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut unknown = unknown.into_iter();
    let mut lines: Vec<String> =
        unknown.by_ref().take(MOST_UNKNOWN).map(|why| format!("pages, unknown: {why}")).collect();
    let more = unknown.count();
    lines.extend((more > 0).then(|| format!("pages, unknown: {more} more")));
    lines
}

/// `1.5`, or `1.5 to 2` where not all is known.
pub fn page_rate(rate: PageRate) -> String {
    match rate {
        PageRate { least, most } if most > least => format!("{} to {}", number(least), number(most)),
        PageRate { least, .. } => number(least),
    }
}

/// What is left of each error budget, a sentence each.
fn budgets(backtest: &Backtest<'_>) -> Vec<String> {
    let said = |(slo, budget): &(String, Result<ErrorBudget, String>)| match budget {
        Ok(budget) => format!("SLO {slo}: {}", super::budget::spent(budget)),
        Err(why) => format!("SLO {slo}: the error budget is unknown: {why}"),
    };
    backtest.budgets.iter().map(said).collect()
}

/// The facts of one alarm, a sentence each.
fn facts(figures: &Figures) -> Vec<String> {
    let mut facts = Vec::new();
    if figures.firings > 0 {
        let times = if figures.firings == 1 { "once".to_owned() } else { format!("{} times", figures.firings) };
        let mut fired = format!("fired {times}, {} in alarm", span(figures.in_alarm));
        if figures.firings > 1 {
            fired.push_str(&format!(", max {}", span(figures.longest)));
        }
        if figures.flaps > 0 {
            let soon = span(FLAP);
            fired.push_str(&format!(", {} within {soon} of the one before", super::count(figures.flaps, "time")));
        }
        if let Some(seconds) = figures.time_to_detect {
            fired.push_str(&format!(", time to notify {}", span(seconds)));
        }
        facts.push(fired);
        let last = figures.spans.iter().zip(&figures.worst).rev().take(3).map(|((from, until), worst)| {
            let on = worst.map_or(String::new(), |worst| format!(" on {}", number(worst)));
            format!("{} for {}{on}", moment(*from), span(until - from))
        });
        facts.push(format!("last (UTC): {}", last.collect::<Vec<_>>().join("; ")));
    }
    if let Some(nearest) = figures.nearest {
        let way = match nearest {
            near if near.beyond => "beyond the threshold".to_owned(),
            near if near.share >= 1.0 => "at the threshold, never beyond it".to_owned(),
            near => format!("{} of the threshold", percent(near.share)),
        };
        facts.push(format!(
            "worst {} at {} UTC, median {}: {way}",
            number(nearest.value),
            moment(nearest.at),
            number(nearest.median)
        ));
    }
    if let Some(missing) = figures.missing.filter(|missing| *missing > 0.0) {
        facts.push(format!("{} of the periods had no data", percent(missing)));
    }
    facts
}

/// Why the proposals are limits that nothing has reached.
fn beyond_all(nothing_stands_out: &str) -> String {
    format!("{nothing_stands_out}. Limits that nothing has reached:")
}

/// What it watches, its condition, what it would have done, and what the same did on the half of the past that it is not made from.
fn suggestion(suggestion: &Suggestion) -> String {
    let Suggestion { threshold, datapoints_to_alarm: m, evaluation_periods: n, firings, longest, .. } = suggestion;
    let watched = match suggestion.watches {
        ViewKind::Values => "",
        ViewKind::Change => "change from one period to the next ",
        ViewKind::Daily => "distance from what is usual at the hour ",
        ViewKind::Weekly => "distance from what is usual at the hour of a workday or weekend ",
        ViewKind::LevelAndChange => "level and change together, 1 being as far as ordinary values go, ",
    };
    let comparison = suggestion.alarm.comparison_operator.as_deref().and_then(Comparison::from_word);
    let symbol = comparison.map_or("", Comparison::symbol);
    let fired = match firings {
        0 => "would not have fired".to_owned(),
        1 => format!("would have fired once, for {}", span(*longest)),
        times => format!("would have fired {times} times, max {}", span(*longest)),
    };
    let mut text = format!("{watched}{symbol} {threshold} with {m} of {n}: {fired}");
    if let Some(seconds) = suggestion.time_to_detect {
        text.push_str(&format!(", time to notify {}", span(seconds)));
    }
    if let Some(known) = &suggestion.known {
        text.push_str(&format!("; {}", incidents(known)));
    }
    for (made, tried, half) in
        [("first", "second", suggestion.later_half), ("second", "first", suggestion.earlier_half)]
    {
        let Some(half) = half else { continue };
        let fired = match half.incidents {
            0 => format!("it would not have fired in the {tried}"),
            times => format!("it would have fired {times}x in the {tried}, {} in all", span(half.beyond)),
        };
        let held = if half.held { "held" } else { "did not hold" };
        text.push_str(&format!("; made from the {made} half {fired} ({held})"));
    }
    text
}

/// `incidents: 2 of 3 caught (missed 2026-01-05 10:00), 1 false firing, time to notify 5m`
fn incidents(known: &IncidentScore) -> String {
    let all = known.caught + known.missed.len();
    let mut text = format!("incidents: {} of {all} caught", known.caught);
    if !known.missed.is_empty() {
        let missed: Vec<String> = known.missed.iter().take(3).map(|(from, _)| moment(*from)).collect();
        let more = if known.missed.len() > missed.len() { ", ..." } else { "" };
        text.push_str(&format!(" (missed {}{more})", missed.join(", ")));
    }
    text.push_str(&format!(", {}", super::count(known.false_firings, "false firing")));
    if let Some(seconds) = known.time_to_notify {
        text.push_str(&format!(", time to notify {}", span(seconds)));
    }
    text
}

fn agreement(agreement: Option<&Agreement>) -> String {
    let Some(found) = agreement else { return "no history of its own to compare with".to_owned() };
    let mut text = format!(
        "agrees with its real history for {} of {}: {} alike",
        percent(found.share_of_time),
        span(found.until - found.from),
        super::count(found.both, "change")
    );
    let list = |times: &[i64]| times.iter().take(3).map(|at| moment(*at)).collect::<Vec<_>>().join(", ");
    for (which, times) in [("only simulated", &found.only_simulated), ("only real", &found.only_real)] {
        if !times.is_empty() {
            text.push_str(&format!(", {} {which} ({})", times.len(), list(times)));
        }
    }
    text
}
