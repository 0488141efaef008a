//! The exit codes of the process, each with whoever acts on it; README has the same table.
//!
//! Where several hold, a person who is needed comes first, then an interrupt, then what was not done, then a pause.

/// Done, or nothing to do.
pub const DONE: u8 = 0;
/// None of the others; nothing was changed. Whoever runs it reads stderr.
pub const FAILED: u8 = 1;
/// Something differs: `plan -detailed-exitcode`, `drift`. For a reviewer.
pub const DIFFERS: u8 = 2;
/// Some done, some not; all is recorded. For whoever is on call.
pub const SOME_NOT_DONE: u8 = 3;
/// A plan is stale, expired or not trusted; nothing was touched. Plan again.
pub const STALE: u8 = 4;
/// Another run holds the state. Try again.
pub const LOCKED: u8 = 5;
/// A guard refused. For the author of the manifest.
pub const REFUSED: u8 = 6;
/// Waits for a person or a time; apply again to go on. For whoever pays or approves.
pub const PAUSED: u8 = 7;
/// A person is needed. For whoever is on call.
pub const PERSON_NEEDED: u8 = 8;
/// The command line is wrong: `EX_USAGE` of sysexits.
pub const USAGE: u8 = 64;
/// A file is wrong: `EX_DATAERR`.
pub const BAD_INPUT: u8 = 65;
/// Credentials are refused, or may not do this: `EX_NOPERM`.
pub const CREDENTIALS: u8 = 77;
/// 128 + SIGINT.
pub const INTERRUPTED: u8 = 130;
/// 128 + SIGTERM; a lost terminal (SIGHUP) ends a run the same way.
pub const TERMINATED: u8 = 143;
