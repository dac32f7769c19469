//! An AWS inside the process, spoken to by the real SDK through an HTTP client: the SDK still encodes, signs, pages, retries
//! and reads errors itself. It knows nothing of specs, plans or the SDK's types; only `listen` opens a socket, when it is told to.

mod access;
mod accounts;
mod census;
mod cloudwatch;
mod connector;
mod dispatch;
mod fault;
mod lambda;
mod listen;
mod logs;
mod operation;
mod organizations;
mod paging;
mod policy;
mod protocol;
mod quota;
mod session;
mod sns;
mod sqs;
mod stats;
mod store;
mod sts;
mod tagging;
mod tags;
#[cfg(test)]
mod testing;
mod weather;
mod wire;

#[cfg(any(test, feature = "testing"))]
pub use accounts::ACCOUNT;
pub use accounts::{ACCESS_KEY, SECRET_KEY};
pub use connector::Sandbox;
pub use listen::Listener;
pub use sns::{Delivery, Letter};
#[cfg(any(test, feature = "testing"))]
pub use stats::Stats;
#[cfg(any(test, feature = "testing"))]
pub use store::Contents;
#[cfg(any(test, feature = "testing"))]
pub use weather::Quotas;
pub use weather::Weather;
