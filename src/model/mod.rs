//! The words everyone uses: target, ARN, field change, duration. Knows nothing of YAML, AWS clients or plans.

pub mod arn;
pub mod duration;
pub mod field;
pub mod target;

pub use arn::Arn;
pub use field::{FieldChange, FieldSet, Fields};
pub use target::Target;
