//! Everything that can hold a machine back: may its change begin, may it be taken down now, and if not,
//! why not.
//!
//! In: the [`Terms`] of a plan, the time, and what happened so far. Out: permission, or a [`Hold`]
//! that says what holds and what would lift it. Told the same things in whatever order, it answers the
//! same: so a run that goes on answers like one that was never interrupted. It never waits and reads
//! no clock.
//!
//! ```text
//! failures ─ freeze ─ window ─ batch ─ gate ─► may begin
//!                                              └─ max_unavailable ─ spread ─ availability ─► may be taken down
//! ```

mod hold;
mod hold_words;
mod terms;
mod crowd;
mod hours;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Check, Crowd, InstanceId, Spread};
use crate::planted::{self, Fault};

pub use hold::{Hold, Lift};
pub use hours::Keeping;
pub use terms::{Machine, Promised, Terms};

use crowd::{CrowdState, Looked};
use hours::Hours;

/// The brakes of one run.
#[derive(Debug, Clone)]
pub struct Brakes {
    crowds: BTreeMap<Crowd, CrowdState>,
    machines: BTreeMap<InstanceId, Machine>,
    /// Each promise with how many of its machines are down.
    promises: Vec<(Promised, usize)>,
    hours: Hours,
    down: BTreeSet<InstanceId>,
    now: Timestamp,
}

impl Brakes {
    /// The brakes of a run that has not begun, at this time.
    #[must_use]
    pub fn new(terms: Terms, keeping: Keeping, now: Timestamp) -> Self {
        let hours = Hours::new(terms.freezes, keeping);
        let crowds = terms.crowds.into_iter();
        let mut brakes = Self {
            crowds: crowds
                .map(|(crowd, (rollout, course))| (crowd, CrowdState::new(rollout, course)))
                .collect(),
            machines: terms.machines,
            promises: terms
                .promises
                .into_iter()
                .map(|promise| (promise, 0))
                .collect(),
            hours,
            down: BTreeSet::new(),
            now,
        };
        brakes.at(now);
        brakes
    }

    /// It is now this late.
    pub fn at(&mut self, now: Timestamp) {
        self.now = now;
        for state in self.crowds.values_mut() {
            state.look_at_window(now);
        }
    }

    /// How far this time is from the one that was told last.
    #[must_use]
    pub fn are_off(&self, now: Timestamp) -> Duration {
        now.duration_since(self.now).unsigned_abs()
    }

    /// The machine is down, whoever stopped it.
    pub fn went_down(&mut self, instance: &InstanceId) {
        let known = self.machines.contains_key(instance);
        if known && self.down.insert(instance.clone()) {
            self.recount(instance, |n| n + 1);
        }
    }

    /// The machine is up again; whether that frees a place.
    pub fn came_up(&mut self, instance: &InstanceId) -> bool {
        let was_down = self.down.remove(instance);
        if was_down {
            self.recount(instance, |n| n.saturating_sub(1));
        }
        was_down
    }

    fn recount(&mut self, instance: &InstanceId, change: fn(usize) -> usize) {
        let about = |(promise, _): &&mut (Promised, usize)| promise.members.contains(instance);
        for (_, down) in self.promises.iter_mut().filter(about) {
            *down = change(*down);
        }
        let Some(machine) = self.machines.get(instance).filter(|machine| machine.counts) else {
            return;
        };
        if let Some(state) = self.crowds.get_mut(&machine.crowd) {
            let down = state.down.entry(machine.zone.clone()).or_default();
            *down = change(*down);
        }
    }

    /// Its change failed.
    pub fn failed(&mut self, instance: &InstanceId) {
        if let Some(state) = self.state_of(instance) {
            state.failed.insert(instance.clone());
        }
    }

    /// No failure until now counts any more.
    pub fn forgive(&mut self) {
        for state in self.crowds.values_mut() {
            state.failed.clear();
        }
    }

    /// Nothing more happens to the machine in this run: it is done, it failed, or it was given up.
    pub fn ended(&mut self, instance: &InstanceId) {
        if let Some(state) = self.state_of(instance) {
            state.end(instance);
        }
    }

    /// The machine came to rest at this time. One that was held in a batch that has ended may do so much later than
    /// its batch, and the gate behind it waits from then on.
    pub fn rested(&mut self, instance: &InstanceId, at: Timestamp) {
        if let Some(state) = self.state_of(instance) {
            state.rest(instance, at);
        }
    }

    /// Something happens to it after all.
    pub fn goes_on(&mut self, instance: &InstanceId) {
        if let Some(state) = self.state_of(instance) {
            state.go_on(instance);
        }
    }

    /// An outage of this machine took so long: others of its crowd are not expected to be quicker.
    pub fn took(&mut self, instance: &InstanceId, outage: Duration) {
        if let Some(state) = self.state_of(instance) {
            state.slowest = state.slowest.max(outage);
        }
    }

    /// Batches of which every machine has ended, and of which that is not recorded yet.
    #[must_use]
    pub fn batches_to_end(&self) -> Vec<(Crowd, u32)> {
        let crowds = self.crowds.iter();
        let over = crowds.filter_map(|(crowd, state)| {
            let batch = state.to_end(crowd, self.now)?;
            Some((crowd.clone(), batch))
        });
        over.collect()
    }

    /// The batch has ended, at this time: the next one may begin when its gates are open.
    pub fn batch_ended(&mut self, crowd: &Crowd, batch: u32, at: Timestamp) {
        if let Some(state) = self.crowds.get_mut(crowd) {
            state.batch_ended(batch, at);
        }
    }

