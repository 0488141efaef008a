//! Reading back what was written: the journal of a run, or all of it against everything else.

use crate::model::RunId;
use crate::saga::Entry;
use crate::store::engine::kv::{KeyRange, Tree};
use crate::store::error::StoreError;
use crate::store::history::chain::{self, Head};
use crate::store::history::reading;
use crate::store::history::records::seq_key;

use super::opening::Store;

impl Store {
    /// The journal of one run, open or over; empty for a run that is not known.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when its part of the chain does not hold.
    pub async fn entries(&self, run: &RunId) -> Result<Vec<Entry>, StoreError> {
        let contents = self.contents();
        let Some(index) = contents.runs.iter().position(|r| &r.run == run) else {
            return Ok(Vec::new());
        };
        // Runs follow one another: each ends where the next one begins.
        let first = contents.runs[index].first_seq;
        let next = contents.runs.get(index + 1).map(|r| seq_key(r.first_seq));
        let range = KeyRange {
            from: seq_key(first),
            to: next,
        };
        let previous = self.hash_before(first).await?;
        let rows = self.engine.scan(Tree::Journal, range).await?;
        let records = reading::verify_from(&previous, first, &rows)
            .map_err(|what| StoreError::damaged(&self.path, what))?;
        Ok(records.into_iter().map(|record| record.entry).collect())
    }

    /// Checks every link of the chain and that every table is what the journal says.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first disagreement.
    pub async fn check_all(&self) -> Result<(), StoreError> {
        reading::check_all(&self.rows().await?, &self.path).map(drop)
    }

    /// Every record there is.
    pub(super) async fn rows(&self) -> Result<reading::Rows, StoreError> {
        let mut rows = reading::Rows::new();
        for tree in Tree::ALL {
            rows.insert(tree, self.engine.scan(tree, KeyRange::all()).await?);
        }
        Ok(rows)
    }

    async fn hash_before(&self, seq: u64) -> Result<String, StoreError> {
        if seq <= 1 {
            let genesis = Head::genesis(&self.contents().applied.stamp.lineage);
            return Ok(genesis.hash.as_str().to_owned());
        }
        let record = self.engine.get(Tree::Journal, &seq_key(seq - 1)).await?;
        let hash = chain::claimed_hash(record.as_deref().unwrap_or_default());
        hash.map(str::to_owned)
            .ok_or_else(|| StoreError::damaged(&self.path, format!("entry {} is missing", seq - 1)))
    }
}
