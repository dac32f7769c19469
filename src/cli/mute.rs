//! `mlopsctl mute` and `unmute`: alarms notify nobody for a while, by rules that end by themselves.

use super::CommandContext;
use super::args::TextOrJson;
use super::complete;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{Fleet, RosterArgs, no_roster, table_or_json};
use super::moment::{Moment, moment};
use super::mute_fleet::{MuteIntent, RosterMute};
use super::mute_scope::{MeantMute, MuteScope, MuteTime, is_meant};
use super::plan::say_calls;
use super::report::ReportFormatArgs;
use crate::model::duration::parse_seconds;
use crate::model::problem::nearest_or_all;
use crate::ops::mute::{self, MuteOwner, StandingMute};
use crate::pipeline::TargetContext;
use crate::report::watch::mutes::{self as report, Unmuted};
use crate::resources::mute_rule::aws::begin;
use crate::resources::mute_rule::temporary::{LONGEST, LONGEST_WHY, MuteOrigin, MuteReason, TemporaryMute};
use clap::Args;
use std::collections::BTreeSet;

/// Mutes alarms for a while: they notify nobody, and it ends by itself
///
/// The alarms go on being evaluated. What is in ALARM when the mute ends notifies then. It is made of CloudWatch alarm mute rules
/// that belong to no stack; `status` says who muted an alarm, until when and why.
#[derive(Debug, Clone, Args)]
pub struct MuteArgs {
    /// The alarms: names of the spec's alarms, or patterns over them with * and ?
    #[arg(value_name = "ALARM", required_unless_present = "list", add = complete::alarms())]
    alarms: Vec<String>,
    /// How long, e.g. 30m, 2h, 3d; at most 15d
    #[arg(long = "for", value_name = "TIME", required_unless_present_any = ["until", "list"], conflicts_with = "until", value_parser = length)]
    length: Option<i64>,
    /// Until when, e.g. 2026-12-24T18:00Z; at most 15 days from now
    #[arg(long, value_name = "TIME", value_parser = until)]
    until: Option<i64>,
    /// The reason, for those who look at it later
    #[arg(long, value_name = "TEXT", required_unless_present = "list", value_parser = why)]
    why: Option<String>,
    /// Mute nothing: show what is muted, and what will be
    #[arg(long, conflicts_with_all = ["length", "until", "why"])]
    list: bool,
    #[command(flatten)]
    scope: MuteScopeArgs,
    #[command(flatten)]
    format: ReportFormatArgs,
}

/// Ends mutes that `mute` or `apply --mute` began
///
/// What is in ALARM notifies at once. Mute rules that a spec declares stay.
#[derive(Debug, Clone, Args)]
pub struct UnmuteArgs {
    /// The alarms: names, patterns with * and ?, or the name of a rule that `mute --list` shows
    #[arg(value_name = "ALARM", required = true, add = complete::alarms())]
    alarms: Vec<String>,
    #[command(flatten)]
    scope: MuteScopeArgs,
    #[command(flatten)]
    format: ReportFormatArgs,
}

/// Whose alarms are meant.
#[derive(Debug, Clone, Args)]
struct MuteScopeArgs {
    /// All alarms of the account and region, not only those of the spec, which is not read then (but for a roster)
    #[arg(long)]
    all: bool,
    /// Of several accounts: do not ask. Of one account nothing is asked
    #[arg(short, long, visible_alias = "auto-approve")]
    yes: bool,
    #[command(flatten)]
    roster: RosterArgs,
}

/// Seconds of `apply --mute`.
pub fn mute_time(text: &str) -> Result<i64, String> {
    let seconds = parse_seconds(text).filter(|seconds| (60..=86_400).contains(seconds));
    seconds.ok_or_else(|| "write a time from 1m to 1d, e.g. 10m".to_owned())
}

fn length(text: &str) -> Result<i64, String> {
    let seconds = parse_seconds(text).filter(|seconds| (60..=LONGEST).contains(seconds));
    seconds.ok_or_else(|| "write a time from 1m to 15d, e.g. 30m, 2h, 3d".to_owned())
}

