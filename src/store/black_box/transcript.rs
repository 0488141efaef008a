//! A journal file read whole, and believed only as far as it is whole.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::{Digest, Lineage};
use crate::saga::Entry;
use crate::store::error::StoreError;
use crate::store::folder::files;
use crate::store::history::chain::{self, Claim, Head};
use crate::store::history::contents::Contents;
use crate::store::history::fold::fold;
use crate::store::history::records::seq_key;

use super::line::{self, EntryLine, FileKind, Header, Line, Lines, PlanLine};

/// Largest journal file that is read whole: 1.2 million entries of 0.4 KiB. A longer one goes on being written, and
/// a kill is mended from its end; what needs all of it is refused.
pub(in crate::store) const FILE_BYTES_MAX: usize = 512 * 1024 * 1024;

/// So much of the end is looked through for what followed a kill: four thousand of the longest lines.
const RECENT_BYTES: u64 = 16 * 1024 * 1024;

/// Entries that became durable together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::store) struct Commit {
    pub(in crate::store) entries: Vec<Entry>,
    /// Their records, by key, as the database keeps them.
    pub(in crate::store) rows: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What a journal file tells.
#[derive(Debug)]
pub(in crate::store) struct Transcript {
    pub(in crate::store) lineage: Lineage,
    pub(in crate::store) commits: Vec<Commit>,
    /// The end of the chain after each commit.
    pub(super) heads: Vec<Head>,
    /// The newest version of each plan that was kept.
    pub(in crate::store) plans: BTreeMap<Digest, PlanLine>,
    /// Up to here the file is whole; what follows is a commit that was cut short.
    pub(super) whole_bytes: u64,
}

impl Transcript {
    /// Reads the file; none when there is none.
    ///
    /// A commit that the end of a journal cuts short was never acknowledged and is left out. Anything
    /// else that does not fit is damage.
    pub(in crate::store) fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        match files::read_bounded(path, FILE_BYTES_MAX)? {
            Some(bytes) => Reading::of(path, &bytes).map(Some),
            None => Ok(None),
        }
    }

    /// Where the chain ends.
    pub(in crate::store) fn end(&self) -> Head {
        let genesis = || Head::genesis(&self.lineage);
        self.heads.last().cloned().unwrap_or_else(genesis)
    }

    /// The commits that follow this end of a chain; none when the file never came by there.
    pub(in crate::store) fn after(&self, head: &Head) -> Option<&[Commit]> {
        if *head == Head::genesis(&self.lineage) {
            return Some(&self.commits);
        }
        let index = self.heads.iter().position(|known| known == head)?;
        Some(&self.commits[index + 1..])
    }

    /// How many entries there are.
    pub(in crate::store) fn n_entries(&self) -> u64 {
        self.end().seq
    }

    /// What a store holds that was given all of it.
    pub(in crate::store) fn contents(&self) -> Result<Contents, String> {
        let mut contents = Contents::empty(self.lineage.clone());
        for commit in &self.commits {
            fold(&mut contents, &commit.entries).map_err(|error| error.to_string())?;
        }
        Ok(contents)
    }
}

/// What the end of a journal file tells that follows a known entry.
#[derive(Debug)]
pub(super) struct Recent {
    pub(super) commits: Vec<Commit>,
    /// The newest version of each plan that was kept since.
    pub(super) plans: Vec<PlanLine>,
    /// Up to here the file is whole; what follows is a commit that was cut short.
    pub(super) whole_bytes: u64,
}

impl Recent {
    /// Reads what follows the entry that this chain ends with, however long the file before it is. None where the end
    /// of the file does not tell: then all of it has to be read, and says what is wrong.
    pub(super) fn read(path: &Path, head: &Head) -> Result<Option<Self>, StoreError> {
        let (from, bytes) = files::read_end(path, RECENT_BYTES)?;
        let mut lines = Lines {
            bytes: &bytes,
            at: from,
        };
        let ends_the_chain = |line: Result<&[u8], String>| {
            let Ok(Line::Entry(entry)) = line.and_then(line::read) else {
                return false;
            };
            entry.last == head.seq && entry.hash == head.hash.as_str()
        };
        if !lines.any(ends_the_chain) {
            return Ok(None);
        }
        let mut reading = Reading::after(FileKind::Journal, head.clone(), lines.at);
        Ok(match reading.read(lines) {
            Ok(_) => Some(Self {
                commits: reading.commits,
                plans: reading.plans.into_values().collect(),
                whole_bytes: reading.whole_bytes,
            }),
            Err(_) => None,
        })
    }
}

/// A file on its way to a transcript.
struct Reading {
    kind: FileKind,
    commits: Vec<Commit>,
    heads: Vec<Head>,
    plans: BTreeMap<Digest, PlanLine>,
    whole_bytes: u64,
    /// The commit that is not whole yet, and the number of its last entry.
    pending: Commit,
    pending_last: u64,
    head: Head,
    ended: bool,
}

/// Whether the last commit of a file was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Torn {
    Yes,
    No,
}

