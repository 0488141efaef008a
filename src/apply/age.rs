//! How long ago something was, when no clock is to be trusted alone.
//!
//! The calendar may be set while a program runs, and another machine's is another one; elapsed time never jumps, but
//! stands still while a machine sleeps, and tells nothing of the time before the program. So an age is asked for in
//! two ways: *at least* so long ago, for what must be over, and *at most*, for what must still hold.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;

/// How far two clocks are apart at most of which the cloud has taken requests: each may be fifteen minutes off.
const CLOCKS_APART_MAX: Duration = Duration::from_secs(30 * 60);

/// When the program began, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Began {
    wall: Timestamp,
    elapsed: Duration,
}

impl Began {
    /// Now.
    pub(super) fn now(clock: &dyn Clock) -> Self {
        Self {
            wall: clock.wall(),
            elapsed: clock.elapsed(),
        }
    }

    /// So long the machine has slept since, as far as its calendar tells.
    pub(super) fn slept(self, clock: &dyn Clock) -> Duration {
        let awake = clock.elapsed().saturating_sub(self.elapsed);
        since(self.wall, clock.wall()).saturating_sub(awake)
    }

    /// So long ago at least was what a program before this one has stamped.
    pub(super) fn at_least(self, stamp: Timestamp, clock: &dyn Clock) -> Duration {
        let before = since(stamp, self.wall).saturating_sub(CLOCKS_APART_MAX);
        before + clock.elapsed().saturating_sub(self.elapsed)
    }

    /// So long ago at most, if its clock went like ours; for ever, where its stamp has not come yet: then one of the
    /// two is wrong, by nobody knows how much.
    pub(super) fn at_most(self, stamp: Timestamp, clock: &dyn Clock) -> Duration {
        if stamp > self.wall {
            return Duration::MAX;
        }
        let here = clock.elapsed().saturating_sub(self.elapsed);
        let by_both = since(stamp, self.wall) + here;
        by_both.max(since(stamp, clock.wall()))
    }
}

/// By the calendar alone; nothing, when it was set back.
pub(super) fn since(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or(Duration::ZERO)
}
