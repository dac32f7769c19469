//! Arguments that several commands share: which spec with which values, which resources, which consent, which format.

use super::ask::ask_missing;
use super::complete;
use super::exit::Exit;
use super::failure::CliFailure;
use super::places::SPEC_FILE;
use super::variables::VariableArgs;
use super::{CommandContext, advise};
use crate::pipeline::Select;
use crate::plan::{AddressPattern, Adoption, Consent};
use crate::resources::{Address, Kind};
use crate::spec::{self, BoundSpec, Spec};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Args)]
pub struct SpecArgs {
    /// The spec; - reads it from standard input [default: alarms.yaml]
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    pub variables: VariableArgs,
}

impl SpecArgs {
    /// The spec's file.
    pub fn path(&self) -> &Path {
        self.file.as_deref().unwrap_or(Path::new(SPEC_FILE))
    }

    /// The spec's file, where one is named.
    pub fn named(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads the spec, fills the variables in and checks all of it, offline. Returns the spec of each region, or of the one that is
    /// named.
    pub fn bind_regions(&self, region: Option<&str>) -> Result<Vec<BoundSpec>, CliFailure> {
        let spec = self.load()?;
        let values = self.values(&spec)?;
        let all = spec.into_regions(&values)?;
        Ok(if region.is_some() { vec![self.one_of(all, region)?] } else { all })
    }

    /// Reads the spec. Who it is for may still be open: a roster, or the one account of the credentials.
    pub fn load(&self) -> Result<Spec, CliFailure> {
        Ok(spec::load(self.path())?)
    }

    /// Fills the variables in and checks all of it, for a run in one region: the one that is named. Values that are missing are asked
    /// for at a terminal.
    pub async fn bind_asking(
        &self,
        spec: Spec,
        region: Option<&str>,
        run: &mut CommandContext<'_>,
    ) -> Result<BoundSpec, CliFailure> {
        self.bind_asking_for(spec, region, |_| true, run).await
    }

    /// The same, where the region that is meant may follow from what is looked for there.
    pub async fn bind_asking_for(
        &self,
        spec: Spec,
        region: Option<&str>,
        is_meant: impl Fn(&BoundSpec) -> bool,
        run: &mut CommandContext<'_>,
    ) -> Result<BoundSpec, CliFailure> {
        let values = self.values_asking(&spec, run).await?;
        let mut all = spec.into_regions(&values)?;
        if region.is_none() && all.iter().filter(|one| is_meant(one)).count() == 1 {
            all.retain(is_meant);
        }
        self.one_of(all, region)
    }

    /// The spec of the region that is named; of a file that lists no regions the only one, whatever is named: the flag says where it is.
    pub fn one_of(&self, mut all: Vec<BoundSpec>, region: Option<&str>) -> Result<BoundSpec, CliFailure> {
        let named: Vec<String> = all.iter().filter_map(|one| one.region().map(str::to_owned)).collect();
        let lists = all.first().is_some_and(BoundSpec::lists_regions);
        let at = self.place(&named, lists, region)?;
        Ok(all.swap_remove(at))
    }

    /// The place of the region that is named among those of the file, where it `lists` them.
    pub fn place(&self, regions: &[String], lists: bool, region: Option<&str>) -> Result<usize, CliFailure> {
        if !lists || (regions.len() == 1 && region.is_none()) {
            return Ok(0);
        }
        let (file, all) = (self.path().display(), regions.join(", "));
        let Some(region) = region else {
            let what = format!("{file} is of several regions, and this is for one");
            return Err(CliFailure::say(Exit::Usage, what, format!("name one with --region: {all}")));
        };
        let at = regions.iter().position(|one| one == region);
        at.ok_or_else(|| {
            CliFailure::say(Exit::Usage, format!("{file} has no region {region}"), format!("its regions are {all}"))
        })
    }

    /// The values of the spec's variables; those that are missing are asked for at a terminal.
    pub async fn values_asking(
        &self,
        spec: &Spec,
        run: &mut CommandContext<'_>,
    ) -> Result<BTreeMap<String, String>, CliFailure> {
        let mut values = self.values(spec)?;
        let answered = ask_missing(spec.variables(), &mut values, run).await?;
        if !answered.is_empty() {
            advise(&answered);
        }
        Ok(values)
    }

    /// The values of the spec's variables that flags, files and the environment give.
    pub fn values(&self, spec: &Spec) -> Result<BTreeMap<String, String>, CliFailure> {
        self.variables.collect(spec.variables(), |name| std::env::var_os(name))
    }
}

#[derive(Debug, Clone, Args)]
pub struct SelectArgs {
    /// Limit the run to this resource, e.g. alarm/NAME or topic/NAME; repeatable. What is gone from the spec is then left alone
    #[arg(long = "target", value_name = "KIND/NAME", value_parser = address, add = complete::addresses())]
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
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Consent")]
pub struct ConsentArgs {
    /// Take over resources that exist under a wanted name and that nobody owns; with KIND/NAME only those named, also where
    /// another tool owns them. NAME may hold * and ?; repeatable
    #[arg(
        long,
        value_name = "KIND/NAME",
        num_args = 0..=1,
        default_missing_value = EVERYTHING_UNOWNED,
        value_parser = adopted
    )]
    adopt: Vec<Adopted>,
    /// Delete more than a third of the stack
    #[arg(long)]
    allow_deletes: bool,
    /// Delete or replace log groups that hold logs, and topics with confirmed subscriptions that this stack did not make
    #[arg(long)]
    allow_data_loss: bool,
    /// Delete what existed before the stack adopted it, too, instead of leaving it in place
    #[arg(long)]
    delete_adopted: bool,
}

