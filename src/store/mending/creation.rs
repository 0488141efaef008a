//! Making a database: the first of a fleet, when there never was one before, or one that replaces another.

use std::path::Path;

use crate::model::Lineage;
use crate::store::engine::kv::{Batch, Kv as _};
use crate::store::engine::sled_kv::{OpenFault, SledKv};
use crate::store::error::StoreError;
use crate::store::folder::files::{self, Durability};
use crate::store::folder::layout::StoreDir;
use crate::store::history::reading;
use crate::store::history::records;

/// Whether a store is, or ever was, in this folder.
pub(in crate::store) fn existed(dir: &StoreDir) -> Result<bool, StoreError> {
    for path in [dir.database(), dir.mark(), dir.black_box(), dir.snapshot()] {
        if files::inspect(&path)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Removes what a killed process has left half written. The caller holds the lock, so that nobody writes it now;
/// what cannot be removed is in nobody's way but for its room.
pub(in crate::store) fn sweep(dir: &StoreDir) {
    let plans = files::children(&dir.plans()).unwrap_or_default();
    let of_plans = plans
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ext| ext == "tmp"));
    let others = dir.replaced().map(|path| files::temporary(&path));
    for path in of_plans.chain(others) {
        let _ignored = files::remove_if_present(&path);
    }
    files::discard_dir(&dir.unfinished());
}

/// Makes an empty database where none ever was; leaves everything else alone.
pub(in crate::store) fn ensure(
    dir: &StoreDir,
    lineage: &Lineage,
    owner: u32,
) -> Result<(), StoreError> {
    if existed(dir)? {
        return Ok(());
    }
    files::replace(&dir.gitignore(), b"*\n", Durability::Derived)?;
    build(dir, owner, &[records::first_batch(lineage)?])?;
    put_in_place(dir)?;
    files::sync_parent(dir.root())
}

/// Makes a database of these records, beside the place where it belongs.
///
/// A kill inside sled's first opening leaves files that never open again (docs/store.md),
/// so it is made under another name and renamed when it is whole and on disk.
pub(super) fn build(dir: &StoreDir, owner: u32, batches: &[Batch]) -> Result<(), StoreError> {
    let unfinished = dir.unfinished();
    clear(&unfinished, owner)?;
    let built = fill(&unfinished, batches)
        .and_then(|()| files::guard_engine_files(&unfinished, owner))
        .and_then(|()| files::sync_tree(&unfinished));
    if built.is_err() {
        files::discard_dir(&unfinished);
    }
    built
}

/// Gives a database that was built its name.
pub(super) fn put_in_place(dir: &StoreDir) -> Result<(), StoreError> {
    files::rename(&dir.unfinished(), &dir.database())?;
    files::sync_parent(&dir.database())
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

/// Makes the database, reads it back, and closes it again.
fn fill(unfinished: &Path, batches: &[Batch]) -> Result<(), StoreError> {
    let kv = SledKv::open(unfinished).map_err(|fault| match fault {
        OpenFault::Machine(error) => error,
        OpenFault::Unreadable(why) | OpenFault::StillOpen(why) => StoreError::Refused(why),
    })?;
    for batch in batches {
        kv.commit(batch)?;
    }
    let rows = reading::all_rows(&kv)?;
    reading::check_all(&rows, unfinished).map(drop)
}
