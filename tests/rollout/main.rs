//! The brakes of a run, tried on made-up fleets: every limit, every failure, every interleaving.

#![expect(clippy::unwrap_used, reason = "a test may panic, its builders too")]

mod fleet;
mod laws;
mod try_out;
