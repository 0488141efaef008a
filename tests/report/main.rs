//! What respec says, whole pages at a time: every text is compared with a file that people have read.
//!
//! Run with `RESPEC_BLESS=1` to write the files anew, then read the difference.

mod world;
mod snapshot;
mod story;
mod plans;
mod applies;
mod records;
