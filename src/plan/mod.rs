//! What has to change so that live becomes desired, as a value. Pure and synchronous: no AWS, no clock, no printing.

pub mod change;
pub mod snapshot;

pub use change::{Action, Blocked, Change, Note, NoteKind, Plan, Summary};
pub use snapshot::{Observation, Snapshot};
