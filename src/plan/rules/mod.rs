//! The vendor's rules and the owner's, one small file for each question.
//!
//! Each rule looks at one machine from all sides and answers, or blocks the change with its number,
//! its reason and the way out. None of them knows that there is a network.

pub(super) mod found;
pub(super) mod fits;
pub(super) mod targets;
pub(super) mod guards;
pub(super) mod bandwidth;
pub(super) mod payment;
pub(super) mod power;
pub(super) mod retired;
pub(super) mod transition;
pub(super) mod reasons;
pub(super) mod network;
pub(super) mod temporary;
pub(super) mod restart;
pub(super) mod care;
pub(super) mod sequence;
pub(super) mod way_back;
pub(super) mod prices;
pub(super) mod orders;
pub(super) mod type_notes;
pub(super) mod notes;
