//! `mlopsctl subscriptions`: who is notified, who has not confirmed, the mail once more, and confirming with the link of a mail.

use super::CommandContext;
use super::args::{SpecArgs, TextOrJson, TextOrJsonArgs};
use super::complete;
use super::connect::ConnectArgs;
use super::consent::consent;
use super::exit::Exit;
use super::failure::CliFailure;
use super::fleet::{RosterArgs, table_or_json};
use super::plan::say_calls;
use super::report::ReportFormatArgs;
use super::subscriptions_fleet;
use crate::aws::{Aws, AwsError, Class};
use crate::model::Target;
use crate::model::advice;
use crate::model::duration::{format_seconds, parse_seconds};
use crate::model::problem::nearest_or_all;
use crate::model::secret;
use crate::ops::subscriptions::{self, Link, NotALink, StackSubscriptions, SubscriptionRow, SubscriptionState, Waited};
use crate::report::watch::subscriptions::{self as report, AskedAgain};
use crate::resources::{Address, Kind, Resource};
use crate::spec::{BoundSpec, Spec};
use clap::{Args, Subcommand};
use std::collections::BTreeMap;
use std::time::Duration;

/// Shows who is notified and who has not confirmed yet
///
/// Waits for them, sends the mail again, or confirms with the link of the mail.
#[derive(Debug, Clone, Args)]
pub struct SubscriptionsArgs {
    #[command(subcommand)]
    command: SubscriptionsCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum SubscriptionsCommand {
    List(SubscriptionsListArgs),
    Wait(WaitArgs),
    Resend(ResendArgs),
    Confirm(SubscriptionConfirmArgs),
}

/// Lists every subscription that the spec wants or its topics have, and what each one waits for
#[derive(Debug, Clone, Args)]
struct SubscriptionsListArgs {
    #[command(flatten)]
    roster: RosterArgs,
    #[command(flatten)]
    format: ReportFormatArgs,
    /// Exit with 7 when somebody who is to be notified is not confirmed
    #[arg(long)]
    require_confirmed: bool,
}

/// Waits until everybody has confirmed; exits with 7 when the time is out before
#[derive(Debug, Clone, Args)]
struct WaitArgs {
    #[command(flatten)]
    reading: ReadingArgs,
    /// How long to wait at most, e.g. 90s, 10m, 1h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    timeout: Duration,
}

/// Sends the confirmation mail again, to those who are named and have not confirmed
#[derive(Debug, Clone, Args)]
struct ResendArgs {
    /// Who gets another mail: as `subscriptions list` shows it, or the fingerprint behind # alone
    #[arg(value_name = "ENDPOINT", required_unless_present = "all", conflicts_with = "all")]
    endpoints: Vec<String>,
    /// Everybody who has not confirmed
    #[arg(long)]
    all: bool,
    /// Do not ask
    #[arg(short, long, visible_alias = "auto-approve")]
    yes: bool,
    #[command(flatten)]
    reading: ReadingArgs,
}

/// Confirms a subscription with the link of its mail, in the region that the link names. Needs no spec
#[derive(Debug, Clone, Args)]
struct SubscriptionConfirmArgs {
    /// The address behind "Confirm subscription" in the mail, in quotation marks
    #[arg(long, value_name = "LINK", required_unless_present = "token", conflicts_with = "token")]
    url: Option<String>,
    /// The token alone, with --topic
    #[arg(long, value_name = "TOKEN", requires = "topic")]
    token: Option<String>,
    /// The topic of the token, by ARN, or by name in the region that is asked
    #[arg(long, value_name = "TOPIC", add = complete::topics(), requires = "token")]
    topic: Option<String>,
    /// Only the owner can end it from then on: a mail scanner that follows the unsubscribe link cannot
    #[arg(long)]
    lock: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Clone, Args)]
struct ReadingArgs {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    format: TextOrJsonArgs,
}

/// A duration as the spec writes it.
pub fn duration(text: &str) -> Result<Duration, String> {
    let seconds = parse_seconds(text).and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map(Duration::from_secs).ok_or_else(|| "write a time such as 90s, 10m or 1h".to_owned())
}

/// What every command but `confirm` begins with.
struct SubscriptionsRead {
    aws: Aws,
    stack: String,
    target: Target,
    desired: BTreeMap<Address, Resource>,
}

impl SubscriptionsArgs {
    /// Nothing but `resend` and `confirm` writes, and those by single calls that an interrupt leaves whole.
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let signals = run.signals.clone();
        match &self.command {
            SubscriptionsCommand::List(args) => signals.or_interrupted(args.run(run)).await,
            SubscriptionsCommand::Wait(args) => signals.or_interrupted(args.run(run)).await,
            SubscriptionsCommand::Resend(args) => args.run(run).await,
            SubscriptionsCommand::Confirm(args) => args.run(run).await,
        }
    }
}

impl ReadingArgs {
    async fn begin(&self, run: &mut CommandContext<'_>) -> Result<SubscriptionsRead, CliFailure> {
        SubscriptionsRead::begin(&self.spec, self.spec.load()?, &self.connect, run).await
    }

