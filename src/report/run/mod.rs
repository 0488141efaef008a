//! A run while it goes on and at its end: on a terminal, in a log, as a stream for machines.
//!
//! In: the events of an apply, one by one, and the time. Out: whatever the [`Display`] that takes them
//! writes, and at the end the [`summary()`]. What a person is told comes from two folds of the same
//! events: the [`Tally`] says what the run has come to so far, the [`Board`] where every group stands
//! and what holds each machine that has to wait.
//!
//! ```text
//!  Event ─┬─► events, rollout   one event, in words ─┬─► line                        a log
//!         ├─► tally             what it came to ─────┼─► json_lines                  a machine
//!         │                                          ├─► summary                     the end
//!         └─► board             who holds whom ──────┴─► waits ─► screenful ─► live  a terminal
//! ```
//!
//! A board has `seats`, as the plan set them; `advice` is what a person can do about a failure.

mod rollout;
mod events;
mod advice;
mod tally;
mod display;
mod seats;
mod board;
mod waits;
mod screenful;
mod line;
mod live;
mod summary;
mod json_lines;

pub use advice::advice;
pub use board::Board;
pub use display::Display;
pub(in crate::report) use events::{halt_word, outcome_word, vendor};
pub(in crate::report) use json_lines::RESOURCE_TYPE;
pub use json_lines::{Diagnostic, JsonLines};
pub use line::Line;
pub use live::{Canvas, Live};
pub use screenful::{Size, screenful};
pub use summary::{settled, summary};
pub use tally::{OpenOrder, Tally};
