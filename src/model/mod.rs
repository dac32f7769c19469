//! The words everyone uses: target, ARN, field change, duration, and a file as a checked tree. Knows nothing of YAML,
//! AWS clients or plans.

pub mod arn;
pub mod duration;
pub mod field;
pub mod layers;
pub mod node;
pub mod problem;
pub mod secret;
pub mod shape;
pub mod target;
pub mod zone;

pub use arn::Arn;
pub use field::{FieldChange, FieldSet, Fields};
pub use layers::Layers;
pub use node::{Name, Node, Span};
pub use problem::Problem;
pub use target::Target;
pub use zone::TimeZone;
