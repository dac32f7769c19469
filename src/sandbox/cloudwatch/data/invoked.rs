//! What functions really did in the sandbox, as Lambda's metrics. One series a function is kept; the other dimensions are read of it.

use super::super::metric::{Dimension, Metric};
use super::generated::Name;
use super::put;
use crate::fault::Fault;
use crate::store::Tx;
use crate::wire::Timestamp;
use mlops_cloudwatch::statistic::Aggregate;

/// Under a function's name, when it was called for the first time.
const TABLE: &str = "lambda-invoked";

/// One call, or one that was turned away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Measured {
    Throttled,
    /// Milliseconds; `concurrent` calls of the function ran when it began, itself included.
    Ran {
        duration: f64,
        failed: bool,
        concurrent: usize,
    },
}

/// Counts a call in the minute in which it began.
pub fn record(tx: &mut Tx, function: &str, at: Timestamp, measured: Measured) -> Result<(), Fault> {
    if since(tx, function)?.is_none_or(|since| at < since) {
        tx.put(TABLE, function, &at)?;
    }
    let values = match measured {
        Measured::Throttled => vec![(Name::Throttles, 1.0)],
        Measured::Ran { duration, failed, concurrent } => vec![
            (Name::Invocations, 1.0),
            (Name::Errors, f64::from(u8::from(failed))),
            (Name::Throttles, 0.0),
            (Name::Duration, duration),
            (Name::ConcurrentExecutions, concurrent as f64),
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

pub fn metric(function: &str, name: Name) -> Metric {
    let named = Name::ALL.into_iter().find(|(_, known)| *known == name).map(|(text, _)| text.to_owned());
    let dimensions = vec![Dimension { name: "FunctionName".to_owned(), value: function.to_owned() }];
    Metric { namespace: Some("AWS/Lambda".to_owned()), metric_name: named, dimensions }
}
