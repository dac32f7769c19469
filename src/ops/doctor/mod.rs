//! Why it does not work: facts read in few calls, held against a list of causes, the true one first and what only follows from it
//! beneath. A cause is one file in `causes/`. Mends nothing: that is `apply`'s, with its consent.

mod causes;
mod facts;
mod finding;
mod judge;
mod read;
mod service;
mod steps;
#[cfg(test)]
mod tests;

pub use causes::CAUSES;
pub use facts::{DeniedCall, DoctorFacts};
pub use finding::{DoctorFinding, DoctorLevel, FindingSubject};
pub use judge::judge;
pub use read::read;
pub use service::look;
pub use steps::{DeliverySteps, steps};

/// One thing that can be the reason.
#[derive(Debug)]
pub struct Cause {
    pub id: &'static str,
    /// As a sentence without a full stop.
    pub summary: &'static str,
    /// Causes that are only consequences where this one holds of the same thing, or of everything.
    pub explains: &'static [&'static str],
    check: fn(&DoctorFacts, &mut Vec<DoctorFinding>),
}
