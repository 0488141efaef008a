//! What holds a machine back, and what would lift it.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::model::{Crowd, ZoneId};

/// Why something may not happen now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "hold")]
pub enum Hold {
    /// More failed than is tolerated (`max_failures`).
    Failures {
        /// Who shares the limit.
        crowd: Crowd,
        /// How many failed.
        failures: usize,
        /// How many are tolerated.
        tolerated: usize,
    },
    /// A freeze.
    Frozen {
        /// Why, in the owner's words.
        reason: String,
        /// Until when.
        until: Timestamp,
    },
    /// The window is shut.
    Window {
        /// Whose.
        crowd: Crowd,
        /// When it opens; none if it never does.
        opens: Option<Timestamp>,
    },
    /// It would not be up again before the window shuts or a freeze begins.
    TooLate {
        /// Whose window.
        crowd: Crowd,
        /// How long the outage is expected to take.
        needs: Duration,
        /// When the window shuts or the freeze begins.
        closes: Timestamp,
        /// When it may be tried again; none if never.
        again: Option<Timestamp>,
    },
    /// A batch before its own has not ended.
    Batch {
        /// Whose.
        crowd: Crowd,
        /// The batch that is open, counted from 1.
        open: u32,
        /// Machines of it that have not ended.
        unfinished: usize,
    },
    /// A gate waits.
    Wait {
        /// Whose.
        crowd: Crowd,
        /// Behind which batch it stands.
        after: u32,
        /// Until when.
        until: Timestamp,
    },
    /// A gate waits for a person.
    Approval {
        /// Whose.
        crowd: Crowd,
        /// Behind which batch it stands.
        after: u32,
    },
    /// A gate looks at something that is not as it should be, or has not looked yet.
    Check {
        /// Whose.
        crowd: Crowd,
        /// Behind which batch it stands.
        after: u32,
        /// What was seen last.
        seen: Option<String>,
    },
    /// So many of the crowd are down already (`max_unavailable`).
    Unavailable {
        /// Who shares the limit.
        crowd: Crowd,
        /// How many are down.
        down: usize,
        /// How many may be.
        limit: usize,
    },
    /// A machine of another zone is down (`spread: zone`).
    Spread {
        /// Who shares the limit.
        crowd: Crowd,
        /// That other zone.
        zone: ZoneId,
    },
    /// A promise over several groups would be broken (`availability`).
    Availability {
        /// Which.
        name: String,
        /// How many of its machines are down.
        down: usize,
        /// How many may be.
        limit: usize,
    },
}

/// What would lift a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lift {
    /// Other machines, as they come up or end.
    Others,
    /// Time.
    At(Timestamp),
    /// A person.
    Person,
    /// Nothing in this run.
    Nothing,
}

impl Hold {
    /// Whether it holds every machine of the crowd that stands behind this one in a line by batches.
    #[must_use]
    pub fn holds_all_behind(&self) -> bool {
        match self {
            Self::Failures { .. }
            | Self::Frozen { .. }
            | Self::Window { .. }
            | Self::Batch { .. }
            | Self::Wait { .. }
            | Self::Approval { .. }
            | Self::Check { .. }
            | Self::Unavailable { .. } => true,
            Self::TooLate { .. } | Self::Spread { .. } | Self::Availability { .. } => false,
        }
    }

    /// Whether it holds orders that are made ahead, too: those wait for no turn, no window and no place.
    #[must_use]
    pub fn holds_orders(&self) -> bool {
        match self {
            Self::Failures { .. } | Self::Frozen { .. } => true,
            Self::Window { .. }
            | Self::TooLate { .. }
            | Self::Batch { .. }
            | Self::Wait { .. }
            | Self::Approval { .. }
            | Self::Check { .. }
            | Self::Unavailable { .. }
            | Self::Spread { .. }
            | Self::Availability { .. } => false,
        }
    }

    /// Whether a window or a freeze is behind it, so that somebody may waive it.
    #[must_use]
    pub fn is_about_hours(&self) -> bool {
        match self {
            Self::Frozen { .. } | Self::Window { .. } | Self::TooLate { .. } => true,
            Self::Failures { .. }
            | Self::Batch { .. }
            | Self::Wait { .. }
            | Self::Approval { .. }
            | Self::Check { .. }
            | Self::Unavailable { .. }
            | Self::Spread { .. }
            | Self::Availability { .. } => false,
        }
    }

    /// Whether it is the place of another machine that is missing.
    #[must_use]
    pub fn is_about_a_place(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Spread { .. } | Self::Availability { .. } => true,
            Self::Failures { .. }
            | Self::Frozen { .. }
            | Self::Window { .. }
            | Self::TooLate { .. }
            | Self::Batch { .. }
            | Self::Wait { .. }
            | Self::Approval { .. }
            | Self::Check { .. } => false,
        }
    }

    /// How many places of a crowd others may free any moment.
    #[must_use]
    pub fn places(&self) -> usize {
        let Self::Unavailable { limit, .. } = self else {
            return 0;
        };
        *limit
    }

    /// The gate that a person has to open.
    #[must_use]
    pub fn approval_gate(&self) -> Option<(Crowd, u32)> {
        let Self::Approval { crowd, after } = self else {
            return None;
        };
        Some((crowd.clone(), *after))
    }

    /// The gate that is shut until its check has passed.
    #[must_use]
    pub fn check_gate(&self) -> Option<(Crowd, u32)> {
        let Self::Check { crowd, after, .. } = self else {
            return None;
        };
        Some((crowd.clone(), *after))
    }

    /// Whether only time or a person lifts it, so that an apply may end on it and leave the run open.
    #[must_use]
    pub fn outlasts_others(&self) -> bool {
        match self.lift() {
            Lift::At(_) | Lift::Person => true,
            Lift::Others | Lift::Nothing => false,
        }
    }

    /// What would lift it.
    #[must_use]
    pub fn lift(&self) -> Lift {
        match self {
            Self::Failures { .. }
            | Self::Window { opens: None, .. }
            | Self::TooLate { again: None, .. } => Lift::Nothing,
            Self::Frozen { until, .. } | Self::Wait { until, .. } => Lift::At(*until),
            Self::Window {
                opens: Some(opens), ..
            } => Lift::At(*opens),
            Self::TooLate {
                again: Some(again), ..
            } => Lift::At(*again),
            // The apply looks again by itself, and the next one does; whatever is wrong, a person mends it.
            Self::Approval { .. } | Self::Check { .. } => Lift::Person,
            Self::Batch { .. }
            | Self::Unavailable { .. }
            | Self::Spread { .. }
            | Self::Availability { .. } => Lift::Others,
        }
    }
}
