//! `--shard auto`: which part of a roster this process is, by what the engine that started it says in its environment. Pure: the variables
//! are given.

use super::Shard;
use std::fmt;
use std::num::NonZeroU32;

/// What says the part, whatever the engine.
const OWN: &str = "MLOPSCTL_SHARD";

/// A variable of the environment; `None` where it is not set, or empty.
pub type ReadVariable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A part, and what said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AutoShard {
    pub shard: Shard,
    pub by: ArrayEngine,
}

/// What starts the parts of a run, each with its number in the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrayEngine {
    /// `MLOPSCTL_SHARD=I/N`.
    Own,
    /// An array job: `SLURM_ARRAY_TASK_ID`, `_MIN`, `_MAX`, `_COUNT`, `_STEP` (sbatch manual, "OUTPUT ENVIRONMENT VARIABLES").
    Slurm,
    /// An array job: `AWS_BATCH_JOB_ARRAY_INDEX` from 0, `AWS_BATCH_JOB_ARRAY_SIZE` (Batch user guide, "Job environment variables").
    Batch,
    /// An Indexed Job: `JOB_COMPLETION_INDEX` from 0; the number of completions is not said (Kubernetes, "Jobs").
    Kubernetes,
    /// `parallel:` of GitLab: `CI_NODE_INDEX` from 1, `CI_NODE_TOTAL` (GitLab, "Predefined CI/CD variables").
    Ci,
}

impl ArrayEngine {
    const ALL: [ArrayEngine; 5] =
        [ArrayEngine::Own, ArrayEngine::Slurm, ArrayEngine::Batch, ArrayEngine::Kubernetes, ArrayEngine::Ci];

    /// The variable without which the engine has not started this process.
    pub fn variable(self) -> &'static str {
        match self {
            ArrayEngine::Own => OWN,
            ArrayEngine::Slurm => "SLURM_ARRAY_TASK_ID",
            ArrayEngine::Batch => "AWS_BATCH_JOB_ARRAY_INDEX",
            ArrayEngine::Kubernetes => "JOB_COMPLETION_INDEX",
            ArrayEngine::Ci => "CI_NODE_INDEX",
        }
    }

    /// The part that the engine's variables say, of `parts` where that is given; `None` where the engine has not started this process.
    fn part(self, read: ReadVariable<'_>, parts: Option<NonZeroU32>) -> Result<Option<Shard>, NoShard> {
        let Some(said) = read(self.variable()) else { return Ok(None) };
        if self == ArrayEngine::Own {
            let shard: Shard = said.parse().map_err(|why| NoShard::NotAShard { said, why })?;
            return held(self, shard.index(), shard.parts().get(), parts).map(Some);
        }
        let index = number(self.variable(), said)?;
        let count = |name: &'static str| read(name).map(|said| number(name, said)).transpose();
        match self {
            // Read above.
            ArrayEngine::Own => return Ok(None),
            ArrayEngine::Slurm => {
                let given = |name: &'static str, absent: u32| Ok::<_, NoShard>(count(name)?.unwrap_or(absent));
                slurm(SlurmTask {
                    id: index,
                    first: given("SLURM_ARRAY_TASK_MIN", index)?,
                    last: given("SLURM_ARRAY_TASK_MAX", index)?,
                    count: given("SLURM_ARRAY_TASK_COUNT", 1)?,
                    step: given("SLURM_ARRAY_TASK_STEP", 1)?.max(1),
                    parts,
                })
            }
            ArrayEngine::Batch | ArrayEngine::Kubernetes => {
                let of = match self {
                    ArrayEngine::Batch => count("AWS_BATCH_JOB_ARRAY_SIZE")?,
                    _ => None,
                };
                let of = of.or(parts.map(NonZeroU32::get)).ok_or(NoShard::NoCount { variable: self.variable() })?;
                held(self, index.saturating_add(1), of, parts)
            }
            ArrayEngine::Ci => {
                let of = count("CI_NODE_TOTAL")?.or(parts.map(NonZeroU32::get));
                held(self, index, of.ok_or(NoShard::NoCount { variable: self.variable() })?, parts)
            }
        }
        .map(Some)
    }
}

/// A task of Slurm's as its variables describe it.
struct SlurmTask {
    id: u32,
    first: u32,
    last: u32,
    count: u32,
    step: u32,
    parts: Option<NonZeroU32>,
}

