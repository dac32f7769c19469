//! The pipeline against the sandbox, in virtual time: what it does, and what it costs in calls, waves and waiting.

mod adoption;
mod attributes;
mod cost;
mod coverage;
mod dashboards;
mod drift;
mod drifted;
mod existing;
mod external;
mod interrupt;
mod lifecycle;
mod metric_filters;
mod ownership;
mod partitions;
mod passwords;
mod property;
pub mod random;
mod regions;
mod saved;
mod subscriptions;
mod trust;
pub mod world;
mod written;
