//! What differs: the desired machine against the observed one, and the recorded one against the observed one.
//!
//! In: one machine of each kind. Out: field by field, from what to what, as text people read. Only
//! managed fields, those a manifest writes, are ever compared. Nothing is decided here.

mod change;
mod drift;

pub use change::{FieldChange, changes, managed_fields, value_of};
pub use drift::{DriftItem, Vanished, drift};
