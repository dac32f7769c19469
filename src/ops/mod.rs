//! Looking at what runs: logs, golden signals, traffic, status, drills. Reads AWS and calls the service; changes no stack.

pub mod dashboard;
pub mod doctor;
pub mod drill;
pub mod handover;
pub mod http;
pub mod logs;
pub mod mute;
pub mod signals;
pub mod status;
pub mod subscriptions;
pub mod traffic;
