//! The small words every text is made of, and the way out of every word that somebody else wrote.
//!
//! In: a number, a time, a machine, or text from a manifest, the cloud, a file's name. Out: a piece of
//! a line, fit for the screen that the [`Style`] describes. Everything else in the report writes with
//! these, so that a duration, a name or an odd character looks the same on every page.
//!
//! [`terminal()`] makes foreign text safe for a screen, [`escape`] for Markdown, and [`without_commands`]
//! a finished page for the log of a CI job; `style` has the colours, marks and folds, and how numbers and
//! times are told; `downtimes` says how long machines were gone.

mod terminal;
mod ci_log;
mod style;
pub mod escape;
mod downtimes;

pub use ci_log::without_commands;
pub(in crate::report) use downtimes::times;
pub use style::{Colour, Style, Symbols, count, duration, minute, stopwatch};
pub(in crate::report) use style::{Tone, called};
pub use terminal::terminal;
