//! The logs of functions: which group a function writes to, reading and following it without losing or doubling a line, and
//! what the lines say.

pub mod follow;
pub mod json;
pub mod level;
pub mod line;
pub mod read;
pub mod report;
pub mod requests;
pub mod source;
pub mod summary;
pub mod window;

pub use level::Level;
pub use line::{Kind, Line};
pub use report::{Report, Status};
