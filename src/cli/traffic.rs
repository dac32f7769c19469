//! `mlopsctl traffic`: requests to a service, over HTTP or by Invoke, and what came of them.

use super::CommandContext;
use super::args::{TextOrJson, TextOrJsonArgs};
use super::bar::Bar;
use super::connect::ConnectArgs;
use super::consent::consent;
use super::exit::Exit;
use super::failure::CliFailure;
use super::plan::say_calls;
use super::subscriptions::duration;
use crate::ops::traffic::{Tally, TrafficPlan, TrafficTarget, request, send};
use crate::report::watch::traffic as report;
use clap::{ArgGroup, Args};
use std::time::{Duration, Instant};

/// More than this to somebody else's machine is asked about.
const MANY: usize = 200;

/// Sends requests to the service, at a rate; --errors makes the function fail
///
/// Each request is due at its time, answered or not those before it: a slow service does not slow the sending down, and what
/// had to wait is shown apart ("as felt"). Nothing is repeated. It ends by itself: after so many requests, or after --max-time.
#[derive(Debug, Clone, Args)]
// Over HTTP nothing is asked of AWS.
#[command(mut_arg("profile", |arg| arg.conflicts_with("url")))]
#[command(mut_arg("region", |arg| arg.conflicts_with("url")))]
#[command(mut_arg("endpoint_url", |arg| arg.conflicts_with("url")))]
#[command(mut_arg("sandbox_faults", |arg| arg.conflicts_with("url")))]
#[command(group(ArgGroup::new("to").required(true).args(["url", "function"])))]
pub struct TrafficArgs {
    /// Send HTTP to this address, e.g. http://localhost:5001 or the function's
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Invoke this function
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// How many requests [default: 10; with --errors: 0]
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100_000))]
    requests: Option<u32>,
    /// So many more that make the function raise, which its Errors metric counts; by Invoke only
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    errors: u32,
    /// The event that makes it raise, as JSON [default: one that is no HTTP event]
    #[arg(long, value_name = "JSON", requires = "errors", value_parser = event)]
    error_event: Option<String>,
    /// Requests a second
    #[arg(long, value_name = "PER_SECOND", default_value_t = 5.0, value_parser = rate)]
    rate: f64,
    /// How many may be on their way at once
    #[arg(short, long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=500))]
    concurrency: u16,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// After this time nothing more is sent
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    max_time: Duration,
    /// Do not ask, however many there are
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    format: TextOrJsonArgs,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate > 0.0 && *rate <= 1_000.0);
    rate.ok_or_else(|| "write a number above 0 and up to 1000".to_owned())
}

fn event(text: &str) -> Result<String, String> {
    let parsed = serde_json::from_str::<serde_json::Value>(text);
    parsed.map(|_| text.to_owned()).map_err(|error| format!("this is no JSON: {error}"))
}

impl TrafficArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let raising = usize::try_from(self.errors).unwrap_or(usize::MAX);
        let good = self.requests.map_or(if raising > 0 { 0 } else { 10 }, |n| usize::try_from(n).unwrap_or(usize::MAX));
        let (target, aws) = match (&self.url, &self.function) {
            (Some(_), _) if raising > 0 => return Err(over_http()),
            (Some(url), _) => {
                let target = TrafficTarget::http(url, self.timeout);
                let usage =
                    |error| CliFailure::say(Exit::Usage, format!("--url: {error:#}"), "see `mlopsctl traffic --help`");
                (target.map_err(usage)?, None)
            }
            (None, name) => {
                let aws = self.connect.open(None, &run.signals, run.output).await?;
                let name = name.clone().unwrap_or_default();
                (TrafficTarget::function(aws.clone(), &name, self.timeout), Some(aws))
            }
        };
        if good + raising > MANY && !target.is_local() {
            self.ask(good + raising, run).await?;
        }
        let plan = TrafficPlan {
            asks: TrafficPlan::mixed(good, raising, self.error_event.as_deref().unwrap_or(request::RAISE)),
            rate: self.rate,
            concurrency: usize::from(self.concurrency),
            longest: self.max_time,
        };
        let (bar, began) = (Bar::of(plan.asks.len(), run.output), Instant::now());
        let interrupt = run.signals.interrupt.clone();
        let tally = send(&target, &plan, &interrupt, |answered| {
            bar.position(answered);
            bar.message(format!(" {} s", began.elapsed().as_secs()));
        })
        .await;
        bar.end();
        run.output.result(&match self.format.format {
            TextOrJson::Json => report::json(&tally),
            TextOrJson::Table => report::text(&tally, &run.output.look),
        })?;
        if let Some(aws) = &aws {
            say_calls(aws, run.output);
        }
        if tally.interrupted {
            return Ok(run.signals.received().unwrap_or(Exit::Interrupted));
        }
        judge(&tally)
    }

    async fn ask(&self, count: usize, run: &mut CommandContext<'_>) -> Result<(), CliFailure> {
        let to = self.url.as_deref().or(self.function.as_deref()).unwrap_or_default();
        let seconds = count as f64 / self.rate;
        run.output.say(&format!(
            "{count} requests to {to}, {} a second for about {seconds:.0} s; they may cost money",
            self.rate
        ));
        consent(run, self.yes, "Send them?", "add --yes, or send fewer").await
    }
}

/// What a request over HTTP cannot do.
fn over_http() -> CliFailure {
    let what = "HTTP cannot make a function raise: whatever it answers, also a 400 or a 500, is no error to Lambda's Errors metric";
    let remedy = "use --function NAME --errors N; or deploy the bundled service with LAMBDA_FAIL_ON_5XX=1 and break it, \
                  e.g. with a wrong DATABASE_URL";
    CliFailure::say(Exit::Usage, what, remedy)
}

/// Whether it did what it was for.
fn judge(tally: &Tally) -> Result<Exit, CliFailure> {
    if tally.answered() > 0 && tally.failed() == tally.answered() {
        let remedy = "see why under `failed`: the address, the function's name and region, or a permission";
        return Err(CliFailure::say(Exit::Failure, "not one request was answered", remedy));
    }
    if tally.not_raised() > 0 {
        let what = format!("{} of {} events did not make the function raise", tally.not_raised(), tally.raising);
        let remedy =
            "give --error-event with an event on which it fails; an answer of 400 or 500 does not count as an error";
        return Err(CliFailure::say(Exit::Failure, what, remedy));
    }
    Ok(Exit::Success)
}
