//! What respec says, whole pages at a time: every text is compared with a file that people have read.
//!
//! Run with `RESPEC_BLESS=1` to write the files anew, then read the difference.

#![expect(clippy::unwrap_used, reason = "a test may panic, its builders too")]

mod price_list;
mod world;
mod snapshot;
mod story;
mod plans;
mod applies;
mod screens;
mod records;
mod explains;
mod policies;
