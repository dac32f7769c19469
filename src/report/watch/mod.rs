//! What is looked at, as text: for people and for programs. Judges nothing.

pub mod doctor;
pub mod drill;
pub mod subscriptions;
