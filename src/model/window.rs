//! When changes may begin: windows that open by a schedule, and freezes in which nothing begins.
//!
//! Everything here is arithmetic over moments that are handed in; nothing knows the present time.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use super::schedule::Schedule;

/// Openings that are taken as one because they overlap; beyond it the window counts as closing.
const MERGED_MAX: usize = 50;

/// A time zone of the IANA database, by name: `Asia/Shanghai`.
///
/// The database is compiled in, so that whoever plans and whoever applies agree on the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ZoneName {
    name: String,
    zone: TimeZone,
}

/// A name that the database does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time zone")]
pub struct UnknownZone(String);

impl ZoneName {
    /// Looks the name up.
    ///
    /// # Errors
    /// [`UnknownZone`].
    pub fn new(name: &str) -> Result<Self, UnknownZone> {
        let zone = TimeZoneDatabase::bundled().get(name);
        let zone = zone.map_err(|_| UnknownZone(name.chars().take(40).collect()))?;
        // The database takes any case; the name as it stands there is kept.
        let name = zone.iana_name().unwrap_or(name).to_owned();
        Ok(Self { name, zone })
    }

    /// Every name there is.
    #[must_use]
    pub fn all() -> Vec<String> {
        let database = TimeZoneDatabase::bundled();
        database.available().map(|name| name.to_string()).collect()
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The zone itself.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

impl TryFrom<String> for ZoneName {
    type Error = UnknownZone;
    fn try_from(name: String) -> Result<Self, UnknownZone> {
        Self::new(&name)
    }
}

impl From<ZoneName> for String {
    fn from(name: ZoneName) -> Self {
        name.name
    }
}

/// When a group's changes may begin (`window`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When it opens.
    pub schedule: Schedule,
    /// In which zone that is meant.
    pub time_zone: ZoneName,
    /// How long it stays open, in elapsed time: clocks that are put forward or back do not change it.
    pub duration: Duration,
    /// So long before the end nothing new begins.
    pub cutoff: Duration,
}

/// How a window stands at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It is open.
    Open {
        /// Until then something may begin.
        last_start: Timestamp,
        /// Until then it should be finished.
        closes: Timestamp,
    },
    /// It is shut, or too near its end.
    Shut {
        /// When it opens next; none if it never does within eight years.
        opens: Option<Timestamp>,
    },
}

impl Opening {
    /// When it opens, if it is shut.
    #[must_use]
    pub fn opens(&self) -> Option<Timestamp> {
        match self {
            Self::Open { .. } => None,
            Self::Shut { opens } => *opens,
        }
    }
}

impl Window {
    /// How it stands at this moment. Openings that overlap are one.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Opening {
        let zone = self.time_zone.zone();
        let shut = || Opening::Shut {
            opens: self.schedule.next_after(now, zone),
        };
        let Some(opened) = self.schedule.last_until(now, zone) else {
            return shut();
        };
        let mut closes = later(opened, self.duration);
        if now >= closes {
            return shut();
        }
        let mut latest = opened;
        for _ in 0..MERGED_MAX {
            match self.schedule.next_after(latest, zone) {
                Some(next) if next <= closes => {
                    latest = next;
                    closes = later(next, self.duration);
                }
                Some(_) | None => break,
            }
        }
        let last_start = earlier(closes, self.cutoff);
        if now < last_start {
            Opening::Open { last_start, closes }
        } else {
            shut()
        }
    }

    /// How long something may begin, each time it opens.
    #[must_use]
    pub fn usable(&self) -> Duration {
        self.duration.saturating_sub(self.cutoff)
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.schedule.as_str(), self.time_zone.as_str())
    }
}

/// A span in which nothing of the fleet begins (`freezes`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    /// Why, in the owner's words.
    pub reason: String,
}

impl Freeze {
    /// Whether it holds at this moment.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        (self.from..self.until).contains(&now)
    }
}

