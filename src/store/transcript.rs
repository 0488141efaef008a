//! A journal file read whole, and believed only as far as it is whole.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::{Digest, Lineage};
use crate::saga::Entry;

use super::chain::{self, Claim, Head};
use super::contents::Contents;
use super::error::StoreError;
use super::files;
use super::fold::fold;
use super::line::{self, EntryLine, FileKind, Header, Line, PlanLine};
use super::records::seq_key;

/// Largest journal file that is read: 1.2 million entries of 0.4 KiB.
const FILE_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Entries that became durable together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) entries: Vec<Entry>,
    /// Their records, by key, as the database keeps them.
    pub(super) rows: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What a journal file tells.
#[derive(Debug)]
pub(super) struct Transcript {
    pub(super) lineage: Lineage,
    pub(super) commits: Vec<Commit>,
    /// The end of the chain after each commit.
    pub(super) heads: Vec<Head>,
    /// The newest version of each plan that was kept.
    pub(super) plans: BTreeMap<Digest, PlanLine>,
    /// Up to here the file is whole; what follows is a commit that was cut short.
    pub(super) whole_bytes: u64,
}

impl Transcript {
    /// Reads the file; none when there is none.
    ///
    /// A commit that the end of a journal cuts short was never acknowledged and is left out. Anything
    /// else that does not fit is damage.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        match files::read_bounded(path, FILE_BYTES_MAX)? {
            Some(bytes) => Reading::of(path, &bytes).map(Some),
            None => Ok(None),
        }
    }

    /// Where the chain ends.
    pub(super) fn end(&self) -> Head {
        let genesis = || Head::genesis(&self.lineage);
        self.heads.last().cloned().unwrap_or_else(genesis)
    }

    /// The commits that follow this end of a chain; none when the file never came by there.
    pub(super) fn after(&self, head: &Head) -> Option<&[Commit]> {
        if *head == Head::genesis(&self.lineage) {
            return Some(&self.commits);
        }
        let index = self.heads.iter().position(|known| known == head)?;
        Some(&self.commits[index + 1..])
    }

    /// How many entries there are.
    pub(super) fn n_entries(&self) -> u64 {
        self.end().seq
    }

    /// What a store holds that was given all of it.
    pub(super) fn contents(&self) -> Result<Contents, String> {
        let mut contents = Contents::empty(self.lineage.clone());
        for commit in &self.commits {
            fold(&mut contents, &commit.entries).map_err(|error| error.to_string())?;
        }
        Ok(contents)
    }
}

/// A file on its way to a transcript.
struct Reading {
    kind: FileKind,
    transcript: Transcript,
    /// The commit that is not whole yet, and the number of its last entry.
    pending: Commit,
    pending_last: u64,
    head: Head,
    ended: bool,
}

impl Reading {
    fn of(path: &Path, bytes: &[u8]) -> Result<Transcript, StoreError> {
        let mut lines = Lines { bytes, at: 0 };
        let header = header(path, lines.next())?;
        let mut reading = Self::begin(&header, lines.at);
        let mut number = 1_usize;
        while let Some(line) = lines.next() {
            number += 1;
            let damaged =
                |what: String| StoreError::damaged(path, format!("line {number}: {what}"));
            match line.and_then(line::read) {
                Ok(line) => reading.take(line, lines.at).map_err(damaged)?,
                Err(what) if reading.is_torn_at(&mut lines) => {
                    return reading.finish(path, Some(&what));
                }
                Err(what) => return Err(damaged(what)),
            }
        }
        reading.finish(path, None)
    }

    fn begin(header: &Header, whole_bytes: u64) -> Self {
        let lineage = header.lineage.clone();
        Self {
            kind: header.respec,
            head: Head::genesis(&lineage),
            transcript: Transcript {
                lineage,
                commits: Vec::new(),
                heads: Vec::new(),
                plans: BTreeMap::new(),
                whole_bytes,
            },
            pending: Commit::default(),
            pending_last: 0,
            ended: false,
        }
    }

    fn take(&mut self, line: Line, end: u64) -> Result<(), String> {
        if self.ended {
            return Err("something follows its end".into());
        }
        match line {
            Line::Entry(entry) => self.take_entry(entry, end),
            Line::Plan(plan) if self.pending.entries.is_empty() => {
                self.transcript.plans.insert(plan.plan.clone(), plan);
                self.transcript.whole_bytes = end;
                Ok(())
            }
            Line::End(told) if self.pending.entries.is_empty() => {
                self.ended = true;
                let found = (self.head.seq, self.transcript.plans.len());
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
            self.transcript.commits.push(whole);
            self.transcript.heads.push(self.head.clone());
            self.transcript.whole_bytes = end;
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

    fn finish(self, path: &Path, torn: Option<&str>) -> Result<Transcript, StoreError> {
        let cut_short = match self.kind {
            FileKind::Journal => false,
            FileKind::Export => !self.ended || torn.is_some(),
        };
        if cut_short {
            return Err(StoreError::damaged(path, "its end is missing"));
        }
        Ok(self.transcript)
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

/// Lines of bytes; a last one without its line break is an error.
struct Lines<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Result<&'a [u8], String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let end = self.bytes.iter().position(|&byte| byte == b'\n');
        let Some(end) = end else {
            self.bytes = &[];
            return Some(Err("it is cut short".into()));
        };
        let (line, rest) = self.bytes.split_at(end);
        self.bytes = &rest[1..];
        self.at += end as u64 + 1;
        Some(Ok(line))
    }
}
