//! The voice of respec: turns plans, events and records into text for people and machines.
//!
//! In: values of the rooms above, and a [`Style`] that says what the reader's screen can do. Out: text.
//! Everything is a pure function from values to text, or a small [`run::Display`] that takes events and
//! writes to a `Write`. Nothing here reads a clock, a file or the environment, and nothing decides:
//! times, exit codes and next commands come in with the values.
//!
//! Text that somebody else wrote (a manifest, the cloud, a file name) passes through one door on its
//! way out: [`words::terminal()`] for screens, [`words::escape`] for Markdown. Whoever writes a finished page
//! to a stream sends it through [`words::without_commands`], since only then is it known which word begins a line.
//!
//! ```text
//!  words      what every text is made of, and how foreign text is made safe
//!  findings   what is wrong with a manifest, under its very line
//!  plan       what would be done: a page for a terminal, or for a pull request
//!  run        what is being done, while it happens and at its end
//!  drift, state, history, explain, policy, rehearsal, orders
//!             the page of one command each
//!  json       the same for programs, as documents; a run is streamed (run::json_lines), a plan is its file
//! ```

pub mod words;
pub mod findings;
pub mod plan;
pub mod run;
pub mod drift;
pub mod state;
pub mod history;
pub mod explain;
pub mod policy;
pub mod rehearsal;
pub mod json;
pub mod orders;

pub use words::{Colour, Style, Symbols};
