//! AWS as handles: credentials, clients, pacing, errors. Knows nothing of alarms, topics or plans.

pub mod call;
pub mod error;
mod identity;
pub mod interrupt;
pub mod pace;
pub mod quota;
pub mod role;
pub mod session;

pub use call::Repeat;
pub use error::{AwsError, Class};
pub use interrupt::Interrupt;
pub use quota::Op;
pub use role::Role;
pub use session::{Aws, CallCount, Options, Session};
