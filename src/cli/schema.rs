//! `mlopsctl schema`: the JSON Schema of the spec, of a rubric, or of alarm tests, for editors. Needs nothing but itself.

use super::exit::Exit;
use super::failure::CliFailure;
use super::output::Output;
use crate::grade;
use crate::spec;
use crate::unit_test;
use clap::Args;

/// Prints the JSON Schema of the spec, of a rubric, or of alarm tests, for editors and checkers
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// Of a rubric, for mlopsctl check
    #[arg(long, conflicts_with = "tests")]
    rubric: bool,
    /// Of a file of alarm tests, for mlopsctl test
    #[arg(long)]
    tests: bool,
}

impl SchemaArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        let schema = match (self.rubric, self.tests) {
            (true, _) => grade::schema(),
            (false, true) => unit_test::schema(),
            (false, false) => spec::schema(),
        };
        output.result(&format!("{schema:#}\n"))?;
        Ok(Exit::Success)
    }
}

#[cfg(test)]
mod tests {
    use crate::spec;
    use std::collections::BTreeMap;

    /// Every YAML block of the README is a whole spec.
    #[test]
    fn the_specs_of_the_readme_are_valid() {
        let readme = include_str!("../../README.md");
        let blocks: Vec<&str> =
            readme.split("```yaml\n").skip(1).filter_map(|block| block.split("```").next()).collect();
        assert!(!blocks.is_empty());
        let values = BTreeMap::from([("email".to_owned(), "you@example.edu".to_owned())]);
        for block in blocks {
            let bound = spec::parse("README.md", block).and_then(|spec| spec.bind(&values));
            assert!(bound.is_ok(), "{}", bound.err().map(|error| error.to_string()).unwrap_or_default());
        }
    }
}
