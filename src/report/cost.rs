//! What a plan does to the monthly bill, in words: fixed costs first, what depends on usage apart.

use super::{RenderOptions, Tone, layout};
use crate::cost::{Cost, Estimate, UsageCost};
use crate::model::Target;
use serde_json::{Value, json};

/// The line of a plan: `Cost: 0.00 -> 0.60 USD a month (+0.60 USD), …`; with `verbose` all of it.
pub fn text(cost: &Cost, look: &RenderOptions) -> String {
    let mut text = layout::hang("Cost: ", &sentence(cost), look.width);
    text = text.replacen("Cost:", &look.paint(Tone::Strong, "Cost:"), 1);
    if look.verbose {
        for line in parts(&cost.after, &cost.currency) {
            text += &format!("  {line}\n");
        }
        for usage in &cost.usage {
            text += &layout::hang("  not included (usage-based) ", &used(usage, &cost.currency), look.width);
        }
        let source = format!("prices of {}, list prices: {}", cost.dated, cost.source);
        text += &layout::hang("  ", &source, look.width);
    }
    text
}

/// On one line; what a plan does not change is said shortly.
pub fn sentence(cost: &Cost) -> String {
    let (before, after) = (&cost.before, &cost.after);
    let change = after.total - before.total;
    if change.abs() < 0.005 {
        return format!("{:.2} {} a month, as before", after.total, cost.currency);
    }
    let mut said =
        format!("{:.2} -> {:.2} {} a month ({change:+.2} {})", before.total, after.total, cost.currency, cost.currency);
    if after.free > 0.0 {
        said += &format!(", up to {:.2} {} of it in the account's free tier", after.free, cost.currency);
    }
    if !cost.usage.is_empty() {
        said += &not_included(cost.usage.iter().map(|usage| usage.what.as_str()));
    }
    said
}

/// What is billed by how much it is used, and so is in no figure.
pub fn not_included<'a>(whats: impl Iterator<Item = &'a str>) -> String {
    format!("; not included (usage-based): {}", whats.collect::<Vec<_>>().join(", "))
}

fn parts(after: &Estimate, currency: &str) -> Vec<String> {
    let counted = [
        (after.alarm_metrics, "metric under an alarm"),
        (after.high_resolution_metrics, "metric under an alarm, in high resolution"),
        (after.composite_alarms, "composite alarm"),
        (after.dashboards, "dashboard"),
    ];
    let mut lines: Vec<String> =
        counted.into_iter().filter(|(n, _)| *n > 0.0).map(|(n, what)| format!("{n:>6} x {what}")).collect();
    lines.push(format!("{:>6.2} {currency} a month together", after.total));
    lines
}

fn used(usage: &UsageCost, currency: &str) -> String {
    let free = usage.free.as_ref().map(|free| format!(", {free} of an account free")).unwrap_or_default();
    let now = usage.now.map(|now| format!(", now {now:.2} {currency} a month")).unwrap_or_default();
    format!("{}: {}{free}{now}", usage.what, usage.price)
}

/// For programs: one target's.
pub fn json(target: &Target, stack: &str, cost: &Cost) -> Value {
    super::json_value::rounded(json!({
        "account": target.account,
        "region": target.region,
        "stack": stack,
        "currency": cost.currency,
        "prices_dated": cost.dated,
        "prices_source": cost.source,
        "before": cost.before,
        "after": cost.after,
        "by_usage": cost.usage,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cost::{Prices, of_plan};
    use crate::report::testing::{alarm, create, plan};

    #[test]
    fn a_plan_says_what_it_costs() {
        let plan = plan((0..12).map(|n| create(alarm(&format!("a{n}"), 5.0))).collect());
        let cost = of_plan(&plan, &Prices::shipped().expect("the table"));
        assert_eq!(
            text(&cost, &RenderOptions::PLAIN),
            "Cost: 0.00 -> 1.20 USD a month (+1.20 USD), up to 1.00 USD of it in the account's free tier\n"
        );
        let all = text(&cost, &RenderOptions { verbose: true, ..RenderOptions::PLAIN });
        assert!(all.contains("    12 x metric under an alarm\n") && all.contains("prices of 2026-11-22"), "{all}");
        let same = Cost { before: cost.after.clone(), ..cost };
        assert_eq!(sentence(&same), "1.20 USD a month, as before");
    }
}
