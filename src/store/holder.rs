//! Who holds a store, as the lock file tells it to whoever comes second.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The process that writes to a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// The machine it runs on.
    pub host: String,
    /// The user it runs as.
    pub user: String,
    /// Its command line.
    pub command: String,
    /// When it started.
    pub since: Timestamp,
}

impl Holder {
    /// Whose process it is: `user@host`.
    #[must_use]
    pub fn who(&self) -> String {
        format!("{}@{}", self.user, self.host)
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} (process {}, since {}): {}",
            self.who(),
            self.pid,
            self.since,
            self.command
        )
    }
}
