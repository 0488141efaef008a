//! When something may begin at all: windows, freezes, and what would not be finished in time.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Crowd, Freeze, Opening, later};

use super::crowd::CrowdState;
use super::hold::Hold;

/// Whether windows and freezes hold in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// They hold.
    Hours,
    /// Somebody said `--now`, and why.
    NoHours,
}

/// The freezes of a fleet, and whether they hold.
#[derive(Debug, Clone)]
pub(super) struct Hours {
    freezes: Vec<Freeze>,
    keeping: Keeping,
}

impl Hours {
    pub(super) fn new(freezes: Vec<Freeze>, keeping: Keeping) -> Self {
        Self { freezes, keeping }
    }

    /// Whether a change that keeps its machine down for so long may begin.
    pub(super) fn allow(
        &self,
        crowd: &Crowd,
        state: &CrowdState,
        needs: Duration,
        now: Timestamp,
    ) -> Result<(), Hold> {
        match self.keeping {
            Keeping::NoHours => return Ok(()),
            Keeping::Hours => {}
        }
        if let Some(freeze) = self.freezes.iter().find(|freeze| freeze.holds_at(now)) {
            return Err(Hold::Frozen {
                reason: freeze.reason.clone(),
                until: freeze.until,
            });
        }
        let closes = match state.opening {
            None => self.next_freeze(now),
            Some(Opening::Open { closes, .. }) => Some(
                self.next_freeze(now)
                    .map_or(closes, |from| from.min(closes)),
            ),
            Some(Opening::Shut { opens }) => {
                return Err(Hold::Window {
                    crowd: crowd.clone(),
                    opens,
                });
            }
        };
        match closes {
            Some(closes) if later(now, needs) > closes => Err(Hold::TooLate {
                crowd: crowd.clone(),
                needs,
                closes,
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn next_freeze(&self, now: Timestamp) -> Option<Timestamp> {
        let coming = self.freezes.iter().map(|freeze| freeze.from);
        coming.filter(|from| *from > now).min()
    }
}
