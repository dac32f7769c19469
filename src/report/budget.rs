//! Error budgets in words: what was spent, for a look back, and what is left, for a status.

use super::Tone;
use super::figures::{moment, number, percent};
use crate::backtest::budget::ErrorBudget;
use crate::backtest::for_plan::span;

/// Less than this share is left: somebody should look.
const LITTLE: f64 = 0.25;

/// `99.9 % over 30d: 43 % of the error budget spent in 14d (12 of 28000 requests bad)`
pub fn spent(budget: &ErrorBudget) -> String {
    let spent = format!("{} of the error budget spent in {}", percent(budget.spent), span(budget.looked_back));
    let mut text = format!("{} % over {}: {spent} ({})", budget.objective, span(budget.window), bad(budget));
    text.extend(budget.exhausted_at.map(|at| format!("; exhausted {}", moment(at))));
    text
}

/// `57 % of the error budget left`, or how far it is overspent.
pub fn left(budget: &ErrorBudget) -> (String, Tone) {
    match 1.0 - budget.spent {
        left if left <= 0.0 => (format!("error budget exhausted, {} spent", percent(budget.spent)), Tone::Bad),
        left => {
            let tone = if left < LITTLE { Tone::Careful } else { Tone::Good };
            (format!("{} of the error budget left", percent(left)), tone)
        }
    }
}

/// `burn rate 0.4, 12 of 28000 requests bad in 30d`
pub fn burning(budget: &ErrorBudget) -> String {
    format!("burn rate {}, {} in {}", number(budget.burn_rate), bad(budget), span(budget.looked_back))
}

fn bad(budget: &ErrorBudget) -> String {
    format!("{} of {:.0} requests bad", number(budget.bad), budget.requests)
}
