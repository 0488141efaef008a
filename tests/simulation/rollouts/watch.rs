//! Watches one history: who is down with whom, who begins before whom, and at what hour.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use respec::model::{Crowd, InstanceId, RunId};
use respec::saga::{Direction, Entry, Halt, Kind, StepEvent};
use serde_json::Value as Json;
use serde_yaml::Value;

use crate::fleet::Fleet;

use super::promise::{Gate, Group, Promises, Spread};
use crate::chains;

/// What is to be said of an entry or a call that breaks a promise.
type Objection = Option<String>;

/// Watches one history.
pub(crate) struct Watch {
    promises: Promises,
    /// The zone of each machine.
    zones: BTreeMap<String, String>,
    /// Machines that are paid ahead: whatever changes them makes an order.
    subscriptions: BTreeSet<String>,
    /// Whoever ran when the history began.
    ran: RefCell<BTreeSet<String>>,
    /// Who is meant to run, as it was when a program decided last.
    meant_to_run: RefCell<BTreeSet<String>>,
    /// The same when the present run was planned: what shares are shares of.
    planned: RefCell<BTreeSet<String>>,
    down: RefCell<BTreeSet<String>>,
    /// Machines that somebody had a hand on: what becomes of them is not ours.
    touched: RefCell<BTreeSet<String>>,
    /// Machines that were left alone in some apply.
    left_alone: RefCell<BTreeSet<InstanceId>>,
    /// Gates that somebody opened.
    approved: RefCell<BTreeSet<(RunId, String)>>,
    /// Groups whose gate looked at something that was as it should be, since the present run was planned.
    looked_good: RefCell<BTreeSet<String>>,
    /// When, by the one true clock, a machine came to rest last.
    rested: RefCell<BTreeMap<InstanceId, Duration>>,
    /// How far the clocks of two programs may be apart.
    pub(crate) clocks_apart: Cell<Duration>,
    /// Whether orders are made ahead of everything else, and nothing but orders.
    pub(crate) ahead: Cell<bool>,
    /// The same of some program before this one.
    was_ahead: Cell<bool>,
    /// Machines that were begun so: they stand in any batch.
    begun_ahead: RefCell<BTreeSet<InstanceId>>,
}

impl Watch {
    pub(crate) fn over(fleet: &Fleet) -> Self {
        let Fleet { manifest, cloud } = fleet;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let machines = || cloud["instances"].as_sequence().into_iter().flatten();
        let paid_ahead = machines().filter(|m| m["InstanceChargeType"] == "PrePaid");
        Self {
            promises: Promises::read(manifest, cloud),
            zones: machines()
                .map(|m| (text(&m["InstanceId"]), text(&m["ZoneId"])))
                .collect(),
            subscriptions: paid_ahead.map(|m| text(&m["InstanceId"])).collect(),
            ran: RefCell::default(),
            meant_to_run: RefCell::default(),
            planned: RefCell::default(),
            down: RefCell::default(),
            touched: RefCell::default(),
            left_alone: RefCell::default(),
            approved: RefCell::default(),
            looked_good: RefCell::default(),
            rested: RefCell::default(),
            clocks_apart: Cell::default(),
            ahead: Cell::default(),
            was_ahead: Cell::default(),
            begun_ahead: RefCell::default(),
        }
    }

    /// How everything is before anything has happened.
    pub(crate) fn begin(&self, truth: &Json) {
        self.ran.replace(running(truth));
    }

    /// A program has decided what to do: by a plan of now, or by that of the run it goes on with.
    pub(crate) fn decided(&self, truth: &Json, run: Going) {
        let mut ran = &*self.ran.borrow() | &running(truth);
        // Somebody may have started it before the run, which may have taken it down since.
        if run == Going::On {
            ran = &ran | &self.planned.borrow();
        }
        let mut meant = BTreeSet::new();
        for id in self.promises.groups.iter().flat_map(|group| &group.members) {
            let power = self.promises.powers.get(id).map(String::as_str);
            if power == Some("running") || power.is_none() && ran.contains(id) {
                meant.insert(id.clone());
            }
        }
        if run == Going::Anew {
            self.planned.replace(meant.clone());
            self.looked_good.borrow_mut().clear();
        }
        self.meant_to_run.replace(meant);
    }

