//! A rehearsal, as people read it: what the day takes, and the worst of the bad days.
//!
//! In: a [`Rehearsal`]: the plan, the figures of its good day and of its bad ones. Out: the page, with a
//! `timeline` of who was out of service when.

mod timeline;
mod text;

pub use text::{Rehearsal, rehearsal_text};
