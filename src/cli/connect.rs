//! The only place that joins the sandbox, or real credentials, to a session.

use super::CommandContext;
use super::complete;
use super::exit::Exit;
use super::failure::CliFailure;
use super::interrupt::InterruptSignals;
use super::output::Output;
use super::places::sandbox_file;
use super::sandbox_post::deliver;
use crate::aws::{Awaited, Aws, AwsSession, Clock, SessionOptions, WaitLimits, WaitTracker};
use crate::pipeline::TargetContext;
use crate::sandbox::{self, Sandbox, Weather};
use crate::spec::BoundSpec;
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "AWS")]
pub struct ConnectArgs {
    /// Use the AWS inside this program instead of the real one; its state is kept in FILE, else in MLOPSCTL_SANDBOX_FILE, else in .mlopsctl/sandbox.json
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          env = "MLOPSCTL_SANDBOX", hide_env_values = true)]
    sandbox: Option<String>,
    /// Simulated faults of the sandbox: `aws` (AWS's latency and quotas) or a list such as latency=40ms,quotas=aws,fault-500=0.05,seed=7
    #[arg(long, value_name = "FAULTS", alias = "sandbox-weather")]
    sandbox_faults: Option<String>,
    /// Profile of the AWS configuration
    #[arg(long, value_name = "NAME", add = complete::profiles())]
    profile: Option<String>,
    /// Region; else the spec's, else AWS_REGION or the profile's
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Another address that speaks AWS's protocols, e.g. http://localhost:4566
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

impl ConnectArgs {
    /// The handles of the one target that flags, spec and environment name. Asks nobody yet.
    pub async fn open(
        &self,
        spec_region: Option<&str>,
        signals: &InterruptSignals,
        output: &mut Output,
    ) -> Result<Aws, CliFailure> {
        Ok(AwsSession::open(self.options(spec_region, signals, output)?).await?.target(None)?)
    }

    /// The one target, with the spec that is bound for it. Asks nobody yet.
    pub async fn target(&self, bound: BoundSpec, run: &mut CommandContext<'_>) -> Result<TargetContext, CliFailure> {
        Ok(TargetContext { aws: self.open(bound.region(), &run.signals, run.output).await?, bound })
    }

    /// How to reach AWS, for a session.
    pub fn options(
        &self,
        spec_region: Option<&str>,
        signals: &InterruptSignals,
        output: &mut Output,
    ) -> Result<SessionOptions, CliFailure> {
        let sandbox = self.open_sandbox(output)?;
        Ok(SessionOptions {
            profile: self.profile.clone(),
            region: self.region.as_deref().or(spec_region).map(str::to_owned),
            endpoint_url: self.endpoint_url.clone(),
            clock: sandbox.clone().map_or_else(Clock::machine, clock_of),
            is_without_quotas: sandbox.as_ref().is_some_and(|sandbox| !sandbox.has_quotas()),
            http: sandbox
                .map(|sandbox| (sandbox.http_client(), sandbox::ACCESS_KEY.to_owned(), sandbox::SECRET_KEY.to_owned())),
            interrupt: Some(signals.interrupt.clone()),
            limits: limits(std::env::var_os(DEADLINE))?,
            waiting: told(output),
        })
    }

    /// The region that is asked for by flag.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Whether flags or the environment name where to ask.
    pub fn is_named(&self) -> bool {
        self.sandbox_file().is_some() || self.profile.is_some() || self.endpoint_url.is_some()
    }

    fn open_sandbox(&self, output: &mut Output) -> Result<Option<Sandbox>, CliFailure> {
        let Some(path) = self.sandbox_file() else {
            return match &self.sandbox_faults {
                Some(_) => Err(CliFailure::say(Exit::Usage, "--sandbox-faults needs a sandbox", "add --sandbox")),
                None => Ok(None),
            };
        };
        if self.profile.is_some() || self.endpoint_url.is_some() {
            let remedy = "leave out --profile and --endpoint-url, or --sandbox (and MLOPSCTL_SANDBOX)";
            return Err(CliFailure::say(Exit::Usage, "the sandbox needs no AWS, yet one is named", remedy));
        }
        let weather = self.weather()?;
        output.say(&format!("sandbox {}: simulated AWS: no real account is used", path.display()));
        let sandbox = Sandbox::open(&path, weather)?;
        sandbox.time()?;
        Ok(Some(sandbox))
    }

