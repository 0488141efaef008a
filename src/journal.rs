//! The journal as a port: entries go in, and are durable when `append` returns.

use async_trait::async_trait;

use crate::saga::Entry;

/// Why entries are not known to be durable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// None of them was written, and none will be.
    #[error("journal refused the entry: {0}")]
    Refused(String),
    /// They may or may not have been written; nothing more may be begun.
    #[error("journal did not confirm the entry: {0}")]
    Unknown(String),
}

/// Takes entries, all or none.
#[async_trait(?Send)]
pub trait Journal {
    /// Writes the entries in one commit and returns when they would survive a power cut.
    ///
    /// # Errors
    /// [`JournalError`]; after `Unknown` the journal takes nothing more.
    async fn append(&self, entries: &[Entry]) -> Result<(), JournalError>;

    /// Why whoever writes should come to an end, if they should: entries are durable still, but there is
    /// little room for more.
    fn runs_short(&self) -> Option<String> {
        None
    }
}
