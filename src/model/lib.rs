//! The words everyone uses: target, ARN, field change, duration, a file as a checked tree, and documents of SNS that the sandbox reads,
//! too. Knows nothing of YAML, AWS clients or plans.

pub mod advice;
pub mod arn;
pub mod dashboard;
pub mod duration;
pub mod endpoint;
pub mod field;
pub mod file;
pub mod filter_policy;
pub mod glob;
pub mod layers;
pub mod log_pattern;
pub mod node;
pub mod partition;
pub mod problem;
pub mod secret;
pub mod shape;
pub mod size;
pub mod target;
pub mod topic_policy;
pub mod visible;
pub mod writing;

pub use arn::Arn;
pub use field::{FieldChange, FieldSet, ResourceFields};
pub use layers::Layers;
pub use node::{Node, Span, SpannedName};
pub use partition::Partition;
pub use problem::SpecProblem;
pub use target::Target;
pub use writing::{SpecMap, SpecValue};
