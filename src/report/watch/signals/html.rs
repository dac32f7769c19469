//! Golden signals as one page that needs nothing else: for mail, for an incident's log.

use super::super::moment;
use super::{drawn, judged, length, overall, rows, verdict, whole, words};
use crate::ops::signals::judge::{SignalStatus, mood};
use crate::ops::signals::{FunctionSignals, GoldenSignals, SignalFinding};
use crate::report::html::{CellStatus as Colour, HtmlPage, Markup, page};
use crate::report::watch::logs::{ms, percent};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 90.0;

pub fn html(signals: &GoldenSignals) -> String {
    let judged = judged(signals);
    let sum = |of: fn(&FunctionSignals) -> f64| signals.functions.iter().map(of).sum::<f64>();
    let (requests, errors) = (sum(|function| function.now.invocations), sum(|function| function.now.errors));
    let mut figures = vec![("Requests", whole(requests)), ("Errors", whole(errors))];
    if requests > 0.0 {
        figures.push(("Error rate", percent(errors / requests)));
    }
    let slowest = signals.functions.iter().filter_map(|function| function.now.p95).reduce(f64::max);
    figures.extend(slowest.map(|p95| ("Slowest p95", ms(p95))));
    let length = length(signals);
    let time = format!(
        "{} to {} UTC, against the {length} before. In the charts the thin line is the time before.",
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
    let table = Markup::join([header, Markup::join(rows).within("tbody")]).within("table").line();
    let curves =
        [&function.curves.invocations, &function.curves.errors, &function.curves.p95, &function.curves.concurrency];
    let charts = drawn(function, signals.quota)
        .into_iter()
        .zip(curves)
        .map(|((title, sketch), curve)| chart(&title, curve, sketch.threshold));
    Markup::join([heading, said, table].into_iter().chain(charts)).within("section").line()
}

/// Now as an area, the period before as a thin line, the limit as a dashed one where it is near. Colours are attributes, since a page
/// lets no style in.
fn chart(title: &str, curve: &[f64], limit: f64) -> Markup {
    let (before, now) = curve.split_at(curve.len() / 2);
    let most = curve.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    if most <= 0.0 {
        return Markup::default();
    }
    let near = limit.is_finite() && limit <= most * 4.0;
    let top = if near { most.max(limit) } else { most };
    let y = |value: f64| HEIGHT - value / top * (HEIGHT - 4.0);
    let x = |n: usize| n as f64 * WIDTH / now.len().max(1) as f64;
    let mut area = String::new();
    for (n, value) in now.iter().enumerate().filter(|(_, value)| value.is_finite()) {
        area.push_str(&format!("M{:.1} {HEIGHT}V{:.1}H{:.1}V{HEIGHT}z", x(n), y(*value), x(n + 1)));
    }
    let (mut line, mut pen) = (String::new(), 'M');
    for (n, value) in before.iter().enumerate() {
        pen = match (value.is_finite(), pen) {
            (false, _) => 'M',
            (true, pen) => {
                line.push_str(&format!("{pen}{:.1} {:.1}", (x(n) + x(n + 1)) / 2.0, y(*value)));
                'L'
            }
        };
    }
    let shape = |d: &str, paint: &[(&str, &str)]| Markup::default().with("path", &[&[("d", d)], paint].concat());
    let mut shapes = vec![
        shape(&area, &[("fill", "#3b82c4"), ("fill-opacity", "0.75")]),
        shape(&line, &[("fill", "none"), ("stroke", "currentColor"), ("stroke-opacity", "0.6")]),
    ];
    if near {
        let d = format!("M0 {0:.1}H{WIDTH}", y(limit));
        shapes.push(shape(&d, &[("stroke", "#b8860b"), ("stroke-dasharray", "6 4"), ("stroke-width", "1.5")]));
    }
    let picture = Markup::join(shapes).with(
        "svg",
        &[
            ("viewBox", &format!("0 0 {WIDTH} {HEIGHT}")),
            ("width", "100%"),
            ("preserveAspectRatio", "none"),
            ("height", "90"),
            ("role", "img"),
            ("aria-label", title),
        ],
    );
    let caption =
        Markup::text(&format!("{title}, at most {}", crate::report::backtest::number(most))).within("figcaption");
    Markup::join([caption, picture]).within("figure").line()
}
