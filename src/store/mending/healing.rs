//! Opening with both copies at hand: what the database lacks comes from the black box.

use std::path::PathBuf;

use crate::store::black_box::transcript::{Commit, Transcript};
use crate::store::black_box::{self, Standing};
use crate::store::engine::kv::Kv as _;
use crate::store::engine::memory::MemoryKv;
use crate::store::engine::sled_kv::SledKv;
use crate::store::error::StoreError;
use crate::store::folder::files;
use crate::store::folder::layout::StoreDir;
use crate::store::history::chain::Head;
use crate::store::history::contents::Contents;
use crate::store::history::fold;
use crate::store::history::reading::{self, Loaded};
use crate::store::history::records;
use crate::store::mark;

use super::creation;
use super::ladder::{self, Fallen};
use super::plans;
use super::refilling;

/// What was mended at an opening, for the people whose store it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mended {
    /// The database was behind its journal by more than a kill explains.
    #[error(
        "the database was {n_entries} entries behind journal.jsonl, as after a full disk or when it is put back \
         from a copy; it was brought up to date"
    )]
    CaughtUp {
        /// How many entries it lacked.
        n_entries: u64,
    },
    /// The database was made again.
    #[error(
        "the database could not be used ({why}); it was made again from the {n_entries} entries of journal.jsonl{}",
        kept(aside.as_ref())
    )]
    Rebuilt {
        /// What was wrong with it.
        why: String,
        /// How many entries it has.
        n_entries: u64,
        /// Where the old one is kept.
        aside: Option<PathBuf>,
    },
    /// The black box was made again.
    #[error("journal.jsonl {why}; it was made again from the database{}", kept(aside.as_ref()))]
    BoxMade {
        /// What was wrong with it.
        why: String,
        /// Where the old one is kept.
        aside: Option<PathBuf>,
    },
}

fn kept(aside: Option<&PathBuf>) -> String {
    aside.map_or_else(String::new, |path| {
        format!(" (the old one is in {})", path.display())
    })
}

/// An open database that holds everything that was acknowledged.
#[derive(Debug)]
pub(in crate::store) struct Opened {
    pub(in crate::store) kv: SledKv,
    pub(in crate::store) loaded: Loaded,
    /// How the box stands beside it now; never ahead.
    pub(in crate::store) standing: Standing,
}

/// Makes sure that everything in the folder is ours alone; says who we are.
pub(in crate::store) fn guard(dir: &StoreDir) -> Result<u32, StoreError> {
    let owner = files::own_uid(&dir.probe())?;
    files::guard_dir(dir.root(), owner)?;
    for folder in [dir.database(), dir.plans()] {
        if files::inspect(&folder)?.is_some() {
            files::guard_dir(&folder, owner)?;
        }
    }
    let ours = [
        dir.lock(),
        dir.mark(),
        dir.black_box(),
        dir.reserve(),
        dir.snapshot(),
        dir.gitignore(),
    ];
    for file in ours {
        files::guard_file(&file, owner)?;
    }
    if files::inspect(&dir.database())?.is_some() {
        files::guard_engine_files(&dir.database(), owner)?;
    }
    Ok(owner)
}

/// Opens the database, mends it from the black box where it has to be, and checks what it holds against
/// the chain and the mark. What was mended is told also where something fails after that: the next try finds it whole.
pub(in crate::store) fn open_checked(
    dir: &StoreDir,
    owner: u32,
    mended: &mut Vec<Mended>,
) -> Result<Opened, StoreError> {
    let (kv, loaded) = match open_database(dir, owner) {
        Ok(open) => open,
        Err(fallen) => rebuild(dir, owner, fallen, mended)?,
    };
    let (loaded, standing) = catch_up(dir, &kv, loaded, mended)?;
    mark::check(&dir.mark(), &kv, &loaded.head)?;
    plans::find_open(dir, &kv, &loaded.contents)?;
    Ok(Opened {
        kv,
        loaded,
        standing,
    })
}

/// A database in memory, made from the box; none where the box cannot stand in.
///
/// For readers: on a full disk the one that is there does not open, and the reserve is not for them but for whoever
/// has machines to bring up.
pub(in crate::store) fn recollect(
    dir: &StoreDir,
) -> Result<Option<(MemoryKv, Loaded)>, StoreError> {
    let Ok(Some(transcript)) = usable_transcript(dir) else {
        return Ok(None);
    };
    let plans = plans::at_hand(dir, &transcript);
    let kv = MemoryKv::new();
    for batch in refilling::batches(&transcript, &plans)? {
        kv.commit(&batch)?;
    }
    let loaded = reading::load(&kv, &dir.black_box())?;
    Ok(Some((kv, loaded)))
}

