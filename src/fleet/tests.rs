//! The pipeline against the sandbox, in virtual time: what it does, and what it costs in calls, waves and waiting.

mod cost;
mod world;
