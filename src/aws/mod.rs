//! AWS as handles: credentials, clients, pacing, errors. Knows nothing of alarms, topics or plans.

mod answer;
mod bounded;
pub mod call;
pub mod cbor;
mod clock;
mod credentials;
pub mod error;
mod identity;
pub mod interrupt;
pub mod network;
pub mod pace;
pub mod pages;
pub mod patience;
mod process;
mod profile;
pub mod quota;
pub mod role;
pub mod session;

pub use call::Repeat;
pub use cbor::short_json;
pub use clock::Clock;
pub use error::{Answered, AwsError, Class};
pub use interrupt::Interrupt;
pub use network::{BadNetwork, Network};
pub use patience::{Awaited, Limits, Waiting};
pub use profile::BadProfile;
pub use quota::Op;
pub use role::Role;
pub use session::{Aws, CallCount, Options, Session};