    fn show(&self, all: &StackSubscriptions, run: &mut CommandContext<'_>) -> Result<(), CliFailure> {
        show(all, self.format.format, run)
    }
}

fn show(all: &StackSubscriptions, format: TextOrJson, run: &mut CommandContext<'_>) -> Result<(), CliFailure> {
    let text = match format {
        TextOrJson::Json => report::json(all),
        TextOrJson::Table => report::list(all, &run.output.look),
    };
    run.output.result(&text)
}

impl SubscriptionsRead {
    async fn begin(
        args: &SpecArgs,
        spec: Spec,
        connect: &ConnectArgs,
        run: &mut CommandContext<'_>,
    ) -> Result<Self, CliFailure> {
        let has_any = |bound: &BoundSpec| bound.declares(Kind::Topic);
        let bound = args.bind_asking_for(spec, connect.region(), has_any, run).await?;
        let aws = connect.open(bound.region(), &run.signals, run.output).await?;
        let target = aws.target().await?;
        let desired = bound.desired(&target, &BTreeMap::new())?.resources;
        Ok(SubscriptionsRead { aws, stack: bound.stack().to_owned(), target, desired })
    }

    async fn read(&self) -> Result<StackSubscriptions, AwsError> {
        subscriptions::read(&self.aws, &self.stack, &self.target, &self.desired).await
    }
}

impl SubscriptionsListArgs {
    async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let spec = self.roster.spec.load()?;
        if let Some(fleet) = self.roster.open_roster("subscriptions", &spec, run).await? {
            return subscriptions_fleet::list(&fleet, self.format.format, self.require_confirmed, run).await;
        }
        let format = table_or_json(self.format)?;
        let reading = SubscriptionsRead::begin(&self.roster.spec, spec, &self.roster.connect, run).await?;
        let all = reading.read().await?;
        show(&all, format, run)?;
        say_calls(&reading.aws, run.output);
        let act = self.require_confirmed && all.open().next().is_some();
        Ok(if act { Exit::Act } else { Exit::Success })
    }
}

impl WaitArgs {
    async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let reading = self.reading.begin(run).await?;
        let SubscriptionsRead { aws, stack, target, desired } = &reading;
        let (output, timeout) = (&mut *run.output, self.timeout);
        let mut told = |waited: Waited<'_>| match waited {
            Waited::Begun(all) if all.count(SubscriptionState::Pending) > 0 => {
                output.say(&report::verdict(all));
                for row in all.rows.iter().filter(|row| row.state == SubscriptionState::Pending) {
                    output.say(&report::change(row));
                }
                let seconds = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX);
                output.say(&format!("waiting at most {} (Ctrl-C ends it; nothing is lost)", format_seconds(seconds)));
            }
            Waited::Begun(_) => {}
            Waited::Changed(row) => output.say(&report::change(row)),
            Waited::Missed(error) => output.say(&format!("could not look, trying again: {error}")),
        };
        let waited = subscriptions::wait(aws, stack, target, desired, timeout, &mut told).await;
        let all = waited?;
        self.reading.show(&all, run)?;
        say_calls(aws, run.output);
        Ok(if all.open().next().is_some() { Exit::Act } else { Exit::Success })
    }
}

impl ResendArgs {
    async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let signals = run.signals.clone();
        let reading = signals.or_interrupted(self.reading.begin(run)).await?;
        let all = reading.read().await?;
        let chosen = self.choose(&all)?;
        if chosen.is_empty() {
            let nothing = "nobody is pending: no mail was sent\n".to_owned();
            self.show(&all, &AskedAgain::default(), nothing, run)?;
            return Ok(Exit::Success);
        }
        for row in &chosen {
            let endpoint = secret::hide(&row.endpoint);
            run.output.say(&format!("  ! {endpoint} will be asked again to confirm ({})", row.topic));
        }
        let mails = if chosen.len() == 1 { "this mail".to_owned() } else { format!("these {} mails", chosen.len()) };
        let unattended = format!("look at who is named above, then run {}", advice::again_with("--yes"));
        consent(run, self.yes, &format!("Send {mails}?"), &unattended).await?;
        let mut failed = None;
        let mut sent = AskedAgain::default();
        for row in &chosen {
            match subscriptions::resend(&reading.aws, &reading.target, row, &reading.desired).await {
                Ok(()) => {
                    sent.asked.push(row);
                    run.output.say(&format!("asked again: {}", row.endpoint));
                }
                Err(error) => {
                    run.output.complain(&format!("{}: {error}", row.endpoint));
                    sent.failed.push((row, error.to_string()));
                    failed = Some(error);
                }
            }
        }
        self.show(&all, &sent, format!("{} of {} asked again\n", sent.asked.len(), chosen.len()), run)?;
        match failed {
            Some(error) if sent.asked.is_empty() => Err(error.into()),
            Some(_) => Ok(Exit::Partial),
            None => Ok(Exit::Success),
        }
    }

    fn show(
        &self,
        all: &StackSubscriptions,
        sent: &AskedAgain<'_>,
        text: String,
        run: &mut CommandContext<'_>,
    ) -> Result<(), CliFailure> {
        let text = match self.reading.format.format {
            TextOrJson::Json => report::resent_json(all, sent),
            TextOrJson::Table => text,
        };
        run.output.result(&text)
    }

    /// The pending ones that are meant. Whoever is named and is not pending gets no mail; the reason is said.
    fn choose(&self, all: &StackSubscriptions) -> Result<Vec<SubscriptionRow>, CliFailure> {
        let pending = || all.rows.iter().filter(|row| row.state == SubscriptionState::Pending);
        if self.all {
            return Ok(pending().cloned().collect());
        }
        let mut chosen = Vec::new();
        for endpoint in &self.endpoints {
            let before = chosen.len();
            chosen.extend(pending().filter(|row| secret::names(endpoint, &row.endpoint)).cloned());
            if chosen.len() > before {
                continue;
            }
            let known = all.rows.iter().find(|row| secret::names(endpoint, &row.endpoint));
            let endpoint = secret::hide(endpoint);
            return Err(match known {
                Some(row) if row.state == SubscriptionState::Confirmed => {
                    let what = format!("{endpoint} has confirmed, so no mail is needed");
                    let list = advice::command("subscriptions list");
                    CliFailure::say(Exit::Usage, what, format!("name those that {list} calls pending"))
                }
                Some(row) => CliFailure::say(Exit::Usage, format!("{endpoint} is not pending"), report::remedy(row)),
                None => {
                    let names: Vec<String> = all.rows.iter().map(|row| secret::hide(&row.endpoint)).collect();
                    let names = names.iter().map(String::as_str);
                    let near = nearest_or_all(&endpoint, names, "the endpoints are").unwrap_or_default();
                    CliFailure::say(Exit::Usage, format!("{endpoint} is not subscribed to a topic of the spec"), near)
                }
            });
        }
        Ok(chosen)
    }
}

