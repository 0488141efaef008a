//! What was tried, and what may be tried next.
//!
//! In: journal [`Entry`]s, in order. Out: the state of every saga, and the next [`Task`]. One pure
//! function decides whether an entry is legal; it is used when an entry is written and when a journal
//! is read back, so a damaged journal is found by the code that prevents one. Nothing here waits,
//! sends or stores.

mod entry;

pub use entry::{
    Direction, Entry, Failure, Halt, Kind, OrderRecord, RunRecord, SagaOutcome, StepRef,
};
