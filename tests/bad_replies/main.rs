//! Replies that are none: cut, misshapen, endless, slow, from somebody else. For every operation respec calls.
//!
//! The table speaks to the client over real sockets; the stories run the built program with something
//! between it and the simulated cloud.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

#[path = "../cli/process.rs"]
#[expect(dead_code, reason = "the stories here need only some of it")]
mod process;
#[path = "../cli/server.rs"]
#[expect(dead_code, reason = "the stories here need only some of it")]
mod server;
#[path = "../cli/house.rs"]
#[expect(dead_code, reason = "the stories here need only some of it")]
mod house;
#[path = "../cli/shop.rs"]
mod shop;

mod raw;
mod replies;
mod operations;
mod table;
mod refusals;
mod meddler;
mod stories;
