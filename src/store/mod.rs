//! Remembers: what was recorded of each machine, every run with its journal, every order, every plan.
//!
//! In: journal [`Entry`](crate::saga::Entry)s, in order, and the bytes of plans. Out: [`Contents`], the
//! fold of every entry that was ever acknowledged. What is acknowledged survives a kill and a power cut.
//! Nothing here decides what may be tried, asks the cloud, or starts empty where a store once was.
//!
//! ```text
//! <home>/<fleet>/            0700, one writer at a time
//!   store.lock               who writes; held by flock as long as they live, never deleted
//!   store.mark               there is a store here, and it has come at least this far
//!   journal.jsonl            the black box: every commit once more, written before the database
//!   store/                   sled: the truth
//!   plans/<plan id>.rsplan   whole files; the store keeps their digest
//!   snapshot.json            the truth a moment ago, for readers while somebody writes
//!   store.reserve            room that is given up when the disk is full
//! ```
//!
//! `folder` knows these names, and lets nobody else in. `engine` keeps bytes in `store/`, or in memory;
//! `history` knows what they mean. `mark` and `snapshot` are two small files about the truth, `black_box` is
//! the second copy of it. `mending` comes to an open database from whatever the folder holds, and `using` is
//! the open [`Store`]: everything the rest of the house can do with it.
//!
//! One append, from `history` to the disk: [`fold`] says what the entries change, `chain` ties each of them
//! to the one before, `records` makes one [`Batch`] of it, a [`Kv`] commits the batch (to the `black_box`
//! first), and only then the new [`Contents`] show.

mod holder;
mod error;
mod folder;
mod engine;
mod history;
mod mark;
mod snapshot;
mod black_box;
mod mending;
mod using;

pub use engine::body::Body;
pub use engine::kv::{Batch, KeyRange, Kv, Put, Row, Tree, VALUE_BYTES_MAX};
pub use engine::memory::{CommitFault, MemoryKv};
pub use error::{IllegalEntry, StoreError};
pub use folder::files::PLAN_BYTES_MAX;
pub use folder::layout::StoreDir;
pub use history::contents::{Contents, OpenRun};
pub use history::fold::fold;
pub use holder::Holder;
pub use mending::healing::Mended;
pub use using::{Access, Figures, PeekedPlan, Restored, Store, StoreOptions, Survey};