/// Seconds since 1970.
fn until(text: &str) -> Result<i64, String> {
    match moment(text) {
        Ok(Moment::At(at)) => Ok(at.div_euclid(1_000)),
        _ => Err("write a time such as 2026-12-24T18:00Z; how long is said by --for".to_owned()),
    }
}

fn why(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("write why, for those who look at it later".to_owned()),
        n if n > LONGEST_WHY => Err(format!("write at most {LONGEST_WHY} characters")),
        _ if text.chars().any(char::is_control) => Err("write one line".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

impl MuteScopeArgs {
    async fn open(&self, run: &mut CommandContext<'_>) -> Result<MuteScope, CliFailure> {
        self.roster.fleet.nothing_alone()?;
        if self.yes {
            return Err(no_roster("--yes"));
        }
        let RosterArgs { spec, connect, .. } = &self.roster;
        if self.all {
            let aws = connect.open(None, &run.signals, run.output).await?;
            return Ok(MuteScope { target: aws.target().await?, aws, declared: None });
        }
        let bound = spec.bind_asking(spec.load()?, connect.region(), run).await?;
        let aws = connect.open(bound.region(), &run.signals, run.output).await?;
        let target = aws.target().await?;
        MuteScope::of(TargetContext { aws, bound }, target, false).await
    }

    /// The roster, where one is named; by the spec only where that is read.
    async fn fleet(&self, command: &str, run: &mut CommandContext<'_>) -> Result<Option<Fleet>, CliFailure> {
        if self.all && !self.roster.fleet.is_named() {
            return Ok(None);
        }
        let spec = self.roster.spec.load()?;
        self.roster.open_roster(command, &spec, run).await
    }
}

impl MuteArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        if let Some(fleet) = self.scope.fleet("mute", run).await? {
            if self.list {
                return Err(fleet.is_too_many("--list", "leave it out"));
            }
            let (time, why) = (self.time(fleet.clock().now())?, self.why.as_deref().unwrap_or_default());
            let intent = MuteIntent::Begin { words: &self.alarms, time, why };
            let (all, yes, format) = (self.scope.all, self.scope.yes, self.format.format);
            return RosterMute { fleet: &fleet, intent, all, yes, format }.run(run).await;
        }
        let format = table_or_json(self.format)?;
        let scope = self.scope.open(run).await?;
        if self.list {
            return self.list(&scope, format, run).await;
        }
        let MuteTime { now, until } = self.time(scope.aws.clock.now())?;
        let alarms = scope.chosen(&self.alarms).await?;
        let reason = MuteReason { by: scope.aws.caller().await?, why: self.why.clone().unwrap_or_default() };
        let mute = TemporaryMute::new(MuteOrigin::Mute, alarms, now, until, reason);
        let rules = begin(&scope.aws, &mute).await?;
        scope.clean(run).await;
        let text = match format {
            TextOrJson::Table => report::begun(&mute, &rules, &run.output.look),
            TextOrJson::Json => {
                let mut made = mute::list(&scope.aws, &scope.target, now).await?;
                made.retain(|mute| rules.contains(&mute.rule.name));
                report::json(&made, &scope.target)
            }
        };
        run.output.result(&text)?;
        say_calls(&scope.aws, run.output);
        Ok(Exit::Success)
    }

    /// From now until when.
    fn time(&self, now: i64) -> Result<MuteTime, CliFailure> {
        let until = self.until.or(self.length.map(|length| now.saturating_add(length))).unwrap_or(now);
        if now < until && until <= now + LONGEST {
            return Ok(MuteTime { now, until });
        }
        let what = "--until is not within the next 15 days, which is what AWS allows";
        Err(CliFailure::say(Exit::Usage, what, "write a later time, or --for 2h; for good: mute_rules in the spec"))
    }

    async fn list(
        &self,
        scope: &MuteScope,
        format: TextOrJson,
        run: &mut CommandContext<'_>,
    ) -> Result<Exit, CliFailure> {
        let mut mutes = mute::list(&scope.aws, &scope.target, scope.aws.clock.now()).await?;
        let asked = |alarm: &String| {
            scope.covers(alarm) && (self.alarms.is_empty() || self.alarms.iter().any(|word| is_meant(word, alarm)))
        };
        mutes.retain(|mute| mute.rule.alarms.iter().any(asked));
        run.output.result(&match format {
            TextOrJson::Table => report::list(&mutes, &scope.target, &run.output.look),
            TextOrJson::Json => report::json(&mutes, &scope.target),
        })?;
        say_calls(&scope.aws, run.output);
        Ok(Exit::Success)
    }
}

