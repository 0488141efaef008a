//! What a machine is: the fields the vendor shows of it, its network, and the types it can be bought as.
//!
//! These are plain values. A scenario is written in them, the world keeps them as the truth, and answers
//! are made of them; what becomes of a machine is decided elsewhere.

pub(crate) mod catalogue;
mod idle;
pub(crate) mod described;
pub(crate) mod card;
pub(crate) mod network;
