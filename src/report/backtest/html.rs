//! A backtest as one page that needs nothing else: for mail, for a CI artifact.

use super::super::html::plot::{Plot, PlotLimit, plot};
use super::super::html::{CellStatus, HtmlPage, Markup, page};
use super::{Backtest, agreement, beyond_all, budgets, facts, incidents, moment, number, pages, suggestion, summary};
use crate::backtest::sketch::Sketch;
use crate::backtest::{BacktestVerdict, EvaluatedAlarm, Figures};

pub fn backtest(backtest: &Backtest<'_>) -> String {
    let paragraph = |text: &str| Markup::text(text).within("p").line();
    let time = format!("{} to {} UTC", moment(backtest.from), moment(backtest.until));
    let mut parts = vec![paragraph(&time)];
    parts.extend(budgets(backtest).iter().map(|budget| paragraph(budget)));
    parts.extend(pages(backtest).iter().map(|pages| paragraph(pages)));
    parts.extend(backtest.notes.iter().map(|note| paragraph(&format!("note: {note}"))));
    parts.extend(backtest.judged.iter().map(|judged| section(backtest, judged)));
    page(&HtmlPage {
        title: "What the alarms would have done",
        verdict: &summary(backtest),
        mood: backtest.judged.iter().map(mood).max().unwrap_or(CellStatus::Quiet),
        figures: Vec::new(),
        body: Markup::join(parts),
    })
}

fn mood(judged: &EvaluatedAlarm) -> CellStatus {
    match &judged.outcome {
        Err(_) => CellStatus::Careful,
        Ok(found) if found.verdict.is_bad() => CellStatus::Bad,
        Ok(found) if found.verdict == BacktestVerdict::Quiet => CellStatus::Quiet,
        Ok(_) => CellStatus::Good,
    }
}

fn section(backtest: &Backtest<'_>, judged: &EvaluatedAlarm) -> Markup {
    let name = judged.address.to_string();
    let (word, reason) = match &judged.outcome {
        Ok(found) => (found.verdict.word(), found.figures.verdict_reason()),
        Err(_) => ("unknown", None),
    };
    let badge = Markup::text(word).classed("span", &format!("badge {}", mood(judged).class()));
    let reason = Markup::text(&reason.map(|reason| format!(": {reason}")).unwrap_or_default());
    let heading = Markup::join([Markup::text(&format!("{name} ")), badge, reason]).within("h2").line();
    let (mut lines, mut chart) = (Vec::new(), Markup::default());
    match &judged.outcome {
        Err(why) => lines.push(why.clone()),
        Ok(found) => {
            chart = found.sketch.as_ref().map(|sketch| self::chart(&name, sketch, &found.figures)).unwrap_or_default();
            lines.extend(facts(&found.figures));
            lines.extend(found.reason.as_ref().map(|reason| format!("first: {reason}")));
            lines.extend(judged.notes.iter().map(|note| format!("note: {note}")));
            lines.extend(backtest.agreements.get(&judged.address).map(|found| agreement(found.as_ref())));
            lines.extend(found.known.as_ref().map(incidents));
            match &found.advice {
                Some(Ok(made)) => {
                    lines.extend(made.nothing_stands_out.as_deref().map(beyond_all));
                    lines.extend(made.suggestions.iter().map(|one| format!("proposed: {}", suggestion(one))));
                }
                Some(Err(why)) => lines.push(format!("no condition is proposed: {why}")),
                None => {}
            }
        }
    }
    let items = Markup::join(lines.iter().map(|line| Markup::text(line).within("li").line())).within("ul");
    Markup::join([heading, chart, items]).within("section").line()
}

fn chart(name: &str, sketch: &Sketch, figures: &Figures) -> Markup {
    let limit = (!sketch.threshold.is_nan()).then(|| PlotLimit {
        value: sketch.threshold,
        name: format!("threshold {} {}", sketch.comparison.symbol(), number(sketch.threshold)),
    });
    plot(&Plot {
        title: name,
        unit: "",
        is_count: false,
        from: figures.from,
        until: figures.until,
        now: sketch.columns.clone(),
        before: Vec::new(),
        limit,
        alarms: &figures.spans,
    })
}
