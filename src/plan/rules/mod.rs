//! The vendor's rules and the owner's, one small file for each question.
//!
//! Each rule looks at one machine from all sides and answers, or blocks the change with its number,
//! its reason and the way out. None of them knows that there is a network.
//!
//! ```text
//! allowed     may it be changed, stopped, made so? Yes, or blocked
//! paying      who pays an order, what it costs, and may it be made at all
//! changes     what has to change, and by which call
//! chain       in which sequence, and what brackets an outage; the chain that leads back
//! type_notes, notes
//!             what is worth knowing although it stops nothing
//! ```

pub(super) mod allowed;
pub(super) mod paying;
pub(super) mod changes;
pub(super) mod chain;
mod type_notes;
pub(super) mod notes;
