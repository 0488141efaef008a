//! The pieces put into one chain.
//!
//! `draft` is the chain so far, and alone in giving out positions and needs; `care` is what the owner wants around
//! every outage. `sequence` makes the chain that leads to the wish, `way_back` the one that leads back when the
//! health check fails behind it.

mod draft;
mod care;
pub(in crate::plan) mod sequence;
pub(in crate::plan) mod way_back;