/// A moment and a while.
#[must_use]
pub fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn earlier(moment: Timestamp, by: Duration) -> Timestamp {
    moment.checked_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(schedule: &str, zone: &str, minutes: u64, cutoff: u64) -> Window {
        Window {
            schedule: Schedule::new(schedule).unwrap(),
            time_zone: ZoneName::new(zone).unwrap(),
            duration: Duration::from_secs(minutes * 60),
            cutoff: Duration::from_secs(cutoff * 60),
        }
    }

    fn told(window: &Window, now: &str) -> String {
        match window.at(now.parse().unwrap()) {
            Opening::Open { last_start, closes } => format!("open {last_start} {closes}"),
            Opening::Shut { opens: Some(opens) } => format!("shut {opens}"),
            Opening::Shut { opens: None } => "shut".to_owned(),
        }
    }

    #[test]
    fn a_window_opens_shuts_and_has_a_cutoff() {
        let window = window("Sat 02:00", "Asia/Shanghai", 240, 45); // 18:00 UTC on Friday.
        let table = [
            ("2026-11-27T17:59:59Z", "shut 2026-11-27T18:00:00Z"),
            (
                "2026-11-27T18:00:00Z",
                "open 2026-11-27T21:15:00Z 2026-11-27T22:00:00Z",
            ),
            (
                "2026-11-27T21:14:59Z",
                "open 2026-11-27T21:15:00Z 2026-11-27T22:00:00Z",
            ),
            ("2026-11-27T21:15:00Z", "shut 2026-12-04T18:00:00Z"),
            ("2026-11-28T02:00:00Z", "shut 2026-12-04T18:00:00Z"),
        ];
        for (now, expected) in table {
            assert_eq!(told(&window, now), expected, "{now}");
        }
    }

    /// In Berlin the clocks skip from 02:00 to 03:00 on 2027-03-28 (01:00 UTC) and repeat the hour
    /// from 02:00 on 2027-10-31 (01:00 UTC). In Lord Howe they move by half an hour.
    #[test]
    fn nights_on_which_the_clocks_change_have_one_opening_all_the_same() {
        let table = [
            // A skipped time comes as much later as the clocks skip: 03:30 in summer time.
            (
                "30 2 * * *",
                "Europe/Berlin",
                "2027-03-28T00:00:00Z",
                "shut 2027-03-28T01:30:00Z",
            ),
            // An hour is an hour: from 01:30 in winter time until 03:30 in summer time.
            (
                "30 1 * * *",
                "Europe/Berlin",
                "2027-03-28T00:45:00Z",
                "open 2027-03-28T01:30:00Z 2027-03-28T01:30:00Z",
            ),
            // A repeated time is meant the first time; the second time passes unnoticed.
            (
                "30 2 * * *",
                "Europe/Berlin",
                "2027-10-31T00:00:00Z",
                "shut 2027-10-31T00:30:00Z",
            ),
            (
                "30 2 * * *",
                "Europe/Berlin",
                "2027-10-31T01:30:00Z",
                "shut 2027-11-01T01:30:00Z",
            ),
            (
                "15 2 * * *",
                "Australia/Lord_Howe",
                "2027-10-02T15:00:00Z",
                "shut 2027-10-02T15:45:00Z",
            ),
            // China has no such nights.
            (
                "30 2 * * *",
                "Asia/Shanghai",
                "2027-03-27T18:00:00Z",
                "shut 2027-03-27T18:30:00Z",
            ),
        ];
        for (schedule, zone, now, expected) in table {
            let window = window(schedule, zone, 60, 0);
            assert_eq!(told(&window, now), expected, "{schedule} {zone} {now}");
        }
    }

    #[test]
    fn openings_that_overlap_are_one() {
        let window = window("0 0-2 * * *", "UTC", 90, 30);
        let open = "open 2027-01-01T03:00:00Z 2027-01-01T03:30:00Z";
        assert_eq!(told(&window, "2027-01-01T00:10:00Z"), open);
        assert_eq!(told(&window, "2027-01-01T02:50:00Z"), open);
        assert_eq!(
            told(&window, "2027-01-01T03:00:00Z"),
            "shut 2027-01-02T00:00:00Z"
        );
    }

    #[test]
    fn zones_are_found_in_any_case_and_nowhere_else() {
        assert_eq!(
            ZoneName::new("asia/shanghai").unwrap().as_str(),
            "Asia/Shanghai"
        );
        assert!(ZoneName::new("Asia/Nowhere").is_err());
        assert!(ZoneName::all().len() > 400);
    }
}
