//! The lines of a log group again, through a metric filter: a bounded read of what is stored.

use super::read::read;
use super::source::LogQuery;
use crate::aws::{Aws, AwsError};
use crate::backtest::history::from_logs::ReplayedLines;
use crate::resources::MetricFilter;
use std::ops::ControlFlow;

/// Lines that are read of one filter.
pub const MOST_LINES: usize = 200_000;

/// Counts the lines between two moments, in seconds since 1970. The second part of the answer: the moment at which it was broken off,
/// because there are too many. `None` where only AWS can tell what the filter counts.
///
/// # Errors
/// What AWS says, but for a group that is not there: it has no lines.
pub async fn replay(
    aws: &Aws,
    filter: &MetricFilter,
    from: i64,
    until: i64,
) -> Result<Option<(ReplayedLines, Option<i64>)>, AwsError> {
    let Some(rule) = filter.rule() else { return Ok(None) };
    // With a default every line counts for its minute; else CloudWatch looks for those that match.
    let pattern = (filter.default_value.is_none() && !filter.pattern.is_empty()).then(|| filter.pattern.clone());
    let ask = LogQuery { group: filter.log_group.clone(), pattern, streams: Vec::new() };
    let (mut lines, mut seen, mut broken_off) = (ReplayedLines::default(), 0, None);
    let take = |_, event: super::source::LogEvent| {
        let at = event.at.div_euclid(1_000);
        seen += 1;
        if seen > MOST_LINES {
            broken_off = Some(at);
            return ControlFlow::Break(());
        }
        lines.take(&rule, at, &event.message);
        ControlFlow::Continue(())
    };
    match read(aws, std::slice::from_ref(&ask), from * 1_000, Some(until * 1_000 - 1), take).await {
        Err(error) if error.is(crate::aws::Class::NotFound) => Ok(Some((ReplayedLines::default(), None))),
        answer => answer.map(|()| Some((lines, broken_off))),
    }
}
