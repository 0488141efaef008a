//! Contents as records: which tree, which key, which bytes.

use serde::{Deserialize, Serialize};

use crate::model::{Digest, Lineage, canonical_json};
use crate::store::engine::kv::{Batch, Tree};
use crate::store::error::StoreError;

use super::chain::Head;
use super::contents::Contents;
use super::fold::Delta;

/// Format of everything but the journal records, which carry their own.
///
/// 1: the database alone. 2: a black box beside it, and forgotten machines.
pub(in crate::store) const FORMAT: u32 = 2;

/// Key of [`Identity`] in [`Tree::Meta`].
pub(in crate::store) const IDENTITY: &[u8] = b"identity";

/// Key of [`Progress`] in [`Tree::Meta`].
pub(super) const PROGRESS: &[u8] = b"progress";

/// What never changes about a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) format: u32,
    pub(super) lineage: Lineage,
}

/// What every commit moves on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) head: Head,
    pub(super) serial: u64,
}

/// Entries by number: big-endian, so that byte order is number order.
pub(in crate::store) fn seq_key(seq: u64) -> Vec<u8> {
    seq.to_be_bytes().to_vec()
}

/// The number in such a key.
pub(super) fn seq_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.try_into().ok()?))
}

/// Key of a plan's digest in [`Tree::Meta`].
pub(in crate::store) fn plan_key(plan_id: &Digest) -> Vec<u8> {
    format!("plan/{}", plan_id.as_str()).into_bytes()
}

/// The plan id in such a key; none in any other key, and none that is no digest.
pub(in crate::store) fn plan_of_key(key: &[u8]) -> Option<Digest> {
    let text = std::str::from_utf8(key.strip_prefix(b"plan/")?).ok()?;
    Digest::parse(text)
}

/// The records of a store that holds nothing.
pub(in crate::store) fn first_batch(lineage: &Lineage) -> Result<Batch, StoreError> {
    state_batch(&Contents::empty(lineage.clone()), &Head::genesis(lineage))
}

/// What says that a store is of the present format.
pub(in crate::store) fn identity_batch(lineage: &Lineage) -> Result<Batch, StoreError> {
    let identity = Identity {
        format: FORMAT,
        lineage: lineage.clone(),
    };
    let mut batch = Batch::default();
    put(&mut batch, Tree::Meta, IDENTITY, &identity)?;
    Ok(batch)
}

/// What says how far a store has come that holds this, and that it is of the present format.
pub(in crate::store) fn state_batch(contents: &Contents, head: &Head) -> Result<Batch, StoreError> {
    let stamp = &contents.applied.stamp;
    let progress = Progress {
        head: head.clone(),
        serial: stamp.serial,
    };
    let mut batch = identity_batch(&stamp.lineage)?;
    put(&mut batch, Tree::Meta, PROGRESS, &progress)?;
    Ok(batch)
}

/// One commit: the entries, what they change, and the new end of the chain.
pub(in crate::store) fn batch_of(
    contents: &Contents,
    head: &Head,
    delta: &Delta<'_>,
) -> Result<(Batch, Head), StoreError> {
    let mut batch = Batch::default();
    let mut head = head.clone();
    for entry in delta.entries {
        let (next, bytes) = head.link(contents.next_seq, entry);
        batch.put(Tree::Journal, seq_key(entry.seq), bytes)?;
        head = next;
    }
    put_changed(&mut batch, delta)?;
    let progress = Progress {
        head: head.clone(),
        serial: contents.applied.stamp.serial + delta.serial_step(),
    };
    put(&mut batch, Tree::Meta, PROGRESS, &progress)?;
    Ok((batch, head))
}

fn put_changed(batch: &mut Batch, delta: &Delta<'_>) -> Result<(), StoreError> {
    for (instance, record) in &delta.applied {
        put(batch, Tree::Applied, instance.as_str(), record)?;
    }
    for (instance, number) in &delta.change_numbers {
        put(batch, Tree::Changes, instance.as_str(), number)?;
    }
    for (order_id, record) in &delta.orders {
        put(batch, Tree::Orders, order_id.as_str(), record)?;
    }
    for (first_seq, record) in &delta.runs {
        put(batch, Tree::Runs, seq_key(*first_seq), record)?;
    }
    Ok(())
}

fn put<T: Serialize>(
    batch: &mut Batch,
    tree: Tree,
    key: impl AsRef<[u8]>,
    value: &T,
) -> Result<(), StoreError> {
    batch.put(tree, key.as_ref(), canonical_json(value))
}
