//! Runs the steps of a plan: each as soon as what it needs is done, all others side by side, the account's quotas setting
//! the speed. Writes through `TargetWriter` only; never reads back (that is `pipeline`'s).

use super::events::{ApplyEvent, ApplyOutcome, ChangeResult, FailureClass};
use super::writer::TargetWriter;
use crate::aws::{ApiOperation, Aws, AwsError, Class};
use crate::plan::order::{self, ApplyStep};
use crate::plan::{Action, Plan, PlannedChange};
use crate::resources::kind::Write;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::HashMap;
use std::time::Duration;

/// Applies every effective change of the plan and says how each ended, in the plan's order. Nothing new is started after
/// an interrupt; what is on its way finishes.
pub async fn run(aws: &Aws, plan: &Plan, events: &mut dyn FnMut(ApplyEvent)) -> Vec<ChangeResult> {
    let steps = order::steps(plan);
    let writer = TargetWriter::new(aws, plan);
    let total = steps.iter().map(|step| step.changes.len()).sum();
    let mut run = StepProgress::new(plan, aws, &steps);
    events(ApplyEvent::Started { target: plan.target.clone(), changes: total, remaining: run.remaining() });

    let mut running = FuturesUnordered::new();
    let (mut done, mut told) = (0, false);
    loop {
        if !aws.interrupt.is_set() {
            for at in run.start() {
                running.push(perform(&writer, plan, &steps[at], at));
            }
        } else if !told {
            told = true;
            events(ApplyEvent::Interrupted);
        }
        let finished = tokio::select! {
            finished = running.next() => finished,
            () = aws.interrupt.wait(), if !told => continue,
        };
        let Some((at, answers)) = finished else { break };
        for result in run.finish(at, answers) {
            done += 1;
            events(ApplyEvent::Finished { result, done, of: total, remaining: run.remaining() });
        }
    }
    run.results()
}

/// How long the quotas make the writes of a plan take.
pub fn time_for(aws: &Aws, plan: &Plan) -> Duration {
    StepProgress::new(plan, aws, &order::steps(plan)).remaining()
}

/// How a step went: one answer a change.
type StepResults = Vec<Result<(), AwsError>>;

async fn perform(writer: &TargetWriter<'_>, plan: &Plan, step: &ApplyStep, at: usize) -> (usize, StepResults) {
    let changes: Vec<&PlannedChange> = step.changes.iter().map(|at| &plan.changes[*at]).collect();
    let answers = match changes.as_slice() {
        [change] => vec![writer.write(change).await],
        // Only deletes of one kind are batched.
        batch => {
            let names: Vec<String> = batch.iter().map(|c| c.address.name.clone()).collect();
            writer.delete_all(batch[0].address.kind, &names).await
        }
    };
    (at, answers)
}

/// How far the steps are.
struct StepProgress<'a> {
    plan: &'a Plan,
    aws: &'a Aws,
    steps: &'a [ApplyStep],
    /// By step, one a change; `None` while it is open.
    outcomes: Vec<Option<Vec<ApplyOutcome>>>,
    started: Vec<bool>,
    /// By step: who needs it, and how many of those that it needs are not done.
    dependants: Vec<Vec<usize>>,
    missing: Vec<usize>,
    /// Steps that nothing keeps from starting.
    ready: Vec<usize>,
    /// How many open steps make a call.
    open: HashMap<ApiOperation, usize>,
}

impl<'a> StepProgress<'a> {
    fn new(plan: &'a Plan, aws: &'a Aws, steps: &'a [ApplyStep]) -> Self {
        let mut dependants = vec![Vec::new(); steps.len()];
        let mut open = HashMap::new();
        for (at, step) in steps.iter().enumerate() {
            step.after.iter().for_each(|needed| dependants[*needed].push(at));
            *open.entry(slowest_call(&plan.changes[step.changes[0]])).or_default() += 1;
        }
        let missing: Vec<usize> = steps.iter().map(|step| step.after.len()).collect();
        let ready = (0..steps.len()).filter(|at| missing[*at] == 0).collect();
        let (outcomes, started) = (vec![None; steps.len()], vec![false; steps.len()]);
        Self { plan, aws, steps, outcomes, started, dependants, missing, ready, open }
    }