/// A task's part follows from its own number and how many parts there are, not from where the array begins: a task that is sent again
/// alone has the same number, and an array of its own. Tasks 1 to N are the parts 1 to N.
fn slurm(task: SlurmTask) -> Result<Shard, NoShard> {
    let SlurmTask { id, first, last, count, step, parts } = task;
    let of = match parts {
        Some(parts) => parts.get(),
        None if count == 1 => return Err(NoShard::OneTask { id }),
        None => count,
    };
    if count > of {
        return Err(NoShard::OtherCount { variable: "SLURM_ARRAY_TASK_COUNT", said: count, parts: of });
    }
    // Every `step`-th number, and no gap: else two tasks could be the same part, and another part nobody's.
    let is_even = id >= first
        && id <= last
        && (id - first) % step == 0
        && last.checked_sub(first).is_some_and(|length| length / step + 1 == count);
    if !is_even && parts.is_none() {
        return Err(NoShard::Uneven { first, last, count });
    }
    if !is_even || greatest_common_divisor(step, of) == 1 {
        // 0 is the last one, so that tasks 0 to N - 1 are all parts, too.
        return held(ArrayEngine::Slurm, id.wrapping_sub(1).wrapping_add(of) % of + 1, of, parts);
    }
    // Such numbers fall on the same parts: here the part follows from the step, too, which a task that is sent again alone does not know.
    held(ArrayEngine::Slurm, (id / step) % of + 1, of, parts)
}

fn greatest_common_divisor(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}

fn number(variable: &'static str, said: String) -> Result<u32, NoShard> {
    said.trim().parse().map_err(|_| NoShard::NotANumber { variable, said })
}

/// The part, if it is one of as many as are asked for.
fn held(engine: ArrayEngine, index: u32, of: u32, parts: Option<NonZeroU32>) -> Result<Shard, NoShard> {
    if let Some(parts) = parts.filter(|parts| parts.get() != of) {
        return Err(NoShard::OtherCount { variable: engine.variable(), said: of, parts: parts.get() });
    }
    Shard::new(index, of).ok_or(NoShard::OutOfRange { variable: engine.variable(), index, of })
}

/// Why the environment says no part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoShard {
    #[error("no variable of the environment says which part this is: {}", Names)]
    Nothing,
    #[error("{OWN}={said}: {why}")]
    NotAShard { said: String, why: String },
    #[error("{variable}={said} is no number")]
    NotANumber { variable: &'static str, said: String },
    #[error("{variable} says which part this is, and nothing says of how many")]
    NoCount { variable: &'static str },
    #[error("{variable} is of {said} parts, --shards says {parts}")]
    OtherCount { variable: &'static str, said: u32, parts: u32 },
    #[error("{variable} makes this part {index} of {of}")]
    OutOfRange { variable: &'static str, index: u32, of: u32 },
    #[error("the Slurm array has task {id} alone: that may be one of several that is sent again")]
    OneTask { id: u32 },
    #[error("the Slurm array has {count} tasks from {first} to {last} at uneven distances")]
    Uneven { first: u32, last: u32, count: u32 },
    #[error("{} says part {}, {} says part {}", one.by.variable(), one.shard, other.by.variable(), other.shard)]
    Contradiction { one: AutoShard, other: AutoShard },
}

/// The variables that are looked for.
struct Names;

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&ArrayEngine::ALL.map(ArrayEngine::variable).join(", "))
    }
}

impl NoShard {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            NoShard::Nothing => "write --shard I/N, or set MLOPSCTL_SHARD=I/N",
            NoShard::NotAShard { .. } | NoShard::NotANumber { .. } => "correct the variable, or write --shard I/N",
            NoShard::NoCount { .. } => "add --shards N: how many parts the whole run has",
            NoShard::OtherCount { .. } => "start as many tasks as --shards says, or leave --shards out",
            NoShard::OutOfRange { .. } => "start as many tasks as there are parts, or write --shard I/N",
            NoShard::OneTask { .. } => {
                "add --shards N: how many parts the whole run has; --shards 1 if this is all of it"
            }
            NoShard::Uneven { .. } => "number the tasks 1-N, or add --shards N: how many parts the whole run has",
            NoShard::Contradiction { .. } => "unset one of them, or write --shard I/N",
        }
    }
}

/// The part that the environment says, of `parts` where that is given.
///
/// # Errors
/// Nothing says a part, a variable is wrong, or two say different parts.
pub fn auto_shard(read: ReadVariable<'_>, parts: Option<NonZeroU32>) -> Result<AutoShard, NoShard> {
    let mut found: Option<AutoShard> = None;
    for by in ArrayEngine::ALL {
        let Some(shard) = by.part(read, parts)? else { continue };
        let other = AutoShard { shard, by };
        match found {
            Some(one) if one.shard != shard => return Err(NoShard::Contradiction { one, other }),
            Some(_) => {}
            None => found = Some(other),
        }
    }
    found.ok_or(NoShard::Nothing)
}

#[cfg(test)]
mod tests;
