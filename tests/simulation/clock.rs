//! The clock of a machine that is not set right.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use respec::clock::Clock;

/// The true time, but for its calendar, and but for the time that its machine sleeps, which it does not count.
pub(crate) struct WrongClock {
    pub(crate) right: Rc<dyn Clock>,
    /// Seconds that it is ahead.
    pub(crate) ahead: Cell<i64>,
    /// From when until when its machine sleeps, by the true time.
    pub(crate) nap: Cell<Option<(Duration, Duration)>>,
}

#[async_trait(?Send)]
impl Clock for WrongClock {
    fn wall(&self) -> Timestamp {
        self.right.wall() + SignedDuration::from_secs(self.ahead.get())
    }

    fn elapsed(&self) -> Duration {
        let now = self.right.elapsed();
        let slept = self.nap.get().map_or(Duration::ZERO, |(from, until)| {
            now.min(until).saturating_sub(from)
        });
        now - slept
    }

    async fn sleep(&self, duration: Duration) {
        self.right.sleep(duration).await;
    }
}
