//! What every display of a running apply can do.

use std::io;
use std::time::Duration;

use crate::event::Event;

/// Shows events while they happen.
///
/// A display that cannot write any more stays silent: the run it shows must go on, and its end tells.
pub trait Display {
    /// Shows an event.
    fn event(&mut self, event: &Event);

    /// How many lines of a stream were written, where each is counted.
    fn lines(&self) -> u64 {
        0
    }

    /// Says that time has passed, so that long silences can be broken. Call it every second or so.
    fn tick(&mut self, _elapsed: Duration) {}

    /// Shows what is left to show.
    ///
    /// # Errors
    /// The first error of writing, if there was one.
    fn finish(&mut self) -> io::Result<()>;
}
