//! Time as a port: what o'clock it is, how long something took, and waiting.
//!
//! Three kinds of time are told apart. *Wall* time is the calendar: timestamps of requests and journal
//! entries, expiry. *Elapsed* time never jumps and measures durations. Both *elapsed* and `sleep` run
//! `speed` times faster than the calendar when the user asked for it (`RESPEC_SPEED`, loopback only).

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

/// Tells the time and waits. One runtime thread, so no `Send` is asked for.
#[async_trait(?Send)]
pub trait Clock {
    /// The calendar: used for what other machines or people will read.
    fn wall(&self) -> Timestamp;

    /// Time since the clock was made; never goes back.
    fn elapsed(&self) -> Duration;

    /// Waits for `duration` of this clock's own time.
    async fn sleep(&self, duration: Duration);

    /// How many times faster than the calendar durations pass.
    fn speed(&self) -> u32 {
        1
    }
}

/// The machine's own clock, with durations divided by `speed`.
#[derive(Debug, Clone)]
pub struct SystemClock {
    start: Instant,
    speed: u32,
}

impl SystemClock {
    /// A clock whose durations pass `speed` times faster; 1 is real time.
    #[must_use]
    pub fn new(speed: u32) -> Self {
        Self {
            start: Instant::now(),
            speed: speed.max(1),
        }
    }
}

#[async_trait(?Send)]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the port's one real implementation"
    )]
    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed() * self.speed
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration / self.speed).await;
    }

    fn speed(&self) -> u32 {
        self.speed
    }
}

/// A clock under tokio's paused time: the calendar starts at a given moment and moves only when
/// every task waits. Rehearsals, `--simulate` and the simulation tests run on it.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    start: Instant,
    epoch: Timestamp,
}

impl VirtualClock {
    /// A clock that shows `epoch` now.
    #[must_use]
    pub fn starting_at(epoch: Timestamp) -> Self {
        Self {
            start: Instant::now(),
            epoch,
        }
    }
}

#[async_trait(?Send)]
impl Clock for VirtualClock {
    fn wall(&self) -> Timestamp {
        // Saturates at the calendar's end, which no bounded run reaches.
        self.epoch
            .checked_add(self.start.elapsed())
            .unwrap_or(Timestamp::MAX)
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
