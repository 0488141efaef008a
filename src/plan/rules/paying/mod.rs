//! Money, as far as one machine goes.
//!
//! `payment` says who pays an order, and when; `prices` what each step of a finished chain costs, and what must be
//! asked to know; `orders` whether an order may be made beside those that are open already. What all machines
//! cost together is judged elsewhere.

pub(super) mod payment;
pub(in crate::plan) mod prices;
pub(in crate::plan) mod orders;
