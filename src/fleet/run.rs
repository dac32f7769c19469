//! A job on every target of a roster, so many at a time. Knows nothing of what the job is nor of what it finds; a target that
//! fails is a row like any other, and the others go on.

use super::target::FleetTarget;
use crate::aws::Interrupt;
use crate::model::Target;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeSet;

/// How a run goes, and when it ends early.
#[derive(Debug, Clone)]
pub struct RunLimits {
    pub concurrency: usize,
    /// So many failed targets end the run: no further one is begun.
    pub max_failures: Option<usize>,
    pub interrupt: Interrupt,
}

/// A row that a run makes of each target.
pub trait TargetRow {
    /// The row of a target that the run did not come to.
    fn not_started(member: &FleetTarget) -> Self;

    /// Whether it counts toward `RunLimits::max_failures`.
    fn is_failure(&self) -> bool;
}

/// A step of a run. `running` are the targets that are being worked on.
#[derive(Debug)]
pub enum RunStep<'a, R> {
    Began {
        running: &'a BTreeSet<Target>,
    },
    Ended {
        row: &'a R,
        done: usize,
        of: usize,
        running: &'a BTreeSet<Target>,
    },
    /// Nothing further is begun, and why; what runs ends in order.
    Stopped {
        why: RunStop,
        left: usize,
    },
}

/// Why a run ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStop {
    Interrupted,
    TooManyFailures(usize),
}

/// Returns a row a target, in their order.
pub async fn run_all<R, J>(
    members: &[FleetTarget],
    limits: &RunLimits,
    job: J,
    step: &mut dyn FnMut(RunStep<'_, R>),
) -> Vec<R>
where
    R: TargetRow,
    J: AsyncFn(&FleetTarget) -> R,
{
    let job = &job;
    let mut rows: Vec<Option<R>> = members.iter().map(|_| None).collect();
    let (mut waiting, mut at_work) = (members.iter().enumerate(), FuturesUnordered::new());
    let (mut running, mut done, mut failures, mut stopped) = (BTreeSet::new(), 0, 0, None);
    loop {
        let why = match limits.max_failures {
            _ if limits.interrupt.is_set() => Some(RunStop::Interrupted),
            Some(most) if failures >= most => Some(RunStop::TooManyFailures(failures)),
            _ => None,
        };
        if let (Some(why), None) = (why, stopped) {
            stopped = Some(why);
            step(RunStep::Stopped { why, left: members.len() - done - running.len() });
        }
        while stopped.is_none() && at_work.len() < limits.concurrency.max(1) {
            let Some((at, member)) = waiting.next() else { break };
            running.insert(member.target.clone());
            step(RunStep::Began { running: &running });
            at_work.push(async move { (at, job(member).await) });
        }
        let Some((at, row)) = at_work.next().await else { break };
        done += 1;
        running.remove(&members[at].target);
        failures += usize::from(row.is_failure());
        step(RunStep::Ended { row: &row, done, of: members.len(), running: &running });
        rows[at] = Some(row);
    }
    let rows = rows.into_iter().zip(members);
    rows.map(|(row, member)| row.unwrap_or_else(|| R::not_started(member))).collect()
}
