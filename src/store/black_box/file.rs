//! The black box: every commit once more, as lines of text beside the database, and before it.
//!
//! It is the second copy. When the database does not open it is made again from here, and a database that
//! is behind it met a full disk or was put back from somewhere: it is brought up to date.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::model::Lineage;
use crate::store::engine::kv::{Batch, KeyRange, Kv, Row, Tree};
use crate::store::error::StoreError;
use crate::store::folder::files::{self, Durability};
use crate::store::history::chain::{self, Claim, Head};
use crate::store::history::records::plan_of_key;

use super::line::{self, FileKind, Line, PlanLine};
use super::transcript::{Commit, Recent, Transcript};

/// So much of the end is read to see whether the last entry is the database's: sixteen of the longest lines.
const GLANCE_BYTES: u64 = 64 * 1024;

/// Damaged boxes that are kept; with so many, a person has to look.
const COPIES_MAX: usize = 3;

/// The open file, for appending.
#[derive(Debug)]
pub(in crate::store) struct BlackBox {
    path: PathBuf,
    file: File,
    /// Everything before is on disk; what follows was cut short.
    whole_bytes: Cell<u64>,
}

/// How the box compares with the database.
#[derive(Debug)]
pub(in crate::store) enum Standing {
    /// There is none.
    Absent,
    /// Both end with the same entry. The file is whole up to here, and the database may lack these plans.
    Level {
        whole_bytes: u64,
        plans: Vec<PlanLine>,
    },
    /// The box ends before the database.
    Behind,
    /// The database lacks these commits, and perhaps these plans.
    Ahead {
        commits: Vec<Commit>,
        plans: Vec<PlanLine>,
    },
    /// The box is of no use: `was damaged, line 7: …`.
    Unreadable(String),
}

impl Standing {
    /// Plans that the box tells of and the database may lack, in their newest version.
    pub(in crate::store) fn plans(&self) -> &[PlanLine] {
        match self {
            Self::Level { plans, .. } | Self::Ahead { plans, .. } => plans,
            Self::Absent | Self::Behind | Self::Unreadable(_) => &[],
        }
    }
}

/// Compares the box with the end of the database's chain.
pub(in crate::store) fn standing(path: &Path, head: &Head) -> Result<Standing, StoreError> {
    let standing = compared(path, head);
    match standing.as_ref().err().and_then(StoreError::read_fault) {
        Some(what) => Ok(Standing::Unreadable(format!("could not be used, {what}"))),
        None => standing,
    }
}

fn compared(path: &Path, head: &Head) -> Result<Standing, StoreError> {
    if files::inspect(path)?.is_none() {
        return Ok(Standing::Absent);
    }
    if let Some(level) = level_with(path, head)? {
        return Ok(level);
    }
    if let Some(recent) = Recent::read(path, head)? {
        let Recent {
            commits,
            plans,
            whole_bytes,
        } = recent;
        return Ok(standing_after(commits, plans, whole_bytes));
    }
    let transcript = match Transcript::read(path) {
        Ok(Some(transcript)) => transcript,
        Ok(None) => return Ok(Standing::Absent),
        Err(StoreError::Damaged { what, .. }) => {
            return Ok(Standing::Unreadable(format!("was damaged, {what}")));
        }
        Err(error) => return Err(error),
    };
    if transcript.end().seq < head.seq {
        return Ok(Standing::Behind);
    }
    match transcript.after(head) {
        Some(commits) => {
            let plans = transcript.plans.values().cloned().collect();
            let commits = commits.to_vec();
            Ok(standing_after(commits, plans, transcript.whole_bytes))
        }
        None => {
            let what = format!("its entry {} is not the one of the database", head.seq);
            Err(StoreError::damaged(path, what))
        }
    }
}

fn standing_after(commits: Vec<Commit>, plans: Vec<PlanLine>, whole_bytes: u64) -> Standing {
    if commits.is_empty() {
        Standing::Level { whole_bytes, plans }
    } else {
        Standing::Ahead { commits, plans }
    }
}

/// Level, if it is seen at a glance that the last entry of the file is this one and that nothing was cut
/// short. That commits before it are whole is known: each was on disk before the next was written.
fn level_with(path: &Path, head: &Head) -> Result<Option<Standing>, StoreError> {
    let (from, tail) = files::read_end(path, GLANCE_BYTES)?;
    let whole_bytes = from + tail.len() as u64;
    let Some(tail) = tail.strip_suffix(b"\n") else {
        return Ok(None);
    };
    let mut plans = BTreeMap::new();
    for bytes in tail.rsplit(|&byte| byte == b'\n') {
        let is_end = match line::read(bytes) {
            Ok(Line::Plan(plan)) => {
                // From the end, the newest version of a plan comes first.
                plans.entry(plan.plan.clone()).or_insert(plan);
                continue;
            }
            Ok(Line::Entry(entry)) => entry.last == head.seq && entry.hash == head.hash.as_str(),
            Ok(Line::Header(header)) => *head == Head::genesis(&header.lineage),
            Ok(Line::End(_)) | Err(_) => false,
        };
        let plans = plans.into_values().collect();
        return Ok(is_end.then_some(Standing::Level { whole_bytes, plans }));
    }
    Ok(None)
}

