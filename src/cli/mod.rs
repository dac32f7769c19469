//! The command line: one file a command, each parsing its arguments and calling the pipeline. Decides nothing about AWS.

mod accounts;
mod apply;
mod apply_flow;
mod args;
mod ask;
mod asked_format;
mod backtest;
mod bar;
mod check;
mod check_report;
mod check_retry;
#[cfg(test)]
mod command_reference_tests;
mod complete;
mod completions;
mod connect;
mod consent;
mod dashboard;
mod destroy;
mod doctor;
mod drift;
mod drill;
mod drill_fleet;
mod exit;
mod export;
mod failure;
mod fleet;
mod functions;
mod help;
mod import;
mod init;
mod init_existing;
mod init_files;
mod interrupt;
mod lint;
mod logs;
mod logs_fleet;
mod moment;
mod mute;
mod mute_fleet;
mod mute_scope;
mod output;
mod places;
mod plan;
mod prices;
mod progress;
mod propose;
mod report;
mod report_folder;
mod report_grades;
mod report_parts;
mod run_flags;
mod sandbox;
mod sandbox_post;
mod sandbox_serve;
mod save_test;
mod saved_plan;
mod schema;
mod serve;
mod service;
mod shard;
mod signals;
mod signals_fleet;
mod spec_alarms;
mod status;
mod status_tui;
mod subscriptions;
mod subscriptions_fleet;
mod test;
mod traffic;
mod variables;

use crate::model::advice;
use crate::report::failure::FailureFormat;
use crate::report::json::Diagnostic;
use anyhow::Context;
use asked_format::asked_format;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{FromArgMatches, Parser, Subcommand};
use exit::Exit;
use failure::CliFailure;
use interrupt::InterruptSignals;
use output::{Color, Output, OutputArgs};
use run_flags::run_flags;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// Lines that are longer are hard to read.
const WIDEST_HELP: usize = 100;

/// Keeps the alarms of AWS Lambda functions as code: one YAML file, plan, apply, no state file
#[derive(Debug, Parser)]
#[command(name = "mlopsctl", version, max_term_width = WIDEST_HELP, after_long_help = exit::help())]
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
    Dashboard(dashboard::DashboardArgs),
    Logs(logs::LogsArgs),
    Traffic(traffic::TrafficArgs),
    Status(status::StatusArgs),
    Drift(drift::DriftArgs),
    Doctor(doctor::DoctorArgs),
    Mute(mute::MuteArgs),
    Unmute(mute::UnmuteArgs),
    Drill(drill::DrillArgs),
    Subscriptions(subscriptions::SubscriptionsArgs),
    Check(check::CheckArgs),
    Accounts(accounts::AccountsArgs),
    Serve(serve::ServeArgs),
    Sandbox(sandbox::SandboxArgs),
    Service(service::ServiceArgs),
    Lint(lint::LintArgs),
    Export(export::ExportArgs),
    Import(import::ImportArgs),
    Report(report::ReportArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(completions::ManArgs),
}

/// What a command that talks to AWS works with.
struct CommandContext<'a> {
    output: &'a mut Output,
    signals: InterruptSignals,
}

/// Runs the command line and returns its documented exit code.
pub fn run() -> ExitCode {
    std::panic::set_hook(Box::new(end_with_a_bug));
    complete::answer();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    advise(&[]);
    let asked = || asked_format(help::tree(), arguments.iter().cloned());
    let columns = output::columns(std::io::stdout().is_terminal()).min(WIDEST_HELP);
    let parsed = help::tree_for(columns).try_get_matches_from(&arguments);
    let ended = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => {
            let mut output = Output::new(cli.output);
            cli.command.run(&mut output).unwrap_or_else(|failure| output.fail(&failure, asked()))
        }
        Err(error) => usage(error, asked()),
    };
    ended.into()
}

