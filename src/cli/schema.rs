//! `mlopsctl schema`: the JSON Schema of the spec, for editors. Needs nothing but itself.

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use crate::spec;
use clap::Args;

/// Prints the JSON Schema of the spec, for editors and checkers
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {}

impl SchemaArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, Failure> {
        output.result(&format!("{:#}\n", spec::schema()))?;
        Ok(Exit::Success)
    }
}
