//! The plan file: what a reviewer approves, and what apply reads.
//!
//! `saved` is the document, which shows when it was tampered with; `decisions` its id, a digest of what it decides and
//! of nothing else.

mod saved;
mod decisions;

pub use saved::{PLAN_BYTES_MAX, PlanFileError, SavedPlan, Source};
