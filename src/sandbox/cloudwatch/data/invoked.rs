//! What functions really did in the sandbox, as Lambda's metrics. One series a function is kept; the other dimensions are read of it.

use super::super::metric::{MetricDimension, WireMetric};
use super::generated::LambdaMetric;
use super::put;
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::statistic::Aggregate;

/// Under a function's name, when it was called for the first time.
const TABLE: &str = "lambda-invoked";

/// One call, or one that was turned away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MeasuredInvocation {
    Throttled,
    /// Milliseconds; `concurrent` calls of the function ran when it began, itself included.
    Ran {
        duration: f64,
        failed: bool,
        concurrent: usize,
    },
}

/// Counts a call in the minute in which it began.
pub fn record(tx: &mut Tx, function: &str, at: Timestamp, measured: MeasuredInvocation) -> Result<(), Fault> {
    if since(tx, function)?.is_none_or(|since| at < since) {
        tx.put(TABLE, function, &at)?;
    }
    let values = match measured {
        MeasuredInvocation::Throttled => vec![(LambdaMetric::Throttles, 1.0)],
        MeasuredInvocation::Ran { duration, failed, concurrent } => vec![
            (LambdaMetric::Invocations, 1.0),
            (LambdaMetric::Errors, f64::from(u8::from(failed))),
            (LambdaMetric::Throttles, 0.0),
            (LambdaMetric::Duration, duration),
            (LambdaMetric::ConcurrentExecutions, concurrent as f64),
        ],
    };
    for (name, value) in values {
        put::add(tx, metric(function, name), name.unit(), at, &Aggregate::of(vec![(value, 1.0)]))?;
    }
    Ok(())
}

/// When a function was called for the first time; none where its past is all made up.
pub fn since(tx: &Tx, function: &str) -> Result<Option<Timestamp>, Fault> {
    tx.get(TABLE, function)
}

/// A function that is made again under the name begins anew.
pub fn forget(tx: &mut Tx, function: &str) {
    tx.delete(TABLE, function);
}

pub fn metric(function: &str, name: LambdaMetric) -> WireMetric {
    let named = LambdaMetric::ALL.into_iter().find(|(_, known)| *known == name).map(|(text, _)| text.to_owned());
    let dimensions = vec![MetricDimension { name: "FunctionName".to_owned(), value: function.to_owned() }];
    WireMetric { namespace: Some("AWS/Lambda".to_owned()), metric_name: named, dimensions }
}
