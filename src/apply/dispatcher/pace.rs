//! Stops are paced by what can follow them: a machine that is down before its change may be asked for
//! only waits out of service.
//!
//! For every kind of change and region there is one bucket like the one its calls go through. A machine
//! is taken down in its turn there, so that as many are stopped in any minute as can be changed in one.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::apply::timing::ROUND;
use crate::cloud::{Bucket, Cloud};
use crate::model::{ModifyCall, RegionId};
use crate::plan::{Action, Saga};

/// A kind of change, and where.
type Lane = (&'static str, RegionId);

/// The pace of all kinds of changes.
#[derive(Debug, Default)]
pub(super) struct Pace {
    lanes: BTreeMap<Lane, Bucket>,
    /// The lanes that have no turn before a certain time.
    full_until: BTreeMap<Lane, Duration>,
}

impl Pace {
    /// Takes the turn of a machine that is to be taken down; whether it has one now.
    pub(super) fn has_turn(&mut self, saga: &Saga, cloud: &dyn Cloud, now: Duration) -> bool {
        let Some(change) = change_while_down(saga) else {
            return true;
        };
        let lane = (change.operation(), saga.region.clone());
        if self.full_until.get(&lane).is_some_and(|until| now < *until) {
            return false;
        }
        let rate = cloud.rate_of(&saga.region, change);
        let bucket = self.lanes.entry(lane.clone());
        let bucket = bucket.or_insert_with(|| Bucket::new(rate));
        bucket.keep_pace_with(rate);
        match bucket.take(now) {
            Ok(()) => true,
            Err(wait) => {
                // In rounds: one call stops all whose turn comes within one.
                self.full_until.insert(lane, now + wait.max(ROUND));
                false
            }
        }
    }

    /// When the next turn comes, where somebody was told that there is none.
    pub(super) fn next_turn(&self, now: Duration) -> Option<Duration> {
        let full = self.full_until.values().copied();
        full.filter(|until| now < *until).min()
    }
}

/// What is asked of the cloud in the first outage of a machine, where that comes before its start.
fn change_while_down(saga: &Saga) -> Option<&ModifyCall> {
    let first_outage = saga.steps.iter().map(|step| &step.action);
    let mut first_outage = first_outage.take_while(|action| **action != Action::Start);
    first_outage.find_map(|action| match action {
        Action::Modify(call) => Some(call),
        Action::Stop { .. }
        | Action::Start
        | Action::AwaitOrder
        | Action::PayOrder
        | Action::AllocatePublicIp
        | Action::CoolDown
        | Action::AskOffer(_)
        | Action::RunHook { .. }
        | Action::AwaitHealth(_) => None,
    })
}
