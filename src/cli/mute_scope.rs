//! Which alarms the words of `mute` and `unmute` mean in one account and region.

use super::CommandContext;
use super::exit::Exit;
use super::failure::CliFailure;
use super::spec_alarms;
use crate::aws::Aws;
use crate::model::problem::nearest_or_all;
use crate::model::{Target, advice, glob};
use crate::ops::mute::{self, StandingMute};
use crate::pipeline::TargetContext;
use crate::report::count;
use crate::resources::any_alarm::aws::existing;
use std::collections::{BTreeMap, BTreeSet};

/// From when until when, in seconds since 1970.
pub struct MuteTime {
    pub now: i64,
    pub until: i64,
}

/// A mute, with those of its alarms that are meant.
pub type MeantMute<'a> = (&'a StandingMute, BTreeSet<String>);

/// An account and region, and the alarms that can be meant there.
pub struct MuteScope {
    pub aws: Aws,
    pub target: Target,
    /// Those of the spec; `None` is every one.
    pub declared: Option<BTreeSet<String>>,
}

impl MuteScope {
    /// A target, with the alarms of its spec or all.
    pub async fn of(at: TargetContext, target: Target, all: bool) -> Result<Self, CliFailure> {
        let TargetContext { aws, bound } = at;
        if all {
            return Ok(Self { aws, target, declared: None });
        }
        let declared = spec_alarms::in_target(&aws, &bound, &target).await?;
        Ok(Self { aws, target, declared: Some(declared.into_iter().collect()) })
    }

    pub fn covers(&self, alarm: &str) -> bool {
        self.declared.as_ref().is_none_or(|declared| declared.contains(alarm))
    }

    /// The alarms that the words mean and that exist. A name that is of none is a mistake; a pattern may be of more than exist.
    pub async fn chosen(&self, words: &[String]) -> Result<Vec<String>, CliFailure> {
        let known = match &self.declared {
            Some(declared) => declared.clone(),
            None => existing(&self.aws, None).await?,
        };
        let mut chosen = BTreeSet::new();
        for word in words {
            let found: Vec<&String> = known.iter().filter(|alarm| is_meant(word, alarm)).collect();
            if found.is_empty() {
                let what = format!(
                    "{} has no alarm `{word}`",
                    if self.declared.is_some() { "the spec" } else { "the account" }
                );
                let near = nearest_or_all(word, known.iter().map(String::as_str), "its alarms are").unwrap_or_default();
                let near = match &self.declared {
                    Some(_) => format!("{near}; --all means those that the spec does not declare, too"),
                    None => near,
                };
                return Err(CliFailure::say(Exit::Usage, what, near.trim_start_matches("; ")));
            }
            chosen.extend(found.into_iter().cloned());
        }
        if self.declared.is_none() {
            return Ok(chosen.into_iter().collect());
        }
        let names: Vec<String> = chosen.into_iter().collect();
        let live = existing(&self.aws, Some(&names)).await?;
        let missing = names.iter().find(|name| !live.contains(*name) && (words.contains(name) || live.is_empty()));
        match missing {
            None => Ok(names.into_iter().filter(|name| live.contains(name)).collect()),
            Some(name) => {
                let what =
                    format!("alarm `{name}` does not exist yet in {}: only what exists can be muted", self.target);
                let apply = advice::command("apply --mute");
                Err(CliFailure::say(
                    Exit::Failure,
                    what,
                    format!("{apply} creates it and mutes it for its first minutes"),
                ))
            }
        }
    }

    /// Rules of commands that have ended are of no use; that they could not be deleted changes nothing.
    pub async fn clean(&self, run: &mut CommandContext<'_>) {
        match mute::clean(&self.aws, &self.target).await {
            Ok(0) => {}
            Ok(n) => run.output.say(&format!("deleted: {} that had ended", count(n, "mute rule"))),
            Err(error) => run.output.say(&format!("mute rules that have ended could not be deleted: {error}")),
        }
    }

    /// The mutes that the words mean, each with the alarms for which it is to end, and the first word that means none.
    pub fn meant<'a, 'w>(
        &self,
        words: &'w [String],
        mutes: &'a [StandingMute],
    ) -> (Vec<MeantMute<'a>>, Option<&'w String>) {
        let mut unknown = None;
        let mut chosen: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for word in words {
            let mut is_known = false;
            for (at, mute) in mutes.iter().enumerate() {
                let whole = mute.rule.name == *word;
                let meant =
                    mute.rule.alarms.iter().filter(|alarm| whole || (self.covers(alarm) && is_meant(word, alarm)));
                let meant: Vec<String> = meant.cloned().collect();
                if !meant.is_empty() {
                    is_known = true;
                    chosen.entry(at).or_default().extend(meant);
                }
            }
            if !is_known {
                unknown = unknown.or(Some(word));
            }
        }
        (chosen.into_iter().map(|(at, alarms)| (&mutes[at], alarms)).collect(), unknown)
    }
}

/// Whether a word on the command line means an alarm.
pub fn is_meant(word: &str, alarm: &str) -> bool {
    word == alarm || (glob::is_pattern(word) && glob::matches(word, alarm))
}
