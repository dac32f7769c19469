//! The command line: one file a command, each parsing its arguments and calling the pipeline. Decides nothing about AWS.

mod accounts;
mod apply;
mod args;
mod asked_format;
mod backtest;
mod bar;
mod carry_out;
mod check;
mod completions;
mod connect;
mod consent;
mod destroy;
mod doctor;
mod drill;
mod exit;
mod failure;
mod fleet;
mod init;
mod interrupt;
mod lint;
mod logs;
mod moment;
mod output;
mod plan;
mod prices;
mod progress;
mod propose;
mod report;
mod run_flags;
mod sandbox;
mod sandbox_post;
mod sandbox_serve;
mod saved_plan;
mod schema;
mod serve;
mod service;
mod signals;
mod status;
mod subscriptions;
mod test;
mod traffic;
mod variables;
mod watch;
mod watched;

use crate::model::advice;
use crate::report::failure::FailureFormat;
use crate::report::json::Diagnostic;
use anyhow::Context;
use asked_format::asked_format;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use exit::Exit;
use failure::Failure;
use interrupt::Signals;
use output::{Color, Output, OutputArgs};
use run_flags::run_flags;
use service::{ServiceArgs, ServiceCommand};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Keeps the alarms of AWS Lambda functions as code: one YAML file, plan, apply, no state file
#[derive(Debug, Parser)]
#[command(name = "mlopsctl", version, max_term_width = 100, after_long_help = exit::help())]
#[command(after_help = "Try it without AWS: mlopsctl plan --sandbox. Exit codes: mlopsctl --help")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArgs),
    Test(test::TestArgs),
    Backtest(backtest::BacktestArgs),
    Plan(plan::PlanArgs),
    Apply(apply::ApplyArgs),
    Destroy(destroy::DestroyArgs),
    Signals(signals::SignalsArgs),
    Logs(logs::LogsArgs),
    Traffic(traffic::TrafficArgs),
    Status(status::StatusArgs),
    Doctor(doctor::DoctorArgs),
    Drill(drill::DrillArgs),
    Subscriptions(subscriptions::SubscriptionsArgs),
    Check(check::CheckArgs),
    Accounts(accounts::AccountsArgs),
    Serve(serve::ServeArgs),
    Sandbox(sandbox::SandboxArgs),
    Service(service::ServiceArgs),
    Lint(lint::LintArgs),
    Report(report::ReportArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(completions::ManArgs),
}

/// What a command that talks to AWS works with.
struct Run<'a> {
    output: &'a mut Output,
    signals: Signals,
}

/// Runs the command line and returns its documented exit code.
pub fn run() -> ExitCode {
    std::panic::set_hook(Box::new(end_with_a_bug));
    let arguments: Vec<OsString> = std::env::args_os().collect();
    advice::set(run_flags(Cli::command(), &arguments));
    let asked = || asked_format(Cli::command(), arguments.iter().cloned());
    let ended = match Cli::try_parse() {
        Ok(cli) => {
            let mut output = Output::new(cli.output);
            cli.command.run(&mut output).unwrap_or_else(|failure| output.fail(&failure, asked()))
        }
        Err(error) => usage(error, asked()),
    };
    ended.into()
}

impl Command {
    fn run(&self, output: &mut Output) -> Result<Exit, Failure> {
        match self {
            Command::Schema(args) => args.run(output),
            Command::Completions(args) => args.run(output),
            Command::Man(args) => args.run(output),
            Command::Test(args) => args.run(output),
            Command::Report(args) => args.run(output),
            Command::Serve(args) => args.run(output),
            Command::Service(ServiceArgs { command: ServiceCommand::Bundle(args) }) => args.run(output),
            Command::Lint(args) if !args.is_online() => args.run(output),
            Command::Service(_)
            | Command::Accounts(_)
            | Command::Check(_)
            | Command::Sandbox(_)
            | Command::Init(_)
            | Command::Plan(_)
            | Command::Apply(_)
            | Command::Destroy(_)
            | Command::Status(_)
            | Command::Backtest(_)
            | Command::Doctor(_)
            | Command::Drill(_)
            | Command::Signals(_)
            | Command::Logs(_)
            | Command::Traffic(_)
            | Command::Subscriptions(_)
            | Command::Lint(_) => self.run_on_aws(output),
        }
    }

