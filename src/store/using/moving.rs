//! Out of a store and into another: one plain text with everything that is recorded.

use std::path::{Path, PathBuf};

use crate::model::Digest;
use crate::store::black_box::line::{self, EndLine, FileKind, PlanLine};
use crate::store::black_box::transcript::{FILE_BYTES_MAX, Transcript};
use crate::store::black_box::{self, journal_lines};
use crate::store::engine::kv::Tree;
use crate::store::error::StoreError;
use crate::store::folder::files::{self, Durability, PLAN_BYTES_MAX};
use crate::store::folder::layout::StoreDir;
use crate::store::mending::creation;
use crate::store::mending::refilling;

use super::opening::{Access, Store, enter};
use super::surveying::Figures;

/// Stores that were replaced and are kept; with so many, a person has to look.
const REPLACED_MAX: usize = 9;

/// What `restore` did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How much is there now.
    pub figures: Figures,
    /// Where the store is kept that was there before.
    pub replaced: Option<PathBuf>,
}

impl Store {
    /// Everything that is recorded, as JSON lines that [`Store::restore`] takes. Of the plans only the last one is in
    /// it: an open run goes on with it, and it knows who was in which group. Of the others their digests are.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is not whole or does not know the plan of the open run, [`StoreError::LostPlan`]
    /// when that plan's file is gone, [`StoreError::Refused`] when it is too large to be read back: half a copy is none.
    pub async fn export(&self) -> Result<String, StoreError> {
        self.check_all().await?;
        let contents = self.contents();
        let rows = self.rows().await?;
        let of = |tree| rows.get(&tree).map_or(&[][..], Vec::as_slice);
        let mut text = line::header(FileKind::Export, &contents.applied.stamp.lineage);
        text.push_str(&journal_lines(&self.path, of(Tree::Journal))?);
        let plans = black_box::plans(of(Tree::Meta));
        self.knows_the_open_plan(&plans)?;
        let last = contents.last_planned().map(|run| &run.plan_id);
        for plan in &plans {
            if last == Some(&plan.plan) && !self.may_lack(plan)? {
                text.push_str(&line::plan(&self.with_text(plan).await?));
            } else {
                text.push_str(&line::plan(plan));
            }
        }
        text.push_str(&line::end(EndLine {
            end: contents.next_seq - 1,
            plans: plans.len(),
        }));
        if text.len() > FILE_BYTES_MAX {
            let why = format!(
                "it would be a file of more than {FILE_BYTES_MAX} bytes, which nobody could read back"
            );
            return Err(StoreError::Refused(why));
        }
        Ok(text)
    }

    async fn with_text(&self, plan: &PlanLine) -> Result<PlanLine, StoreError> {
        let bytes = self.load_plan(&plan.plan).await?;
        let text = String::from_utf8(bytes).map_err(|_| {
            StoreError::Refused(format!("plan {} is not text", plan.plan.short(12)))
        })?;
        Ok(PlanLine {
            text: Some(text),
            ..plan.clone()
        })
    }

    /// What a file holds that [`Store::export`] wrote, or a black box that was saved; nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is not whole, [`StoreError::NewerFormat`],
    /// [`StoreError::Io`] when it is not there.
    pub fn read_export(file: &Path) -> Result<Figures, StoreError> {
        read(file).map(|(_, figures)| figures)
    }

    /// Makes the store of this folder from such a file. A store that is there already is kept beside it.
    ///
    /// # Errors
    /// As [`Store::read_export`] and [`Store::open_existing`]; then the old store is as it was, or, where its box cannot be
    /// read and had to be moved, all of it is in `replaced-N`.
    pub fn restore(dir: &StoreDir, file: &Path, access: &Access) -> Result<Restored, StoreError> {
        let (transcript, _) = read(file)?;
        files::make_dir(dir.root())?;
        let entered = enter(dir, access)?;
        files::replace(&dir.gitignore(), b"*\n", Durability::Derived)?;
        save_plans(dir, entered.owner, &transcript)?;
        let replaced = if creation::existed(dir)? {
            Some(replace(dir, &transcript)?)
        } else {
            prepare_box(dir, &transcript)?;
            put_box(dir)?;
            None
        };
        drop(entered);
        // The database is missing now, and is made again from the box as after any other loss.
        let store = Self::open_existing(dir, access)?;
        let store = store.ok_or_else(|| StoreError::damaged(dir.root(), "it was removed"))?;
        Ok(Restored {
            figures: Figures::of(&store.contents()),
            replaced,
        })
    }
}

