//! A plan sorted for reading: equal changes together, totals counted.
//!
//! Both renderings of a plan, for a terminal and for a pull request, are made from this.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{Digest, InstanceId};
use crate::plan::{Action, Blocked, Price, Running, Saga, SavedPlan, Step, Undo};

/// Machines with the very same change.
pub(super) struct Class<'a> {
    /// The machines; never empty.
    pub(super) members: Vec<&'a Saga>,
}

impl<'a> Class<'a> {
    /// The step that all of them have at this place.
    pub(super) fn step(&self, position: usize) -> Vec<&'a Step> {
        let steps = self.members.iter().map(|saga| saga.steps.get(position));
        steps.flatten().collect()
    }

    /// Any one of them: they differ in name, zone and the figures of prices only.
    pub(super) fn first(&self) -> &'a Saga {
        self.members[0]
    }
}

/// Machines blocked by the same rule, for the same reason, with the same change.
pub(super) struct BlockedClass<'a> {
    /// What they share.
    pub(super) blocked: &'a Blocked,
    /// The machines; never empty.
    pub(super) members: Vec<(&'a InstanceId, &'a Blocked)>,
}

/// What the summary counts.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// Machines that change.
    pub(super) changing: usize,
    /// Machines that go down and come up again.
    pub(super) restarts: usize,
    /// Machines that are stopped and stay so.
    pub(super) stops: usize,
    /// Machines that were down and are started.
    pub(super) starts: usize,
    /// The longest downtime of one machine.
    pub(super) longest: Duration,
    /// Orders that the plan makes and somebody pays.
    pub(super) orders: usize,
    /// Orders that give money back.
    pub(super) refunds: usize,
}

/// Sorted by group, then by name; machines without a group last.
pub(super) fn classes(plan: &SavedPlan) -> Vec<Class<'_>> {
    let mut sagas: Vec<&Saga> = plan.sagas.values().collect();
    sagas.sort_by_key(|saga| (saga.group.is_none(), &saga.group, &saga.name));
    gather(sagas, |saga| {
        Digest::of_value(&(
            (&saga.group, &saga.region, saga.billing, saga.was_running),
            (&saga.changes, alike(&saga.steps), &saga.after),
            &saga.way_back,
        ))
    })
    .into_iter()
    .map(|members| Class { members })
    .collect()
}

/// Steps without the figures of their prices: machines that differ only there share a block, which
/// then tells from where to where the prices reach.
fn alike(steps: &[Step]) -> Vec<serde_json::Value> {
    let plain = |step: &Step| {
        let kind = step.price.kind();
        let step = Step {
            price: Price::NoOrder,
            running: Running::Same,
            ..step.clone()
        };
        serde_json::json!([step, kind])
    };
    steps.iter().map(plain).collect()
}

/// Blocked machines, those with the same story together.
pub(super) fn blocked(plan: &SavedPlan) -> Vec<BlockedClass<'_>> {
    let all = plan.sheet.blocked.iter().collect();
    gather(all, |(_, b)| {
        Digest::of_value(&(&b.because, &b.way_out, &b.changes))
    })
    .into_iter()
    .map(|members| BlockedClass {
        blocked: members[0].1,
        members,
    })
    .collect()
}

/// Puts equals together, in the order of their first.
fn gather<T>(items: Vec<T>, key: impl Fn(&T) -> Digest) -> Vec<Vec<T>> {
    let mut places: BTreeMap<Digest, usize> = BTreeMap::new();
    let mut classes: Vec<Vec<T>> = Vec::new();
    for item in items {
        let place = *places.entry(key(&item)).or_insert(classes.len());
        if place == classes.len() {
            classes.push(Vec::new());
        }
        classes[place].push(item);
    }
    classes
}

/// Counts what the plan does.
pub(super) fn totals(plan: &SavedPlan) -> Totals {
    let mut totals = Totals {
        changing: plan.sagas.len(),
        ..Totals::default()
    };
    for saga in plan.sagas.values() {
        let count =
            |kind: fn(&Price) -> bool| saga.steps.iter().filter(|step| kind(&step.price)).count();
        totals.orders += count(|price| match price {
            Price::Unknown | Price::Quoted(_) => true,
            Price::NoOrder | Price::Refund(_) => false,
        });
        totals.refunds += count(Price::is_refund);
        totals.longest = totals.longest.max(saga.downtime());
        let stops_for_good =
            |step: &Step| matches!(step.action, Action::Stop { .. }) && step.undo == Undo::Nothing;
        let starts = |step: &Step| step.action == Action::Start;
        totals.restarts += usize::from(saga.has_outage());
        totals.stops += usize::from(saga.steps.iter().any(stops_for_good));
        totals.starts += usize::from(!saga.was_running && saga.steps.iter().any(starts));
    }
    totals
}
