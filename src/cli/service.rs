//! `mlopsctl service`: the bundled service as a Lambda function, and its database kept in order by command.

use super::connect::ConnectArgs;
use super::exit::Exit;
use super::failure::CliFailure;
use super::output::Output;
use super::{CommandContext, reading};
use crate::deploy::{self, Bundle, DesiredFunction, Occupied};
use crate::model::file::{self, Readers};
use anyhow::Context;
use clap::{Args, Subcommand};
use mlops_service::config::{Config, Database, ProcessEnvironment};
use mlops_service::{Keeping, keep_house};
use std::path::{Path, PathBuf};

/// Deploys the health/track service to Lambda, and keeps its database
#[derive(Debug, Clone, Args)]
pub struct ServiceArgs {
    #[command(subcommand)]
    command: ServiceCommand,
}

#[derive(Debug, Clone, Subcommand)]
enum ServiceCommand {
    Bundle(BundleArgs),
    Deploy(DeployArgs),
    /// Makes the tables that the service's database lacks
    Migrate(KeepArgs),
    /// Copies rows of ai_metrics from before the service had its own table, once
    ImportHistory(KeepArgs),
    Prune(PruneArgs),
    Forget(ForgetArgs),
}

/// The database that is kept.
#[derive(Debug, Clone, Args)]
pub struct KeepArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// Deletes older events of the service, in batches beside a running one; counters do not move
#[derive(Debug, Clone, Args)]
pub struct PruneArgs {
    /// Age, such as 30d or 12h
    #[arg(long, value_name = "AGE", value_parser = mlops_service::age)]
    older_than: i64,
    #[command(flatten)]
    store: StoreArgs,
}

/// Deletes everything of a business: events, sums, what waits on disk, and its rows of ai_metrics
#[derive(Debug, Clone, Args)]
pub struct ForgetArgs {
    /// The business_id
    #[arg(value_name = "BUSINESS")]
    business: String,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Clone, Args)]
struct StoreArgs {
    /// Where the embedded database and the spool are kept [default: MLOPS_DATA_DIR, else .mlopsctl/service]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// postgres://... or sqlite:PATH [default: DATABASE_URL, else a file in the data directory]
    #[arg(long, value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
}

impl ServiceArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        match &self.command {
            ServiceCommand::Bundle(args) => args.run(output),
            ServiceCommand::Deploy(args) => reading(output, async |run| args.run(run).await),
            ServiceCommand::Migrate(args) => args.store.keep(Keeping::Migrate, output),
            ServiceCommand::ImportHistory(args) => args.store.keep(Keeping::ImportHistory, output),
            ServiceCommand::Prune(args) => args.store.keep(Keeping::Prune { older_than: args.older_than }, output),
            ServiceCommand::Forget(args) => {
                args.store.keep(Keeping::Forget { business_id: args.business.clone() }, output)
            }
        }
    }
}

impl StoreArgs {
    fn keep(&self, keeping: Keeping, output: &mut Output) -> Result<Exit, CliFailure> {
        reading(output, async |run| self.keep_house(&keeping, run.output).await)
    }

    async fn keep_house(&self, keeping: &Keeping, output: &mut Output) -> Result<Exit, CliFailure> {
        let usage = |error: anyhow::Error| CliFailure::say(Exit::Usage, format!("{error:#}"), "see docs/service.md");
        let env = ProcessEnvironment::read(Path::new(".")).map_err(usage)?;
        let mut config = Config::from_environment(&env).map_err(usage)?;
        if let Some(dir) = &self.data_dir {
            config.move_data(dir.clone());
        }
        if let Some(url) = &self.database_url {
            config.database = Database::from_url(url);
        }
        let done = keep_house(&config, keeping).await?;
        output.result(&format!("{done}\n"))?;
        Ok(Exit::Success)
    }
}

/// Writes the zip that Lambda takes, for the runtime provided.al2023
#[derive(Debug, Clone, Args)]
pub struct BundleArgs {
    #[command(flatten)]
    binary: BinaryArgs,
    /// The zip to write
    #[arg(short, long, value_name = "FILE", default_value = "mlops-service.zip")]
    out: PathBuf,
}

