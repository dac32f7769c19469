//! Makes a plan true: ordered by dependency, parallel where independent, paced, interruptible, repeatable.

mod claim;
pub mod events;
pub mod executor;
mod marks;
pub mod writer;

pub use events::{ApplyEvent, ApplyOutcome, ApplyReport, ChangeResult, FailureClass, NotAsWritten, Verification};
