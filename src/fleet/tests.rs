//! Accounts of a roster against the sandbox, in virtual time.

mod regions;
mod renewal;
