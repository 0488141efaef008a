//! Every way to an access key, over real sockets: the simulated STS, and small servers for the rest.
//!
//! A key counts as found when a call signed with it is taken by the simulated cloud.

#![expect(
    clippy::unwrap_used,
    reason = "a test's own steps may not fail; clippy exempts only the #[test] functions themselves"
)]

mod house;

mod environment;
mod files;
mod metadata;
mod profiles;
mod renewals;
mod roles;
mod wrong_answers;
