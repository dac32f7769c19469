//! The row of a target whose proposal was made. Pure.

use crate::backtest::Verdict;
use crate::fleet::{Member, Row, Verdicts};
use crate::pipeline::Proposal;

/// Returns the row of a plan with its cost and, where the past was looked at, how its alarms would have behaved.
pub fn proposed(member: &Member, proposal: &Proposal) -> Row {
    let past = proposal.past.as_ref().filter(|past| !past.is_empty());
    let verdicts =
        past.map(|past| verdict_counts(past.iter().map(|one| one.outcome.as_ref().ok().map(|(_, found)| *found))));
    let cost = &proposal.cost;
    Row {
        cost: Some(cost.after.total),
        currency: Some(cost.currency.clone()),
        usage: cost.usage.iter().map(|usage| usage.what.clone()).collect(),
        backtest: verdicts,
        ..Row::of_plan(member, &proposal.planned)
    }
}

/// Counts verdicts; `None` is an alarm of which nothing is known.
pub fn verdict_counts(found: impl Iterator<Item = Option<Verdict>>) -> Verdicts {
    let mut counts = Verdicts::default();
    for verdict in found {
        *match verdict {
            Some(Verdict::AlwaysOn) => &mut counts.always_on,
            Some(Verdict::Noisy) => &mut counts.noisy,
            Some(Verdict::Blind) => &mut counts.blind,
            Some(Verdict::Silent) => &mut counts.silent,
            Some(Verdict::Useful) => &mut counts.useful,
            Some(Verdict::Quiet) => &mut counts.quiet,
            None => &mut counts.unknown,
        } += 1;
    }
    counts
}
