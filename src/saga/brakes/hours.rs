//! When something may begin at all: windows, freezes, and what would not be finished in time.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Crowd, Freeze, Opening, later};

use crate::planted::{self, Fault};

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
        let mut freezes = self.freezes.iter();
        let frozen = freezes.find(|freeze| freeze.holds_at(now));
        if let Some(freeze) = frozen.filter(|_| !planted::is(Fault::FreezeIgnored)) {
            return Err(Hold::Frozen {
                reason: freeze.reason.clone(),
                until: freeze.until,
            });
        }
        let freeze = self.next_freeze(now);
        let freeze = freeze.map(|freeze| (freeze.from, Some(freeze.until)));
        let ends = match state.opening {
            None => freeze,
            Some(Opening::Open { closes, .. }) => {
                let shuts = (closes, state.reopens);
                Some(freeze.filter(|(from, _)| *from < closes).unwrap_or(shuts))
            }
            Some(Opening::Shut { .. }) if planted::is(Fault::WindowIgnored) => freeze,
            Some(Opening::Shut { opens }) => {
                return Err(Hold::Window {
                    crowd: crowd.clone(),
                    opens,
                });
            }
        };
        match ends {
            Some((closes, again)) if later(now, needs) > closes => Err(Hold::TooLate {
                crowd: crowd.clone(),
                needs,
                closes,
                again,
            }),
            Some(_) | None => Ok(()),
        }
    }

    fn next_freeze(&self, now: Timestamp) -> Option<&Freeze> {
        let coming = self.freezes.iter().filter(|freeze| freeze.from > now);
        coming.min_by_key(|freeze| freeze.from)
    }
}
