//! The logs of functions: which group a function writes to, reading and following it without losing or doubling a line, and
//! what the lines say.

pub mod json;
pub mod level;
pub mod line;
pub mod report;

pub use level::Level;
pub use line::{Kind, Line};
pub use report::{Report, Status};