/// Takes a box that is of no use out of the way, keeping it.
pub(in crate::store) fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    for number in 1..=COPIES_MAX {
        let aside = path.with_file_name(format!("journal.damaged-{number}.jsonl"));
        if files::inspect(&aside)?.is_none() {
            files::rename(path, &aside)?;
            return Ok(aside);
        }
    }
    let what = format!("it is of no use, and {COPIES_MAX} copies of it are kept already");
    Err(StoreError::damaged(path, what))
}

/// Makes the box from what the database holds, in one motion.
pub(in crate::store) fn make(
    path: &Path,
    kv: &dyn Kv,
    lineage: &Lineage,
) -> Result<u64, StoreError> {
    let mut text = line::header(FileKind::Journal, lineage);
    text.push_str(&journal_lines(
        path,
        &kv.scan(Tree::Journal, &KeyRange::all())?,
    )?);
    for plan in plans(&kv.scan(Tree::Meta, &KeyRange::all())?) {
        text.push_str(&line::plan(&plan));
    }
    files::replace(path, text.as_bytes(), Durability::Synced)?;
    Ok(text.len() as u64)
}

/// The lines of journal rows, which are whole commits.
pub(in crate::store) fn journal_lines(path: &Path, rows: &[Row]) -> Result<String, StoreError> {
    let mut claims: Vec<Claim<'_>> = Vec::with_capacity(rows.len());
    for (_, bytes) in rows {
        let claim = chain::claim(bytes)
            .ok_or_else(|| StoreError::damaged(path, "an entry has no readable header"))?;
        claims.push(claim);
    }
    let commits = claims.chunk_by(|a, b| a.commit == b.commit);
    Ok(commits.map(commit_lines).collect())
}

fn commit_lines(claims: &[Claim<'_>]) -> String {
    let last = claims.last().map_or(0, |claim| claim.seq);
    let lines = claims.iter().map(|claim| line::entry(claim, last));
    lines.collect()
}

/// The digests of plans among the records of [`Tree::Meta`].
pub(in crate::store) fn plans(meta: &[Row]) -> Vec<PlanLine> {
    let plans = meta.iter().filter_map(|(key, value)| {
        Some(PlanLine {
            plan: plan_of_key(key)?,
            digest: plan_of_key(&[b"plan/", value.as_slice()].concat())?,
            text: None,
        })
    });
    plans.collect()
}

impl BlackBox {
    /// Opens it for appending behind what is whole.
    pub(in crate::store) fn open(path: &Path, whole_bytes: u64) -> Result<Self, StoreError> {
        let file = files::open_own(path)?;
        let black_box = Self {
            path: path.to_owned(),
            file,
            whole_bytes: Cell::new(whole_bytes),
        };
        black_box
            .cut()
            .map_err(|e| StoreError::io("shortening", path, e))?;
        Ok(black_box)
    }

    /// What a batch adds to the box.
    pub(super) fn lines_of(&self, batch: &Batch) -> Result<String, StoreError> {
        let of = |tree| {
            let puts = batch.puts().iter().filter(move |put| put.tree == tree);
            puts.map(|put| (put.key.clone(), put.value.clone()))
        };
        let entries: Vec<Row> = of(Tree::Journal).collect();
        let mut text = journal_lines(&self.path, &entries)?;
        for plan in plans(&of(Tree::Meta).collect::<Vec<Row>>()) {
            text.push_str(&line::plan(&plan));
        }
        Ok(text)
    }

    /// Appends lines; they would survive a power cut when this returns.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] and [`StoreError::Io`]: nothing was written.
    /// [`StoreError::Unconfirmed`]: it may or may not have been.
    pub(super) fn append(&self, text: &str) -> Result<(), StoreError> {
        let at = self.whole_bytes.get();
        if let Err(error) = self.file.write_all_at(text.as_bytes(), at) {
            return Err(match self.cut() {
                Ok(()) => StoreError::io("writing", &self.path, error),
                Err(_) => self.unconfirmed(&error),
            });
        }
        // After a failed sync the kernel may drop what was written and call the next sync a success.
        self.file.sync_data().map_err(|e| self.unconfirmed(&e))?;
        self.whole_bytes.set(at + text.len() as u64);
        Ok(())
    }

    /// Takes away what follows the last whole commit.
    fn cut(&self) -> std::io::Result<()> {
        if self.file.metadata()?.len() == self.whole_bytes.get() {
            return Ok(());
        }
        self.file.set_len(self.whole_bytes.get())
    }

    fn unconfirmed(&self, error: &std::io::Error) -> StoreError {
        StoreError::Unconfirmed(format!("{}: {error}", self.path.display()))
    }
}
