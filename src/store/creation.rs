//! The first database of a fleet, and the proof that there never was one before.

use std::path::Path;

use crate::model::Lineage;

use super::error::StoreError;
use super::files::{self, Durability};
use super::kv::Kv as _;
use super::layout::StoreDir;
use super::records;
use super::sled_kv::{OpenFault, SledKv};

/// Whether a store is, or ever was, in this folder.
pub(super) fn existed(dir: &StoreDir) -> Result<bool, StoreError> {
    for path in [dir.database(), dir.mark(), dir.snapshot()] {
        if files::inspect(&path)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes an empty database where none ever was; leaves an existing one alone.
///
/// A kill inside sled's first opening leaves files that never open again (reliability notes, defect B),
/// so it is made under another name and renamed when it is whole and on disk.
pub(super) fn ensure(dir: &StoreDir, lineage: &Lineage, owner: u32) -> Result<(), StoreError> {
    let database = dir.database();
    if files::inspect(&database)?.is_some() {
        return Ok(());
    }
    if existed(dir)? {
        return Err(StoreError::damaged(
            &database,
            "it is missing, although its mark or snapshot says that it was there",
        ));
    }
    files::replace(&dir.gitignore(), b"*\n", Durability::Derived)?;
    let unfinished = dir.unfinished();
    clear(&unfinished, owner)?;
    fill(&unfinished, lineage)?;
    files::guard_engine_files(&unfinished, owner)?;
    files::sync_tree(&unfinished)?;
    files::rename(&unfinished, &database)?;
    files::sync_parent(&database)?;
    files::sync_parent(dir.root())
}

/// Removes what an earlier attempt left, and begins with an empty folder.
fn clear(unfinished: &Path, owner: u32) -> Result<(), StoreError> {
    if files::inspect(unfinished)?.is_some() {
        files::guard_dir(unfinished, owner)?;
        std::fs::remove_dir_all(unfinished)
            .map_err(|e| StoreError::io("removing", unfinished, e))?;
    }
    files::make_dir(unfinished)
}

/// Makes the database and closes it again.
fn fill(unfinished: &Path, lineage: &Lineage) -> Result<(), StoreError> {
    let kv = SledKv::open(unfinished).map_err(|fault| match fault {
        OpenFault::Machine(error) => error,
        OpenFault::Unreadable(why) | OpenFault::StillOpen(why) => StoreError::Refused(why),
    })?;
    kv.commit(&records::first_batch(lineage)?)
}
