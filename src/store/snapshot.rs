//! The copy that readers get while somebody writes.

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::folder::files::{self, Durability};
use super::folder::layout::StoreDir;
use super::history::contents::Contents;

/// Format of the file.
const FORMAT: u32 = 1;

/// Largest file that is read: a run over 10,000 machines has about 120,000 entries of 0.4 KiB.
const SNAPSHOT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// A snapshot is written again after so many commits for each hundred records it holds, so that
/// writing snapshots stays a small share of a run whatever its size.
const RECORDS_PER_COMMIT: usize = 100;

#[derive(Serialize)]
struct Written<'a> {
    format: u32,
    contents: &'a Contents,
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

#[derive(Deserialize)]
struct Read {
    contents: Contents,
}

/// Whether so many commits are enough for another snapshot.
pub(super) fn is_due(n_commits: usize, contents: &Contents) -> bool {
    let n_records = contents.applied.instances.len() + contents.n_open_entries();
    n_commits >= (n_records / RECORDS_PER_COMMIT).max(1)
}

/// Writes the snapshot. It is never ahead of the store, and can always be made again from it.
pub(super) fn write(dir: &StoreDir, contents: &Contents) -> Result<(), StoreError> {
    let format = FORMAT;
    let written = Written { format, contents };
    let bytes = serde_json::to_vec(&written).expect("contents are plain data with string keys");
    files::replace(&dir.snapshot(), &bytes, Durability::Derived)
}

/// Reads it; none when there is none.
pub(super) fn read(dir: &StoreDir) -> Result<Option<Contents>, StoreError> {
    let path = dir.snapshot();
    if files::inspect(&path)?.is_some_and(|meta| !meta.is_file()) {
        return Err(StoreError::unsafe_path(&path, "it is not a plain file"));
    }
    let Some(bytes) = files::read_bounded(&path, SNAPSHOT_BYTES_MAX)? else {
        return Ok(None);
    };
    let unreadable = |e: serde_json::Error| StoreError::damaged(&path, e.to_string());
    let version: Version = serde_json::from_slice(&bytes).map_err(unreadable)?;
    if version.format > FORMAT {
        return Err(StoreError::NewerFormat {
            path,
            found: version.format,
            known: FORMAT,
        });
    }
    let read: Read = serde_json::from_slice(&bytes).map_err(unreadable)?;
    Ok(Some(read.contents))
}
