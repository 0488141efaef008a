//! The voice of respec: turns what happened and what was found into text for people and machines.
//!
//! In: findings, plans, events. Out: text, as a value; the terminal itself is not touched here.
//! Nothing from a manifest or from the cloud is printed before [`words::terminal`] has seen it.

pub mod words;
mod excerpt;
pub mod findings;
