//! A threshold that nothing came near in two weeks.

use crate::backtest::BacktestVerdict;
use crate::model::advice;
use crate::ops::doctor::{Cause, DoctorFacts, DoctorFinding, DoctorLevel, FindingSubject};
use crate::resources::{Address, Kind};

pub static CAUSE: Cause = Cause {
    id: "threshold-out-of-reach",
    summary: "the threshold of an alarm was never reached",
    explains: &[],
    check,
};

fn check(facts: &DoctorFacts, found: &mut Vec<DoctorFinding>) {
    for (name, alarm, seen) in facts.metric_alarms() {
        let Some(Ok(judgement)) = seen.judged.as_ref().map(|judged| &judged.outcome) else { continue };
        let never = matches!(judgement.verdict, BacktestVerdict::Silent | BacktestVerdict::Quiet);
        let Some(nearest) = judgement.figures.nearest.filter(|_| never) else { continue };
        let threshold = alarm.threshold.unwrap_or_default();
        let what = format!("{name} was never near firing: its threshold was not reached in 14 days");
        let about = FindingSubject::Resource(Address::new(Kind::Alarm, name));
        found.push(
            DoctorFinding::new(CAUSE.id, DoctorLevel::Hint, about, what)
                .touching(facts.touched_by(name))
                .seen(format!(
                    "the worst value was {}, the threshold is {threshold} ({} % of the way)",
                    nearest.value,
                    (nearest.share * 100.0).floor()
                ))
                .mend(format!(
                    "that may be right; {} proposes a threshold, {} tries the rest",
                    advice::command("backtest --suggest"),
                    advice::command("drill")
                )),
        );
    }
}
