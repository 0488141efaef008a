//! The little that is asked of an engine: six trees of sorted bytes, and commits that are whole or absent.

use crate::store::error::StoreError;

/// Largest value. sled keeps up to 17 values in a page, and a page above 128 KiB becomes a file of its
/// own that is never fsynced: 17 x 4 KiB stays below (docs/store.md, faults of 0.34.7).
pub const VALUE_BYTES_MAX: usize = 4 * 1024;

/// Largest key; ids have at most 128 characters.
const KEY_BYTES_MAX: usize = 256;

/// The trees. Few and fixed: dropping and adding trees is what makes sled grow (docs/store.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    /// What the store is: lineage, format, head, serial, digests of plans.
    Meta,
    /// Every entry, by its number.
    Journal,
    /// The applied fleet, by instance id.
    Applied,
    /// How many changes were begun on each machine, by instance id.
    Changes,
    /// Every run, by the number of its first entry.
    Runs,
    /// Every order, by its id.
    Orders,
}

impl Tree {
    /// All of them, in the order of their index.
    pub const ALL: [Self; 6] = [
        Self::Meta,
        Self::Journal,
        Self::Applied,
        Self::Changes,
        Self::Runs,
        Self::Orders,
    ];

    /// Its name on disk; never changed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Journal => "journal",
            Self::Applied => "applied",
            Self::Changes => "changes",
            Self::Runs => "runs",
            Self::Orders => "orders",
        }
    }

    /// Its position in [`Self::ALL`].
    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// One record of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Where it goes.
    pub tree: Tree,
    /// Its key.
    pub key: Vec<u8>,
    /// Its value, at most [`VALUE_BYTES_MAX`].
    pub value: Vec<u8>,
}

/// Records that are written together or not at all. None of them can be too large.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    puts: Vec<Put>,
}

impl Batch {
    /// Adds a record.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] for a key or value the engine does not keep safely.
    pub fn put(
        &mut self,
        tree: Tree,
        key: impl Into<Vec<u8>>,
        value: impl Into<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let (key, value) = (key.into(), value.into());
        check_size(tree, "key", key.len(), KEY_BYTES_MAX)?;
        check_size(tree, "record", value.len(), VALUE_BYTES_MAX)?;
        self.puts.push(Put { tree, key, value });
        Ok(())
    }

    /// The records, in the order they were added.
    #[must_use]
    pub fn puts(&self) -> &[Put] {
        &self.puts
    }
}

fn check_size(tree: Tree, what: &str, size: usize, limit: usize) -> Result<(), StoreError> {
    if size <= limit {
        return Ok(());
    }
    Err(StoreError::TooLarge {
        what: format!("a {what} of the tree {}", tree.name()),
        size,
        limit,
    })
}

/// The keys from `from` on, up to but without `to`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyRange {
    /// First key.
    pub from: Vec<u8>,
    /// First key that no longer belongs; none for all that follow.
    pub to: Option<Vec<u8>>,
}

impl KeyRange {
    /// Every key.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether a key at or after `from` is still inside.
    pub(super) fn reaches(&self, key: &[u8]) -> bool {
        self.to.as_deref().is_none_or(|to| key < to)
    }
}

/// A key with its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// An engine. One writer at a time, which the store sees to.
pub trait Kv: Send {
    /// Writes the batch; when it returns, the batch would survive a power cut.
    ///
    /// # Errors
    /// [`StoreError::Refused`]: nothing was written, and the engine goes on.
    /// [`StoreError::Unconfirmed`]: it may or may not have been written.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;

    /// One value.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] or [`StoreError::Io`].
    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// A range of a tree, by ascending key.
    ///
    /// # Errors
    /// As [`Kv::get`].
    fn scan(&self, tree: Tree, range: &KeyRange) -> Result<Vec<Row>, StoreError>;
}
