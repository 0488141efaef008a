//! Bad input of every kind, given to the built program: a clear error and an exit code, within one second
//! of processor time and 256 MiB, and nothing changed. What it says is kept beside each table, to be read.
//!
//! Bad answers of the cloud have a target of their own, `bad_replies`.

#![expect(
    clippy::unwrap_used,
    reason = "a test may stop where its own work cannot be done"
)]

mod desk;
mod environments;
mod flags;
mod manifests;
mod names;
mod plans;
mod scenarios;
