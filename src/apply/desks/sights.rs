//! What looks have shown, and who is looked at along the way.
//!
//! A call that looks at a few machines may look at more for nothing. Those who come next are then known
//! when their turn comes; and of the others, whoever is stopped by somebody else is seen to be down.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use crate::apply::timing::{JUST_SEEN, NAP_UNNOTICED, STALE_MAX, poll_after};
use crate::model::{InstanceId, InstanceStatus, ObservedFleet, ObservedInstance, RegionId};

/// Machines that come next and are looked at along the way, in one call.
const NEXT_MAX: usize = 40;

/// Other machines that are looked at along the way, in one call: few, for each is read and sent.
const OTHERS_MAX: usize = 5;

/// A kind of waiting whose length is learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::apply) enum Wait {
    /// For a machine to come down.
    Stop,
    /// For it to come up.
    Start,
    /// For a change to show.
    Change,
}

/// Everything that the looks of this program have shown.
#[derive(Debug, Default)]
pub(in crate::apply) struct Sights {
    /// The last look at each machine, when it was answered.
    last: BTreeMap<InstanceId, (Duration, Rc<ObservedInstance>)>,
    /// How long the machine that this runs on had slept when that was noticed last.
    slept: Duration,
    /// When a machine was first known not to run, after it last did.
    down_since: BTreeMap<InstanceId, Duration>,
    /// When a machine was first seen to run, after it last did not.
    up_since: BTreeMap<InstanceId, Duration>,
    /// The shortest that each kind of waiting took.
    shortest: BTreeMap<Wait, Duration>,
    /// Who comes next.
    pub(in crate::apply) next: Vec<(RegionId, InstanceId)>,
    /// Everybody else, whoever was looked at longest ago first.
    others: VecDeque<(RegionId, InstanceId)>,
}

impl Sights {
    /// What is known when the program begins.
    pub(in crate::apply) fn begin(
        seen: &ObservedFleet,
        others: VecDeque<(RegionId, InstanceId)>,
        now: Duration,
    ) -> Self {
        let seen = seen.instances.values();
        let up = seen.filter(|seen| seen.status == InstanceStatus::Running);
        Self {
            up_since: up.map(|seen| (seen.id.clone(), now)).collect(),
            others,
            ..Self::default()
        }
    }

    /// A look was answered.
    pub(in crate::apply) fn record(&mut self, seen: Rc<ObservedInstance>, now: Duration) {
        if seen.status == InstanceStatus::Running {
            self.seen_up(&seen.id, now);
        } else {
            self.seen_down(&seen.id, now);
        }
        match self.last.get_mut(&seen.id) {
            Some(last) => *last = (now, seen),
            None => {
                self.last.insert(seen.id.clone(), (now, seen));
            }
        }
    }

    /// A look may be from before the machine went down.
    fn seen_up(&mut self, id: &InstanceId, now: Duration) {
        let is_old = |down: &Duration| now < *down + STALE_MAX;
        if !self.down_since.get(id).is_some_and(is_old) {
            self.down_since.remove(id);
            self.up_since.entry(id.clone()).or_insert(now);
        }
    }

    /// A look may be from before the machine came up: from the outage before this one.
    fn seen_down(&mut self, id: &InstanceId, now: Duration) {
        let is_old = |up: &Duration| now < *up + STALE_MAX;
        if !self.up_since.get(id).is_some_and(is_old) {
            self.known_down(id, now);
        }
    }

    /// Whatever looks show, the cloud has just done what it does to a machine that is Stopped alone.
    pub(in crate::apply) fn known_down(&mut self, id: &InstanceId, now: Duration) {
        self.up_since.remove(id);
        self.down_since.entry(id.clone()).or_insert(now);
    }

    /// The machine as it was seen a moment ago, if it was.
    pub(in crate::apply) fn just_seen(
        &self,
        id: &InstanceId,
        now: Duration,
    ) -> Option<ObservedInstance> {
        let (at, seen) = self.last.get(id)?;
        (now.saturating_sub(*at) <= JUST_SEEN).then(|| ObservedInstance::clone(seen))
    }

    /// The machine that this runs on has slept so long by now: what was seen before a nap is old, though no time
    /// seems to have passed.
    pub(in crate::apply) fn wake_up(&mut self, slept: Duration) {
        if slept.saturating_sub(self.slept) > NAP_UNNOTICED {
            self.slept = slept;
            self.last.clear();
        }
    }

    /// Since when the machine is known not to run, if it is.
    pub(in crate::apply) fn down_since(&self, id: &InstanceId) -> Option<Duration> {
        self.down_since.get(id).copied()
    }

    /// Whether looks show that the machine runs, and nothing that came later says otherwise.
    pub(in crate::apply) fn shows_up(&self, id: &InstanceId) -> bool {
        self.up_since.contains_key(id)
    }

    /// Something took so long.
    pub(in crate::apply) fn took(&mut self, wait: Wait, long: Duration) {
        let shortest = self.shortest.entry(wait).or_insert(long);
        *shortest = (*shortest).min(long);
    }

    /// How long to wait before the next look at a machine that has been on its way for `waited`: it is
    /// not asked before anybody was ever done.
    pub(in crate::apply) fn pause(&self, wait: Wait, waited: Duration) -> Duration {
        let earliest = self.shortest.get(&wait).map(|shortest| *shortest * 9 / 10);
        match earliest {
            Some(earliest) if waited < earliest => earliest - waited,
            Some(_) | None => poll_after(waited),
        }
    }

    /// Whom else to look at in this region, with room for so many.
    pub(in crate::apply) fn along(&mut self, region: &RegionId, room: usize) -> Vec<InstanceId> {
        let here = |(other, _): &&(RegionId, InstanceId)| other == region;
        let next = self.next.iter().filter(here).take(room.min(NEXT_MAX));
        let mut along: Vec<InstanceId> = next.map(|(_, id)| id.clone()).collect();
        let left = OTHERS_MAX.min(room - along.len()).min(self.others.len());
        for _ in 0..left {
            self.others.rotate_left(1);
            if let Some((other, id)) = self.others.back()
                && other == region
            {
                along.push(id.clone());
            }
        }
        along
    }
}
