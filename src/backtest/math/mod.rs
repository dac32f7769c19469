//! Metric math as CloudWatch documents it for alarms. What is not known here is refused by name: never a wrong number.

mod evaluate;
mod function;

pub use evaluate::{Frame, Program};
