//! The voice of respec: turns findings, plans and events into text for people and machines.

pub mod words;
mod excerpt;
pub mod findings;
