//! The bundled service on its way to Lambda: a binary becomes a bundle, a bundle becomes a function. Owned by nobody's
//! spec: a function is deployed by command, and only watched by alarms.

mod bundle;
mod elf;
mod function;

pub use bundle::Bundle;

pub use function::{DesiredFunction, Occupied, deploy};
