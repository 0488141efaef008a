//! May it be so? Each answer is yes, or blocks the change; nothing here decides how a change is made.
//!
//! `found` asks it of the machine as it was found, `fits` and `targets` of the type it shall have, `bandwidth` and
//! `power` of its network and its power switch. `guards` has the say of whoever else may object to an outage.

pub(in crate::plan) mod found;
pub(in crate::plan) mod fits;
pub(in crate::plan) mod targets;
pub(super) mod guards;
pub(super) mod bandwidth;
pub(in crate::plan) mod power;
