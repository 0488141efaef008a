//! Reads: what is there, and what it could become.
//!
//! In: the world and a call. Out: the fields of the answer, filtered and cut into pages as the vendor does it.
//! Machines are shown as they were a moment ago (`world/instance.rs`); nothing here changes anything.

mod paging;
mod filter;
pub(crate) mod listing;
pub(crate) mod describe;
pub(crate) mod additional;
pub(crate) mod attributes;
pub(crate) mod attached;
pub(crate) mod account;
mod type_filter;
pub(crate) mod types;
pub(crate) mod resources;
