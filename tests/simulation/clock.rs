//! The clock of a machine that is not set right.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use respec::clock::Clock;

/// The true time, but for its calendar.
pub(crate) struct WrongClock {
    pub(crate) right: Rc<dyn Clock>,
    /// Seconds that it is ahead.
    pub(crate) ahead: Cell<i64>,
}

#[async_trait(?Send)]
impl Clock for WrongClock {
    fn wall(&self) -> Timestamp {
        self.right.wall() + SignedDuration::from_secs(self.ahead.get())
    }

    fn elapsed(&self) -> Duration {
        self.right.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        self.right.sleep(duration).await;
    }
}
