//! What has to change so that live becomes desired, as a value. Pure and synchronous: no AWS, no clock, no printing.

pub mod change;
pub mod guard;
pub mod notes;
pub mod order;
pub mod ownership;
pub mod saved;
pub mod snapshot;

pub use change::{Action, Blocked, Change, Note, NoteKind, Plan, Summary};
pub use guard::Consent;
pub use snapshot::{Observation, Snapshot};
