//! Everything that can go wrong with a store, by situation.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::{InstanceId, RunId};

use super::holder::Holder;

/// What every message about damage ends with.
pub(super) const SEE_DOCS: &str = "nothing was changed; docs/recovery.md says what to do";

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process writes to it, or did until it gave up waiting. Exit code 5.
    #[error("{} is held by {}", path.display(), named(holder.as_deref()))]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, if the lock file could be read.
        holder: Option<Box<Holder>>,
    },
    /// The store is the memory of another account or fleet.
    #[error("{} belongs to another account: lineage {found}, not {wanted}", path.display())]
    OtherLineage {
        /// The fleet's folder.
        path: PathBuf,
        /// The lineage written in it.
        found: String,
        /// The lineage that was asked for.
        wanted: String,
    },
    /// Somebody else could have written to it: mode, owner or kind of file are not as we leave them.
    #[error("{} cannot be trusted: {why}", path.display())]
    Unsafe {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it, and the command that mends it where there is one.
        why: String,
    },
    /// What is on disk is not what was written.
    #[error("{} is damaged: {what}; {}", path.display(), SEE_DOCS)]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// Written by a newer respec.
    #[error("{} has format {found}, this version of respec reads up to {known}", path.display())]
    NewerFormat {
        /// The file or folder.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// The newest format this version reads.
        known: u32,
    },
    /// No space is left on the disk, nor in the reserve where that may be taken; opening needs some too.
    #[error("no space is left for {}", path.display())]
    DiskFull {
        /// What was being written.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{action} {}", path.display())]
    Io {
        /// What was being done: `reading`.
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// Its answer.
        source: io::Error,
    },
    /// A record is larger than the engine keeps safely, or there are too many at once.
    #[error("{what} is too large: {size}, at most {limit}")]
    TooLarge {
        /// What.
        what: String,
        /// Its size, in bytes or records.
        size: usize,
        /// The limit, in the same unit.
        limit: usize,
    },
    /// An entry does not follow from what is recorded. Nothing was written.
    #[error(transparent)]
    Illegal(#[from] IllegalEntry),
    /// The store takes nothing, and nothing was written.
    #[error("{0}")]
    Refused(String),
    /// The write may or may not have happened; the store takes nothing more until it is opened again.
    #[error("{0}")]
    Unconfirmed(String),
    /// The disk ran full in the middle of a write: the engine takes nothing more until it is opened again,
    /// and what of the write is on disk is not known.
    #[error("{0}")]
    FullMidway(String),
    /// There is too little room to begin anything.
    #[error(
        "only {} KiB are free in {}, a run is begun with {} KiB and a reserve of 1 MiB",
        free / 1024, path.display(), wanted / 1024
    )]
    LittleRoom {
        /// The folder.
        path: PathBuf,
        /// How many bytes are free.
        free: u64,
        /// How many there must be.
        wanted: u64,
    },
    /// No plan of this id was saved here.
    #[error("no plan {0} is kept in this store")]
    NoPlan(String),
    /// A plan of this id was saved here, and its file is gone.
    #[error("{} is missing: a plan was kept in it", path.display())]
    LostPlan {
        /// The file.
        path: PathBuf,
    },
}

/// Why an entry does not follow from what is recorded.
///
/// Only what the store's own records depend on is checked here; what may be tried is the saga's to say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalEntry {
    /// A number was left out or used twice.
    #[error("entry {found} does not follow: the next one is {expected}")]
    Gap {
        /// The number that was due.
        expected: u64,
        /// The number it has.
        found: u64,
    },
    /// It belongs to no run that is open.
    #[error("entry {seq} belongs to the run {run}, which is not open")]
    NotOpen {
        /// The entry.
        seq: u64,
        /// Its run.
        run: RunId,
    },
    /// One run at a time: this one would be a second.
    #[error("entry {seq} opens the run {run} while {open} is still open")]
    SecondRun {
        /// The entry.
        seq: u64,
        /// The run it would open.
        run: RunId,
        /// The run that is open.
        open: RunId,
    },
    /// Two runs may not share an id.
    #[error("entry {seq} opens the run {run} again")]
    RunAgain {
        /// The entry.
        seq: u64,
        /// Its run.
        run: RunId,
    },
    /// A change number was used before: two changes would carry the same client tokens.
    #[error("entry {seq} begins change {found} of {instance}, but {known} was begun before")]
    ChangeAgain {
        /// The entry.
        seq: u64,
        /// The machine.
        instance: InstanceId,
        /// The highest number so far.
        known: u64,
        /// The number it has.
        found: u64,
    },
}

impl StoreError {
    /// Tells a full disk from other refusals of the operating system.
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        if is_disk_full(&source) {
            Self::DiskFull { path }
        } else {
            Self::Io {
                action,
                path,
                source,
            }
        }
    }

    /// Whether it is for want of room that nothing was done, or only a part.
    pub(super) fn wants_room(&self) -> bool {
        matches!(self, Self::DiskFull { .. } | Self::FullMidway(_))
    }

    /// How the disk failed to give back what is on it, if it is that which went wrong. Such a file may be whole, so that
    /// it is kept; but the other copy has to stand in for it.
    pub(super) fn read_fault(&self) -> Option<String> {
        let Self::Io { action, source, .. } = self else {
            return None;
        };
        let is_fault = source.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error());
        is_fault.then(|| format!("{action} it failed: {source}"))
    }

    pub(super) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            what: what.into(),
        }
    }

    pub(super) fn unsafe_path(path: &Path, why: impl Into<String>) -> Self {
        Self::Unsafe {
            path: path.to_owned(),
            why: why.into(),
        }
    }
}

/// A quota counts as a full disk: both end when somebody makes room.
pub(super) fn is_disk_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

fn named(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another process".to_owned(), Holder::to_string)
}