/// Advice names the flags of this run from now on, and `answered`: those that whoever was asked would have written.
fn advise(answered: &[String]) {
    let arguments: Vec<OsString> = std::env::args_os().chain(answered.iter().map(OsString::from)).collect();
    advice::set(run_flags(help::tree(), &arguments));
}

impl Command {
    fn run(&self, output: &mut Output) -> Result<Exit, CliFailure> {
        match self {
            Command::Init(args) => reading(output, async |run| args.run(run).await),
            Command::Test(args) => args.run(output),
            Command::Backtest(args) => on_aws(output, async |run| args.run(run).await),
            Command::Plan(args) => on_aws(output, async |run| args.run(run).await),
            Command::Apply(args) => on_aws(output, async |run| args.run(run).await),
            Command::Destroy(args) => on_aws(output, async |run| args.run(run).await),
            Command::Signals(args) => reading(output, async |run| args.run(run).await),
            Command::Dashboard(args) => reading(output, async |run| args.run(run).await),
            Command::Logs(args) if args.is_following() => on_aws(output, async |run| args.run(run).await),
            Command::Logs(args) => reading(output, async |run| args.run(run).await),
            Command::Traffic(args) => on_aws(output, async |run| args.run(run).await),
            Command::Status(args) => reading(output, async |run| args.run(run).await),
            Command::Drift(args) => reading(output, async |run| args.run(run).await),
            Command::Doctor(args) => on_aws(output, async |run| args.run(run).await),
            Command::Mute(args) => on_aws(output, async |run| args.run(run).await),
            Command::Unmute(args) => on_aws(output, async |run| args.run(run).await),
            Command::Drill(args) => on_aws(output, async |run| args.run(run).await),
            Command::Subscriptions(args) => on_aws(output, async |run| args.run(run).await),
            Command::Check(args) => on_aws(output, async |run| args.run(run).await),
            Command::Accounts(args) => reading(output, async |run| args.run(run).await),
            Command::Serve(args) => args.run(output),
            Command::Sandbox(args) => on_aws(output, async |run| args.run(run).await),
            Command::Service(args) => args.run(output),
            Command::Lint(args) if args.is_online() => on_aws(output, async |run| args.run_online(run).await),
            Command::Lint(args) => args.run(output),
            Command::Export(args) => reading(output, async |run| args.run(run).await),
            Command::Import(args) => args.run(output),
            Command::Report(args) => args.run(output),
            Command::Schema(args) => args.run(output),
            Command::Completions(args) => args.run(output),
            Command::Man(args) => args.run(output),
        }
    }
}

/// Runs what talks to AWS. Only here a runtime is made: what needs no AWS starts without one.
fn on_aws(
    output: &mut Output,
    work: impl AsyncFnOnce(&mut CommandContext<'_>) -> Result<Exit, CliFailure>,
) -> Result<Exit, CliFailure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("could not start")?.block_on(async {
        let mut run = CommandContext { output, signals: InterruptSignals::listen()? };
        let ended = work(&mut run).await;
        match (ended, run.signals.received()) {
            (Err(mut failure), Some(signal)) if failure.exit == Exit::Interrupted => {
                failure.exit = signal;
                Err(failure)
            }
            (ended, _) => ended,
        }
    })
}

/// Runs what talks to AWS and writes nothing: an interrupt ends it where it is.
fn reading(
    output: &mut Output,
    work: impl AsyncFnOnce(&mut CommandContext<'_>) -> Result<Exit, CliFailure>,
) -> Result<Exit, CliFailure> {
    on_aws(output, async |run| run.signals.clone().or_interrupted(work(run)).await)
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
        let _ = output.body(format, Exit::Usage, &[diagnostic]);
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
        "error: a bug in mlopsctl {version}\n  {}\n  fix: report these lines, the command and, without its secrets, the spec",
        crate::report::mask::printed(&panic.to_string())
    );
    std::process::exit(Exit::Bug.code().into());
}
