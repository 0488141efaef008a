//! The store, told as stories: what was acknowledged is there, whatever happened since.
#![expect(
    clippy::unwrap_used,
    reason = "a test's own steps may not fail; clippy exempts only the #[test] functions themselves"
)]

#[path = "store/world.rs"]
mod world;

#[path = "store/conformance.rs"]
mod conformance;
#[path = "store/crashes.rs"]
mod crashes;
#[path = "store/damage.rs"]
mod damage;
#[path = "store/doors.rs"]
mod doors;
#[path = "store/formats.rs"]
mod formats;
#[path = "store/healing.rs"]
mod healing;
#[path = "store/laws.rs"]
mod laws;
#[path = "store/moves.rs"]
mod moves;
