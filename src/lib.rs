//! mlopsctl keeps the alarms of AWS Lambda functions as code: a spec, a plan, an apply, no state file.
//!
//! # The map
//! The folders are the pipeline, in the order in which a run goes through them:
//!
//! ```text
//! cli ─ spec ──────────┐                       (what the user wrote -> desired)
//!    └─ aws ─ live ────┴─ plan ─ apply ─ live  (what stands -> changes -> writes -> read back)
//!             └───────── pipeline ───────┘     (that, for one target; fleet: for every target)
//!                           └─ report ─ cli    (values -> text -> the one writer of output)
//! ```
//!
//! cloudwatch/ a crate of its own: what CloudWatch means, each meaning once; everybody asks it, it names nothing else
//! model/      a crate of its own: the words everyone uses: target, ARN, fields and their difference, the spanned tree of a spec;
//!             what is secret or steers a reader, how a file is opened safely, and documents that the sandbox reads, too
//! resources/  the one list of kinds; a folder each: the type, `spec.rs` (YAML -> type, AWS's limits), `aws.rs` (calls); `child.rs`: how
//!             what has no tags is owned, through marks in its parent's
//! aws/        credentials, clients, pacing, the clock, errors: handles only
//! sandbox/    a crate of its own: an AWS inside the process, as an HTTP client under the real SDK
//! spec/       what the user wrote -> desired; `writer/`: resources -> the text of a spec
//! cost/       what alarms cost a month, before and after a plan, by a dated price table
//! lint/       whether alarms are any good: one rule, one file, one id, one page in `docs/lint/`
//! live/       what stands now; a `TargetReader` cannot write
//! plan/       pure: ownership, difference, order, guards, notes, saved plans
//! export/     what a spec asks for as documents of other engines, by the tables of each kind in `resources/*/cloudformation.rs`, `terraform.rs`
//! import/     other engines' files -> resources -> the text of a spec, and what of them no spec can carry; an engine, a folder
//! apply/      the `TargetWriter`, and the executor that orders and paces it
//! pipeline/   one target from the spec to the end of an apply; its proposal - plan, findings, look-back, cost - is exactly what a
//!             person consents to
//! fleet/      the pipeline, once a target
//! unit_test/  tests of alarms: series in, states and notifications out, by the same evaluator
//! backtest/   what alarms would have done: CloudWatch's evaluation over the past of metrics, pure but for reading that past
//! ops/        looking at what runs: status, golden signals, logs, traffic, subscriptions, drills, mutes, and the doctor
//! grade/      whether students' accounts are as a rubric asks: facts, a judgement of each item, how to mend it; only ever reads
//! report/     values -> text; never prints
//! deploy/     the bundled service on its way to Lambda: a zip, a function, its address
//! service/    a crate of its own: the health/track service that the alarms watch; builds without an AWS SDK
//! cli/        one file a command; the only reader of arguments and writer of output
//!
//! `tests/architecture.rs` keeps the floors: which folder may name which, and where each outside crate lives.
//!
//! # How to add …
//! - **a resource**: a folder beside the others in `resources/`, and its line in `resources::with_kinds`; the sandbox needs its handlers.
//! - **a command**: a file in `cli/` with `XArgs` and `run`, a line in `cli::Command`, its group and examples in `cli/help.rs`.
//! - **a roster for a command that looks**: `RosterArgs`, and `Fleet::survey` with what a row says (`cli/signals_fleet.rs`).
//! - **JSON for programs**: its schema in `docs/schemas/` with a line in `report/schemas.rs`, a case in `tests/contract/`.
//! - **a format**: a file in `report/` that turns the same values into text.

mod apply;
mod aws;
mod backtest;
mod cli;
mod cost;
mod deploy;
mod export;
mod fleet;
mod grade;
mod import;
mod lint;
mod live;
mod ops;
mod pipeline;
mod plan;
mod report;
mod resources;
mod spec;
mod unit_test;

pub use cli::run;
use mlops_model as model;
use mlops_sandbox as sandbox;
