//! AWS as handles: credentials, clients, pacing, errors. Knows nothing of alarms, topics or plans.

pub mod call;
mod credentials;
pub mod error;
mod identity;
pub mod interrupt;
pub mod network;
pub mod pace;
mod profile;
pub mod quota;
pub mod role;
pub mod session;

pub use call::Repeat;
pub use error::{AwsError, Class};
pub use interrupt::Interrupt;
pub use network::{BadNetwork, Network};
pub use profile::BadProfile;
pub use quota::Op;
pub use role::Role;
pub use session::{Aws, CallCount, Options, Session};
