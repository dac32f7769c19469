//! The health/track service: the monitored application itself. It is one HTTP application (`http`) over a store of
//! rows (`store`) and counts (`metrics`), brought its requests by sockets (`listen`) or by Lambda (`lambda`).
//! A crate of its own, without one AWS SDK, so that `mlops-service` stays small and is built in a minute.

mod base64;
mod clock;
mod command;
pub mod config;
mod console;
mod emf;
mod event;
mod http;
mod identity;
mod lambda;
mod listen;
pub mod log;
mod log_level;
mod metrics;
mod network;
mod reach;
mod store;
mod telemetry;
mod timer;

pub use lambda::{FunctionFailure, Instance};

use std::path::Path;
use std::process::ExitCode;

use self::command::RequestedCommand;
pub use self::command::age;
pub use self::config::Migration;
use self::config::{Config, ProcessEnvironment};
pub use self::store::{Keeping, keep_house};

/// The contract's version of the service, not the package's.
const VERSION: &str = "1.0.0";
/// How a bug ends `mlops-service`: EX_SOFTWARE, as `mlopsctl` has it.
const BUG: i32 = 70;

/// Serves HTTP until SIGINT or SIGTERM, then finishes what is under way.
///
/// # Errors
/// When a port or the data directory is another's, or cannot be used.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    log::start(config.log_level, config.log_format, false);
    let listeners = listen::Listeners::bind(&config).await?;
    if config.address.is_unspecified() && config.api_key.is_none() {
        let remedy = "set MLOPS_API_KEY, or SERVICE_HOST=127.0.0.1";
        log::warning("open to everybody who reaches this machine", &[("remedy", log::Field::Text(remedy))]);
    }
    let app = http::ServiceApp::start(&config, None)?;
    let result = listeners.serve(&config, &app).await;
    app.stop().await;
    log::info("stopped", &[]);
    log::flush();
    result
}

/// The whole of the program `mlops-service`: Lambda's runtime where that is, HTTP elsewhere.
pub fn program() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("error: a bug ends the service; what was acknowledged is stored\n  {panic}");
        std::process::exit(BUG);
    }));
    let command = match command::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(said) => return said.print(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run(command)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: RequestedCommand) -> anyhow::Result<()> {
    let env = ProcessEnvironment::read(Path::new("."))?;
    if let Some(surroundings) = lambda::LambdaEnvironment::of(&env) {
        return lambda::serve(surroundings, &env).await;
    }
    let mut config = Config::from_environment(&env)?;
    match command {
        RequestedCommand::Serve { migration } => {
            if migration == Migration::Expect {
                config.migration = migration;
            }
            serve(config).await
        }
        RequestedCommand::Keep(keeping) => {
            println!("{}", keep_house(&config, &keeping).await?);
            Ok(())
        }
    }
}
