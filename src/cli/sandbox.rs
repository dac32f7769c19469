//! `mlopsctl sandbox`: what only somebody beside AWS can see or do there: read the mail, click its links, let time pass.

use super::CommandContext;
use super::args::{TextOrJson, TextOrJsonArgs};
use super::complete;
use super::connect::SandboxFileArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use super::moment::{Moment, moment};
use super::sandbox_serve::SandboxServeArgs;
use crate::model::advice;
use crate::model::duration::parse_seconds;
use crate::model::secret;
use crate::report::sandbox::{
    self as report, AccountInventory, AlarmTransition, ConfirmationStep, DeliveryOutcome, Passed, SandboxClock,
    SentMessage,
};
use crate::sandbox::{Delivery, Letter, Sandbox};
use clap::{Args, Subcommand};
use std::time::Duration;

/// Reads the mail of the simulated AWS, moves its clock, resets it
#[derive(Debug, Clone, Args)]
pub struct SandboxArgs {
    #[command(subcommand)]
    command: SandboxCommand,
    #[command(flatten)]
    file: SandboxFileArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Clone, Subcommand)]
enum SandboxCommand {
    Mail(MailArgs),
    Confirm(SandboxConfirmArgs),
    Unsubscribe(UnsubscribeArgs),
    Advance(AdvanceArgs),
    Show(SandboxShowArgs),
    Reset(ResetArgs),
    Serve(SandboxServeArgs),
}

/// Which part of the sandbox; all of it where nothing is said.
#[derive(Debug, Clone, Args)]
struct PlaceArgs {
    /// Only this account
    #[arg(long, value_name = "ACCOUNT", global = true)]
    account: Option<String>,
    /// Only this region
    #[arg(long, value_name = "REGION", global = true)]
    region: Option<String>,
}

/// Lists what SNS sent, the newest last, or shows one message
///
/// Mails, texts, messages to queues, posts; and what became of them. With --verbose each is shown in full.
#[derive(Debug, Clone, Args)]
struct MailArgs {
    /// The message with this number of the list; or only what was sent to this address, phone number, queue or URL
    #[arg(value_name = "NUMBER|ADDRESS", add = complete::receivers())]
    wanted: Option<String>,
    #[command(flatten)]
    format: TextOrJsonArgs,
}

/// Confirms pending subscriptions as their receivers would: by the link in the last mail
#[derive(Debug, Clone, Args)]
struct SandboxConfirmArgs {
    /// Whose
    #[arg(value_name = "ADDRESS", required_unless_present = "all", add = complete::receivers())]
    address: Option<String>,
    /// Everybody's
    #[arg(long, conflicts_with = "address")]
    all: bool,
}

/// Ends a subscription by the link at the foot of a mail, as its receiver, or a scanner of mails, does
#[derive(Debug, Clone, Args)]
struct UnsubscribeArgs {
    /// Whose
    #[arg(value_name = "ADDRESS", add = complete::receivers())]
    address: String,
}

/// Moves the sandbox's clock ahead; alarms are evaluated on the way, as if the time had passed
#[derive(Debug, Clone, Args)]
struct AdvanceArgs {
    /// By how much: 90s, 10m, 2h, 1d
    #[arg(value_name = "DURATION", value_parser = duration)]
    by: Duration,
}

/// Shows the resources of the sandbox, by account and region
#[derive(Debug, Clone, Args)]
struct SandboxShowArgs {
    #[command(flatten)]
    format: TextOrJsonArgs,
}

/// Forgets everything in the sandbox, or what was done in one --account or --region
#[derive(Debug, Clone, Args)]
struct ResetArgs {
    /// Begin anew at this time, 2026-11-22T10:00Z; the clock runs on from it. Else at this machine's time
    #[arg(long, value_name = "TIME", value_parser = beginning, conflicts_with_all = ["account", "region"])]
    at: Option<i64>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl SandboxArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        if let SandboxCommand::Serve(args) = &self.command {
            if self.place.account.is_some() {
                let remedy = "leave it out: the keys of each client name its account";
                return Err(CliFailure::say(Exit::Usage, "--account: the sandbox is served for every account", remedy));
            }
            return args.run(run, &self.file, self.place.region.as_deref()).await;
        }
        let sandbox = self.file.open()?;
        let places = self.place.of(&sandbox)?;
        match &self.command {
            SandboxCommand::Mail(args) => args.run(run, &sandbox, &places),
            SandboxCommand::Confirm(args) => args.run(run, &sandbox, &places),
            SandboxCommand::Unsubscribe(args) => args.run(run, &sandbox, &places),
            SandboxCommand::Advance(args) => args.run(run, &sandbox, &places),
            SandboxCommand::Show(args) => args.run(run, &sandbox, &places),
            SandboxCommand::Serve(_) => Ok(Exit::Success),
            SandboxCommand::Reset(args) => {
                let file = self.file.path().display().to_string();
                match self.place.is_limited() {
                    true => args.forget(run, &sandbox, &places, &file).await,
                    false => args.run(run, &sandbox, &file).await,
                }
            }
        }
    }
}

