//! Money: what a change would cost, who pays an order and from what, and the vendor's billing service on both its
//! sites.
//!
//! In: the world and a call. Out: prices, orders as people see them, or an order that is placed. How an order
//! stands is kept in `world/orders.rs`; whether one may be placed is asked of `rules`.

pub(crate) mod balance;
pub(crate) mod elsewhere;
pub(crate) mod payment;
pub(crate) mod prices;
pub(crate) mod orders;