impl UnmuteArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        if let Some(fleet) = self.scope.fleet("unmute", run).await? {
            let (all, yes, format) = (self.scope.all, self.scope.yes, self.format.format);
            return RosterMute { fleet: &fleet, intent: MuteIntent::End(&self.alarms), all, yes, format }
                .run(run)
                .await;
        }
        let format = table_or_json(self.format)?;
        let scope = self.scope.open(run).await?;
        let mutes = mute::list(&scope.aws, &scope.target, scope.aws.clock.now()).await?;
        let chosen = self.chosen(&scope, &mutes)?;
        let (mut ended, kept): (Vec<_>, Vec<_>) =
            chosen.into_iter().partition(|(mute, _)| matches!(mute.owner, MuteOwner::Command(_)));
        if let (true, Some((mute, alarms))) = (ended.is_empty(), kept.first()) {
            let (what, remedy) = report::kept(mute, alarms);
            return Err(CliFailure::say(Exit::Blocked, what, remedy));
        }
        ended.sort_by(|(a, _), (b, _)| a.rule.name.cmp(&b.rule.name));
        for (mute, alarms) in &ended {
            mute::end(&scope.aws, &scope.target, mute, alarms).await?;
        }
        scope.clean(run).await;
        let unmuted = Unmuted { ended, kept };
        run.output.result(&match format {
            TextOrJson::Table => report::unmuted(&unmuted, &run.output.look),
            TextOrJson::Json => report::unmuted_json(&unmuted, &scope.target),
        })?;
        for (mute, alarms) in &unmuted.kept {
            let (what, remedy) = report::kept(mute, alarms);
            run.output.complain(&format!("still muted: {what}\n  fix: {remedy}"));
        }
        say_calls(&scope.aws, run.output);
        Ok(if unmuted.kept.is_empty() { Exit::Success } else { Exit::Blocked })
    }

    /// The mutes that the words mean, each with the alarms for which it is to end.
    fn chosen<'a>(&self, scope: &MuteScope, mutes: &'a [StandingMute]) -> Result<Vec<MeantMute<'a>>, CliFailure> {
        let (chosen, unknown) = scope.meant(&self.alarms, mutes);
        let Some(word) = unknown else { return Ok(chosen) };
        let muted: BTreeSet<&str> = mutes.iter().flat_map(|mute| &mute.rule.alarms).map(String::as_str).collect();
        let what = format!("`{word}` is not muted in {}", scope.target);
        let near = nearest_or_all(word, muted, "muted are").unwrap_or_else(|| "nothing is muted there".to_owned());
        Err(CliFailure::say(Exit::Usage, what, near))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_reasons_are_checked_before_anything_is_asked() {
        assert_eq!((length("2h"), length("15d"), mute_time("10m")), (Ok(7_200), Ok(LONGEST), Ok(600)));
        for wrong in ["", "2", "30s", "16d", "2026-12-24T18:00Z"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
        assert!(mute_time("2d").is_err() && mute_time("plan.json").is_err());
        assert_eq!(until("1970-01-02T00:00Z"), Ok(86_400));
        assert!(until("2h").is_err() && until("tomorrow").is_err());
        assert_eq!(why(" deploying v42 "), Ok("deploying v42".to_owned()));
        assert!(why(" ").is_err() && why("a\nb").is_err() && why(&"w".repeat(501)).is_err());
    }

    #[test]
    fn a_word_means_a_name_or_is_a_pattern() {
        for (word, alarm, meant) in
            [("a", "a", true), ("a", "ab", false), ("a*", "ab", true), ("*", "x", true), ("a*", "a*", true)]
        {
            assert_eq!(is_meant(word, alarm), meant, "{word} {alarm}");
        }
    }
}
