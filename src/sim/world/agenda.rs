//! What is due when: transitions that were begun and will end by themselves.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sim::time::Now;

/// Something that ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Due {
    /// A stopping machine is down, or a starting one is up.
    PowerSettles { instance: String, turn: u64 },
    /// A paid order changes its machine (R11).
    OrderApplies { order: String },
    /// A reboot that was ordered along with a change (R17).
    Reboot { instance: String },
    /// A temporary upgrade begins (R30).
    UpgradeBegins { order: String },
    /// A temporary upgrade ends (R30).
    UpgradeEnds { instance: String },
    /// A member of a scaling group has been stopped for too long.
    OwnerReleases { instance: String, turn: u64 },
    /// The AutoReleaseTime of a machine has come, or its spot market takes it back.
    Released { instance: String, on: String },
    /// A subscription ends (R14).
    Expires { instance: String, on: String },
    /// An unpaid order is given up.
    OrderLapses { order: String },
}

/// Everything due, by the clock it is due on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Agenda {
    by_elapsed: BTreeSet<Entry<Duration>>,
    by_wall: BTreeSet<Entry<Timestamp>>,
    written: u64,
}

/// Ordered by moment, then by the order of writing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Entry<At> {
    at: At,
    written: u64,
    due: Due,
}

impl Agenda {
    /// Notes something for a moment of the elapsed clock.
    pub(crate) fn note(&mut self, at: Duration, due: Due) {
        let written = self.next();
        self.by_elapsed.insert(Entry { at, written, due });
    }

    /// Notes something for a moment of the calendar.
    pub(crate) fn note_on_calendar(&mut self, at: Timestamp, due: Due) {
        let written = self.next();
        self.by_wall.insert(Entry { at, written, due });
    }

    /// Takes what is due first, with the moment it was due at; `None` when nothing is due yet.
    pub(crate) fn take_due(&mut self, now: Now) -> Option<(Duration, Due)> {
        let on_elapsed = self.by_elapsed.first().map(|entry| entry.at);
        let on_elapsed = on_elapsed.filter(|at| *at <= now.elapsed);
        let on_wall = self.by_wall.first().map(|entry| entry.at);
        let on_wall = on_wall.filter(|at| *at <= now.wall).map(|at| ago(at, now));
        let calendar_first = match (on_elapsed, on_wall) {
            (None, None) => return None,
            (Some(elapsed), Some(wall)) => wall < elapsed,
            (elapsed, _) => elapsed.is_none(),
        };
        if calendar_first {
            let entry = self.by_wall.pop_first()?;
            return Some((ago(entry.at, now), entry.due));
        }
        let entry = self.by_elapsed.pop_first()?;
        Some((entry.at, entry.due))
    }

    fn next(&mut self) -> u64 {
        self.written += 1;
        self.written
    }
}

/// The moment of the elapsed clock at which the calendar showed `at`, taking both to run alike.
fn ago(at: Timestamp, now: Now) -> Duration {
    let late = Duration::try_from(now.wall.duration_since(at)).unwrap_or_default();
    now.elapsed.saturating_sub(late)
}