fn read(file: &Path) -> Result<(Transcript, Figures), StoreError> {
    let transcript = Transcript::read(file)?.ok_or_else(|| {
        let absent = std::io::Error::from(std::io::ErrorKind::NotFound);
        StoreError::io("reading", file, absent)
    })?;
    let damaged = |what: String| StoreError::damaged(file, what);
    for (id, plan) in &transcript.plans {
        let is_plan = Digest::parse(id.as_str()).is_some();
        let is_whole = plan.text.as_ref().is_none_or(|text| {
            text.len() <= PLAN_BYTES_MAX && Digest::of_text(text) == plan.digest
        });
        if !is_plan || !is_whole {
            return Err(damaged(format!(
                "plan {} is not what was kept",
                id.short(12)
            )));
        }
    }
    refilling::batches(&transcript, &[])?;
    let contents = transcript.contents().map_err(damaged)?;
    Ok((transcript, Figures::of(&contents)))
}

/// Files of plans that nobody refers to yet, so that they may come first.
fn save_plans(dir: &StoreDir, owner: u32, transcript: &Transcript) -> Result<(), StoreError> {
    for (id, plan) in &transcript.plans {
        let Some(text) = &plan.text else {
            continue;
        };
        files::make_dir(&dir.plans())?;
        files::guard_dir(&dir.plans(), owner)?;
        let file = dir.plan(id, &plan.digest);
        files::replace(&file, text.as_bytes(), Durability::Synced)?;
    }
    Ok(())
}

/// The box as the transcript has it, beside the place where it belongs.
fn prepare_box(dir: &StoreDir, transcript: &Transcript) -> Result<(), StoreError> {
    let rows = transcript.commits.iter().flat_map(|commit| &commit.rows);
    let rows: Vec<_> = rows.cloned().collect();
    let mut text = line::header(FileKind::Journal, &transcript.lineage);
    text.push_str(&journal_lines(&dir.black_box(), &rows)?);
    for plan in transcript.plans.values() {
        text.push_str(&line::plan(&PlanLine {
            text: None,
            ..plan.clone()
        }));
    }
    files::prepare(&dir.black_box(), text.as_bytes(), Durability::Synced)
}

/// Gives the box that was prepared its name.
fn put_box(dir: &StoreDir) -> Result<(), StoreError> {
    files::put_in_place(&dir.black_box(), Durability::Synced)
}

/// Sets the present store aside and puts the box in its place.
///
/// The box is what everything else is made from: until it changes, in one motion, a kill leaves the old
/// store, and from then on the new one. Only where the old box cannot be read, and so cannot be copied, it has to be
/// moved: a kill right then leaves no store, and all of the old one in `replaced-N`. Whatever needs room is done before
/// anything is moved.
fn replace(dir: &StoreDir, transcript: &Transcript) -> Result<PathBuf, StoreError> {
    let aside = free_folder(dir)?;
    files::make_dir(&aside)?;
    let keep = |path: &Path| -> Result<(), StoreError> {
        let (Some(name), Some(_)) = (path.file_name(), files::inspect(path)?) else {
            return Ok(());
        };
        files::rename(path, &aside.join(name))
    };
    // Half a copy would keep the very room that is lacking, and a place among those that are kept.
    let discard = |_: &StoreError| files::discard_dir(&aside);
    let may_stay = copy_box(dir, &aside).inspect_err(discard)?;
    prepare_box(dir, transcript).inspect_err(discard)?;
    if !may_stay {
        keep(&dir.black_box())?;
    }
    keep(&dir.mark())?;
    keep(&dir.database())?;
    put_box(dir)?;
    files::sync_tree(&aside)?;
    Ok(aside)
}

/// Copies the box, so that it may stay until the new one takes its place. What cannot be read cannot be copied, nor can a
/// store be made from it.
fn copy_box(dir: &StoreDir, aside: &Path) -> Result<bool, StoreError> {
    if files::inspect(&dir.black_box())?.is_none() {
        return Ok(true);
    }
    match files::copy(&dir.black_box(), aside) {
        Err(error) if error.read_fault().is_some() => Ok(false),
        done => done.map(|()| true),
    }
}

fn free_folder(dir: &StoreDir) -> Result<PathBuf, StoreError> {
    for number in 1..=REPLACED_MAX {
        let folder = dir.root().join(format!("replaced-{number}"));
        if files::inspect(&folder)?.is_none() {
            return Ok(folder);
        }
    }
    let why = format!("{REPLACED_MAX} replaced stores are kept already; move them away");
    Err(StoreError::Refused(why))
}