impl Reading {
    fn of(path: &Path, bytes: &[u8]) -> Result<Transcript, StoreError> {
        let mut lines = Lines { bytes, at: 0 };
        let Header {
            lineage, respec, ..
        } = header(path, lines.next())?;
        let mut reading = Self::after(respec, Head::genesis(&lineage), lines.at);
        let torn = reading.read(lines).map_err(|(line, what)| {
            // The header is line 1.
            StoreError::damaged(path, format!("line {}: {what}", line + 1))
        })?;
        if reading.kind == FileKind::Export && (torn == Torn::Yes || !reading.ended) {
            return Err(StoreError::damaged(path, "its end is missing"));
        }
        Ok(Transcript {
            lineage,
            commits: reading.commits,
            heads: reading.heads,
            plans: reading.plans,
            whole_bytes: reading.whole_bytes,
        })
    }

    /// Stands behind this entry, which ends at byte `whole_bytes`.
    fn after(kind: FileKind, head: Head, whole_bytes: u64) -> Self {
        Self {
            kind,
            head,
            commits: Vec::new(),
            heads: Vec::new(),
            plans: BTreeMap::new(),
            whole_bytes,
            pending: Commit::default(),
            pending_last: 0,
            ended: false,
        }
    }

    /// Takes all lines; an error names the one that does not fit, counted from 1.
    fn read(&mut self, mut lines: Lines<'_>) -> Result<Torn, (usize, String)> {
        let mut number = 0;
        while let Some(line) = lines.next() {
            number += 1;
            match line.and_then(line::read) {
                Ok(line) => self.take(line, lines.at).map_err(|what| (number, what))?,
                Err(_) if self.is_torn_at(&mut lines) => return Ok(Torn::Yes),
                Err(what) => return Err((number, what)),
            }
        }
        Ok(Torn::No)
    }

    fn take(&mut self, line: Line, end: u64) -> Result<(), String> {
        if self.ended {
            return Err("something follows its end".into());
        }
        match line {
            Line::Entry(entry) => self.take_entry(entry, end),
            Line::Plan(plan) if self.pending.entries.is_empty() => {
                self.plans.insert(plan.plan.clone(), plan);
                self.whole_bytes = end;
                Ok(())
            }
            Line::End(told) if self.pending.entries.is_empty() => {
                self.ended = true;
                let found = (self.head.seq, self.plans.len());
                if found == (told.end, told.plans) {
                    return Ok(());
                }
                let (end, plans) = (told.end, told.plans);
                Err(format!(
                    "it has {found:?} entries and plans, not ({end}, {plans})"
                ))
            }
            Line::Plan(_) | Line::End(_) => Err("the commit before it is not whole".into()),
            Line::Header(_) => Err("it begins a second file".into()),
        }
    }

    fn take_entry(&mut self, line: EntryLine, end: u64) -> Result<(), String> {
        let seq = self.head.seq + 1;
        let claim = Claim {
            seq,
            commit: line.commit,
            hash: &line.hash,
            json: &line.json,
        };
        let bytes = claim.record();
        let record = chain::verify(self.head.hash.as_str(), seq, &bytes)?;
        if self.pending.entries.is_empty() {
            if line.commit != seq {
                return Err(format!("entry {seq} begins no commit"));
            }
            self.pending_last = line.last;
        }
        if line.last != self.pending_last || seq > line.last {
            return Err(format!("entry {seq} does not belong to its commit"));
        }
        self.head = record.head();
        self.pending.entries.push(record.entry);
        self.pending.rows.push((seq_key(seq), bytes));
        if seq == line.last {
            let whole = std::mem::take(&mut self.pending);
            self.commits.push(whole);
            self.heads.push(self.head.clone());
            self.whole_bytes = end;
        }
        Ok(())
    }

    /// Whether a bad line belongs to the last commit: no later one is there.
    ///
    /// A commit is written only after the one before it is on disk, so a readable line of a later commit
    /// says that this one was whole once.
    fn is_torn_at(&self, rest: &mut Lines<'_>) -> bool {
        let torn = match self.pending.entries.first() {
            Some(first) => first.seq,
            None => self.head.seq + 1,
        };
        let later = |line| match line {
            Line::Entry(entry) => entry.commit != torn,
            Line::Plan(_) | Line::End(_) | Line::Header(_) => true,
        };
        self.kind == FileKind::Journal
            && !rest.any(|line| line.and_then(line::read).is_ok_and(later))
    }
}

fn header(path: &Path, line: Option<Result<&[u8], String>>) -> Result<Header, StoreError> {
    let not_ours = || StoreError::damaged(path, "it is no journal of respec");
    let bytes = line.ok_or_else(not_ours)?.map_err(|_| not_ours())?;
    let Ok(Line::Header(header)) = line::read(bytes) else {
        return Err(not_ours());
    };
    if header.format > line::FORMAT {
        return Err(StoreError::NewerFormat {
            path: path.to_owned(),
            found: header.format,
            known: line::FORMAT,
        });
    }
    Ok(header)
}
