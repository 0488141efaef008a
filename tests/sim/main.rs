//! The simulated cloud, told in stories: whole worlds, signed requests, and time that only passes when
//! everybody waits.

#![expect(
    clippy::unwrap_used,
    reason = "a story that cannot go on ends here, its helpers included"
)]

mod harness;

mod billing;
mod clients;
mod codes;
mod faults;
mod http;
mod network;
mod orders;
mod power;
mod protocol;
mod owners;
mod permissions;
mod reading;
mod rules;
mod scripted;
mod schema;
mod settings;
mod specs;
mod sts;