/// What `--adopt` means where nothing is named.
const EVERYTHING_UNOWNED: &str = "*";

/// One use of `--adopt`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Adopted {
    Unowned,
    Named(AddressPattern),
}

fn adopted(text: &str) -> Result<Adopted, String> {
    if text == EVERYTHING_UNOWNED {
        return Ok(Adopted::Unowned);
    }
    let kinds = Kind::ALL.map(Kind::word).join(", ");
    let pattern = AddressPattern::parse(text).map(Adopted::Named);
    pattern.ok_or_else(|| format!("write KIND/NAME, where KIND is one of {kinds}, and * and ? stand for any text"))
}

impl ConsentArgs {
    pub fn consent(&self) -> Consent {
        let named = self.adopt.iter().filter_map(|adopted| match adopted {
            Adopted::Named(pattern) => Some(pattern.clone()),
            Adopted::Unowned => None,
        });
        let unowned = self.adopt.contains(&Adopted::Unowned);
        Consent {
            adopt: Adoption { unowned, named: named.collect() },
            deletes: self.allow_deletes,
            data_loss: self.allow_data_loss,
            delete_adopted: self.delete_adopted,
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
    pub fn consent(self, consent: &ConsentArgs) -> Consent {
        Consent { unknown_loss: self.allow_unknown_loss, ..consent.consent() }
    }
}

/// How a result is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
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
    pub format: OutputFormat,
}

/// How a result is written of which there is no Markdown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum TextOrJson {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct TextOrJsonArgs {
    /// How the result is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, help_heading = "Output")]
    pub format: TextOrJson,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    /// As `apply` takes it: flags beside a file.
    #[derive(Debug, Parser)]
    struct Line {
        file: Option<String>,
        #[arg(short, long)]
        yes: bool,
        #[command(flatten)]
        consent: ConsentArgs,
    }

    #[test]
    fn adoption_is_bare_or_named_and_swallows_nothing_else() {
        for (line, unowned, named) in [
            ("", false, &[][..]),
            ("--adopt", true, &[]),
            ("--adopt --yes", true, &[]),
            ("--yes --adopt", true, &[]),
            ("--adopt alarm/x --yes", false, &["alarm/x"]),
            ("--adopt=alarm/x", false, &["alarm/x"]),
            ("--adopt alarm/x --adopt topic/a*", false, &["alarm/x", "topic/a*"]),
            ("--adopt --adopt alarm/x", true, &["alarm/x"]),
            ("--adopt=*", true, &[]),
        ] {
            let words = ["x"].into_iter().chain(line.split_whitespace());
            let read = Line::try_parse_from(words).unwrap_or_else(|error| panic!("{line:?}: {error}"));
            let adopt = read.consent.consent().adopt;
            assert_eq!(read.yes, line.contains("--yes"), "{line:?}");
            assert_eq!(adopt.unowned, unowned, "{line:?}");
            assert_eq!(adopt.named.iter().map(ToString::to_string).collect::<Vec<_>>(), named, "{line:?}");
        }
        for line in ["--adopt saved.plan", "--adopt errors", "--adopt alert/x", "--adopt alarm/", "--adopt="] {
            let words = ["x"].into_iter().chain(line.split_whitespace());
            assert!(Line::try_parse_from(words).is_err(), "{line:?}");
        }
    }
}
