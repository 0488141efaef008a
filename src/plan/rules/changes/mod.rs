//! What has to change, and by which call: the type, the network, bandwidth for a while, and a restart that is due.
//!
//! In: one machine. Out: the pieces of its chain, each with its call, its reasons, its undo and whether the machine
//! must be down for it; or nothing, where it is as it should be. `retired` knows what else comes with leaving a
//! retired type, `reasons` puts a change of the network into words.

pub(super) mod retired;
pub(in crate::plan) mod transition;
mod reasons;
pub(in crate::plan) mod network;
pub(in crate::plan) mod temporary;
pub(in crate::plan) mod restart;
