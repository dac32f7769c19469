//! `mlopsctl drill`: fires alarms on purpose, follows the notification, and puts everything back.

use super::CommandContext;
use super::args::TextOrJson;
use super::complete;
use super::consent::consent;
use super::drill_fleet;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{RosterArgs, table_or_json};
use super::plan::say_calls;
use super::report::ReportFormatArgs;
use super::spec_alarms::{chosen, in_target, written};
use super::subscriptions::duration;
use crate::aws::Aws;
use crate::model::{Target, advice};
use crate::ops::drill::{self, Above, DeliveryChannel, DrillReport, DrillRequest, DrillSurvey, DrillVerdict};
use crate::report::watch::drill as report;
use crate::spec::{BoundSpec, Spec};
use clap::{Args, ValueEnum};
use std::time::Duration;

/// Fires alarms on purpose and follows their notification
///
/// It shows how far each notification comes, and puts everything back in the end.
#[derive(Debug, Clone, Args)]
pub struct DrillArgs {
    /// The alarms of the spec to fire [default: all of them]
    #[arg(value_name = "ALARM", add = complete::alarms())]
    alarms: Vec<String>,
    /// Also subscribe for the time of the drill, and show the message that arrives: at an SQS queue, or at an HTTP address of
    /// this machine, which only the sandbox or an emulator on this machine reaches
    #[arg(long, value_enum, value_name = "WAY", num_args = 0..=1, require_equals = true, default_missing_value = "sqs")]
    receive: Option<Receive>,
    /// Set them off in earnest: the function is made to raise (by Invoke) until its errors breach the threshold. Takes as long
    /// as CloudWatch does, and the messages do not say that it is a drill
    #[arg(long)]
    real: bool,
    /// How long to follow, e.g. 30s, 2m [default: 30s; with --real: 10m]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,
    /// Do not ask
    #[arg(short, long, visible_alias = "auto-approve")]
    yes: bool,
    /// Fire nothing: take away what earlier drills left behind, a running one of somebody else included
    #[arg(long, conflicts_with_all = ["receive", "timeout", "real"])]
    clean: bool,
    /// Fire nothing: say who would be notified, and what is in the way. Of several accounts, nothing else is possible
    #[arg(long, conflicts_with_all = ["receive", "timeout", "real", "clean", "yes"])]
    dry_run: bool,
    #[command(flatten)]
    roster: RosterArgs,
    #[command(flatten)]
    format: ReportFormatArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Receive {
    Sqs,
    Http,
}

impl DrillArgs {
    /// Reading and asking are dropped by an interrupt; the drill itself ends in order.
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let spec = self.roster.spec.load()?;
        // Without a roster's name a drill is for the account of the credentials, as ever.
        let may_be_many = self.dry_run || self.roster.fleet.is_named();
        if !may_be_many {
            self.roster.fleet.nothing_alone()?;
        } else if let Some(fleet) = self.roster.open_roster("drill", &spec, run).await? {
            return match self.dry_run {
                true => drill_fleet::foresee(&fleet, &self.alarms, self.format.format, run).await,
                false => Err(fleet.is_too_many("a drill", "look at who would be notified with --dry-run")),
            };
        }
        let format = table_or_json(self.format)?;
        let (aws, survey) = run.signals.clone().or_interrupted(self.begin(spec, run)).await?;
        if self.clean {
            return clean(&aws, &survey, format, run).await;
        }
        if self.dry_run {
            return foresee(&aws, &survey, format, run);
        }
        let before = report::before(&survey, &run.output.side);
        run.output.complain(&before);
        if self.real {
            run.output.complain("  ! their messages will look like those of a real alarm, which it is");
        }
        let question = match survey.alarms.len() {
            1 => "Fire this alarm?".to_owned(),
            n => format!("Fire these {n} alarms?"),
        };
        let unattended = format!("look at who will be notified, then run {}", advice::again_with("--yes"));
        consent(run, self.yes, &question, &unattended).await?;
        let usual = Duration::from_secs(if self.real { 600 } else { 30 });
        let timeout = self.timeout.unwrap_or(usual);
        let receive = self.receive.map(Receive::way);
        let asking = DrillRequest { real: self.real, receive, timeout };
        if self.receive == Some(Receive::Http) {
            self.roster.connect.deliver_posts()?;
        }
        let output = &mut *run.output;
        let drilled = drill::run(&aws, &survey, asking, &mut |event| output.say(&report::event(&event))).await;
        let drilled = drilled?;
        let text = match format {
            TextOrJson::Json => report::json(&drilled),
            TextOrJson::Table => format!("\n{}", report::report(&drilled, &run.output.look)),
        };
        run.output.result(&text)?;
        say_calls(&aws, run.output);
        Ok(exit(&drilled, run.signals.received()))
    }

    async fn begin(&self, spec: Spec, run: &mut CommandContext<'_>) -> Result<(Aws, DrillSurvey), CliFailure> {
        let has_them = |bound: &BoundSpec| {
            let there = written(bound);
            !there.is_empty() && self.alarms.iter().all(|name| there.contains(name))
        };
        let bound = self.roster.spec.bind_asking_for(spec, self.roster.connect.region(), has_them, run).await?;
        let aws = self.roster.connect.open(bound.region(), &run.signals, run.output).await?;
        let anywhere = Target::new("000000000000", aws.region());
        let chosen = chosen(in_target(&aws, &bound, &anywhere).await?, &self.alarms)?;
        let survey = drill::survey(&aws, &chosen, aws.clock.now(), Above::Read).await?;
        Ok((aws, survey))
    }
}

/// Says what would come of it.
fn foresee(
    aws: &Aws,
    survey: &DrillSurvey,
    format: TextOrJson,
    run: &mut CommandContext<'_>,
) -> Result<Exit, CliFailure> {
    let foreseen = drill::foresee(survey);
    let text = match format {
        TextOrJson::Json => report::json(&foreseen),
        TextOrJson::Table => {
            format!("{}\n{}", report::before(survey, &run.output.look), report::report(&foreseen, &run.output.look))
        }
    };
    run.output.result(&text)?;
    say_calls(aws, run.output);
    Ok(exit(&foreseen, None))
}

async fn clean(
    aws: &Aws,
    survey: &DrillSurvey,
    format: TextOrJson,
    run: &mut CommandContext<'_>,
) -> Result<Exit, CliFailure> {
    let cleaned = drill::clean(aws, survey).await;
    let text = match format {
        TextOrJson::Json => report::cleaned_json(&cleaned),
        TextOrJson::Table => report::cleaned(&cleaned, &run.output.look),
    };
    run.output.result(&text)?;
    Ok(if cleaned.left.is_empty() { Exit::Success } else { Exit::Partial })
}

impl Receive {
    fn way(self) -> DeliveryChannel {
        match self {
            Receive::Sqs => DeliveryChannel::Sqs,
            Receive::Http => DeliveryChannel::Http,
        }
    }
}

fn exit(report: &DrillReport, signal: Option<Exit>) -> Exit {
    match () {
        () if report.interrupted => signal.unwrap_or(Exit::Interrupted),
        () if !report.left.is_empty() => Exit::Partial,
        () if report.count(DrillVerdict::Failed) > 0 => Exit::Findings,
        () if report.count(DrillVerdict::Waiting) > 0 => Exit::Act,
        () => Exit::Success,
    }
}