/// Creates or updates the Lambda function, and waits until it is active. A second run changes nothing
#[derive(Debug, Clone, Args)]
pub struct DeployArgs {
    /// Name of the function
    #[arg(long, value_name = "NAME", default_value = "mlops-service-lambda")]
    name: String,
    #[command(flatten)]
    binary: BinaryArgs,
    /// ARN of the role the function runs as; only a new function needs it
    #[arg(long, value_name = "ARN", env = "MLOPSCTL_SERVICE_ROLE")]
    role: Option<String>,
    /// Megabytes
    #[arg(long, value_name = "MB", default_value_t = 512, value_parser = clap::value_parser!(i32).range(128..=10_240))]
    memory: i32,
    /// Seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(i32).range(1..=900))]
    timeout: i32,
    /// A variable of the function, e.g. DATABASE_URL=postgres://...; repeatable. Others that it has stay
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// Give it a public address, and print that
    #[arg(long)]
    url: bool,
    /// Take over a function of this name that runs something else
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Clone, Args)]
struct BinaryArgs {
    /// The mlops-service binary for Linux [default: the one beside this program]
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

impl BundleArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        let bundle = self.binary.bundle()?;
        let shown = self.out.display();
        file::replace(&self.out, &bundle.zip, Readers::Anybody).with_context(|| format!("could not write {shown}"))?;
        let megabytes = bundle.zip.len() as f64 / f64::from(1 << 20);
        output.result(&format!("{shown}: {megabytes:.1} MB, bootstrap for {:?}\n", bundle.architecture))?;
        Ok(Exit::Success)
    }
}

impl DeployArgs {
    pub async fn run(&self, run: &mut CommandContext<'_>) -> Result<Exit, CliFailure> {
        let bundle = self.binary.bundle()?;
        let aws = self.connect.open(None, &run.signals, run.output).await?;
        let wanted = DesiredFunction {
            name: self.name.clone(),
            bundle,
            role: self.role.clone(),
            memory_mb: self.memory,
            timeout_s: self.timeout,
            variables: self.variables.iter().cloned().collect(),
            url: self.url,
            replace: self.replace,
        };
        let deployed = deploy::deploy(&aws, &wanted).await.map_err(|error| {
            if error.chain().any(|cause| cause.is::<Occupied>()) {
                let remedy = "name another one with --name, or add --replace to take it over";
                return CliFailure::say(Exit::Blocked, format!("{error:#}"), remedy);
            }
            CliFailure::from(error)
        })?;
        let done = if deployed.changes.is_empty() { "no changes".to_owned() } else { deployed.changes.join(", ") };
        run.output.say(&format!("{}: {done}", deployed.arn));
        if self.url && !wanted.variables.contains_key("MLOPS_API_KEY") {
            run.output.say("note: anybody can reach this address; --env MLOPS_API_KEY=... asks for a key");
        }
        run.output.result(&format!("{}\n", deployed.url.as_deref().unwrap_or(&deployed.arn)))?;
        Ok(Exit::Success)
    }
}

impl BinaryArgs {
    fn bundle(&self) -> Result<Bundle, CliFailure> {
        let path = match &self.binary {
            Some(path) => path.clone(),
            None => beside().context("could not find this program")?,
        };
        let remedy = "build one for Lambda: cargo build --release -p mlops-service on Linux, or \
                      cargo lambda build --release -p mlops-service elsewhere, and name it with --binary";
        let shown = path.display();
        let bytes = std::fs::read(&path)
            .map_err(|error| CliFailure::say(Exit::Failure, format!("could not read {shown}: {error}"), remedy))?;
        Bundle::of(&bytes)
            .map_err(|error| CliFailure::say(Exit::Failure, format!("{shown} cannot run on Lambda: {error:#}"), remedy))
    }
}

/// `mlops-service` is built beside `mlopsctl`.
fn beside() -> std::io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let name = format!("mlops-service{}", std::env::consts::EXE_SUFFIX);
    Ok(program.parent().unwrap_or(Path::new(".")).join(name))
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}
