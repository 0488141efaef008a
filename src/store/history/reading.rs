//! Contents from records, checked: the chain, the journal of an open run, and that both agree with
//! the tables that were derived from them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::model::{AppliedFleet, AppliedInstance, InstanceId, Lineage, OrderId, Stamp};
use crate::saga::{Entry, RunRecord};
use crate::store::engine::kv::{KeyRange, Kv, Row, Tree};
use crate::store::error::StoreError;

use super::chain::{self, Head, Record};
use super::contents::{Contents, OpenRun};
use super::fold::fold;
use super::records::{FORMAT, IDENTITY, Identity, PROGRESS, Progress, seq_key, seq_of};

/// Everything a writer needs to go on.
#[derive(Debug, Clone)]
pub(in crate::store) struct Loaded {
    pub(in crate::store) contents: Contents,
    pub(in crate::store) head: Head,
    /// The format it was written in.
    pub(in crate::store) format: u32,
}

/// The rows of every tree, the journal's possibly without its beginning.
pub(in crate::store) type Rows = BTreeMap<Tree, Vec<Row>>;

/// Reads all trees, and of the journal what an open run needs.
pub(in crate::store) fn load(kv: &dyn Kv, path: &Path) -> Result<Loaded, StoreError> {
    let mut rows = Rows::new();
    for tree in Tree::ALL {
        if tree != Tree::Journal {
            rows.insert(tree, kv.scan(tree, &KeyRange::all())?);
        }
    }
    let tables = tables(&rows, path)?;
    let from = seq_key(first_needed(&tables).saturating_sub(1));
    let journal = kv.scan(Tree::Journal, &KeyRange { from, to: None })?;
    finish(tables, &journal, path)
}

/// Every record there is.
pub(in crate::store) fn all_rows(kv: &dyn Kv) -> Result<Rows, StoreError> {
    let rows = Tree::ALL.map(|tree| Ok((tree, kv.scan(tree, &KeyRange::all())?)));
    rows.into_iter().collect()
}

/// Checks a whole store: every link of the chain, and that the tables are the fold of all entries.
pub(in crate::store) fn check_all(rows: &Rows, path: &Path) -> Result<Loaded, StoreError> {
    let tables = tables(rows, path)?;
    let journal = rows.get(&Tree::Journal).map_or(&[][..], Vec::as_slice);
    let loaded = finish(tables, journal, path)?;
    let damaged = |what: String| StoreError::damaged(path, what);
    let genesis = Head::genesis(&loaded.contents.applied.stamp.lineage);
    let records = verify_from(genesis.hash.as_str(), 1, journal).map_err(damaged)?;
    let base = Contents::empty(loaded.contents.applied.stamp.lineage.clone());
    let replayed = replay(base, &records).map_err(damaged)?;
    if replayed == loaded.contents {
        return Ok(loaded);
    }
    Err(damaged("its tables are not what its journal says".into()))
}

/// Which store this is.
pub(super) fn identity(meta: &[Row], path: &Path) -> Result<Identity, StoreError> {
    let identity: Identity = meta_value(meta, IDENTITY, path)?;
    if identity.format > FORMAT {
        return Err(StoreError::NewerFormat {
            path: path.to_owned(),
            found: identity.format,
            known: FORMAT,
        });
    }
    Ok(identity)
}

/// The entries in these rows, whose first key is `first` and which follow the digest `previous`.
pub(in crate::store) fn verify_from(
    previous: &str,
    first: u64,
    rows: &[Row],
) -> Result<Vec<Record>, String> {
    let mut records: Vec<Record> = Vec::with_capacity(rows.len());
    for (seq, (key, bytes)) in (first..).zip(rows) {
        if seq_of(key) != Some(seq) {
            return Err(format!("entry {seq} is missing"));
        }
        let previous = records
            .last()
            .map_or(previous, |record| record.hash.as_str());
        records.push(chain::verify(previous, seq, bytes)?);
    }
    Ok(records)
}

/// The contents without the open run's entries, and where the journal should end.
struct Tables {
    contents: Contents,
    head: Head,
    format: u32,
    open: Option<RunRecord>,
}

fn tables(rows: &Rows, path: &Path) -> Result<Tables, StoreError> {
    let of = |tree| rows.get(&tree).map_or(&[][..], Vec::as_slice);
    let identity = identity(of(Tree::Meta), path)?;
    let progress: Progress = meta_value(of(Tree::Meta), PROGRESS, path)?;
    let runs: Vec<RunRecord> = values(of(Tree::Runs), path)?;
    let contents = Contents {
        applied: AppliedFleet {
            stamp: Stamp {
                lineage: identity.lineage,
                serial: progress.serial,
            },
            instances: recorded(by_name(of(Tree::Applied), path, InstanceId::new)?),
        },
        change_numbers: by_name(of(Tree::Changes), path, InstanceId::new)?,
        orders: by_name(of(Tree::Orders), path, OrderId::new)?,
        open_run: None,
        next_seq: progress.head.seq.saturating_add(1),
        runs,
    };
    let mut open = contents.runs.iter().filter(|run| run.closed.is_none());
    let (open, second) = (open.next().cloned(), open.next());
    if second.is_some() {
        return Err(StoreError::damaged(path, "two of its runs are open"));
    }
    Ok(Tables {
        contents,
        head: progress.head,
        format: identity.format,
        open,
    })
}

/// A machine that was forgotten is kept as `null`: engines are only asked to put.
fn recorded(
    machines: BTreeMap<InstanceId, Option<AppliedInstance>>,
) -> BTreeMap<InstanceId, AppliedInstance> {
    let machines = machines.into_iter();
    machines
        .filter_map(|(id, record)| Some((id, record?)))
        .collect()
}