    /// Somebody opened the gate behind this batch.
    pub fn approved(&mut self, crowd: &Crowd, batch: u32) {
        if let Some(state) = self.crowds.get_mut(crowd) {
            state.approved.insert(batch);
        }
    }

    /// What the gate behind this batch looks at is as it should be.
    pub fn checked(&mut self, crowd: &Crowd, batch: u32) {
        if let Some(state) = self.crowds.get_mut(crowd) {
            state.checked.insert(batch, Looked::Good);
        }
    }

    /// It is not; what was seen.
    pub fn check_failed(&mut self, crowd: &Crowd, batch: u32, seen: &str) {
        if let Some(state) = self.crowds.get_mut(crowd) {
            state.checked.insert(batch, Looked::Bad(seen.to_owned()));
        }
    }

    /// Everything that the gates behind this batch look at.
    #[must_use]
    pub fn checks_behind(&self, crowd: &Crowd, batch: u32) -> Vec<Check> {
        let gates = self.crowds.get(crowd).into_iter();
        let gates = gates.flat_map(|state| state.rollout.gates_after(batch));
        gates.filter_map(|gate| gate.check.clone()).collect()
    }

    /// The batch of a machine, counted from 1; none for a machine that is in none.
    #[must_use]
    pub fn batch_of(&self, instance: &InstanceId) -> Option<u32> {
        let machine = self.machines.get(instance)?;
        self.crowds.get(&machine.crowd)?.batch_of(instance)
    }

    /// How many batches a crowd has, and how many machines of this one have not ended.
    #[must_use]
    pub fn extent(&self, crowd: &Crowd, batch: u32) -> (u32, usize) {
        let state = self.crowds.get(crowd);
        state.map_or((0, 0), |state| state.extent(batch))
    }

    /// May its change begin?
    ///
    /// # Errors
    /// [`Hold`]: what holds it back.
    pub fn may_begin(&self, instance: &InstanceId) -> Result<(), Hold> {
        if let Some(machine) = self.machines.get(instance).filter(|machine| machine.counts)
            && let Some(state) = self.crowds.get(&machine.crowd)
        {
            state.tolerates(&machine.crowd)?;
        }
        self.may_go_on(instance)
    }

    /// May something new be done to it, which was begun already? Whoever failed since is no hindrance.
    ///
    /// # Errors
    /// [`Hold`]: what holds it back.
    pub fn may_go_on(&self, instance: &InstanceId) -> Result<(), Hold> {
        let Some(machine) = self.machines.get(instance) else {
            return Ok(());
        };
        let Some(state) = self.crowds.get(&machine.crowd) else {
            return Ok(());
        };
        let needs = match machine.needs {
            Duration::ZERO => Duration::ZERO,
            expected => expected.max(state.slowest),
        };
        self.hours.allow(&machine.crowd, state, needs, self.now)?;
        if machine.counts {
            state.is_its_turn(&machine.crowd, instance, self.now)?;
        }
        Ok(())
    }

    /// May it be taken down? One that is down already may.
    ///
    /// # Errors
    /// [`Hold`]: what holds it back.
    pub fn may_take_down(&self, instance: &InstanceId) -> Result<(), Hold> {
        self.may_begin(instance)?;
        let Some(machine) = self.machines.get(instance) else {
            return Ok(());
        };
        if !machine.counts || self.down.contains(instance) {
            return Ok(());
        }
        self.crowd_has_room(machine)?;
        self.promises_are_kept(instance)
    }

    fn crowd_has_room(&self, machine: &Machine) -> Result<(), Hold> {
        let Some(state) = self.crowds.get(&machine.crowd) else {
            return Ok(());
        };
        let down: usize = state.down.values().sum();
        let extra = usize::from(planted::is(Fault::LimitOffByOne));
        let limit = state.rollout.max_unavailable.of(state.course.size) + extra;
        if down >= limit {
            return Err(Hold::Unavailable {
                crowd: machine.crowd.clone(),
                down,
                limit,
            });
        }
        let mut zones = state.down.iter();
        let elsewhere = zones.find(|(zone, down)| **zone != machine.zone && **down > 0);
        let elsewhere = elsewhere.filter(|_| !planted::is(Fault::ZonesMixed));
        match (state.rollout.spread, elsewhere) {
            (Spread::Zone, Some((zone, _))) => Err(Hold::Spread {
                crowd: machine.crowd.clone(),
                zone: zone.clone(),
            }),
            (Spread::Zone, None) | (Spread::Anywhere, _) => Ok(()),
        }
    }

    fn promises_are_kept(&self, instance: &InstanceId) -> Result<(), Hold> {
        let about = |(promise, _): &&(Promised, usize)| promise.members.contains(instance);
        let mut broken = self.promises.iter().filter(about);
        let ignored = planted::is(Fault::AvailabilityIgnored);
        match broken.find(|(promise, down)| *down >= promise.allowed && !ignored) {
            Some((promise, down)) => Err(Hold::Availability {
                name: promise.name.clone(),
                down: *down,
                limit: promise.allowed,
            }),
            None => Ok(()),
        }
    }

    fn state_of(&mut self, instance: &InstanceId) -> Option<&mut CrowdState> {
        let crowd = &self.machines.get(instance)?.crowd;
        self.crowds.get_mut(crowd)
    }
}