    fn weather(&self) -> Result<Weather, CliFailure> {
        let Some(text) = &self.sandbox_faults else { return Ok(Weather::default()) };
        text.parse().map_err(|error| {
            CliFailure::say(Exit::Usage, format!("--sandbox-faults: {error:#}"), "see `mlopsctl plan --help`")
        })
    }

    /// Whether AWS is the one inside this program and answers at once, so that there is nothing to wait for.
    pub fn answers_at_once(&self) -> bool {
        self.is_sandbox() && self.weather().is_ok_and(|weather| weather.is_instant())
    }

    /// From now on the sandbox's posts reach addresses of this machine, where a sandbox it is.
    pub fn deliver_posts(&self) -> Result<(), CliFailure> {
        if let Some(path) = self.sandbox_file() {
            tokio::spawn(deliver(Sandbox::open(&path, Weather::default())?));
        }
        Ok(())
    }

    /// Whether AWS is the one inside this program.
    pub fn is_sandbox(&self) -> bool {
        self.sandbox_file().is_some()
    }

    /// A flag without a file, like 1 or true in the environment, means the usual file, which MLOPSCTL_SANDBOX_FILE can move.
    fn sandbox_file(&self) -> Option<PathBuf> {
        match self.sandbox.as_deref()? {
            "" | "0" | "false" => None,
            text => Some(sandbox_file(text)),
        }
    }
}

fn clock_of(sandbox: Sandbox) -> Clock {
    Clock::told(move || sandbox.time().ok().map(|(time, _)| time.millis()))
}

/// Seconds that AWS may be silent, and that one call may take with its repeats.
const DEADLINE: &str = "MLOPSCTL_DEADLINE";
const LONGEST_DEADLINE: u64 = 3_600;

fn limits(deadline: Option<OsString>) -> Result<WaitLimits, CliFailure> {
    let Some(text) = deadline.filter(|text| !text.is_empty()) else { return Ok(WaitLimits::default()) };
    let seconds = text.to_str().and_then(|text| text.parse().ok());
    match seconds.filter(|seconds| (1..=LONGEST_DEADLINE).contains(seconds)) {
        Some(seconds) => Ok(WaitLimits { deadline: Duration::from_secs(seconds) }),
        None => {
            let what = format!("{DEADLINE} is {text:?}, which is no number of seconds from 1 to {LONGEST_DEADLINE}");
            Err(CliFailure::say(Exit::Usage, what, "set it to a number of seconds, or leave it out"))
        }
    }
}

/// What is being waited for; from now on it is said where that takes long.
fn told(output: &Output) -> WaitTracker {
    let (waiting, side) = (WaitTracker::default(), output.beside());
    let watched = waiting.clone();
    tokio::spawn(async move {
        let mut next = FIRST_WORD;
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let Some(Awaited { op, region, since }) = watched.longest() else {
                next = FIRST_WORD;
                continue;
            };
            let passed = since.elapsed();
            if passed < FIRST_WORD {
                next = FIRST_WORD;
            } else if passed >= next {
                side.say(&format!("waiting for {op} in {region}: no answer for {} s", passed.as_secs()));
                next = passed + NEXT_WORD;
            }
        }
    });
    waiting
}

/// A call that takes so long is reported, and then again after so much more.
const FIRST_WORD: Duration = Duration::from_secs(10);
const NEXT_WORD: Duration = Duration::from_secs(10);

/// For the commands that are about the sandbox itself.
#[derive(Debug, Clone, Args)]
pub struct SandboxFileArgs {
    /// Where the sandbox keeps its state; else MLOPSCTL_SANDBOX_FILE, else .mlopsctl/sandbox.json
    #[arg(long, value_name = "FILE", env = "MLOPSCTL_SANDBOX", hide_env_values = true, global = true)]
    sandbox: Option<String>,
}

impl SandboxFileArgs {
    pub fn path(&self) -> PathBuf {
        sandbox_file(self.sandbox.as_deref().unwrap_or_default())
    }

    /// Without faults: these commands are no calls.
    pub fn open(&self) -> Result<Sandbox, CliFailure> {
        Ok(Sandbox::open(&self.path(), Weather::default())?)
    }
}
