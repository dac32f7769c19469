//! The health/track service: the monitored application itself. It is one HTTP application (`http`) over a store of
//! rows (`store`) and counts (`metrics`), brought its requests by sockets (`listen`) or by Lambda (`lambda`).
//! A crate of its own, without one AWS SDK, so that `mlops-service` stays small and is built in a minute.

mod clock;
pub mod config;
mod console;
mod emf;
mod event;
mod http;
mod lambda;
mod listen;
pub mod log;
mod metrics;
mod store;
mod telemetry;
mod timer;

pub use lambda::{Failure, Instance};

use std::path::Path;
use std::process::ExitCode;

use self::config::{Config, Environment};

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
    let app = http::App::start(&config, None)?;
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run()));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let env = Environment::read(Path::new("."))?;
    match lambda::Surroundings::of(&env) {
        Some(surroundings) => lambda::serve(surroundings, &env).await,
        None => serve(Config::from_environment(&env)?).await,
    }
}
