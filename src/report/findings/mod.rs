//! Findings as people read them, each at its place in somebody's file.
//!
//! In: findings, and the bytes of the files they point into. Out: for each finding its line, a mark
//! under it, and where there is one, the fix. A line of a file is shown only after `veil` has put stars
//! over what looks like a secret in it and `excerpt` has kept the part that matters.

mod veil;
mod excerpt;
mod text;

pub use text::{Paint, Texts, findings};
