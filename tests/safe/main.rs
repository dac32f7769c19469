//! What the program promises of its output: no secret in it, and nothing in it that is run, followed or obeyed by what reads it.
//! The real program against its sandbox, through every command and format.

mod active;
mod hostile;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
