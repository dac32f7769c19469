//! Golden signals as one page that needs nothing else: for mail, for an incident's log.

use super::super::moment;
use super::{judged, length, overall, rows, verdict, whole, words};
use crate::model::duration::format_seconds;
use crate::ops::signals::judge::{SignalStatus, mood};
use crate::ops::signals::{FunctionSignals, GoldenSignals, SignalFinding};
use crate::report::html::plot::{Plot, PlotLimit, plot};
use crate::report::html::{CellStatus as Colour, HtmlPage, Markup, page};
use crate::report::watch::logs::{ms, percent};

pub fn html(signals: &GoldenSignals) -> String {
    let judged = judged(signals);
    let sum = |of: fn(&FunctionSignals) -> f64| signals.functions.iter().map(of).fold(0.0, |sum, value| sum + value);
    let (requests, errors) = (sum(|function| function.now.invocations), sum(|function| function.now.errors));
    let mut figures = vec![("Requests", whole(requests)), ("Errors", whole(errors))];
    if requests > 0.0 {
        figures.push(("Error rate", percent(errors / requests)));
    }
    let slowest = signals.functions.iter().filter_map(|function| function.now.p95).reduce(f64::max);
    figures.extend(slowest.map(|p95| ("Slowest p95", ms(p95))));
    let length = length(signals);
    let time = format!(
        "{} to {} UTC, against the {length} before: in the charts the thin line.",
        moment(signals.from * 1000),
        moment(signals.until * 1000)
    );
    let notes = signals.notes.iter().map(|note| Markup::text(&format!("note: {note}")).within("p").line());
    let sections = judged.iter().map(|(function, findings)| section(function, findings, signals));
    let body = Markup::join([Markup::text(&time).within("p").line()].into_iter().chain(sections).chain(notes));
    let title = format!("Golden signals, {} in {}", length, signals.region);
    page(&HtmlPage { title: &title, verdict: &verdict(signals), mood: colour(overall(signals)), figures, body })
}

fn colour(mood: SignalStatus) -> Colour {
    match mood {
        SignalStatus::Good => Colour::Good,
        SignalStatus::Idle => Colour::Quiet,
        SignalStatus::Careful => Colour::Careful,
        SignalStatus::Bad => Colour::Bad,
    }
}

fn section(function: &FunctionSignals, findings: &[SignalFinding], signals: &GoldenSignals) -> Markup {
    let state = mood(findings);
    let badge = Markup::text(state.word()).classed("span", &format!("badge {}", colour(state).class()));
    let heading = Markup::join([Markup::text(&format!("{} ", function.name)), badge]).within("h2").line();
    let said = Markup::join(findings.iter().map(|finding| Markup::text(&words(finding)).within("li"))).within("ul");
    let header = ["", "Now", "Before"].map(|title| Markup::text(title).within("th"));
    let header = Markup::join(header).within("tr").within("thead");
    let rows = rows(function, signals.quota).into_iter().map(|row| {
        let cells = [
            Markup::text(row.what).within("th"),
            Markup::text(&row.now).within("td"),
            Markup::text(&row.before).within("td"),
        ];
        Markup::join(cells).within("tr").line()
    });
    let table = Markup::join([header, Markup::join(rows).within("tbody")]).classed("table", "facts").line();
    let charts = charts(function, signals);
    Markup::join([heading, said, table].into_iter().chain(charts)).within("section").line()
}

/// The four signals over time, this period beside the one before, with what limits them.
fn charts(function: &FunctionSignals, signals: &GoldenSignals) -> Vec<Markup> {
    let curves = &function.curves;
    let step = format_seconds(signals.step);
    let timeout = function.facts.as_ref().map(|facts| PlotLimit {
        value: f64::from(facts.timeout_s) * 1e3,
        name: format!("timeout of the function {} s", facts.timeout_s),
    });
    let quota =
        signals.quota.map(|quota| PlotLimit { value: quota, name: format!("quota of the account {}", whole(quota)) });
    let chart = |title: String, unit: &str, curve: &[f64], limit: Option<PlotLimit>| {
        let (before, now) = curve.split_at(curve.len() / 2);
        // Nothing but zeros says what the table says.
        if !curve.iter().any(|value| value.is_finite() && *value > 0.0) {
            return Markup::default();
        }
        plot(&Plot {
            title: &title,
            unit,
            is_count: unit.is_empty(),
            from: signals.from,
            until: signals.until,
            now: now.iter().map(|value| value.is_finite().then_some((value.min(0.0), *value))).collect(),
            before: before.iter().map(|value| value.is_finite().then_some(*value)).collect(),
            limit,
            alarms: &[],
        })
    };
    vec![
        chart(format!("Traffic: requests a {step}"), "", &curves.invocations, None),
        chart(format!("Errors: failed requests a {step}"), "", &curves.errors, None),
        chart("Latency: p95 of the duration".to_owned(), " ms", &curves.p95, timeout),
        chart("Saturation: concurrency, requests at a time".to_owned(), "", &curves.concurrency, quota),
    ]
}