    /// Somebody had a hand on this machine.
    pub(crate) fn touched(&self, id: &str) {
        self.touched.borrow_mut().insert(id.to_owned());
    }

    /// A program says that it leaves this machine alone.
    pub(crate) fn left_alone(&self, id: &InstanceId) {
        self.left_alone.borrow_mut().insert(id.clone());
    }

    /// What this group's gate looks at was as it should be.
    pub(crate) fn looked_good(&self, group: &str) {
        self.looked_good.borrow_mut().insert(group.to_owned());
    }

    /// From now on orders are made ahead, or not.
    pub(crate) fn makes_orders_ahead(&self, ahead: bool) {
        self.ahead.set(ahead);
        self.was_ahead.set(ahead || self.was_ahead.get());
    }

    /// A program that died has begun this machine, and nobody saw in which turn.
    pub(crate) fn begun_unseen(&self, id: &InstanceId) {
        if self.was_ahead.get() {
            self.begun_ahead.borrow_mut().insert(id.clone());
        }
    }

    /// Somebody opened the gate behind a group's first batch.
    pub(crate) fn approved(&self, run: &RunId, crowd: &Crowd) {
        if let Crowd::Group(name) = crowd {
            let gate = (run.clone(), name.to_string());
            self.approved.borrow_mut().insert(gate);
        }
    }

    /// Nobody goes down while as many are down as may be: of a group, of a zone, of an availability.
    pub(crate) fn look_at(&self, down: &BTreeSet<String>) -> Vec<String> {
        let before = self.down.replace(down.clone());
        let (meant, touched) = (self.meant_to_run.borrow(), self.touched.borrow());
        let ours = |members: &BTreeSet<String>| -> Vec<String> {
            let down = members.intersection(down);
            let ours = down.filter(|id| meant.contains(*id) && !touched.contains(*id));
            ours.cloned().collect()
        };
        let falls = |down: &[String]| down.iter().any(|id| !before.contains(id));
        let counted =
            |members: &BTreeSet<String>| members.iter().filter(|id| meant.contains(*id)).count();
        let mut broken = Vec::new();
        for group in &self.promises.groups {
            let down = ours(&group.members);
            let most = group.down_max.of(counted(&group.members));
            if falls(&down) && down.len() > most {
                broken.push(format!("{down:?} are down, {most} may be"));
            }
            let zones: BTreeSet<_> = down.iter().map(|id| self.zones.get(id)).collect();
            if falls(&down) && group.spread == Spread::Zone && zones.len() > 1 {
                broken.push(format!("{down:?} are down, one zone goes at a time"));
            }
        }
        for promise in &self.promises.availabilities {
            let down = ours(&promise.members);
            let most = promise.allows(counted(&promise.members));
            if falls(&down) && down.len() > most {
                let name = &promise.name;
                broken.push(format!("{down:?} are down, {name} allows {most}"));
            }
        }
        broken
    }

    /// How many of the machine's group may fail, with those that share the limit.
    pub(crate) fn failures_max(&self, id: &InstanceId) -> Option<(BTreeSet<String>, usize)> {
        let meant = self.meant_to_run.borrow();
        let group = self.group_of(id)?;
        let members = group.members.iter().filter(|id| meant.contains(*id));
        let members: BTreeSet<String> = members.cloned().collect();
        let most = group.failures_max.of(members.len());
        members.contains(id.as_str()).then_some((members, most))
    }

    /// Whether a machine that is meant to run, and is down or waits for a person, has a place that this one may have
    /// to wait for: in its group, or in an availability over both.
    pub(crate) fn place_is_taken(
        &self,
        id: &InstanceId,
        truth: &Json,
        waits: &BTreeSet<String>,
    ) -> bool {
        let (meant, up) = (self.meant_to_run.borrow(), running(truth));
        let groups = self.promises.groups.iter().map(|group| &group.members);
        let promises = self.promises.availabilities.iter();
        let mut circles = groups.chain(promises.map(|promise| &promise.members));
        let is_up = |other: &String| up.contains(other) && !waits.contains(other);
        let is_down = |other: &&String| meant.contains(*other) && !is_up(other);
        circles.any(|all| {
            let mut down = all.iter().filter(is_down);
            all.contains(id.as_str()) && down.any(|other| other != id.as_str())
        })
    }

