//! Whom a service reaches, by its variables: whoever runs it for others asks before it starts. Reaches nobody.

use super::config::{Database, ProcessEnvironment};
use super::store;

impl ProcessEnvironment {
    /// Whether a service with these variables asks nobody but this machine: its database is the only thing it reaches.
    pub fn stays_on_this_machine(&self) -> bool {
        match self.get("DATABASE_URL").map(Database::from_url) {
            Some(Database::Postgres(url)) => store::is_local(&url),
            Some(Database::Sqlite(_) | Database::Unusable(_)) | None => true,
        }
    }
}