impl PlaceArgs {
    fn is_limited(&self) -> bool {
        self.account.is_some() || self.region.is_some()
    }

    fn of(&self, sandbox: &Sandbox) -> Result<Vec<(String, String)>, CliFailure> {
        let mut places = sandbox.places()?;
        places.retain(|(account, region)| {
            self.account.as_ref().is_none_or(|wanted| wanted == account)
                && self.region.as_ref().is_none_or(|wanted| wanted == region)
        });
        Ok(places)
    }
}

impl MailArgs {
    fn run(
        &self,
        run: &mut CommandContext<'_>,
        sandbox: &Sandbox,
        places: &[(String, String)],
    ) -> Result<Exit, CliFailure> {
        let mut letters = Vec::new();
        // Of all places: a message has one number, whatever is left out.
        for (account, region) in sandbox.places()? {
            let sent = sandbox.outbox(&account, &region)?.into_iter();
            letters.extend(sent.map(|letter| ((account.clone(), region.clone()), letter)));
        }
        // Stable: within one place they are in order already.
        letters.sort_by_key(|(_, letter)| letter.sent);
        let number = self.wanted.as_deref().and_then(number);
        let wanted = |n: usize, letter: &Letter| match (number, &self.wanted) {
            (Some(number), _) => n == number,
            (None, Some(address)) => secret::names(address, &letter.endpoint),
            (None, None) => true,
        };
        let numbered = letters.into_iter().zip(1..);
        let shown = numbered.filter(|((place, letter), n)| places.contains(place) && wanted(*n, letter));
        let messages: Vec<SentMessage> = shown.map(|((place, letter), n)| message(n, place, letter)).collect();
        if let (Some(number), true) = (number, messages.is_empty()) {
            let what = format!("no message has the number {number}");
            return Err(CliFailure::say(Exit::Failure, what, format!("see {}", advice::command("sandbox mail"))));
        }
        let look = run.output.look;
        let text = match self.format.format {
            TextOrJson::Table if number.is_some() => messages.iter().map(|one| report::letter(one, &look)).collect(),
            TextOrJson::Table => report::inbox(&messages, &look),
            TextOrJson::Json => report::mail_json(&messages),
        };
        run.output.mailbox(&text)?;
        Ok(Exit::Success)
    }
}

