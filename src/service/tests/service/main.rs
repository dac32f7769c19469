//! The service as its clients meet it: the real binary, over real sockets, with the real tools around it.
//! `tests/setup` installs the tools; in CI a missing one fails its tests.

mod browser;
mod charts;
mod client;
mod contract;
mod dashboard;
mod durable;
mod examples;
#[cfg(target_os = "linux")]
mod full_disk;
mod fuzz;
mod hostile;
mod keeping;
mod lambda;
mod limits;
mod once;
mod postgres;
mod program;
mod prometheus;
mod security;
mod storage;
mod telemetry;
mod tools;