    /// Takes the steps whose needs are all done, in the plan's order.
    fn start(&mut self) -> Vec<usize> {
        let mut ready = std::mem::take(&mut self.ready);
        ready.retain(|at| self.outcomes[*at].is_none());
        ready.sort_unstable();
        ready.iter().for_each(|at| self.started[*at] = true);
        ready
    }

    fn settle(&mut self, at: usize, outcomes: Vec<ApplyOutcome>) {
        self.outcomes[at] = Some(outcomes);
        let call = slowest_call(&self.plan.changes[self.steps[at].changes[0]]);
        self.open.entry(call).and_modify(|count| *count -= 1);
    }

    /// Notes how a step ended, and that what needs it is skipped; gives the results of all changes settled by it.
    fn finish(&mut self, at: usize, answers: StepResults) -> Vec<ChangeResult> {
        let outcome = |answer| match answer {
            Ok(()) => ApplyOutcome::Done,
            Err(error) if AwsError::was_not_sent(&error) => ApplyOutcome::NotStarted,
            Err(error) => failed(&error),
        };
        let outcomes: Vec<ApplyOutcome> = answers.into_iter().map(outcome).collect();
        let failed = outcomes.iter().position(|outcome| matches!(outcome, ApplyOutcome::Failed { .. }));
        let done = outcomes.iter().all(|outcome| *outcome == ApplyOutcome::Done);
        self.settle(at, outcomes);
        let mut settled = vec![at];
        if done {
            for dependant in self.dependants[at].clone() {
                self.missing[dependant] -= 1;
                if self.missing[dependant] == 0 {
                    self.ready.push(dependant);
                }
            }
        }
        if let Some(failed) = failed {
            let because_of = self.plan.changes[self.steps[at].changes[failed]].address.clone();
            let mut frontier = vec![at];
            while let Some(cause) = frontier.pop() {
                for step in self.dependants[cause].clone() {
                    if self.outcomes[step].is_none() && !self.started[step] {
                        let skipped = ApplyOutcome::Skipped { because_of: because_of.clone() };
                        self.settle(step, vec![skipped; self.steps[step].changes.len()]);
                        settled.push(step);
                        frontier.push(step);
                    }
                }
            }
        }
        settled.into_iter().flat_map(|step| self.results_of(step)).collect()
    }

    fn results_of(&self, step: usize) -> Vec<ChangeResult> {
        let outcomes = self.outcomes[step].as_ref();
        let result = |(n, at): (usize, &usize)| {
            let change = &self.plan.changes[*at];
            ChangeResult {
                address: change.address.clone(),
                action: change.action,
                outcome: outcomes.and_then(|outcomes| outcomes.get(n)).cloned().unwrap_or(ApplyOutcome::NotStarted),
                notes: change.notes.clone(),
            }
        };
        self.steps[step].changes.iter().enumerate().map(result).collect()
    }

    fn results(&self) -> Vec<ChangeResult> {
        let mut results: Vec<ChangeResult> = (0..self.steps.len()).flat_map(|step| self.results_of(step)).collect();
        results.sort_by(|a, b| a.address.cmp(&b.address));
        results
    }

    /// How long the quotas make the rest take: the slowest operation decides.
    fn remaining(&self) -> Duration {
        let open = self.open.iter().filter(|(_, count)| **count > 0);
        open.map(|(op, count)| self.aws.pace.time_for(*op, *count)).max().unwrap_or_default()
    }
}

/// The call of a change that AWS allows least often.
fn slowest_call(change: &PlannedChange) -> ApiOperation {
    change.address.kind.slowest_call(match change.action {
        Action::Delete => Write::Delete,
        Action::StopManaging => Write::Untag,
        _ => Write::Put,
    })
}

/// How a change ended that AWS refused.
pub fn failed(error: &AwsError) -> ApplyOutcome {
    let class = match error.class {
        Class::Denied | Class::Credentials => FailureClass::Permission,
        Class::Throttled | Class::Transient => FailureClass::Throttled,
        _ => FailureClass::Other,
    };
    ApplyOutcome::Failed { message: error.to_string(), remedy: error.remedy(), class }
}
