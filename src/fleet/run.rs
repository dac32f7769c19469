//! A job on every member of a roster, so many at a time. Knows nothing of what the job is; a member that fails is a row like
//! any other, and the others go on.

use super::member::Member;
use super::rows::{Row, State};
use crate::aws::Interrupt;
use crate::model::Target;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::BTreeSet;

/// How a run goes, and when it ends early.
#[derive(Debug, Clone)]
pub struct Limits {
    pub concurrency: usize,
    /// So many failed targets end the run: no further one is begun.
    pub max_failures: Option<usize>,
    pub interrupt: Interrupt,
}

/// A step of a run. `running` are the targets that are being worked on.
#[derive(Debug)]
pub enum Step<'a> {
    Began {
        running: &'a BTreeSet<Target>,
    },
    Ended {
        row: &'a Row,
        done: usize,
        of: usize,
        running: &'a BTreeSet<Target>,
    },
    /// Nothing further is begun, and why; what runs ends in order.
    Stopped {
        why: Stop,
        left: usize,
    },
}

/// Why a run ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    Interrupted,
    TooManyFailures(usize),
}

/// A row a member, in the members' order; those that were not begun are `NotStarted`.
pub async fn over<J>(members: &[Member], limits: &Limits, job: J, step: &mut dyn FnMut(Step<'_>)) -> Vec<Row>
where
    J: AsyncFn(&Member) -> Row,
{
    let job = &job;
    let mut rows: Vec<Option<Row>> = members.iter().map(|_| None).collect();
    let (mut waiting, mut at_work) = (members.iter().enumerate(), FuturesUnordered::new());
    let (mut running, mut done, mut failures, mut stopped) = (BTreeSet::new(), 0, 0, None);
    loop {
        let why = match limits.max_failures {
            _ if limits.interrupt.is_set() => Some(Stop::Interrupted),
            Some(most) if failures >= most => Some(Stop::TooManyFailures(failures)),
            _ => None,
        };
        if let (Some(why), None) = (why, stopped) {
            stopped = Some(why);
            step(Step::Stopped { why, left: members.len() - done - running.len() });
        }
        while stopped.is_none() && at_work.len() < limits.concurrency.max(1) {
            let Some((at, member)) = waiting.next() else { break };
            running.insert(member.target.clone());
            step(Step::Began { running: &running });
            at_work.push(async move { (at, job(member).await) });
        }
        let Some((at, row)) = at_work.next().await else { break };
        done += 1;
        running.remove(&row.target);
        failures += usize::from(row.state >= State::Blocked);
        step(Step::Ended { row: &row, done, of: members.len(), running: &running });
        rows[at] = Some(row);
    }
    let rows = rows.into_iter().zip(members);
    rows.map(|(row, member)| row.unwrap_or_else(|| Row::new(member, State::NotStarted))).collect()
}
