//! Appending: judge, chain, commit, and only then show.

use std::rc::Rc;

use async_trait::async_trait;

use crate::journal::{Journal, JournalError};
use crate::saga::Entry;
use crate::store::engine::kv::Batch;
use crate::store::error::StoreError;
use crate::store::history::fold::{self, Delta};
use crate::store::history::records;
use crate::store::snapshot;

use super::opening::{Disk, Health, Store};

/// Most entries of one commit: adopting a fleet of 10,000 machines at once, with room to spare.
const APPEND_ENTRIES_MAX: usize = 16 * 1024;

#[async_trait(?Send)]
impl Journal for Store {
    async fn append(&self, entries: &[Entry]) -> Result<(), JournalError> {
        self.write(entries).await.map_err(|error| match error {
            StoreError::Unconfirmed(why) | StoreError::FullMidway(why) => {
                JournalError::Unknown(why)
            }
            other => JournalError::Refused(other.to_string()),
        })
    }

    fn runs_short(&self) -> Option<String> {
        let disk = self.disk.as_ref().filter(|disk| disk.room.is_short())?;
        Some(format!("the disk is full: {}", disk.dir.root().display()))
    }
}

impl Store {
    async fn write(&self, entries: &[Entry]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        check_count(entries.len())?;
        self.check_health()?;
        let (delta, batch, head) = {
            let state = self.state.borrow();
            let delta = fold::derive(&state.contents, entries)?;
            let (batch, head) = records::batch_of(&state.contents, &state.head, &delta)?;
            (delta, batch, head)
        };
        self.commit(batch).await?;
        if let Some(disk) = &self.disk {
            disk.mark.advance(&head);
        }
        self.state.borrow_mut().head = head;
        self.show(&delta);
        Ok(())
    }

    /// Commits a batch, unless an earlier one left a doubt.
    pub(super) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.check_health()?;
        self.state.borrow_mut().health = Health::Writing;
        let result = self.engine.commit(batch).await;
        self.state.borrow_mut().health = match &result {
            Err(StoreError::Unconfirmed(_) | StoreError::FullMidway(_)) => Health::InDoubt,
            Ok(()) | Err(_) => Health::Ready,
        };
        result
    }

    fn check_health(&self) -> Result<(), StoreError> {
        let why = match self.state.borrow().health {
            Health::Ready => return Ok(()),
            Health::Writing => "an earlier write was not waited for",
            Health::InDoubt => "an earlier write was not confirmed",
        };
        let why = format!("{why}; the store must be opened again");
        Err(StoreError::Refused(why))
    }

    /// Makes a durable delta visible, to us and now and then to readers; not where room is short, which is kept for
    /// the journal.
    fn show(&self, delta: &Delta<'_>) {
        let mut state = self.state.borrow_mut();
        fold::absorb(Rc::make_mut(&mut state.contents), delta);
        state.n_unseen_commits += 1;
        let due =
            delta.is_run_boundary() || snapshot::is_due(state.n_unseen_commits, &state.contents);
        let may = |disk: &&Disk| due && !disk.room.is_short();
        let Some(disk) = self.disk.as_ref().filter(may) else {
            return;
        };
        // Without it readers see an older moment; the entries are safe, so the run goes on. Nor is it tried again at
        // once: what did not fit will not fit after the next commit.
        state.n_unseen_commits = 0;
        let _ignored = snapshot::write(&disk.dir, &state.contents);
    }
}

fn check_count(size: usize) -> Result<(), StoreError> {
    if size <= APPEND_ENTRIES_MAX {
        return Ok(());
    }
    Err(StoreError::TooLarge {
        what: "a commit of so many entries".into(),
        size,
        limit: APPEND_ENTRIES_MAX,
    })
}
