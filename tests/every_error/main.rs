//! Every error of the guide, answered in the middle of a run: what becomes of the machine, and of the fleet.
//!
//! The outcomes are kept in `docs/reliability.md`; run with `RESPEC_BLESS=1` to write them anew.

#![expect(
    clippy::unwrap_used,
    reason = "a case that cannot be set up has failed"
)]

#[path = "../common/rig.rs"]
mod rig;
#[path = "../common/program.rs"]
#[expect(dead_code, reason = "bad days need more of it")]
mod program;

mod fleet;
mod walk;
mod page;
