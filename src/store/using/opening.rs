//! Opening a store for writing, and reading from it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use crate::model::{Digest, Lineage};
use crate::store::black_box::boxed::BoxedKv;
use crate::store::black_box::{self, BlackBox, Standing};
use crate::store::engine::body::{Body, Engine};
use crate::store::engine::kv::{Kv, Tree};
use crate::store::engine::memory::MemoryKv;
use crate::store::error::StoreError;
use crate::store::folder::files;
use crate::store::folder::layout::StoreDir;
use crate::store::folder::lock::Lock;
use crate::store::folder::room::Room;
use crate::store::history::chain::Head;
use crate::store::history::contents::Contents;
use crate::store::history::reading::{self, Loaded};
use crate::store::history::records::{self, FORMAT};
use crate::store::holder::Holder;
use crate::store::mark::MarkFile;
use crate::store::mending::creation;
use crate::store::mending::healing::{self, Mended, Opened};
use crate::store::snapshot;

/// How a store is held.
#[derive(Debug, Clone)]
pub struct Access {
    /// Who we are, for whoever finds it locked.
    pub holder: Holder,
    /// How long to wait for another writer, in real time; half a second at least, a day at most.
    pub lock_timeout: Duration,
    /// On which thread commits are carried out.
    pub body: Body,
    /// Whether it is opened to carry a run on: only then the reserve is taken where the disk is too full for opening it.
    pub carries_on: bool,
}

/// How a store is opened for writing.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// How it is held.
    pub access: Access,
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
    pub(super) room: Room,
    mended: Vec<Mended>,
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
        let access = options.access;
        let entered = enter(dir, &access)?;
        creation::ensure(dir, &options.lineage, entered.owner)?;
        let opened = entered.open(dir)?;
        check_lineage(dir.root(), &opened.loaded.contents, &options.lineage)?;
        Self::begin(dir, entered, opened, access.body)
    }

    /// Opens a store that is there, whosever it is; none when there never was one.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_existing(dir: &StoreDir, access: &Access) -> Result<Option<Self>, StoreError> {
        if files::inspect(dir.root())?.is_none() || !creation::existed(dir)? {
            return Ok(None);
        }
        let entered = enter(dir, access)?;
        let opened = entered.open(dir)?;
        Self::begin(dir, entered, opened, access.body).map(Some)
    }

    fn begin(
        dir: &StoreDir,
        entered: Entered,
        opened: Opened,
        body: Body,
    ) -> Result<Self, StoreError> {
        let room = &entered.room;
        let black_box = open_box(dir, &opened, &entered)?;
        let Opened { kv, loaded, .. } = entered.upgraded(dir, opened)?;
        room.fill_up()?;
        write_snapshot(dir, &loaded.contents, room)?;
        let lineage = &loaded.contents.applied.stamp.lineage;
        let disk = Disk {
            mark: room.make_do_to_open(|| MarkFile::open(&dir.mark(), lineage, &loaded.head))?,
            dir: dir.clone(),
            owner: entered.owner,
            room: room.clone(),
            mended: entered.mended.take(),
        };
        let kv = BoxedKv::new(kv, black_box, room.clone());
        let engine = Engine::start(Box::new(kv), body)?;
        let store = Self::assembled(&dir.database(), engine, loaded, Some(entered.lock));
        Ok(Self {
            disk: Some(disk),
            ..store
        })
    }

    /// What had to be mended when it was opened.
    #[must_use]
    pub fn mended(&self) -> &[Mended] {
        self.disk.as_ref().map_or(&[], |disk| &disk.mended)
    }

    /// Whether there is room for a run to begin.
    ///
    /// # Errors
    /// [`StoreError::LittleRoom`] when there is not, [`StoreError::Io`] when the system does not say.
    pub fn check_room(&self) -> Result<(), StoreError> {
        match &self.disk {
            Some(disk) => disk.room.check(disk.dir.root()),
            None => Ok(()),
        }
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

/// What its one writer has of a folder before anything is opened.
pub(super) struct Entered {
    lock: Lock,
    pub(super) owner: u32,
    room: Room,
    /// By all tries of all that is part of opening.
    mended: RefCell<Vec<Mended>>,
}

/// Takes the lock of a folder that is there, makes sure that all of it is ours alone, and sweeps it.
pub(super) fn enter(dir: &StoreDir, access: &Access) -> Result<Entered, StoreError> {
    files::inspect_dir(dir.root())?;
    let lock = Lock::take(&dir.lock(), &access.holder, access.lock_timeout)?;
    let room = Room::beside(dir.reserve(), access.carries_on);
    let owner = room.make_do_to_open(|| healing::guard(dir))?;
    creation::sweep(dir);
    Ok(Entered {
        lock,
        owner,
        room,
        mended: RefCell::default(),
    })
}

impl Entered {
    /// Opens the database.
    fn open(&self, dir: &StoreDir) -> Result<Opened, StoreError> {
        self.room.make_do_to_open(|| self.open_once(dir))
    }

    fn open_once(&self, dir: &StoreDir) -> Result<Opened, StoreError> {
        healing::open_checked(dir, self.owner, &mut self.mended.borrow_mut())
    }

    /// An older store becomes one of the present format: it has a black box now. For a second try it has to be opened
    /// again, since an engine that has met a full disk takes nothing more.
    fn upgraded(&self, dir: &StoreDir, opened: Opened) -> Result<Opened, StoreError> {
        if opened.loaded.format == FORMAT {
            return Ok(opened);
        }
        drop(opened);
        self.room.make_do_to_open(|| {
            let opened = self.open_once(dir)?;
            let lineage = &opened.loaded.contents.applied.stamp.lineage;
            opened.kv.commit(&records::identity_batch(lineage)?)?;
            Ok(opened)
        })
    }
}

/// Makes the box what it should be beside this database, and opens it.
fn open_box(dir: &StoreDir, opened: &Opened, entered: &Entered) -> Result<BlackBox, StoreError> {
    let path = dir.black_box();
    let head = &opened.loaded.head;
    let why = match &opened.standing {
        Standing::Level { whole_bytes, .. } => return BlackBox::open(&path, *whole_bytes),
        // A new store has none yet, nor has one of the first format.
        Standing::Absent if head.seq == 0 || opened.loaded.format < FORMAT => None,
        Standing::Absent => Some("was missing".to_owned()),
        Standing::Behind | Standing::Ahead { .. } => Some("was behind the database".to_owned()),
        Standing::Unreadable(why) => Some(why.clone()),
    };
    let aside = match &opened.standing {
        Standing::Behind | Standing::Unreadable(_) => Some(black_box::set_aside(&path)?),
        Standing::Absent | Standing::Level { .. } | Standing::Ahead { .. } => None,
    };
    let lineage = &opened.loaded.contents.applied.stamp.lineage;
    let make = || black_box::make(&path, &opened.kv, lineage);
    let whole_bytes = entered.room.make_do_to_open(make)?;
    let made = why.map(|why| Mended::BoxMade { why, aside });
    entered.mended.borrow_mut().extend(made);
    BlackBox::open(&path, whole_bytes)
}

/// Readers can do without a snapshot, and a run that is open must be ended on a full disk too.
fn write_snapshot(dir: &StoreDir, contents: &Contents, room: &Room) -> Result<(), StoreError> {
    if room.is_short() {
        return Ok(());
    }
    match snapshot::write(dir, contents) {
        Err(StoreError::DiskFull { .. }) => {
            room.give_up_to_open();
            Ok(())
        }
        done => done,
    }
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
