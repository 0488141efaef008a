//! An engine without a disk, whose crashes and failures are scripted: for rehearsals and simulations.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::planted::{self, Fault};
use crate::store::error::StoreError;

use super::kv::{Batch, KeyRange, Kv, Row, Tree};

/// How a commit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFault {
    /// Nothing is written.
    Refused,
    /// Written, but not confirmed: whether it outlives a crash is for [`MemoryKv::crash`] to say.
    Unknown,
}

#[derive(Debug, Default)]
struct State {
    durable: BTreeMap<(Tree, Vec<u8>), Vec<u8>>,
    /// Unconfirmed batches: they show until a crash decides.
    tail: Vec<Batch>,
    n_commits: u64,
    faults: BTreeMap<u64, CommitFault>,
}

/// A durable prefix and a volatile tail. Clones are handles to the same memory, so that a test can
/// crash it under a store, drop the store and open it again.
#[derive(Debug, Clone, Default)]
pub struct MemoryKv {
    state: Arc<Mutex<State>>,
}

impl MemoryKv {
    /// An empty one that never fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How often a commit was asked for so far, failed ones included.
    #[must_use]
    pub fn n_commits(&self) -> u64 {
        self.state().n_commits
    }

    /// Lets the `nth` commit ever asked for fail; the first is 1.
    pub fn fail_commit(&self, nth: u64, fault: CommitFault) {
        self.state().faults.insert(nth, fault);
    }

    /// Takes back every [`MemoryKv::fail_commit`] that has not struck yet.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// Loses what was not confirmed, but for its first `n_kept` batches. Batches stay whole.
    pub fn crash(&self, n_kept: usize) {
        self.state().settle(n_kept);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held cannot have left a batch half written: writing does not panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn write(&mut self, batch: &Batch) {
        for put in batch.puts() {
            self.durable
                .insert((put.tree, put.key.clone()), put.value.clone());
        }
    }

    /// Decides about the tail: its first `n_kept` batches become durable, the others never were.
    fn settle(&mut self, n_kept: usize) {
        for batch in std::mem::take(&mut self.tail).iter().take(n_kept) {
            self.write(batch);
        }
    }

    /// What a reader sees before any crash: the tail over the prefix.
    fn visible(&self, tree: Tree) -> BTreeMap<&[u8], &[u8]> {
        let prefix = self.durable.range((tree, Vec::new())..);
        let mut rows: BTreeMap<&[u8], &[u8]> = prefix
            .take_while(|((t, _), _)| *t == tree)
            .map(|((_, key), value)| (key.as_slice(), value.as_slice()))
            .collect();
        for put in self.tail.iter().flat_map(Batch::puts) {
            if put.tree == tree {
                rows.insert(&put.key, &put.value);
            }
        }
        rows
    }
}

impl Kv for MemoryKv {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut state = self.state();
        state.n_commits += 1;
        let nth = state.n_commits;
        match state.faults.remove(&nth) {
            None if planted::is(Fault::FlushSkipped) => {
                state.tail.push(batch.clone());
                Ok(())
            }
            None => {
                // Whatever makes this commit durable has done so for everything before it.
                state.settle(usize::MAX);
                state.write(batch);
                Ok(())
            }
            Some(CommitFault::Refused) => {
                Err(StoreError::Refused(format!("commit {nth} was refused")))
            }
            Some(CommitFault::Unknown) => {
                state.tail.push(batch.clone());
                Err(StoreError::Unconfirmed(format!(
                    "commit {nth} was not confirmed"
                )))
            }
        }
    }

    fn get(&self, tree: Tree, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self
            .state()
            .visible(tree)
            .get(key)
            .map(|value| value.to_vec()))
    }

    fn scan(&self, tree: Tree, range: &KeyRange) -> Result<Vec<Row>, StoreError> {
        let state = self.state();
        let rows = state.visible(tree);
        let inside = rows
            .range(range.from.as_slice()..)
            .take_while(|(key, _)| range.reaches(key));
        Ok(inside
            .map(|(key, value)| (key.to_vec(), value.to_vec()))
            .collect())
    }
}
