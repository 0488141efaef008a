//! Opening a store for writing, and reading from it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use crate::model::{Digest, Lineage, RunId};
use crate::saga::Entry;

use super::body::{Body, Engine};
use super::chain::{self, Head};
use super::contents::Contents;
use super::creation;
use super::error::StoreError;
use super::files;
use super::holder::Holder;
use super::kv::{KeyRange, Kv, Tree};
use super::ladder;
use super::layout::StoreDir;
use super::lock::Lock;
use super::mark::{self, MarkFile};
use super::memory::MemoryKv;
use super::reading::{self, Loaded};
use super::records::{self, seq_key};
use super::sled_kv::SledKv;
use super::snapshot;

/// How a store is opened for writing.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Who we are, for whoever finds it locked.
    pub holder: Holder,
    /// How long to wait for another writer, in real time; half a second at least, a day at most.
    pub lock_timeout: Duration,
    /// On which thread commits are carried out.
    pub body: Body,
    /// The history it must belong to, or will when it is new.
    pub lineage: Lineage,
}

/// An open store: its one writer. Dropping it closes the engine and then gives up the lock.
pub struct Store {
    // Fields are dropped from top to bottom: the engine closes its files before the lock is given up.
    pub(super) engine: Engine,
    pub(super) state: RefCell<State>,
    pub(super) disk: Option<Disk>,
    /// Where the database lies, for messages.
    pub(super) path: PathBuf,
    /// None in memory.
    _lock: Option<Lock>,
}

/// What changes with every commit.
pub(super) struct State {
    pub(super) contents: Rc<Contents>,
    pub(super) head: Head,
    pub(super) health: Health,
    pub(super) n_unseen_commits: usize,
    /// Plans of a store without a disk, by their digest.
    pub(super) plans_in_memory: BTreeMap<Digest, Vec<u8>>,
}

/// Whether the store takes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// Yes.
    Ready,
    /// A commit is under way; found at the next one, it means that nobody waited for its end.
    Writing,
    /// A commit was not confirmed: what is on disk is not known.
    InDoubt,
}

/// What a store with a disk has beside its engine.
pub(super) struct Disk {
    pub(super) dir: StoreDir,
    pub(super) owner: u32,
    pub(super) mark: MarkFile,
}

impl Store {
    /// Opens the store of a fleet for writing, making it when there never was one.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another process has it; [`StoreError::OtherLineage`] when it belongs
    /// to another account; [`StoreError::Unsafe`], [`StoreError::Damaged`], [`StoreError::NewerFormat`]
    /// when it should not be touched; [`StoreError::DiskFull`] and [`StoreError::Io`].
    pub fn open(dir: &StoreDir, options: StoreOptions) -> Result<Self, StoreError> {
        files::make_dir(dir.root())?;
        files::inspect_dir(dir.root())?;
        let lock = Lock::take(&dir.lock(), &options.holder, options.lock_timeout)?;
        let owner = guard(dir)?;
        creation::ensure(dir, &options.lineage, owner)?;
        let (kv, loaded) = open_checked(dir, owner)?;
        check_lineage(dir.root(), &loaded.contents, &options.lineage)?;
        let disk = Disk {
            mark: MarkFile::open(&dir.mark(), &options.lineage, &loaded.head)?,
            dir: dir.clone(),
            owner,
        };
        snapshot::write(dir, &loaded.contents)?;
        let engine = Engine::start(Box::new(kv), options.body)?;
        let store = Self::assembled(&dir.database(), engine, loaded, Some(lock));
        Ok(Self {
            disk: Some(disk),
            ..store
        })
    }

    /// Opens a store in memory, making it when the memory is empty.
    ///
    /// # Errors
    /// As [`Store::open`], without those that need a disk.
    pub fn in_memory(kv: &MemoryKv, lineage: &Lineage) -> Result<Self, StoreError> {
        let path = Path::new("memory");
        if kv.get(Tree::Meta, records::IDENTITY)?.is_none() {
            kv.commit(&records::first_batch(lineage)?)?;
        }
        let loaded = reading::load(kv, path)?;
        check_lineage(path, &loaded.contents, lineage)?;
        let engine = Engine::start(Box::new(kv.clone()), Body::Inline)?;
        Ok(Self::assembled(path, engine, loaded, None))
    }

