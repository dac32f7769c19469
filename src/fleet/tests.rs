//! Accounts of a roster against the sandbox, in virtual time.

mod parts;
mod regions;
mod renewal;