/// The first entry that is read at every opening: of the open run, or else the last one.
fn first_needed(tables: &Tables) -> u64 {
    tables
        .open
        .as_ref()
        .map_or(tables.head.seq, |run| run.first_seq)
}

/// Checks the journal from where it is needed, and adds the open run.
fn finish(tables: Tables, journal: &[Row], path: &Path) -> Result<Loaded, StoreError> {
    let damaged = |what: String| StoreError::damaged(path, what);
    let first = first_needed(&tables);
    let lineage = &tables.contents.applied.stamp.lineage;
    let records = needed_records(lineage, first, journal).map_err(damaged)?;
    check_end(&tables.head, &records).map_err(damaged)?;
    let Tables {
        mut contents,
        head,
        format,
        open,
    } = tables;
    if let Some(record) = open {
        let entries = records.iter().map(|r| r.entry.clone()).collect();
        check_run(&contents, &record, &records).map_err(damaged)?;
        contents.open_run = Some(OpenRun { record, entries });
    }
    Ok(Loaded {
        contents,
        head,
        format,
    })
}

fn needed_records(lineage: &Lineage, first: u64, journal: &[Row]) -> Result<Vec<Record>, String> {
    let before = journal
        .iter()
        .position(|(key, _)| seq_of(key) >= Some(first.max(1)))
        .unwrap_or(journal.len());
    let genesis = Head::genesis(lineage);
    let previous = match before.checked_sub(1).and_then(|index| journal.get(index)) {
        Some((_, bytes)) => chain::claimed_hash(bytes).ok_or("an entry has no readable header")?,
        None if first <= 1 => genesis.hash.as_str(),
        None => return Err(format!("entry {} is missing", first - 1)),
    };
    verify_from(previous, first.max(1), &journal[before..])
}

/// The journal must end exactly where the head says.
fn check_end(head: &Head, records: &[Record]) -> Result<(), String> {
    let end = records.last().map(|r| (r.entry.seq, r.hash.as_str()));
    match end {
        Some(end) if end == (head.seq, head.hash.as_str()) => Ok(()),
        None if head.seq == 0 => Ok(()),
        Some((seq, _)) => Err(format!("its journal ends at {seq}, not at {}", head.seq)),
        None => Err(format!("entry {} is missing", head.seq)),
    }
}

/// Folds the open run again: every entry must be legal, and the tables must hold what it changed.
fn check_run(contents: &Contents, open: &RunRecord, records: &[Record]) -> Result<(), String> {
    let mut base = Contents::empty(contents.applied.stamp.lineage.clone());
    base.next_seq = open.first_seq;
    let replayed = replay(base, records)?;
    let agrees = replayed.runs == [open.clone()]
        && includes(&contents.applied.instances, &replayed.applied.instances)
        && includes(&contents.change_numbers, &replayed.change_numbers)
        // An order may have been recorded first by an earlier run.
        && replayed.orders.keys().all(|id| contents.orders.contains_key(id));
    if agrees {
        Ok(())
    } else {
        Err(format!(
            "its tables are not what the journal of {} says",
            open.run
        ))
    }
}

fn includes<K: Ord, V: PartialEq>(all: &BTreeMap<K, V>, some: &BTreeMap<K, V>) -> bool {
    some.iter().all(|(key, value)| all.get(key) == Some(value))
}

/// Folds records commit by commit, as they were written.
fn replay(mut contents: Contents, records: &[Record]) -> Result<Contents, String> {
    for commit in records.chunk_by(|a, b| a.commit == b.commit) {
        let entries: Vec<Entry> = commit.iter().map(|r| r.entry.clone()).collect();
        fold(&mut contents, &entries).map_err(|e| e.to_string())?;
    }
    Ok(contents)
}

fn meta_value<T: DeserializeOwned>(
    meta: &[Row],
    wanted: &[u8],
    path: &Path,
) -> Result<T, StoreError> {
    let (_, bytes) = meta
        .iter()
        .find(|(key, _)| key == wanted)
        .ok_or_else(|| unreadable(path, wanted, &"it is missing"))?;
    value(wanted, bytes, path)
}

fn values<T: DeserializeOwned>(rows: &[Row], path: &Path) -> Result<Vec<T>, StoreError> {
    rows.iter()
        .map(|(key, bytes)| value(key, bytes, path))
        .collect()
}

fn by_name<K: Ord, V: DeserializeOwned, E: std::fmt::Display>(
    rows: &[Row],
    path: &Path,
    parse: fn(String) -> Result<K, E>,
) -> Result<BTreeMap<K, V>, StoreError> {
    let mut map = BTreeMap::new();
    for (key, bytes) in rows {
        let name = String::from_utf8_lossy(key).into_owned();
        let id = parse(name).map_err(|e| unreadable(path, key, &e))?;
        map.insert(id, value(key, bytes, path)?);
    }
    Ok(map)
}

fn value<T: DeserializeOwned>(key: &[u8], bytes: &[u8], path: &Path) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|e| unreadable(path, key, &e))
}

fn unreadable(path: &Path, key: &[u8], why: &dyn std::fmt::Display) -> StoreError {
    let key = seq_of(key).map_or_else(
        || String::from_utf8_lossy(key).into_owned(),
        |seq| seq.to_string(),
    );
    StoreError::damaged(
        path,
        format!("its record `{}`: {why}", key.escape_default()),
    )
}
