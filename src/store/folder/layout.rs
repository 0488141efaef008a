//! Where things lie inside a fleet's folder.

use std::path::{Path, PathBuf};

use crate::model::{Digest, FleetName};

/// How much of a plan's digest is part of its file's name.
const VERSION_CHARS: usize = 16;

/// The folder of one fleet: `<home>/<fleet>/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreDir {
    root: PathBuf,
}

impl StoreDir {
    /// The folder of this fleet under `home`. Nothing is created.
    #[must_use]
    pub fn new(home: &Path, fleet: &FleetName) -> Self {
        Self {
            root: home.join(fleet.as_str()),
        }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Held with flock by whoever uses the database; its text names them.
    pub(in crate::store) fn lock(&self) -> PathBuf {
        self.root.join("store.lock")
    }

    /// Made and removed at once, to learn which user our files belong to.
    pub(in crate::store) fn probe(&self) -> PathBuf {
        self.root.join("store.probe")
    }

    /// Says that there is a store, and how far it has come.
    pub(in crate::store) fn mark(&self) -> PathBuf {
        self.root.join("store.mark")
    }

    /// The database.
    pub(in crate::store) fn database(&self) -> PathBuf {
        self.root.join("store")
    }

    /// A database in the making, renamed to [`Self::database`] when it is whole.
    pub(in crate::store) fn unfinished(&self) -> PathBuf {
        self.root.join("store.new")
    }

    /// The black box: every commit once more, as lines of text.
    pub(in crate::store) fn black_box(&self) -> PathBuf {
        self.root.join("journal.jsonl")
    }

    /// Room that is given up when the disk is full.
    pub(in crate::store) fn reserve(&self) -> PathBuf {
        self.root.join("store.reserve")
    }

    /// The plans.
    pub(in crate::store) fn plans(&self) -> PathBuf {
        self.root.join("plans")
    }

    /// One version of one plan.
    ///
    /// The bytes' digest is part of the name: plans of one id differ in what was observed and when, and a
    /// kill between file and commit must leave the earlier one as it was.
    pub(in crate::store) fn plan(&self, plan_id: &Digest, bytes: &Digest) -> PathBuf {
        let version = bytes.short(VERSION_CHARS);
        self.plans()
            .join(format!("{}-{version}.rsplan", plan_id.as_str()))
    }

    /// What is put in place in one motion, from a temporary file beside it; plans are too.
    pub(in crate::store) fn replaced(&self) -> [PathBuf; 5] {
        [
            self.mark(),
            self.black_box(),
            self.reserve(),
            self.snapshot(),
            self.gitignore(),
        ]
    }

    /// What readers get while the lock is held.
    pub(in crate::store) fn snapshot(&self) -> PathBuf {
        self.root.join("snapshot.json")
    }

    /// Keeps all of it out of git.
    pub(in crate::store) fn gitignore(&self) -> PathBuf {
        self.root.join(".gitignore")
    }
}
