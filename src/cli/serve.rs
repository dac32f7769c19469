//! `mlopsctl serve`: the bundled service, on this machine, until Ctrl-C.

use super::exit::Exit;
use super::failure::CliFailure;
use super::output::Output;
use anyhow::Context;
use clap::Args;
use mlops_service::Migration;
use mlops_service::config::{Config, Database, ProcessEnvironment};
use mlops_service::log::{LogFormat, ServiceLogLevel};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Serves the bundled health/track service on http://localhost:5001
///
/// Settings come from these flags, else from the environment, else from a .env file: SERVICE_PORT, PROMETHEUS_PORT,
/// DATABASE_URL, ENVIRONMENT, MLOPS_API_KEY, and those that docs/service.md lists.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Port of the service [default: SERVICE_PORT, else 5001]
    #[arg(short, long, value_name = "PORT")]
    port: Option<u16>,
    /// Port of the second listener, for Prometheus; 0 chooses one [default: PROMETHEUS_PORT, else 8001]
    #[arg(long, value_name = "PORT")]
    prometheus_port: Option<u16>,
    /// Address to listen on [default: SERVICE_HOST, else 0.0.0.0]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<IpAddr>,
    /// Where the embedded database and the spool are kept [default: MLOPS_DATA_DIR, else .mlopsctl/service]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// postgres://... or sqlite:PATH [default: DATABASE_URL, else a file in the data directory]
    #[arg(long, value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// 400 and 415 for what is no JSON, instead of the course's 500
    #[arg(long)]
    strict: bool,
    /// Make no tables: they are made by somebody else, see docs/service.md
    #[arg(long)]
    no_migrate: bool,
    /// DEBUG, INFO, WARNING or ERROR [default: LOG_LEVEL, else INFO]
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    log_level: Option<ServiceLogLevel>,
    /// text or json [default: LOG_FORMAT, else text]
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    log_format: Option<LogFormat>,
}

impl ServeArgs {
    pub fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        let config = self.config()?;
        output.say(&format!("dashboard: http://localhost:{}/ (port 0: see the log); Ctrl-C stops", config.port));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("could not start")?;
        runtime.block_on(mlops_service::serve(config))?;
        Ok(Exit::Success)
    }

    fn config(&self) -> Result<Config, CliFailure> {
        let usage =
            |error: anyhow::Error| CliFailure::say(Exit::Usage, format!("{error:#}"), "see `mlopsctl serve --help`");
        let env = ProcessEnvironment::read(Path::new(".")).map_err(usage)?;
        let mut config = Config::from_environment(&env).map_err(usage)?;
        if let Some(dir) = &self.data_dir {
            config.move_data(dir.clone());
        }
        if let Some(url) = &self.database_url {
            config.database = Database::from_url(url);
        }
        config.port = self.port.unwrap_or(config.port);
        config.prometheus_port = self.prometheus_port.or(config.prometheus_port);
        config.address = self.host.unwrap_or(config.address);
        config.strict |= self.strict;
        if self.no_migrate {
            config.migration = Migration::Expect;
        }
        config.log_level = self.log_level.unwrap_or(config.log_level);
        config.log_format = self.log_format.unwrap_or(config.log_format);
        Ok(config)
    }
}

fn level(text: &str) -> Result<ServiceLogLevel, String> {
    text.parse().map_err(|()| "write DEBUG, INFO, WARNING or ERROR".to_owned())
}

fn format(text: &str) -> Result<LogFormat, String> {
    text.parse().map_err(|()| "write text or json".to_owned())
}
