//! What PostgreSQL says when it refuses, in words.

use anyhow::anyhow;

/// The client's errors print as "db error": say what the server said, or what broke the connection.
pub fn told(error: tokio_postgres::Error) -> anyhow::Error {
    match error.as_db_error() {
        Some(said) => anyhow!("PostgreSQL says: {} ({})", said.message(), said.code().code()),
        None => anyhow::Error::new(error).context("PostgreSQL connection"),
    }
}