    /// What is recorded now. The value does not change under its reader; ask again after an append.
    #[must_use]
    pub fn contents(&self) -> Rc<Contents> {
        Rc::clone(&self.state.borrow().contents)
    }

    /// The journal of one run, open or over; empty for a run that is not known.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when its part of the chain does not hold.
    pub async fn entries(&self, run: &RunId) -> Result<Vec<Entry>, StoreError> {
        let contents = self.contents();
        let Some(index) = contents.runs.iter().position(|r| &r.run == run) else {
            return Ok(Vec::new());
        };
        // Runs follow one another: each ends where the next one begins.
        let first = contents.runs[index].first_seq;
        let next = contents.runs.get(index + 1).map(|r| seq_key(r.first_seq));
        let range = KeyRange {
            from: seq_key(first),
            to: next,
        };
        let previous = self.hash_before(first).await?;
        let rows = self.engine.scan(Tree::Journal, range).await?;
        let records = reading::verify_from(&previous, first, &rows)
            .map_err(|what| StoreError::damaged(&self.path, what))?;
        Ok(records.into_iter().map(|record| record.entry).collect())
    }

    /// Checks every link of the chain and that every table is what the journal says.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first disagreement.
    pub async fn check_all(&self) -> Result<(), StoreError> {
        let mut rows = reading::Rows::new();
        for tree in Tree::ALL {
            rows.insert(tree, self.engine.scan(tree, KeyRange::all()).await?);
        }
        reading::check_all(&rows, &self.path).map(drop)
    }

    async fn hash_before(&self, seq: u64) -> Result<String, StoreError> {
        if seq <= 1 {
            let genesis = Head::genesis(&self.contents().applied.stamp.lineage);
            return Ok(genesis.hash.as_str().to_owned());
        }
        let record = self.engine.get(Tree::Journal, &seq_key(seq - 1)).await?;
        let hash = chain::claimed_hash(record.as_deref().unwrap_or_default());
        hash.map(str::to_owned)
            .ok_or_else(|| StoreError::damaged(&self.path, format!("entry {} is missing", seq - 1)))
    }

    /// An open store without a disk of its own, holding a lock or none.
    pub(super) fn assembled(
        path: &Path,
        engine: Engine,
        loaded: Loaded,
        lock: Option<Lock>,
    ) -> Self {
        let state = State {
            contents: Rc::new(loaded.contents),
            head: loaded.head,
            health: Health::Ready,
            n_unseen_commits: 0,
            plans_in_memory: BTreeMap::new(),
        };
        Self {
            engine,
            state: RefCell::new(state),
            disk: None,
            path: path.to_owned(),
            _lock: lock,
        }
    }
}

/// Makes sure that everything in the folder is ours alone; says who we are.
pub(super) fn guard(dir: &StoreDir) -> Result<u32, StoreError> {
    let owner = files::own_uid(&dir.probe())?;
    files::guard_dir(dir.root(), owner)?;
    for folder in [dir.database(), dir.plans()] {
        if files::inspect(&folder)?.is_some() {
            files::guard_dir(&folder, owner)?;
        }
    }
    for file in [dir.lock(), dir.mark(), dir.snapshot(), dir.gitignore()] {
        files::guard_file(&file, owner)?;
    }
    if files::inspect(&dir.database())?.is_some() {
        files::guard_engine_files(&dir.database(), owner)?;
    }
    Ok(owner)
}

/// Opens the database and checks what it holds against the chain and the mark.
pub(super) fn open_checked(dir: &StoreDir, owner: u32) -> Result<(SledKv, Loaded), StoreError> {
    if files::inspect(&dir.database())?.is_none() {
        let what = "it is missing, although its mark or snapshot says that it was there";
        return Err(StoreError::damaged(&dir.database(), what));
    }
    let kv = ladder::open(&dir.database(), owner)?;
    let loaded = reading::load(&kv, &dir.database())?;
    mark::check(&dir.mark(), &kv, &loaded.head)?;
    Ok((kv, loaded))
}

fn check_lineage(path: &Path, contents: &Contents, wanted: &Lineage) -> Result<(), StoreError> {
    let found = &contents.applied.stamp.lineage;
    if found == wanted {
        return Ok(());
    }
    Err(StoreError::OtherLineage {
        path: path.to_owned(),
        found: found.as_str().to_owned(),
        wanted: wanted.as_str().to_owned(),
    })
}