    /// Only here a runtime is made: what needs no AWS starts without one.
    fn run_on_aws(&self, output: &mut Output) -> Result<Exit, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.context("could not start")?.block_on(async {
            let mut run = Run { output, signals: Signals::listen()? };
            let ended = match self {
                Command::Init(args) => run.signals.clone().or_interrupted(args.run(&mut run)).await,
                Command::Plan(args) => args.run(&mut run).await,
                Command::Apply(args) => args.run(&mut run).await,
                Command::Destroy(args) => args.run(&mut run).await,
                Command::Signals(args) => run.signals.clone().or_interrupted(args.run(&mut run)).await,
                Command::Traffic(args) => args.run(&mut run).await,
                Command::Logs(args) if args.is_following() => args.run(&mut run).await,
                Command::Logs(args) => run.signals.clone().or_interrupted(args.run(&mut run)).await,
                Command::Status(args) => run.signals.clone().or_interrupted(args.run(&mut run)).await,
                Command::Doctor(args) => args.run(&mut run).await,
                Command::Drill(args) => args.run(&mut run).await,
                Command::Subscriptions(args) => args.run(&mut run).await,
                Command::Service(ServiceArgs { command: ServiceCommand::Deploy(args) }) => {
                    run.signals.clone().or_interrupted(args.run(&mut run)).await
                }
                Command::Service(ServiceArgs { command: ServiceCommand::Migrate(args) }) => {
                    run.signals.clone().or_interrupted(args.migrate(run.output)).await
                }
                Command::Service(ServiceArgs { command: ServiceCommand::ImportHistory(args) }) => {
                    run.signals.clone().or_interrupted(args.import_history(run.output)).await
                }
                Command::Service(ServiceArgs { command: ServiceCommand::Prune(args) }) => {
                    run.signals.clone().or_interrupted(args.run(run.output)).await
                }
                Command::Service(ServiceArgs { command: ServiceCommand::Forget(args) }) => {
                    run.signals.clone().or_interrupted(args.run(run.output)).await
                }
                Command::Service(_) | Command::Serve(_) => Ok(Exit::Success),
                Command::Sandbox(args) => args.run(&mut run).await,
                Command::Lint(args) => args.run_online(&mut run).await,
                Command::Check(args) => args.run(&mut run).await,
                Command::Accounts(args) => run.signals.clone().or_interrupted(args.run(&mut run)).await,
                Command::Backtest(args) => args.run(&mut run).await,
                Command::Schema(_)
                | Command::Completions(_)
                | Command::Man(_)
                | Command::Test(_)
                | Command::Report(_) => Ok(Exit::Success),
            };
            match (ended, run.signals.received()) {
                (Err(mut failure), Some(signal)) if failure.exit == Exit::Interrupted => {
                    failure.exit = signal;
                    Err(failure)
                }
                (ended, _) => ended,
            }
        })
    }
}

/// Help and version are results; everything else clap says is a mistake of the user (64, since 2 means pending changes).
fn usage(mut error: clap::Error, asked: Option<FailureFormat>) -> Exit {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        // Our own words. Nothing else can be done where stdout does not take them.
        let _ = error.print();
        return Exit::Success;
    }
    // It is not known yet which variables are secret.
    let of_variable =
        |argument: &ContextValue| matches!(argument, ContextValue::String(name) if name.starts_with("--var "));
    if error.get(ContextKind::InvalidArg).is_some_and(of_variable) {
        error.insert(ContextKind::InvalidValue, ContextValue::String("***".to_owned()));
    }
    let mut output = Output::new(OutputArgs { color: Color::Auto, verbose: false, quiet: false });
    output.complain(&error.render().ansi().to_string());
    if let Some(format) = asked {
        let said = error.to_string();
        let summary = said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let detail = Some("see the command with --help".to_owned());
        let diagnostic = Diagnostic { summary, detail, ..Diagnostic::default() };
        // What cannot be written cannot be said either.
        let _ = output.body(format, &[diagnostic]);
    }
    Exit::Usage
}

/// A panic ends the process, on whatever thread it was: what it left half done is nobody's to go on with, and all that was
/// acknowledged is on disk or at AWS.
fn end_with_a_bug(panic: &std::panic::PanicHookInfo<'_>) {
    let version = env!("CARGO_PKG_VERSION");
    // Not by `Output`: it may be what panicked. Nothing else can be done where stderr does not take it.
    let _ = writeln!(
        std::io::stderr(),
        "error: a bug in mlopsctl {version}\n  {}\n  do: report these lines, the command and, without its secrets, the spec",
        crate::report::mask::printed(&panic.to_string())
    );
    std::process::exit(Exit::Bug.code().into());
}