impl SubscriptionConfirmArgs {
    async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let (aws, link) = self.open(run).await?;
        let confirmed = subscriptions::confirm(&aws, &link, self.lock).await.map_err(|error| refused(error, &link))?;
        let who = link.endpoint.as_deref().unwrap_or(&confirmed.subscription_arn);
        let lock = match (self.lock, confirmed.locked) {
            (true, Some(true)) => ", and only its owner can end it",
            _ => "",
        };
        run.output.result(&format!("confirmed: {} notifies {who}{lock}\n", link.topic()))?;
        if self.lock && confirmed.locked != Some(true) {
            let why = match confirmed.locked {
                Some(_) => "it was confirmed before without --lock, and the first confirmation counts",
                None => "whether the lock holds could not be read",
            };
            run.output.complain(&format!("note: {why}; the link at the foot of each mail still ends it"));
        }
        say_calls(&aws, run.output);
        Ok(Exit::Success)
    }

    /// A token is good only where its topic is: the region of the ARN counts, and another --region is a mistake.
    async fn open(&self, run: &mut CommandContext<'_>) -> Result<(Aws, Link), CliFailure> {
        let link = match (&self.url, &self.token, &self.topic) {
            (Some(url), _, _) => Link::parse(url).map_err(not_a_link)?,
            (None, Some(token), Some(topic)) if topic.starts_with("arn:") => {
                Link::new(topic, token).map_err(not_a_link)?
            }
            (None, token, topic) => {
                let aws = self.connect.open(None, &run.signals, run.output).await?;
                let arn = aws.target().await?.arn("sns", topic.as_deref().unwrap_or_default());
                let link = Link::new(&arn, token.as_deref().unwrap_or_default()).map_err(not_a_link)?;
                return Ok((aws, link));
            }
        };
        if let Some(region) = self.connect.region().filter(|region| *region != link.region()) {
            let what = format!("the link is of {}, but --region says {region}", link.region());
            return Err(CliFailure::say(Exit::Usage, what, "leave out --region: the link names its own"));
        }
        let aws = self.connect.open(Some(link.region()), &run.signals, run.output).await?;
        Ok((aws, link))
    }
}

fn not_a_link(error: NotALink) -> CliFailure {
    CliFailure::say(Exit::Usage, error.what, error.remedy)
}

/// SNS says only which parameter it did not like.
fn refused(error: AwsError, link: &Link) -> CliFailure {
    let about = |word: &str| error.message.to_ascii_lowercase().contains(word);
    match error.class {
        Class::Refused if about("token") => CliFailure::say(
            Exit::Failure,
            format!("AWS does not take the token ({error}): it has expired, is of another topic, or was cut off"),
            format!(
                "copy the link again; if it is older than two days, {} sends a fresh one",
                advice::command("subscriptions resend --all")
            ),
        ),
        Class::NotFound => CliFailure::say(
            Exit::Failure,
            format!("there is no topic {} in {} any more ({error})", link.topic(), link.region()),
            format!("{} creates it and sends a fresh mail", advice::command("apply")),
        ),
        Class::Refused if about("topic") => CliFailure::say(
            Exit::Failure,
            format!("AWS does not know the topic of the link in {} ({error})", link.region()),
            "check that the link was copied whole",
        ),
        _ => error.into(),
    }
}
