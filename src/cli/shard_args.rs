//! `--shard` and `--shards`: which part of a roster a run is for. The one reader of what array engines say in the environment.

use super::exit::Exit;
use super::failure::CliFailure;
use super::output::Output;
use crate::fleet::{Shard, auto_shard};
use clap::Args;
use std::num::NonZeroU32;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Several accounts")]
pub struct ShardArgs {
    /// Only this part of the roster, e.g. 1/4: parts are disjoint, and `report merge` joins what they report. auto: the part that
    /// MLOPSCTL_SHARD or the array job of Slurm, AWS Batch, Kubernetes or GitLab says
    #[arg(long, value_name = "I/N|auto")]
    shard: Option<ShardChoice>,
    /// How many parts the whole run has, for --shard auto: where the engine does not say, or one part is sent again
    #[arg(long, value_name = "N", requires = "shard")]
    shards: Option<NonZeroU32>,
}

/// How a part is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShardChoice {
    Part(Shard),
    Auto,
}

impl FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(ShardChoice::Auto),
            part => part.parse().map(ShardChoice::Part).map_err(|why: String| format!("{why}, or auto")),
        }
    }
}

impl ShardArgs {
    pub fn is_given(&self) -> bool {
        self.shard.is_some()
    }

    /// The part that is asked for; that of `auto` is said.
    ///
    /// # Errors
    /// The environment says none, or contradicts itself or --shards.
    pub fn shard(&self, output: &mut Output) -> Result<Shard, CliFailure> {
        match (self.shard, self.shards) {
            (None, _) => Ok(Shard::WHOLE),
            (Some(ShardChoice::Part(shard)), None) => Ok(shard),
            (Some(ShardChoice::Part(shard)), Some(parts)) if shard.parts() == parts => Ok(shard),
            (Some(ShardChoice::Part(shard)), Some(parts)) => {
                let what = format!("--shard {shard} is of {} parts, --shards says {parts}", shard.parts());
                Err(CliFailure::say(Exit::Usage, what, "leave out --shards, or write --shard auto"))
            }
            (Some(ShardChoice::Auto), parts) => {
                let read = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
                let auto = auto_shard(&read, parts)
                    .map_err(|error| CliFailure::say(Exit::Usage, format!("--shard auto: {error}"), error.remedy()))?;
                output.say(&format!("part {} of the roster ({})", auto.shard, auto.by.variable()));
                Ok(auto.shard)
            }
        }
    }
}
