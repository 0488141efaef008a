//! A second opinion on a plan, which shares no code with the rules that made it.
//!
//! In: a finished plan and the manifest. Out: every promise that it would break; nothing, for a good plan.
//! `chain` follows one chain with a machine of its own in mind, `way_back` does so on the way back, `check` holds
//! every machine against the manifest, `courses` looks at the portions. A plan passes through them when it is made, and
//! again when it is read from a file.

mod chain;
mod way_back;
mod check;
mod courses;

pub use check::{Objection, check};
pub use courses::check_courses;
