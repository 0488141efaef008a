//! Plays a plan on a copy of the fleet, in virtual time, by the very apply that would carry it out.
//!
//! In: a plan, the fleet as it was seen, what the state knows, and how the copy's cloud behaves. Out: the
//! [`Figures`](crate::figures::Figures) of a good day and of as many bad ones as wanted. Nothing leaves
//! the process: the copy has a cloud, a clock and a store of its own for each day, on threads of its own.
//!
//! ```text
//!   plan, fleet ─► copy ─► a world ─► day: apply in virtual time ─► figures
//!                                      ×N, each with the faults of its seed
//! ```

mod error;
mod catalogue;
mod copy;
mod prober;
mod day;
mod days;

pub use copy::{Copied, copy, fork};
pub use day::Known;
pub use days::{DAYS_MAX, bad_days, good_day};
pub use error::RehearseError;
pub use prober::SimulatedProber;
