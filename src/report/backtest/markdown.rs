//! A backtest for a pull-request comment.

use super::super::markdown::prose;
use super::super::mask;
use super::{Backtest, budgets, facts, incidents, pages, summary};

pub fn backtest(backtest: &Backtest<'_>) -> String {
    let mut text =
        format!("**{}**\n\n| Verdict | Alarm | What would have happened |\n|---|---|---|\n", summary(backtest));
    for judged in backtest.judged {
        let (verdict, said) = match &judged.outcome {
            Ok(found) => {
                let reason = found.figures.verdict_reason();
                let said = reason.into_iter().chain(facts(&found.figures)).chain(found.known.as_ref().map(incidents));
                (found.verdict.word(), said.collect::<Vec<_>>().join("; "))
            }
            Err(why) => ("unknown", why.clone()),
        };
        let cell = |text: &str| mask::text(text).replace('|', "\\|").replace('\n', " ");
        text.push_str(&format!("| {verdict} | `{}` | {} |\n", cell(&judged.address.to_string()), cell(&said)));
    }
    text.extend(budgets(backtest).iter().map(|budget| format!("\n{}\n", prose(budget))));
    let pages = pages(backtest);
    text.extend(pages.into_iter().map(|pages| format!("\n{}\n", prose(&pages))));
    text
}
