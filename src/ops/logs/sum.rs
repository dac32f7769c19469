//! Log groups read and summed up, line by line. Keeps no line.

use super::source::LogQuery;
use super::summary::LogSummary;
use super::{LineFilter, RequestJoiner, read};
use crate::aws::{Aws, AwsError};
use std::ops::ControlFlow;

/// The sums of these groups, in their order, from `from` until `until` (milliseconds since 1970), of the lines that are wanted.
pub async fn sum_up(
    aws: &Aws,
    asks: &[LogQuery],
    (from, until): (i64, Option<i64>),
    wanted: &LineFilter,
) -> Result<Vec<LogSummary>, AwsError> {
    let mut requests = RequestJoiner::default();
    let mut found = vec![LogSummary::default(); asks.len()];
    read(aws, asks, from, until, |group, event| {
        let entry = requests.entry(group, event);
        if wanted.wants(&entry) {
            found[group].add(&entry);
        }
        ControlFlow::Continue(())
    })
    .await?;
    Ok(found)
}