    /// Everybody whose batches this machine may have to wait for.
    pub(crate) fn neighbours(&self, id: &InstanceId) -> BTreeSet<String> {
        self.group_of(id)
            .map(|group| group.members.clone())
            .unwrap_or_default()
    }

    fn group_of(&self, id: &InstanceId) -> Option<&Group> {
        let mut groups = self.promises.groups.iter();
        groups.find(|group| group.members.contains(id.as_str()))
    }

    /// What is wrong with an entry that follows these, at this moment of the true clock.
    pub(crate) fn judge(&self, entry: &Entry, earlier: &[Entry], now: Duration) -> Objection {
        match &entry.kind {
            Kind::Begun {
                instance,
                was_running,
                ..
            } => self
                .begins_too_early(entry, instance, earlier, now)
                .filter(|_| *was_running || !self.stays_as_it_is(instance))
                .or_else(|| self.is_shut(entry.at, instance, "begins")),
            Kind::Closed { instance, .. } | Kind::Halted { instance, .. } => {
                self.rested.borrow_mut().insert(instance.clone(), now);
                None
            }
            _ => None,
        }
    }

    /// Whether nobody wrote how this machine's power is to be. Seen to be down, by a look that may be half a minute old,
    /// it is in no batch, for it is not meant to run; who runs after all ends without having been touched.
    fn stays_as_it_is(&self, id: &InstanceId) -> bool {
        !self.promises.powers.contains_key(id.as_str())
    }

    /// What is wrong with the hour of a call: whatever takes a machine down, or changes one that runs.
    ///
    /// A call that was announced in time may be sent again as late as may be; one that makes an order only by the
    /// program that announced it in time. `began` is the last entry of the program before the present one.
    pub(crate) fn judge_call(
        &self,
        action: &str,
        instance: &str,
        earlier: &[Entry],
        began: u64,
    ) -> Objection {
        let runs = !self.down.borrow().contains(instance);
        let is_new = action.starts_with("Stop") || action.starts_with("Modify") && runs;
        let intents = || {
            earlier.iter().filter_map(|entry| match &entry.kind {
                Kind::Step {
                    at,
                    event: StepEvent::Intent { .. },
                } if at.instance.as_str() == instance => Some((entry, at)),
                _ => None,
            })
        };
        let (last, at) = intents().next_back().filter(|_| is_new)?;
        // No hour holds up a way back.
        let back = chains::is_back(earlier, &last.run, &at.instance);
        if at.direction == Direction::Undo || back {
            return None;
        }
        let orders = self.orders(action, instance);
        // It may have been announced when orders were made ahead, and was not answered.
        let ahead = self.begun_ahead.borrow().contains(&at.instance);
        if action.starts_with("Modify") && ahead && !orders {
            return None;
        }
        let counts = |entry: &Entry| entry.run == last.run && (!orders || entry.seq > began);
        let mut same = intents().filter(|(entry, other)| counts(entry) && *other == at);
        let first = same.next().map_or(last.at, |(first, _)| first.at);
        self.is_shut(first, &at.instance, action)
    }

    /// Whether a call about this machine makes an order. Whoever starts a machine by hand that its order keeps down is
    /// not foreseen by anybody.
    fn orders(&self, action: &str, instance: &str) -> bool {
        let makes_one = action.starts_with("Modify") && self.subscriptions.contains(instance);
        makes_one && !self.touched.borrow().contains(instance)
    }

    /// No window is shut and no freeze holds, by the clock of whoever begins.
    fn is_shut(&self, at: Timestamp, id: &InstanceId, what: &str) -> Objection {
        let group = self.group_of(id)?;
        let frozen = |(from, to): &(Timestamp, Timestamp)| (*from..*to).contains(&at);
        if self.promises.freezes.iter().any(frozen) {
            return Some(format!("{what} {id} at {at}, in a freeze"));
        }
        let shut = group.is_shut_at(at) && !self.ahead.get();
        shut.then(|| format!("{what} {id} at {at} while its window is shut"))
    }

