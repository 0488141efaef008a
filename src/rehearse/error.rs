//! Why a day could not be played to its end.

/// Why a day could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// No event loop.
    #[error("start a runtime")]
    Runtime(#[source] std::io::Error),
    /// No thread.
    #[error("start a thread")]
    Thread(#[source] std::io::Error),
    /// The copy's store.
    #[error("open the copy's state: {0}")]
    Store(String),
    /// The copy's journal contradicted itself.
    #[error("read the copy's journal: {0}")]
    Journal(String),
    /// A day ended in a defect.
    #[error("play the day of seed {0}: it ended in a defect of respec")]
    Panicked(u64),
}
