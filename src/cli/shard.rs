//! `--shard` and `--shards`: the part of a roster that a run does, named or taken from the array job that started it. The one place
//! that reads the variables of engines.

use super::exit::Exit;
use super::failure::CliFailure;
use super::output::Output;
use crate::fleet::{MOST_PARTS, Shard, part};
use clap::Args;
use std::str::FromStr;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Several accounts")]
pub struct ShardArgs {
    /// Only this part of the roster, e.g. 1/4: parts are disjoint, together they are all of it. auto: the part that the array job says
    /// (Slurm, AWS Batch, Kubernetes, a parallel CI job, MLOPSCTL_SHARD)
    #[arg(long, value_name = "I/N")]
    shard: Option<AskedShard>,
    /// How many parts there are, for --shard auto: where a task is sent again alone, and where the engine does not say it
    #[arg(long, value_name = "N", requires = "shard", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_PARTS)))]
    shards: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
enum AskedShard {
    Auto,
    Named(Shard),
}

impl FromStr for AskedShard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Named) }
    }
}

impl ShardArgs {
    pub fn is_given(&self) -> bool {
        self.shard.is_some()
    }

    /// The part that is asked for; the whole roster where none is. Says which one an array job's task does.
    pub fn shard(&self, output: &mut Output) -> Result<Shard, CliFailure> {
        let environment = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        match (self.shard, self.shards) {
            (None, _) => Ok(Shard::WHOLE),
            (Some(AskedShard::Named(shard)), Some(of)) if of != shard.of() => {
                let what = format!("--shard {shard} is one of {} parts, --shards says {of}", shard.of());
                Err(CliFailure::say(Exit::Usage, what, "leave out --shards"))
            }
            (Some(AskedShard::Named(shard)), _) => Ok(shard),
            (Some(AskedShard::Auto), shards) => {
                let said = part(&environment, shards)
                    .map_err(|error| CliFailure::say(Exit::Usage, error.to_string(), error.remedy))?;
                output.say(&format!("part {} ({})", said.shard, said.by));
                Ok(said.shard)
            }
        }
    }
}
