//! Arguments that several commands share: which spec with which values, which resources, which consent, which format.

use super::failure::Failure;
use super::variables::VariableArgs;
use crate::fleet::Select;
use crate::plan::Consent;
use crate::resources::{Address, Kind};
use crate::spec::{self, Bound, Spec};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub struct SpecArgs {
    /// The spec; - reads it from standard input
    #[arg(short, long, value_name = "FILE", default_value = "alarms.yaml")]
    pub file: PathBuf,
    #[command(flatten)]
    pub variables: VariableArgs,
}

impl SpecArgs {
    /// Reads the spec, fills the variables in and checks all of it, offline.
    pub fn bind(&self) -> Result<Bound, Failure> {
        self.bind_spec(&self.load()?)
    }

    /// Reads the spec. Who it is for may still be open: a roster, or the one account of the credentials.
    pub fn load(&self) -> Result<Spec, Failure> {
        Ok(spec::load(&self.file)?)
    }

    pub fn bind_spec(&self, spec: &Spec) -> Result<Bound, Failure> {
        let values = self.variables.collect(spec.variables(), |name| std::env::var_os(name))?;
        Ok(spec.bind(&values)?)
    }
}

#[derive(Debug, Clone, Args)]
pub struct SelectArgs {
    /// Limit the run to this resource, e.g. alarm/NAME or topic/NAME; repeatable. What is gone from the spec is then left alone
    #[arg(long = "target", value_name = "KIND/NAME", value_parser = address)]
    targets: Vec<Address>,
}

impl SelectArgs {
    pub fn select(&self) -> Select {
        Select(self.targets.iter().cloned().collect())
    }
}

fn address(text: &str) -> Result<Address, String> {
    let kinds = Kind::ALL.map(Kind::word).join(", ");
    Address::parse(text).ok_or_else(|| format!("write KIND/NAME, where KIND is one of {kinds}"))
}

/// What a plan may do beyond the harmless.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Consent")]
pub struct ConsentArgs {
    /// Take over resources that exist under a wanted name and belong to nobody
    #[arg(long)]
    adopt: bool,
    /// Delete more than a third of the stack
    #[arg(long)]
    allow_deletes: bool,
    /// Delete stored data, e.g. by a shorter retention
    #[arg(long)]
    allow_data_loss: bool,
}

impl ConsentArgs {
    pub fn consent(self) -> Consent {
        Consent {
            adopt: self.adopt,
            deletes: self.allow_deletes,
            data_loss: self.allow_data_loss,
            ..Consent::default()
        }
    }
}

/// What a plan may overwrite beyond the harmless.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Consent")]
pub struct OverwriteArgs {
    /// Overwrite alarms whose settings this version does not know all of; the plan names what is erased
    #[arg(long)]
    allow_unknown_loss: bool,
}

impl OverwriteArgs {
    pub fn consent(self, consent: ConsentArgs) -> Consent {
        Consent { unknown_loss: self.allow_unknown_loss, ..consent.consent() }
    }
}

/// How a result is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
    /// For a pull-request comment
    Markdown,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct FormatArgs {
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    pub format: Format,
}
