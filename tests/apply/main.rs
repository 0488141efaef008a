//! Whole applies against whole worlds, told as stories.

#![expect(
    clippy::unwrap_used,
    reason = "a story may end where a world is not as told"
)]

#[path = "../common/rig.rs"]
mod rig;

mod house;
mod care;
mod interrupts;
mod lost_state;
mod orders;
mod orders_in_doubt;
mod outages;
mod refusals;
mod renewals;
mod restarts;
mod rollouts;
mod sequences;
