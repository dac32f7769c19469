//! Makes a plan true: ordered by dependency, parallel where independent, paced, interruptible, repeatable.

mod claim;
pub mod events;
pub mod executor;
mod marks;
pub mod mute;
pub mod writer;

pub use events::{
    ApplyEvent, ApplyOutcome, ApplyReport, ChangeResult, FailureClass, MutedAlarms, NotAsWritten, Verification,
};
pub use mute::ApplyMute;
