//! `mlopsctl schema`: the JSON Schemas of what people write, for editors, and of what commands write, for programs. Needs nothing but
//! itself.

use super::exit::Exit;
use super::failure::CliFailure;
use super::output::Output;
use crate::grade;
use crate::report::schemas::OUTPUTS;
use crate::spec;
use crate::unit_test;
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::Value;

/// What people write, before what commands write for programs.
const INPUTS: [&str; 3] = ["spec", "tests", "rubric"];

/// Prints the JSON Schema of the spec, of a rubric, of alarm tests, or of what a command writes for programs
#[derive(Debug, Clone, Args)]
pub struct SchemaArgs {
    /// Of what; --list shows each with what it is of
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(names()), hide_possible_values = true)]
    #[arg(default_value = INPUTS[0], conflicts_with_all = ["rubric", "tests", "list"])]
    name: String,
    /// Of a rubric, for mlopsctl check
    #[arg(long, conflicts_with_all = ["tests", "list"])]
    rubric: bool,
    /// Of a file of alarm tests, for mlopsctl test
    #[arg(long, conflicts_with = "list")]
    tests: bool,
    /// List the schemas there are
    #[arg(long)]
    list: bool,
}

fn names() -> Vec<&'static str> {
    INPUTS.into_iter().chain(OUTPUTS.iter().map(|schema| schema.name)).collect()
}

impl SchemaArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        if self.list {
            output.result(&list()?)?;
            return Ok(Exit::Success);
        }
        let name = match () {
            () if self.rubric => "rubric",
            () if self.tests => "tests",
            () => &self.name,
        };
        output.result(&text(name))?;
        Ok(Exit::Success)
    }
}

fn text(name: &str) -> String {
    let written = OUTPUTS.iter().find(|schema| schema.name == name);
    let read = || match name {
        "rubric" => grade::schema(),
        "tests" => unit_test::schema(),
        _ => spec::schema(),
    };
    written.map_or_else(|| format!("{:#}\n", read()), |schema| schema.text.to_owned())
}

/// A line each: its name and its title.
fn list() -> Result<String, CliFailure> {
    let width = names().iter().map(|name| name.len()).max().unwrap_or(0);
    let line = |name: &str| -> Result<String, CliFailure> {
        let schema: Value = serde_json::from_str(&text(name))?;
        Ok(format!("{name:width$}  {}\n", schema["title"].as_str().unwrap_or_default()))
    };
    names().into_iter().map(line).collect()
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
