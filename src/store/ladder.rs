//! Opening the database, one rung after the other: mend, open, open without the index, stop.
//!
//! Nothing on this ladder makes a new database where one was.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::files;
use super::lock;
use super::sled_kv::{BLOBS_DIR, CONFIG_FILE, LOG_FILE, OpenFault, SledKv};

/// Copies of a damaged database that are kept beside it; with so many, a person has to look.
const COPIES_MAX: usize = 3;

/// How often a database is tried again whose last user's descriptor is still open. sled closes it when
/// its last thread lets go; 1,900 openings in a row never saw it, other people did.
const REOPENINGS_MAX: usize = 20;

/// Opens an existing database under the store's lock.
pub(super) fn open(database: &Path, owner: u32) -> Result<SledKv, StoreError> {
    check_complete(database)?;
    remove_half_made_indexes(database)?;
    let kv = match open_patiently(database)? {
        Ok(kv) => kv,
        Err(fault) => open_without_index(database, &fault)?,
    };
    files::guard_engine_files(database, owner)?;
    check_no_blobs(database)?;
    Ok(kv)
}

/// A file that is missing here would be made anew by the engine, empty.
fn check_complete(database: &Path) -> Result<(), StoreError> {
    for name in [CONFIG_FILE, LOG_FILE] {
        let path = database.join(name);
        if files::inspect(&path)?.is_none_or(|meta| meta.len() == 0) {
            return Err(StoreError::damaged(&path, "it is missing or empty"));
        }
    }
    Ok(())
}

/// A kill while sled writes its index leaves a part of it that every later open takes for whole
/// (reliability notes, defect A). The index before it is still there, so the part can go.
fn remove_half_made_indexes(database: &Path) -> Result<(), StoreError> {
    for path in indexes(database)? {
        if path.extension().is_some_and(|ext| ext == "generating") {
            files::remove_if_present(&path)?;
        }
    }
    Ok(())
}

/// Opens, or gives the reason why the files cannot be read.
fn open_patiently(database: &Path) -> Result<Result<SledKv, String>, StoreError> {
    let mut busy = String::new();
    for _ in 0..REOPENINGS_MAX {
        match SledKv::open(database) {
            Ok(kv) => return Ok(Ok(kv)),
            Err(OpenFault::Unreadable(why)) => return Ok(Err(why)),
            Err(OpenFault::Machine(error)) => return Err(error),
            Err(OpenFault::StillOpen(why)) => busy = why,
        }
        lock::pause();
    }
    Err(StoreError::Refused(busy))
}

/// The index can be made again from the log. The log itself is not touched, but the whole folder is
/// copied first; whether the log is complete is checked later, against the mark and the chain.
fn open_without_index(database: &Path, fault: &str) -> Result<SledKv, StoreError> {
    let copy = copy_aside(database, fault)?;
    for path in indexes(database)? {
        files::remove_if_present(&path)?;
    }
    let why = match open_patiently(database) {
        Ok(Ok(kv)) => return Ok(kv),
        // After a panic the engine may still hold its own files.
        Ok(Err(why)) | Err(StoreError::Refused(why)) => why,
        Err(error) => return Err(error),
    };
    let what = format!("{why} (a copy is in {})", copy.display());
    Err(StoreError::damaged(database, what))
}

fn copy_aside(database: &Path, fault: &str) -> Result<PathBuf, StoreError> {
    for number in 1..=COPIES_MAX {
        let copy = database.with_file_name(format!("store.damaged-{number}"));
        if files::inspect(&copy)?.is_none() {
            files::make_dir(&copy)?;
            copy_files(database, &copy)?;
            return Ok(copy);
        }
    }
    let what = format!("{fault}; {COPIES_MAX} copies of it are kept already");
    Err(StoreError::damaged(database, what))
}

fn copy_files(from: &Path, to: &Path) -> Result<(), StoreError> {
    for path in files::children(from)? {
        let (true, Some(name)) = (path.is_file(), path.file_name()) else {
            continue;
        };
        fs::copy(&path, to.join(name)).map_err(|e| StoreError::io("copying", &path, e))?;
    }
    files::sync_tree(to)
}

fn indexes(database: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut paths = files::children(database)?;
    paths.retain(|path| {
        path.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("snap."))
    });
    Ok(paths)
}

/// Our records are too small to become blobs; one here was not written by us.
fn check_no_blobs(database: &Path) -> Result<(), StoreError> {
    let blobs = database.join(BLOBS_DIR);
    if files::inspect(&blobs)?.is_none() || files::children(&blobs)?.is_empty() {
        return Ok(());
    }
    Err(StoreError::damaged(
        &blobs,
        "it holds values larger than any we write",
    ))
}
