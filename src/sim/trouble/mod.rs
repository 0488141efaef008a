//! What goes wrong on purpose: lost answers, stale reads, a type that sells out at the wrong moment.
//!
//! In: a seed or a list, and each call as it comes. Out: the fault that strikes it, and what it does to the world.
//! The faults a scenario writes down are read in `scenario/faults.rs` and counted in `world/script.rs`,
//! since a saved world remembers how far they have come; here they are carried out.

pub(crate) mod faults;
mod mischief;
