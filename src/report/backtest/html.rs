//! A backtest as one page that needs nothing else: for mail, for a CI artifact.

use super::super::{html::escape, mask};
use super::svg;
use super::{Backtest, agreement, beyond_all, budgets, facts, incidents, moment, pages, suggestion, summary};

pub fn backtest(backtest: &Backtest<'_>) -> String {
    let mut body = String::new();
    for judged in backtest.judged {
        let name = judged.address.to_string();
        let (word, bad, reason) = match &judged.outcome {
            Ok(found) => (found.verdict.word(), found.verdict.is_bad(), found.figures.verdict_reason()),
            Err(_) => ("unknown", true, None),
        };
        let reason = reason.map(|reason| format!(": {}", said(&reason))).unwrap_or_default();
        let class = if bad { "bad" } else { "good" };
        body.push_str(&format!("<section>\n<h2>{} <span class=\"{class}\">{word}</span>{reason}</h2>\n", said(&name)));
        let mut lines = Vec::new();
        match &judged.outcome {
            Err(why) => lines.push(why.clone()),
            Ok(found) => {
                body.extend(found.sketch.as_ref().map(|sketch| svg::chart(&name, sketch, (&found.figures).into())));
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
        let items: String = lines.iter().map(|line| format!("<li>{}</li>\n", said(line))).collect();
        body.push_str(&format!("<ul>\n{items}</ul>\n</section>\n"));
    }
    let budgets: String = budgets(backtest).iter().map(|budget| format!("<p>{}</p>\n", said(budget))).collect();
    let pages = pages(backtest);
    let pages: String = pages.into_iter().map(|pages| format!("<p>{}</p>\n", said(&pages))).collect();
    let notes: String = backtest.notes.iter().map(|note| format!("<p>note: {}</p>\n", said(note))).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Backtest of alarms</title>\n<style>:root{{color-scheme:light dark}}body{{font:15px/1.5 sans-serif;max-width:56rem;\
         margin:2rem auto;padding:0 1rem}}h2{{font-size:1.05rem;margin:2rem 0 .5rem}}h2 span{{padding:0 .5em;border-radius:.7em;\
         color:#fff;background:#2e7d32}}h2 .bad{{background:#c62828}}svg{{max-width:100%;height:auto}}</style>\n\
         <h1>What the alarms would have done</h1>\n<p>{} to {} UTC. <strong>{}</strong></p>\n{budgets}{pages}{notes}{body}</html>\n",
        moment(backtest.from),
        moment(backtest.until),
        said(&summary(backtest)),
    )
}

fn said(text: &str) -> String {
    escape(&mask::text(text))
}
