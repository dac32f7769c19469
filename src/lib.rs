//! mlopsctl keeps the alarms of AWS Lambda functions as code.
#![allow(dead_code)]

mod model;
mod resources;
mod sandbox;
mod service;

/// Runs the command line and returns its documented exit code.
pub fn run() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}

/// Runs the health/track service alone: `mlops-service`, also the Lambda `bootstrap`.
pub fn mlops_service() -> std::process::ExitCode {
    service::mlops_service()
}
