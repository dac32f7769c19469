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
pub use error::{AwsError, Class, SdkErrorParts};
pub use interrupt::Interrupt;
pub use network::{BadNetwork, NetworkSettings};
pub use patience::{Awaited, WaitLimits, WaitTracker};
pub use profile::{BadProfile, profile_names};
pub use quota::ApiOperation;
pub use role::Role;
pub use session::{Aws, AwsSession, CallCount, SessionOptions};
