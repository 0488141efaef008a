//! The mark: there is a store here, and it has come at least this far.
//!
//! A torn log looks to sled like a crash: it opens, with a shorter history and without an error. So the
//! end of the chain is also kept outside, written after each commit and never synced. A kill cannot
//! lose it, and after a power cut it may be behind the store, which is harmless, but never ahead.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::Lineage;

use super::engine::kv::{Kv, Tree};
use super::error::StoreError;
use super::folder::files::{self, Durability};
use super::history::chain::{self, Head};
use super::history::records::{FORMAT, seq_key};

/// Every mark has this length, so that it can be overwritten in place by one write of one sector.
const MARK_BYTES: usize = 512;

#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    format: u32,
    lineage: Lineage,
    head: Head,
}

/// The mark of an open store.
#[derive(Debug)]
pub(super) struct MarkFile {
    file: File,
    lineage: Lineage,
}

impl MarkFile {
    /// Opens the mark, or makes it durably, showing `head`.
    pub(super) fn open(path: &Path, lineage: &Lineage, head: &Head) -> Result<Self, StoreError> {
        if files::inspect(path)?.is_none() {
            files::replace(path, &text(lineage, head), Durability::Synced)?;
        }
        let mark = Self {
            file: files::open_own(path)?,
            lineage: lineage.clone(),
        };
        mark.advance(head);
        Ok(mark)
    }

    /// Moves the mark on. A mark that stays behind only protects less, so a failure is let go.
    pub(super) fn advance(&self, head: &Head) {
        let _ignored = self.file.write_all_at(&text(&self.lineage, head), 0);
    }
}

/// How far the store had come, as far as the mark tells.
pub(super) fn read(path: &Path) -> Result<Option<Head>, StoreError> {
    let bytes = files::read_bounded(path, MARK_BYTES)?.unwrap_or_default();
    // An unreadable mark still marks; it just cannot say how far.
    let mark = serde_json::from_slice::<Mark>(&bytes).ok();
    Ok(mark.map(|mark| mark.head))
}

/// Refuses a database that has not come as far as its mark, or that came another way.
pub(super) fn check(path: &Path, kv: &dyn Kv, head: &Head) -> Result<(), StoreError> {
    let Some(marked) = read(path)? else {
        return Ok(());
    };
    let seq = marked.seq;
    if seq > head.seq {
        let what = format!(
            "entry {seq} was written, but the database ends at {}",
            head.seq
        );
        return Err(StoreError::damaged(path, what));
    }
    if seq == 0 {
        return Ok(());
    }
    let record = kv.get(Tree::Journal, &seq_key(seq))?.unwrap_or_default();
    if chain::claimed_hash(&record) == Some(marked.hash.as_str()) {
        return Ok(());
    }
    let what = format!("entry {seq} of the database is not the one that was written");
    Err(StoreError::damaged(path, what))
}

fn text(lineage: &Lineage, head: &Head) -> Vec<u8> {
    let mark = Mark {
        format: FORMAT,
        lineage: lineage.clone(),
        head: head.clone(),
    };
    let mut text = serde_json::to_vec(&mark).expect("a mark is plain data");
    // Blanks after a JSON value are part of it.
    text.resize(MARK_BYTES - 1, b' ');
    text.push(b'\n');
    text
}
