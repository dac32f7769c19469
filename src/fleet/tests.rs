//! The pipeline against the sandbox, in virtual time: what it does, and what it costs in calls, waves and waiting.

mod cost;
mod drift;
mod property;
mod random;
mod world;