fn open_database(dir: &StoreDir, owner: u32) -> Result<(SledKv, Loaded), Fallen> {
    let database = dir.database();
    if files::inspect(&database)?.is_none() {
        let what = "it is missing, although its mark, journal or snapshot says that it was there";
        return Err(StoreError::damaged(&database, what).into());
    }
    let kv = ladder::open(&database, owner)?;
    let loaded = reading::load(&kv, &database)?;
    Ok((kv, loaded))
}

/// Makes the database again, if it is damaged or the disk does not give it back, and the box is whole.
fn rebuild(
    dir: &StoreDir,
    owner: u32,
    fallen: Fallen,
    mended: &mut Vec<Mended>,
) -> Result<(SledKv, Loaded), StoreError> {
    let Fallen { error, copy } = fallen;
    let (path, what) = match (error.read_fault(), error) {
        (_, StoreError::Damaged { path, what }) => (path, what),
        (Some(what), _) => (dir.database(), what),
        (None, error) => return Err(error),
    };
    let transcript = match usable_transcript(dir) {
        Ok(Some(transcript)) => transcript,
        Ok(None) => return Err(StoreError::Damaged { path, what }),
        Err(why) => {
            let what = format!("{what}; nor can it be made again: {why}");
            return Err(StoreError::Damaged { path, what });
        }
    };
    let plans = plans::at_hand(dir, &transcript);
    creation::build(dir, owner, &refilling::batches(&transcript, &plans)?)?;
    let aside = ladder::set_aside(&dir.database(), copy)?;
    creation::put_in_place(dir)?;
    mended.push(Mended::Rebuilt {
        why: what,
        n_entries: transcript.n_entries(),
        aside,
    });
    open_database(dir, owner).map_err(|fallen| fallen.error)
}

/// What the box tells, if it has come at least as far as the mark; or why it cannot be used.
fn usable_transcript(dir: &StoreDir) -> Result<Option<Transcript>, String> {
    let unusable = |error: StoreError| match (error.read_fault(), error) {
        (Some(what), _) => format!("journal.jsonl cannot be used, {what}"),
        (None, StoreError::Damaged { what, .. }) => format!("journal.jsonl is damaged, {what}"),
        (None, other) => other.to_string(),
    };
    let transcript = Transcript::read(&dir.black_box()).map_err(unusable)?;
    let Some(transcript) = transcript else {
        return Ok(None);
    };
    let marked = mark::read(&dir.mark()).map_err(|error| error.to_string())?;
    match marked {
        Some(head) if transcript.after(&head).is_none() => Err(format!(
            "journal.jsonl ends at entry {}, and entry {} was written",
            transcript.n_entries(),
            head.seq
        )),
        Some(_) | None => Ok(Some(transcript)),
    }
}

/// Gives the database the plans and the commits it lacks.
///
/// One of them may have been under way when a process was killed: nobody was told that it is durable, and
/// nobody was told that it is not. More of them were acknowledged: the disk ran full under the database, or it was
/// put back. The plans come first, since a run is of no use without its own.
fn catch_up(
    dir: &StoreDir,
    kv: &SledKv,
    loaded: Loaded,
    mended: &mut Vec<Mended>,
) -> Result<(Loaded, Standing), StoreError> {
    let standing = black_box::standing(&dir.black_box(), &loaded.head)?;
    plans::keep(dir, kv, standing.plans())?;
    let Standing::Ahead { commits, .. } = standing else {
        return Ok((loaded, standing));
    };
    let mut contents = loaded.contents;
    let mut head = loaded.head;
    for commit in &commits {
        head = replay(kv, &mut contents, &head, commit)?;
    }
    if commits.len() > 1 {
        let n_entries = commits
            .iter()
            .map(|commit| commit.entries.len() as u64)
            .sum();
        mended.push(Mended::CaughtUp { n_entries });
    }
    let standing = black_box::standing(&dir.black_box(), &head)?;
    let format = loaded.format;
    Ok((
        Loaded {
            contents,
            head,
            format,
        },
        standing,
    ))
}

fn replay(
    kv: &SledKv,
    contents: &mut Contents,
    head: &Head,
    commit: &Commit,
) -> Result<Head, StoreError> {
    let delta = fold::derive(contents, &commit.entries)?;
    let (batch, head) = records::batch_of(contents, head, &delta)?;
    kv.commit(&batch)?;
    fold::absorb(contents, &delta);
    Ok(head)
}
