//! One process at a time, and its name for whoever comes second.
//!
//! The kernel drops the lock when its holder dies, however it dies, so it never goes stale. The file is
//! never deleted: a process that waits on a deleted file would hold a lock that nobody else can see.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::store::error::StoreError;
use crate::store::holder::Holder;

use super::files;

/// How often a held lock is tried again.
const POLL: Duration = Duration::from_millis(25);

/// Shortest wait, whatever the caller asked for: a reader holds the lock for the time of one opening,
/// measured at 60 ms (p99), and must not make a writer fail.
const READER_GRACE: Duration = Duration::from_millis(500);

/// Longest wait that is honoured: a day.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Longest lock file that is read; a holder is a few hundred bytes.
const HOLDER_BYTES_MAX: u64 = 16 * 1024;

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(in crate::store) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock, waiting up to `timeout`, and writes down who has it, if there is room for that.
    pub(in crate::store) fn take(
        path: &Path,
        holder: &Holder,
        timeout: Duration,
    ) -> Result<Self, StoreError> {
        for _ in 0..polls(timeout.max(READER_GRACE)) {
            if let Some(mut lock) = Self::try_take(path)? {
                lock.sign(holder);
                return Ok(lock);
            }
            pause();
        }
        Err(StoreError::Locked {
            path: PathBuf::from(path),
            holder: Self::holder(path),
        })
    }

    /// Who holds it, as far as the file tells.
    pub(in crate::store) fn holder(path: &Path) -> Option<Box<Holder>> {
        let mut text = Vec::new();
        let file = File::open(path).ok()?;
        file.take(HOLDER_BYTES_MAX).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Takes the lock for a moment's reading: if it is free, or as soon as other readers, who leave no name in it, have let
    /// go of it. A writer is not waited for, and one without a name no longer than a reader, however often it is met.
    pub(in crate::store) fn take_to_read(
        path: &Path,
        waited: &mut Waited,
    ) -> Result<Option<Self>, StoreError> {
        loop {
            if let Some(lock) = Self::try_take(path)? {
                lock.unsign();
                return Ok(Some(lock));
            }
            if Self::holder(path).is_some() || !waited.once_more(READER_GRACE) {
                return Ok(None);
            }
        }
    }

    fn try_take(path: &Path) -> Result<Option<Self>, StoreError> {
        let file = files::open_own(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(StoreError::io("locking", path, e)),
        }
    }

    /// Only a courtesy: a disk that is full of others' files does not keep machines down for want of a name.
    fn sign(&mut self, holder: &Holder) {
        let text = serde_json::to_vec(holder).expect("a holder is plain data");
        let _ignored = self
            .file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .and_then(|_| self.file.write_all(&text));
    }

    /// Only a courtesy: the name of a dead holder would mislead.
    fn unsign(&self) {
        let _ignored = self.file.set_len(0);
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The lock itself goes with the file.
        self.unsign();
    }
}

/// How long somebody has waited for others, whatever for: all of it counts against every limit.
#[derive(Debug, Default)]
pub(in crate::store) struct Waited {
    polls: u128,
}

impl Waited {
    /// Waits one poll more, unless it has been so long already.
    pub(in crate::store) fn once_more(&mut self, limit: Duration) -> bool {
        let is_time_left = self.polls < polls(limit);
        if is_time_left {
            pause();
            self.polls += 1;
        }
        is_time_left
    }
}

/// How often to try, to wait for so long.
fn polls(wait: Duration) -> u128 {
    wait.min(WAIT_MAX).as_millis() / POLL.as_millis()
}

/// Waits one poll, in real time.
#[expect(
    clippy::disallowed_methods,
    reason = "another process is waited for, before any run begins; virtual time would not pass for it"
)]
pub(in crate::store) fn pause() {
    std::thread::sleep(POLL);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lock file that a killed writer left its name in.
    fn left_by_the_dead(name: &str) -> PathBuf {
        let file = format!("respec-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(file);
        let holder = Holder {
            pid: 1,
            host: "build-7".into(),
            user: "ops".into(),
            command: "respec apply".into(),
            since: jiff::Timestamp::UNIX_EPOCH,
        };
        std::fs::write(&path, serde_json::to_vec(&holder).unwrap()).unwrap();
        assert_eq!(Lock::holder(&path).as_deref(), Some(&holder));
        path
    }

    #[test]
    fn whoever_reads_does_not_go_by_the_name_of_a_dead_writer() {
        let path = left_by_the_dead("lock-read");
        let read = Lock::take_to_read(&path, &mut Waited::default()).unwrap();
        assert!(read.is_some());
        assert_eq!(Lock::holder(&path), None, "another reader would go away");
        drop(read);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn whoever_leaves_no_name_is_waited_for_once() {
        let path = left_by_the_dead("lock-nameless");
        let held = Lock::try_take(&path).unwrap().unwrap();
        held.unsign();
        let grace = polls(READER_GRACE);
        let mut waited = Waited { polls: grace };
        for _ in 0..100 {
            let read = Lock::take_to_read(&path, &mut waited).unwrap();
            assert!(read.is_none());
        }
        assert_eq!(waited.polls, grace, "each look took half a second more");
        assert!(!waited.once_more(READER_GRACE));
        drop(held);
        assert!(Lock::take_to_read(&path, &mut waited).unwrap().is_some());
        std::fs::remove_file(path).unwrap();
    }
}
