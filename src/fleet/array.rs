//! `--shard auto`: which part of a roster an array job's task does, by what its engine says of it in the environment. Pure.

use super::shard::Shard;

/// Why the environment does not say which part it is, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct NoPart {
    pub what: String,
    pub remedy: String,
}

fn no_part(what: impl Into<String>, remedy: impl Into<String>) -> NoPart {
    NoPart { what: what.into(), remedy: remedy.into() }
}

/// A part, and the variable that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrayPart {
    pub shard: Shard,
    pub by: String,
}

const OWN: &str = "MLOPSCTL_SHARD";
const BY_HAND: &str = "or name the part with --shard I/N";

/// The environment, and how many parts there are by `--shards` or `MLOPSCTL_SHARD`, with the one that says so.
struct Environment<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    parts: Option<(u32, &'static str)>,
}

/// The part of whoever has these variables. All engines whose variables are there have to agree: a task of one may be started inside
/// another, and then nobody can know which of them numbers the parts.
pub fn part(read: &dyn Fn(&str) -> Option<String>, shards: Option<u32>) -> Result<ArrayPart, NoPart> {
    let mut here = Environment { read, parts: shards.map(|shards| (shards, "--shards")) };
    let own = match here.text(OWN) {
        Some(text) => {
            let wrong =
                |what| no_part(format!("{OWN}={text}: {what}"), "write I/N, e.g. 1/4 for the first of four parts");
            let shard: Shard = text.parse().map_err(wrong)?;
            here.agrees(OWN, shard.of())?;
            here.parts = Some((shard.of(), OWN));
            Some(ArrayPart { shard, by: format!("{OWN}={shard}") })
        }
        None => None,
    };
    let mut found: Option<ArrayPart> = own;
    for engine in [Environment::slurm, Environment::batch, Environment::kubernetes, Environment::ci] {
        let Some(next) = engine(&here)? else { continue };
        match &found {
            Some(one) if one.shard != next.shard => {
                let (one, first, other, second) = (&one.by, one.shard, &next.by, next.shard);
                let what = format!("{one} is part {first}, {other} is part {second}: one of them is of another job");
                return Err(no_part(what, format!("unset the variable of the other job, {BY_HAND}")));
            }
            Some(_) => {}
            None => found = Some(next),
        }
    }
    let what = "--shard auto: no variable of Slurm, AWS Batch, a Kubernetes Indexed Job or a parallel CI job says which part this is";
    found.ok_or_else(|| no_part(what, format!("start it in an array job, set {OWN}=I/N, {BY_HAND}")))
}

