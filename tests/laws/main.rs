//! What holds for every plan, whatever the fleet: properties tried on made-up fleets.
//!
//! A failure prints the smallest fleet that shows it, and its seed goes to `regressions.txt`.

#![expect(clippy::unwrap_used, reason = "a test may panic, its builders too")]

mod fleets;
mod little_cloud;
mod world;
mod prices;
mod laws;
mod money;
mod ways_back;
mod disks;
mod sealed;
mod spoiled;
