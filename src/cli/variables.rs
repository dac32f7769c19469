//! Values of the spec's variables: `--var` wins over the roster's column, which wins over `--var-file`, which wins over
//! `MLOPSCTL_VAR_NAME`.

use super::exit::Exit;
use super::failure::CliFailure;
use crate::model::problem::nearest;
use crate::spec::{self, Roster, SpecError, Variable};
use clap::Args;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const PREFIX: &str = "MLOPSCTL_VAR_";

#[derive(Debug, Clone, Args)]
pub struct VariableArgs {
    /// Fill in ${NAME} of the spec; repeatable. Also read: the environment's MLOPSCTL_VAR_NAME
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair, help_heading = "Variables")]
    pairs: Vec<(String, String)>,
    /// Fill in variables from a YAML or JSON file of names and values; repeatable, later ones win
    #[arg(long = "var-file", value_name = "FILE", help_heading = "Variables")]
    files: Vec<PathBuf>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// What flags, files and the environment say, around what a roster says of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VariableValues {
    weak: BTreeMap<String, String>,
    /// Of --var.
    strong: BTreeMap<String, String>,
}

impl VariableValues {
    /// Values that are all there are, for one account.
    pub fn of(values: BTreeMap<String, String>) -> Self {
        Self { weak: values, strong: BTreeMap::new() }
    }

    /// The values for an account with these columns; a column that is no variable of the spec is for people.
    pub fn with(&self, declared: &[Variable], columns: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let columns = columns.iter().filter(|(name, _)| declared.iter().any(|variable| variable.name == **name));
        let owned = |(name, value): (&String, &String)| (name.clone(), value.clone());
        self.weak.iter().chain(columns).chain(&self.strong).map(owned).collect()
    }
}

impl VariableArgs {
    /// The values that were given to `declared` variables, where there is no roster.
    pub fn collect(
        &self,
        declared: &[Variable],
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<BTreeMap<String, String>, CliFailure> {
        Ok(self.values(declared, environment)?.with(declared, &BTreeMap::new()))
    }

    /// The values that were given to `declared` variables. A name that is not declared is a mistake where somebody wrote it,
    /// and of no interest in the environment.
    pub fn values(
        &self,
        declared: &[Variable],
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<VariableValues, CliFailure> {
        let (mut values, mut strong) = (BTreeMap::new(), BTreeMap::new());
        for variable in declared {
            // Upper case is the habit, and all that Windows tells apart is letters' case, not theirs.
            let names = [variable.name.to_uppercase(), variable.name.clone()];
            let found =
                names.iter().find_map(|name| environment(&format!("{PREFIX}{name}")).map(|value| (name, value)));
            if let Some((name, value)) = found {
                let value = value.into_string().map_err(|_| {
                    CliFailure::say(
                        Exit::Usage,
                        format!("{PREFIX}{name} is not UTF-8"),
                        "give the value with --var instead",
                    )
                })?;
                values.insert(variable.name.clone(), value);
            }
        }
        for path in &self.files {
            let file = spec::read_var_file(path).map_err(without_secret_lines(declared))?;
            for (name, value) in file {
                known(&name, &format!("of {}", path.display()), declared)?;
                values.insert(name, value);
            }
        }
        for (name, value) in &self.pairs {
            known(name, "of --var", declared)?;
            strong.insert(name.clone(), value.clone());
        }
        Ok(VariableValues { weak: values, strong })
    }
}

/// Reads a roster. Where a column may be a secret variable, mistakes are shown without their lines.
pub fn load_roster(path: &Path, declared: &[Variable]) -> Result<Roster, CliFailure> {
    Ok(Roster::load(path).map_err(without_secret_lines(declared))?)
}

/// Hides the lines of a file that cannot be read where one of them may hold a secret as well as any other.
pub fn without_secret_lines(declared: &[Variable]) -> impl Fn(SpecError) -> SpecError {
    let hide = declared.iter().any(|variable| variable.secret);
    move |error| if hide { error.without_lines() } else { error }
}

fn known(name: &str, whence: &str, declared: &[Variable]) -> Result<(), CliFailure> {
    if declared.iter().any(|variable| variable.name == name) {
        return Ok(());
    }
    let remedy = match nearest(name, declared.iter().map(|variable| variable.name.as_str())) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("declare it in the spec, vars: {{ {name}: {{ required: true }} }}, or leave it out"),
    };
    Err(CliFailure::say(Exit::Usage, format!("the spec has no variable {name} ({whence})"), remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn declared() -> Vec<Variable> {
        let variable = |name: &str| Variable {
            name: name.into(),
            description: None,
            default: None,
            required: true,
            secret: false,
        };
        vec![variable("email"), variable("team_name")]
    }

    fn args(pairs: &[&str], files: Vec<PathBuf>) -> VariableArgs {
        VariableArgs { pairs: pairs.iter().map(|text| pair(text).unwrap()).collect(), files }
    }

    #[test]
    fn a_flag_wins_over_a_file_and_a_file_over_the_environment() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "email: file@x.edu\nteam_name: file").unwrap();
        let environment = |name: &str| (name == "MLOPSCTL_VAR_EMAIL").then(|| OsString::from("env@x.edu"));
        let files = vec![file.path().to_owned()];
        let email = |args: VariableArgs| args.collect(&declared(), environment).unwrap()["email"].clone();
        assert_eq!(email(args(&[], vec![])), "env@x.edu");
        assert_eq!(email(args(&[], files.clone())), "file@x.edu");
        assert_eq!(email(args(&["email=a=b@x.edu"], files)), "a=b@x.edu");
    }

    #[test]
    fn a_name_that_is_not_declared_is_a_mistake() {
        let failure = args(&["emial=x"], vec![]).collect(&declared(), |_| None).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.to_string().contains("did you mean email?"), "{failure}");
    }
}