    /// The batches before have ended, so have all their machines, and the gate between is open.
    ///
    /// Who stands in which batch follows from how many were begun before: batches are begun in turn. Machines that
    /// were left alone, or whose order was made ahead, may stand anywhere, so that so many less are known to belong to
    /// the batches before.
    fn begins_too_early(
        &self,
        entry: &Entry,
        id: &InstanceId,
        earlier: &[Entry],
        now: Duration,
    ) -> Objection {
        let group = self.group_of(id)?;
        if self.ahead.get() {
            self.begun_ahead.borrow_mut().insert(id.clone());
            return None;
        }
        let (planned, touched) = (self.planned.borrow(), self.touched.borrow());
        if !planned.contains(id.as_str()) || group.members.iter().any(|id| touched.contains(id)) {
            return None;
        }
        let same_run: Vec<&Entry> = earlier.iter().filter(|e| e.run == entry.run).collect();
        let begun = first_begun(&same_run, |id| {
            group.members.contains(id.as_str())
                && planned.contains(id.as_str())
                && !self.begun_ahead.borrow().contains(id)
        });
        // Nor is it known where it stands itself, if it was left alone before and has its turn now.
        let mut anywhere = self.left_alone.borrow().clone();
        anywhere.extend(self.begun_ahead.borrow().iter().cloned());
        if begun.contains(id) || anywhere.contains(id) {
            return None;
        }
        let n = group
            .members
            .iter()
            .filter(|id| planned.contains(*id))
            .count();
        let before = group.before_the_batch_of(begun.len(), n);
        let anywhere = anywhere.iter();
        let anywhere = anywhere.filter(|id| group.members.contains(id.as_str()));
        let known = &begun[..before.saturating_sub(anywhere.count()).min(begun.len())];
        if let Some(open) = known.iter().find(|id| is_under_way(id, &same_run)) {
            return Some(format!(
                "{id} begins while {open} of a batch before goes on"
            ));
        }
        if before == 0 {
            return None;
        }
        self.gate_is_shut(group, entry, id, known, now)
    }

    fn gate_is_shut(
        &self,
        group: &Group,
        entry: &Entry,
        id: &InstanceId,
        before: &[InstanceId],
        now: Duration,
    ) -> Objection {
        match group.gate {
            Gate::Nothing => None,
            Gate::Person => {
                let gate = (entry.run.clone(), group.name.clone());
                let approved = self.approved.borrow().contains(&gate);
                (!approved).then(|| format!("nobody let {id} begin"))
            }
            Gate::Check => {
                let good = self.looked_good.borrow().contains(&group.name);
                (!good).then(|| format!("nothing good was seen before {id} begins"))
            }
            Gate::Wait(secs) => {
                let rested = self.rested.borrow();
                let first = rested.get(before.first()?)?;
                let gone = now.saturating_sub(*first) + self.clocks_apart.get();
                let early = gone.as_secs() < secs.unsigned_abs();
                early.then(|| format!("{id} begins {gone:?} after the batch before its gate"))
            }
        }
    }
}

/// How a program came by its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Going {
    /// It made one.
    Anew,
    /// It goes on with an open run.
    On,
}

fn running(truth: &Json) -> BTreeSet<String> {
    let machines = truth["instances"].as_array().unwrap().iter();
    let up = machines.filter(|machine| machine["Status"] != "Stopped");
    up.map(|machine| machine["InstanceId"].as_str().unwrap().to_owned())
        .collect()
}

/// Machines in the sequence in which they were begun for the first time.
fn first_begun(entries: &[&Entry], counts: impl Fn(&InstanceId) -> bool) -> Vec<InstanceId> {
    let mut begun: Vec<InstanceId> = Vec::new();
    for entry in entries {
        if let Kind::Begun { instance, .. } = &entry.kind
            && counts(instance)
            && !begun.contains(instance)
        {
            begun.push(instance.clone());
        }
    }
    begun
}

/// Begun, and neither closed nor left to a person.
fn is_under_way(id: &InstanceId, entries: &[&Entry]) -> bool {
    let mut open = false;
    for entry in entries {
        match &entry.kind {
            Kind::Begun { instance, .. } | Kind::Reopened { instance } if instance == id => {
                open = true;
            }
            Kind::Closed { instance, .. } if instance == id => open = false,
            Kind::Halted { instance, halt, .. } if instance == id => open = *halt == Halt::Paused,
            _ => {}
        }
    }
    open
}
