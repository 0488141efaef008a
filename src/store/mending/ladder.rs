//! Opening the database, one rung after the other: mend, open, open without the index, stop.
//!
//! Nothing on this ladder makes a new database where one was; `healing` may, from the black box.

use std::fs;
use std::path::{Path, PathBuf};

use crate::store::engine::sled_kv::{BLOBS_DIR, CONFIG_FILE, LOG_FILE, OpenFault, SledKv};
use crate::store::error::StoreError;
use crate::store::folder::files;
use crate::store::folder::lock;

/// Copies of a damaged database that are kept beside it; with so many, a person has to look.
const COPIES_MAX: usize = 3;

/// How often a database is tried again whose last user's descriptor is still open. sled closes it when
/// its last thread lets go; 1,900 openings in a row never saw it, other people did.
const REOPENINGS_MAX: usize = 20;

/// Off the last rung: why the database does not open, and the copy that was made of it, if one was.
#[derive(Debug)]
pub(super) struct Fallen {
    pub(super) error: StoreError,
    pub(super) copy: Option<PathBuf>,
}

impl From<StoreError> for Fallen {
    fn from(error: StoreError) -> Self {
        Self { error, copy: None }
    }
}

/// Opens an existing database under the store's lock.
pub(super) fn open(database: &Path, owner: u32) -> Result<SledKv, Fallen> {
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

/// Takes a database that does not open out of the way, keeping it, unless a copy is kept already.
pub(super) fn set_aside(
    database: &Path,
    copy: Option<PathBuf>,
) -> Result<Option<PathBuf>, StoreError> {
    if files::inspect(database)?.is_none() {
        return Ok(copy);
    }
    if copy.is_some() {
        fs::remove_dir_all(database).map_err(|e| StoreError::io("removing", database, e))?;
        return Ok(copy);
    }
    let aside = free_name(database, "it was to be set aside")?;
    files::rename(database, &aside)?;
    Ok(Some(aside))
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
/// (docs/store.md). The index before it is still there, so the part can go.
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
fn open_without_index(database: &Path, fault: &str) -> Result<SledKv, Fallen> {
    let copy = copy_aside(database, fault)?;
    for path in indexes(database)? {
        files::remove_if_present(&path)?;
    }
    let why = match open_patiently(database) {
        Ok(Ok(kv)) => return Ok(kv),
        // After a panic the engine may still hold its own files.
        Ok(Err(why)) | Err(StoreError::Refused(why)) => why,
        Err(error) => return Err(error.into()),
    };
    let what = format!("{why} (a copy is in {})", copy.display());
    Err(Fallen {
        error: StoreError::damaged(database, what),
        copy: Some(copy),
    })
}

fn copy_aside(database: &Path, fault: &str) -> Result<PathBuf, StoreError> {
    let copy = free_name(database, fault)?;
    let copied = files::make_dir(&copy).and_then(|()| copy_files(database, &copy));
    if let Err(error) = copied {
        // Half a copy is none.
        files::discard_dir(&copy);
        return Err(error);
    }
    Ok(copy)
}

/// A name for one more damaged database.
fn free_name(database: &Path, fault: &str) -> Result<PathBuf, StoreError> {
    for number in 1..=COPIES_MAX {
        let name = database.with_file_name(format!("store.damaged-{number}"));
        if files::inspect(&name)?.is_none() {
            return Ok(name);
        }
    }
    let what = format!("{fault}; {COPIES_MAX} copies of it are kept already");
    Err(StoreError::damaged(database, what))
}

fn copy_files(from: &Path, to: &Path) -> Result<(), StoreError> {
    for path in files::children(from)? {
        if path.is_file() {
            files::copy(&path, to)?;
        }
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
