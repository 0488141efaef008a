//! The engine on disk: sled 0.34.7, with the fsync it lacks and its panics caught.
//!
//! Every call of sled in the house is in this file. What it needs and why is in `docs/store.md`.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use sled::transaction::{ConflictableTransactionError, Transactional as _, TransactionalTree};

use crate::store::error::{StoreError, is_disk_full};

use super::kv::{Batch, KeyRange, Kv, Row, Tree};

/// sled's default cache is 1 GiB; a store of 100,000 records has 47 MB.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// sled's log, the one file that must be fsynced after each commit.
pub(in crate::store) const LOG_FILE: &str = "db";

/// sled's settings; without them it would begin anew.
pub(in crate::store) const CONFIG_FILE: &str = "conf";

/// Where sled puts values too large for a page. It never syncs them, so there must not be any.
pub(in crate::store) const BLOBS_DIR: &str = "blobs";

/// Why sled did not open.
#[derive(Debug)]
pub(in crate::store) enum OpenFault {
    /// Its files make no sense to it, or it panicked over them; another try may help.
    Unreadable(String),
    /// Something about the machine, not about the files.
    Machine(StoreError),
    /// The previous user's file descriptor is still open.
    StillOpen(String),
}

/// An open sled database.
#[derive(Debug)]
pub(in crate::store) struct SledKv {
    path: PathBuf,
    trees: Vec<sled::Tree>,
    db: sled::Db,
    /// A second descriptor of sled's log; sled's own `flush` does not reach the disk on Linux.
    log: File,
}

impl SledKv {
    /// Opens, or creates in an empty folder. The caller holds the store's lock.
    pub(in crate::store) fn open(path: &Path) -> Result<Self, OpenFault> {
        // sled compares full paths when it looks for its snapshots.
        let path = std::path::absolute(path)
            .map_err(|e| OpenFault::Machine(StoreError::io("finding", path, e)))?;
        let opening = catch_unwind(AssertUnwindSafe(|| open_trees(&path)));
        let (db, trees) = match opening {
            Ok(Ok(open)) => open,
            Ok(Err(error)) => return Err(open_fault(&path, error)),
            Err(panic) => return Err(OpenFault::Unreadable(panic_text(panic.as_ref()))),
        };
        let log = File::open(path.join(LOG_FILE))
            .map_err(|e| OpenFault::Machine(StoreError::io("opening", &path, e)))?;
        Ok(Self {
            path,
            trees,
            db,
            log,
        })
    }

    fn tree(&self, tree: Tree) -> &sled::Tree {
        &self.trees[tree.index()]
    }

    fn write(&self, batch: &Batch) -> sled::Result<()> {
        let put_all = |views: &Vec<TransactionalTree>| {
            for put in batch.puts() {
                views[put.tree.index()].insert(put.key.as_slice(), put.value.as_slice())?;
            }
            Ok::<(), ConflictableTransactionError<sled::Error>>(())
        };
        match self.trees[..].transaction(put_all) {
            Ok(()) => self.db.flush().map(drop),
            Err(
                sled::transaction::TransactionError::Abort(e)
                | sled::transaction::TransactionError::Storage(e),
            ) => Err(e),
        }
    }

    /// Runs a read that may panic over damaged pages.
    fn reading<T>(&self, read: impl FnOnce() -> sled::Result<T>) -> Result<T, StoreError> {
        match catch_unwind(AssertUnwindSafe(read)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(sled::Error::Io(e))) => Err(StoreError::io("reading", &self.path, e)),
            Ok(Err(error)) => Err(StoreError::damaged(&self.path, error.to_string())),
            Err(panic) => Err(StoreError::damaged(&self.path, panic_text(panic.as_ref()))),
        }
    }
}

impl Kv for SledKv {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        let unconfirmed = |why: &dyn std::fmt::Display| {
            StoreError::Unconfirmed(format!("{}: {why}", self.path.display()))
        };
        match catch_unwind(AssertUnwindSafe(|| self.write(batch))) {
            Ok(Ok(())) => self.log.sync_all().map_err(|e| unconfirmed(&e)),
            Ok(Err(sled::Error::Io(e))) if is_disk_full(&e) => {
                let why = format!(
                    "{}: no space is left on the disk ({e})",
                    self.path.display()
                );
                Err(StoreError::FullMidway(why))
            }
            Ok(Err(error)) => Err(unconfirmed(&error)),
            Err(panic) => Err(unconfirmed(&panic_text(panic.as_ref()))),
        }
    }

    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.reading(|| Ok(self.tree(tree).get(key)?.map(|value| value.to_vec())))
    }

    fn scan(&self, tree: Tree, range: &KeyRange) -> Result<Vec<Row>, StoreError> {
        self.reading(|| {
            let mut rows = Vec::new();
            for row in self.tree(tree).range(range.from.as_slice()..) {
                let (key, value) = row?;
                if !range.reaches(&key) {
                    break;
                }
                rows.push((key.to_vec(), value.to_vec()));
            }
            Ok(rows)
        })
    }
}

fn open_trees(path: &Path) -> sled::Result<(sled::Db, Vec<sled::Tree>)> {
    let db = sled::Config::new()
        .path(path)
        .cache_capacity(CACHE_BYTES)
        // No background thread: every durable moment is a commit of ours.
        .flush_every_ms(None)
        .open()?;
    let mut trees = Vec::new();
    for tree in Tree::ALL {
        trees.push(db.open_tree(tree.name())?);
    }
    Ok((db, trees))
}

fn open_fault(path: &Path, error: sled::Error) -> OpenFault {
    match error {
        // The text is all that is left of flock's answer.
        sled::Error::Io(e) if e.to_string().contains("could not acquire lock") => {
            OpenFault::StillOpen(e.to_string())
        }
        sled::Error::Io(e) if concerns_machine(&e) => {
            OpenFault::Machine(StoreError::io("opening", path, e))
        }
        other => OpenFault::Unreadable(other.to_string()),
    }
}

fn concerns_machine(error: &std::io::Error) -> bool {
    is_disk_full(error)
        || matches!(
            error.kind(),
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
        )
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the engine gave up: {}", text.unwrap_or("no reason given"))
}
