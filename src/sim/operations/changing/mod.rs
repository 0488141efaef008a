//! Changes: power, specs, addresses, and how a machine is paid for.
//!
//! In: the world and a call. Out: the answer, once the rules have said yes and the effect has begun, or the
//! first rule's refusal. `spec`, `prepay` and `network` are the three modify calls, one for each way of paying and
//! one for bandwidth.

mod once;
pub(crate) mod power;
pub(crate) mod spec;
pub(crate) mod prepay;
pub(crate) mod network;
pub(crate) mod charge_type;
pub(crate) mod address;
pub(crate) mod release;
pub(crate) mod renewal;
