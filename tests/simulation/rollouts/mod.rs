//! Rollouts: drawn for a history, and watched while it is played.
//!
//! What is promised is read off the manifest's text; what happens, off the world, the calls, and the entries with
//! their times. Neither plan nor brakes are asked.

mod draw;
mod promise;
mod watch;

pub(crate) use draw::vary;
pub(crate) use watch::{Going, Watch};
