//! The voice of respec: turns plans, events and records into text for people and machines.
//!
//! In: values of the rooms above, and a [`Style`] that says what the reader's screen can do. Out: text.
//! Everything is a pure function from values to text, or a small [`Display`] that takes events and
//! writes to a `Write`. Nothing here reads a clock, a file or the environment, and nothing decides:
//! times, exit codes and next commands come in with the values.
//!
//! Text that somebody else wrote (a manifest, the cloud, a file name) passes through one door on its
//! way out: [`words::terminal`] for screens, [`escape`] for Markdown.
//!
//! ```text
//!  SavedPlan ─► view ─┬─► plan_text   a terminal          Event ─► tally ─┬─► line    a log
//!                     └─► markdown    a pull request               │      ├─► live    a terminal
//!                                                                  │      └─► summary the end
//!                                                                  └─► json_lines     a machine
//! ```

pub mod words;
mod veil;
mod excerpt;
pub mod findings;
pub mod style;
pub mod escape;
mod view;
mod spec_lines;
pub mod price_words;
mod step_words;
mod way_back_words;
mod plan_tree;
pub mod rollout_lines;
mod money_view;
mod money_text;
mod checks_text;
pub mod plan_text;
pub mod markdown;
mod time_words;
mod rollout_words;
mod event_words;
mod advice;
mod tally;
mod display;
mod seats;
mod board;
mod waits;
pub mod screenful;
pub mod line;
pub mod live;
pub mod summary;
pub mod json_lines;
pub mod drift_text;
pub mod state_text;
pub mod history_text;
pub mod explain;
pub mod explain_text;
pub mod policy;
mod timeline;
pub mod rehearsal_text;
pub mod json;
pub mod orders_text;

pub use advice::advice;
pub use board::Board;
pub use display::Display;
pub use plan_tree::Detail;
pub use style::{Colour, Style, Symbols};
pub use tally::{OpenOrder, Tally};
