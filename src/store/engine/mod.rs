//! The engine: six trees of sorted bytes, and commits that are whole or absent.
//!
//! In: a [`Batch`](crate::store::Batch) of records. Out: an answer when the batch would survive a power cut, and the
//! bytes again when they are asked for. What the bytes mean is none of its business, and which body it
//! has, on disk or in memory, with a thread of its own or without, is nobody else's.
//!
//! ```text
//! kv        what is asked of every engine
//! memory    one without a disk, whose crashes are scripted
//! sled_kv   the one on disk; every call of sled is in it
//! body      on which thread it works
//! ```

pub(super) mod kv;
pub(super) mod memory;
pub(super) mod sled_kv;
pub(super) mod body;