/// A place in the list. Phone numbers are longer.
fn number(text: &str) -> Option<usize> {
    let fits = text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

fn message(number: usize, (account, region): (String, String), letter: Letter) -> SentMessage {
    SentMessage {
        number,
        account,
        region,
        sent: letter.sent.to_iso(),
        confirmation_link: letter.confirmation_link(),
        fate: match letter.delivery {
            Delivery::Arrived => DeliveryOutcome::Arrived,
            Delivery::Waiting => DeliveryOutcome::Waiting,
            Delivery::Failed(why) => DeliveryOutcome::Failed(why),
        },
        protocol: letter.protocol,
        to: secret::hide(&letter.endpoint),
        topic_arn: letter.topic_arn,
        token: letter.token,
        subject: letter.subject,
        body: letter.body,
    }
}

impl SandboxConfirmArgs {
    fn run(
        &self,
        run: &mut CommandContext<'_>,
        sandbox: &Sandbox,
        places: &[(String, String)],
    ) -> Result<Exit, CliFailure> {
        let mut steps = Vec::new();
        for (account, region) in places {
            let touched = sandbox.confirm(account, region, self.address.as_deref())?;
            steps.extend(
                touched.into_iter().map(|touched| ConfirmationStep::confirmed(&touched.endpoint, &touched.topic_arn)),
            );
        }
        if let (true, Some(address)) = (steps.is_empty(), &self.address) {
            let what = format!("nothing waits for {address} to confirm");
            return Err(CliFailure::say(
                Exit::Failure,
                what,
                format!("see {}, or confirm --all", advice::command("sandbox mail")),
            ));
        }
        run.output.result(&report::steps(&steps, "nothing waits to be confirmed"))?;
        if !steps.is_empty() {
            let advance = advice::command("sandbox advance 10m");
            run.output.say(&format!("next: {advance} lets time pass and evaluates the alarms"));
        }
        Ok(Exit::Success)
    }
}

impl UnsubscribeArgs {
    fn run(
        &self,
        run: &mut CommandContext<'_>,
        sandbox: &Sandbox,
        places: &[(String, String)],
    ) -> Result<Exit, CliFailure> {
        let mut steps = Vec::new();
        for (account, region) in places {
            let touched = sandbox.unsubscribe(account, region, &self.address)?;
            steps.extend(touched.into_iter().map(|touched| match touched.done {
                true => ConfirmationStep::ended(&touched.endpoint, &touched.topic_arn),
                false => ConfirmationStep::locked(&touched.endpoint, &touched.topic_arn),
            }));
        }
        if steps.is_empty() {
            let what = format!("{} has no confirmed subscription", self.address);
            return Err(CliFailure::say(Exit::Failure, what, format!("see {}", advice::command("sandbox show"))));
        }
        run.output.result(&report::steps(&steps, ""))?;
        Ok(Exit::Success)
    }
}

impl AdvanceArgs {
    fn run(
        &self,
        run: &mut CommandContext<'_>,
        sandbox: &Sandbox,
        places: &[(String, String)],
    ) -> Result<Exit, CliFailure> {
        let (before, _) = sandbox.time()?;
        sandbox.advance(self.by)?;
        let mut passed = Passed { clock: clock(sandbox)?, changes: Vec::new(), sent: 0 };
        for (account, region) in places {
            let happened = sandbox.changes_since(account, region, before)?.into_iter();
            passed.changes.extend(happened.map(|change| AlarmTransition {
                at: change.at.to_iso(),
                account: account.clone(),
                region: region.clone(),
                alarm: change.alarm,
                summary: change.summary,
                reason: change.reason,
            }));
            passed.sent += sandbox.outbox(account, region)?.iter().filter(|letter| letter.sent > before).count();
        }
        passed.changes.sort_by(|a, b| a.at.cmp(&b.at));
        run.output.result(&report::advanced(&passed, &run.output.look))?;
        Ok(Exit::Success)
    }
}

fn clock(sandbox: &Sandbox) -> Result<SandboxClock, CliFailure> {
    let (time, ahead) = sandbox.time()?;
    Ok(SandboxClock { time: time.to_iso(), ahead_seconds: ahead.as_secs() })
}

impl SandboxShowArgs {
    fn run(
        &self,
        run: &mut CommandContext<'_>,
        sandbox: &Sandbox,
        places: &[(String, String)],
    ) -> Result<Exit, CliFailure> {
        let mut shown = Vec::new();
        for (account, region) in places {
            let contents = sandbox.census(account, region)?;
            shown.push(AccountInventory { account: account.clone(), region: region.clone(), contents });
        }
        let clock = clock(sandbox)?;
        run.output.result(&match self.format.format {
            TextOrJson::Table => report::show(&clock, &shown),
            TextOrJson::Json => report::show_json(&clock, &shown),
        })?;
        Ok(Exit::Success)
    }
}

impl ResetArgs {
    async fn run(&self, run: &mut CommandContext<'_>, sandbox: &Sandbox, file: &str) -> Result<Exit, CliFailure> {
        self.consent(run, &format!("everything in {file}")).await?;
        match self.at {
            Some(at) => sandbox.begin_at(at)?,
            None => sandbox.reset()?,
        }
        run.output.result(&format!("{file}: everything is forgotten\n"))?;
        Ok(Exit::Success)
    }

    /// Only some accounts and regions; the clock and all others stay.
    async fn forget(
        &self,
        run: &mut CommandContext<'_>,
        sandbox: &Sandbox,
        places: &[(String, String)],
        file: &str,
    ) -> Result<Exit, CliFailure> {
        let names: Vec<String> = places.iter().map(|(account, region)| format!("{account} {region}")).collect();
        if names.is_empty() {
            let what = format!("nothing was done in this account and region in {file}");
            return Err(CliFailure::say(Exit::Failure, what, format!("see {}", advice::command("sandbox show"))));
        }
        self.consent(run, &format!("{} in {file}", names.join(", "))).await?;
        for (account, region) in places {
            sandbox.forget(account, region)?;
        }
        run.output.result(&format!("{file}: {} is forgotten\n", names.join(", ")))?;
        Ok(Exit::Success)
    }

    async fn consent(&self, run: &mut CommandContext<'_>, what: &str) -> Result<(), CliFailure> {
        if self.yes {
            return Ok(());
        }
        if !run.output.can_ask() {
            let what = format!("{what} would be forgotten, and there is no terminal to confirm on");
            return Err(CliFailure::say(Exit::Blocked, what, "rerun with --yes"));
        }
        match run.output.ask(&format!("Forget {what}?")).await {
            true => Ok(()),
            false => Err(CliFailure::say(Exit::Blocked, "nothing was forgotten", "answer y, or add --yes")),
        }
    }
}

/// Milliseconds since 1970.
fn beginning(text: &str) -> Result<i64, String> {
    match moment(text) {
        Ok(Moment::At(at)) if at >= 0 => Ok(at),
        _ => Err("write a time since 1970, such as 2026-11-22T10:00Z".to_owned()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let seconds = parse_seconds(text).and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| *seconds > 0);
    let seconds = seconds.filter(|seconds| *seconds <= 366 * 86_400);
    seconds.map(Duration::from_secs).ok_or_else(|| "write a duration up to a year, such as 90s, 10m or 2h".to_owned())
}
