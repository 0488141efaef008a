//! A database from a transcript: the same records that were written when it happened.

use serde::Serialize;

use crate::model::Digest;
use crate::store::black_box::transcript::Transcript;
use crate::store::engine::kv::{Batch, Tree};
use crate::store::error::StoreError;
use crate::store::history::contents::Contents;
use crate::store::history::records::{self, seq_key};

/// Records of one commit. Nobody relies on the database before it is whole, so that one sync for a
/// thousand records is enough.
const RECORDS_A_BATCH: usize = 1_000;

/// Everything a database holds that was given these commits, and these plans by id and digest.
///
/// # Errors
/// What does not follow: such a transcript was not written by a store.
pub(in crate::store) fn batches(
    transcript: &Transcript,
    plans: &[(Digest, Digest)],
) -> Result<Vec<Batch>, StoreError> {
    let contents = transcript.contents().map_err(StoreError::Refused)?;
    let mut filling = Filling::default();
    for commit in &transcript.commits {
        for (key, bytes) in &commit.rows {
            filling.put(Tree::Journal, key, bytes.as_slice())?;
        }
    }
    filling.tables(&contents)?;
    for (plan, digest) in plans {
        filling.put(Tree::Meta, &records::plan_key(plan), digest.as_str())?;
    }
    let mut batches = filling.batches;
    batches.push(records::state_batch(&contents, &transcript.end())?);
    Ok(batches)
}

#[derive(Default)]
struct Filling {
    batches: Vec<Batch>,
}

impl Filling {
    fn tables(&mut self, contents: &Contents) -> Result<(), StoreError> {
        for (instance, record) in &contents.applied.instances {
            self.put_value(Tree::Applied, instance.as_str().as_bytes(), record)?;
        }
        for (instance, number) in &contents.change_numbers {
            self.put_value(Tree::Changes, instance.as_str().as_bytes(), number)?;
        }
        for (order_id, record) in &contents.orders {
            self.put_value(Tree::Orders, order_id.as_str().as_bytes(), record)?;
        }
        for record in &contents.runs {
            self.put_value(Tree::Runs, &seq_key(record.first_seq), record)?;
        }
        Ok(())
    }

    fn put_value<T: Serialize>(
        &mut self,
        tree: Tree,
        key: &[u8],
        value: &T,
    ) -> Result<(), StoreError> {
        self.put(tree, key, crate::model::canonical_json(value))
    }

    fn put(&mut self, tree: Tree, key: &[u8], value: impl Into<Vec<u8>>) -> Result<(), StoreError> {
        let full = self
            .batches
            .last()
            .is_none_or(|batch| batch.puts().len() >= RECORDS_A_BATCH);
        if full {
            self.batches.push(Batch::default());
        }
        match self.batches.last_mut() {
            Some(batch) => batch.put(tree, key, value),
            None => Ok(()),
        }
    }
}
