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
//! One append, from the top of this list of files to its bottom: [`fold`] says what the entries change,
//! `chain` ties each of them to the one before, `records` makes one [`Batch`] of it, a [`Kv`] commits
//! the batch (to the `black_box` first), and only then the new [`Contents`] show.

mod holder;
mod error;
mod layout;
mod files;
mod lock;
mod room;
mod kv;
mod memory;
mod sled_kv;
mod ladder;
mod body;
mod contents;
mod fold;
mod chain;
mod line;
mod records;
mod reading;
mod transcript;
mod black_box;
mod boxed;
mod mark;
mod snapshot;
mod creation;
mod refilling;
mod healing;
mod opening;
mod recalling;
mod writing;
mod plans;
mod peeking;
mod surveying;
mod moving;

pub use body::Body;
pub use contents::{Contents, OpenRun};
pub use error::{IllegalEntry, StoreError};
pub use fold::fold;
pub use healing::Mended;
pub use holder::Holder;
pub use kv::{Batch, KeyRange, Kv, Put, Row, Tree, VALUE_BYTES_MAX};
pub use layout::StoreDir;
pub use memory::{CommitFault, MemoryKv};
pub use moving::Restored;
pub use opening::{Access, Store, StoreOptions};
pub use surveying::{Figures, Survey};
