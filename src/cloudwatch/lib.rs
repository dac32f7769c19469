//! What CloudWatch means, each meaning once: pure functions and types, as AWS documents them. Names no other part of this
//! project, no AWS client, no clock and no file; whoever judges, simulates or shows an alarm asks here.

pub mod alarm;
pub mod calendar;
pub mod comparison;
pub mod evaluation;
pub mod math;
pub mod missing;
pub mod notification;
pub mod rule;
pub mod schedule;
pub mod state;
pub mod statistic;
pub mod unit;
pub mod zone;
