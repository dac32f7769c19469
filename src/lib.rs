//! mlopsctl keeps the alarms of AWS Lambda functions as code.
#![allow(dead_code)]

mod apply;
mod aws;
mod fleet;
mod live;
mod model;
mod plan;
mod report;
mod resources;
mod sandbox;
mod spec;

/// Runs the command line and returns its documented exit code.
pub fn run() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