impl Environment<'_> {
    /// A variable that is empty is none: that is how a job definition passes on what it has not.
    fn text(&self, name: &str) -> Option<String> {
        (self.read)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn number(&self, name: &str) -> Result<Option<u32>, NoPart> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let wrong = |_| no_part(format!("{name}={text} is no whole number"), format!("unset it, {BY_HAND}"));
        text.parse().map(Some).map_err(wrong)
    }

    /// Refuses an engine's number of parts that is another than what was said.
    fn agrees(&self, name: &str, count: u32) -> Result<(), NoPart> {
        match self.parts {
            Some((parts, said)) if parts != count => {
                let what = format!("{name} says {count} parts, {said} says {parts}");
                Err(no_part(what, format!("leave out {said} or make it the same, {BY_HAND}")))
            }
            _ => Ok(()),
        }
    }

    /// The part of a task with this number, where the first task has the number `first`.
    fn said(&self, name: &str, number: u32, first: u32, of: u32) -> Result<Option<ArrayPart>, NoPart> {
        let by = format!("{name}={number}");
        let shard = number.checked_sub(first).and_then(|at| Shard::new(at.checked_add(1)?, of));
        let last = i64::from(of) + i64::from(first) - 1;
        let what =
            || no_part(format!("{by} is none of {of} parts, which have the numbers {first} to {last}"), self.fix());
        Ok(Some(ArrayPart { shard: shard.ok_or_else(what)?, by }))
    }

    fn fix(&self) -> String {
        format!("give --shards the number of tasks that the whole array has, {BY_HAND}")
    }

    /// The number of parts that the engine says, or else that was said.
    fn count(&self, index: &str, count: &str) -> Result<u32, NoPart> {
        match (self.number(count)?, self.parts) {
            (Some(of), _) => self.agrees(count, of).map(|()| of),
            (None, Some((parts, _))) => Ok(parts),
            (None, None) => Err(no_part(format!("{index} is set, and {count} is not"), self.fix())),
        }
    }

    /// Numbered from 0; a child that is tried again keeps its number, and the size.
    fn batch(&self) -> Result<Option<ArrayPart>, NoPart> {
        let (index, size) = ("AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE");
        let Some(at) = self.number(index)? else { return Ok(None) };
        self.said(index, at, 0, self.count(index, size)?)
    }

    /// Numbered from 0; nothing in a pod says how many completions its Job has.
    fn kubernetes(&self) -> Result<Option<ArrayPart>, NoPart> {
        let index = "JOB_COMPLETION_INDEX";
        let Some(at) = self.number(index)? else { return Ok(None) };
        let unknown = || {
            let what = format!("{index}={at} does not say of how many parts");
            no_part(what, format!("add --shards N, the Job's `completions`, {BY_HAND}"))
        };
        let (of, _) = self.parts.ok_or_else(unknown)?;
        self.said(index, at, 0, of)
    }

    /// GitLab's `parallel`: numbered from 1. Every job has a total, only those of a `parallel` one have an index.
    fn ci(&self) -> Result<Option<ArrayPart>, NoPart> {
        let (index, total) = ("CI_NODE_INDEX", "CI_NODE_TOTAL");
        let Some(at) = self.number(index)? else { return Ok(None) };
        self.said(index, at, 1, self.count(index, total)?)
    }

    /// Numbered as whoever submits wants, and what is said of the array is said of the one that was submitted: of a task that was
    /// submitted again alone nothing remains but its number. So a number means the same part whatever array it is in, its remainder
    /// by the number of parts; n numbers without gaps have n remainders wherever they begin. Numbers in steps that share a divisor
    /// with n have not, and are counted off; alone nobody can know that they were.
    fn slurm(&self) -> Result<Option<ArrayPart>, NoPart> {
        let name = "SLURM_ARRAY_TASK_ID";
        let Some(id) = self.number(name)? else { return Ok(None) };
        let by = format!("{name}={id}");
        let count = self.number("SLURM_ARRAY_TASK_COUNT")?;
        let of = match (self.parts, count) {
            (Some((parts, said)), Some(count)) if count > parts => {
                let what = format!("the array has {count} tasks, {said} says {parts} parts");
                return Err(no_part(what, format!("make it the number of tasks of the whole array, {BY_HAND}")));
            }
            (Some((parts, _)), _) => parts,
            (None, Some(count)) if count > 1 => count,
            (None, _) => {
                let what =
                    format!("{by} is the only task of its array, which does not say of how many parts it is one");
                let fix = "give --shards the number of tasks that the whole array has (1 where this one does all)";
                return Err(no_part(what, format!("{fix}, {BY_HAND}")));
            }
        };
        let least = self.number("SLURM_ARRAY_TASK_MIN")?.unwrap_or(id);
        let most = self.number("SLURM_ARRAY_TASK_MAX")?.unwrap_or(id);
        if !(least..=most).contains(&id) {
            return Err(no_part(
                format!("{by} is not between {least} and {most}, its array's first and last"),
                self.fix(),
            ));
        }
        let without_gaps = |what: String| {
            let last = of.saturating_sub(1);
            no_part(what, format!("number the array without gaps (--array=0-{last}), {BY_HAND}"))
        };
        let step = self.number("SLURM_ARRAY_TASK_STEP")?.unwrap_or(1).max(1);
        let is_whole = count == Some(of) && of > 1;
        let number = match is_whole {
            true if u64::from(most - least) != u64::from(of - 1) * u64::from(step) || (id - least) % step != 0 => {
                return Err(without_gaps(format!(
                    "the array's {of} numbers from {least} to {most} are not evenly spaced"
                )));
            }
            true if common_divisor(step, of) == 1 => id,
            true if self.parts.is_some() => {
                let what =
                    format!("a task of an array in steps of {step} that is sent again alone does not say its part");
                return Err(without_gaps(what));
            }
            true => id / step,
            false if most - least >= of => {
                return Err(without_gaps(format!("numbers from {least} to {most} are more than {of} parts have")));
            }
            false => id,
        };
        let what = || no_part(format!("{of} parts are more than there can be"), self.fix());
        let shard = Shard::new(number % of + 1, of).ok_or_else(what)?;
        Ok(Some(ArrayPart { shard, by }))
    }
}

fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}
