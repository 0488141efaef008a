//! What entries change, how each is tied to the one before, and the records that are made of both.
//!
//! In: [`Entry`](crate::saga::Entry)s on their way to the disk, or the rows of an engine on their way back.
//! Out: a [`Batch`](crate::store::Batch) on the way there, [`Contents`](crate::store::Contents) on the way
//! back, checked. Nothing here touches a file.
//!
//! ```text
//!           fold                 chain, records
//! entries ───────► what changes ────────────────► one batch of records
//!
//!                         reading
//! contents ◄───────────────────────────────────── the rows of an engine
//! ```

pub(super) mod contents;
pub(super) mod fold;
pub(super) mod chain;
pub(super) mod records;
pub(super) mod reading;
