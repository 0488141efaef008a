//! Places that are taken for good: by a machine that is meant to run, is down, and that nothing in the plan starts.
//!
//! Such a machine counts in its group's limit and in every promise for as long as a run lasts. Where they fill
//! a limit, nobody else may ever be taken down, which is said here and not by apply, behind a paid order.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Availability, Crowd, DesiredInstance, InstanceId, InstanceStatus, Spread, ZoneId,
};
use crate::plan::nouns::{Action, PlanInput, Planned, Saga};

use super::course::{is_meant_to_run, sizes};
use super::promise::size_of;

/// Machines that are named; more are counted.
const NAMED_MAX: usize = 3;

/// Machines that stay down, with what is wanted of them.
pub(super) type Down<'a> = BTreeMap<&'a InstanceId, &'a DesiredInstance>;

/// Blocks every outage that would wait for a place for ever; whether there was one.
pub(in crate::plan) fn block_what_never_gets_a_place(
    input: &PlanInput<'_>,
    planned: &mut Planned,
) -> bool {
    let down = stay_down(input, &planned.sagas);
    if down.is_empty() {
        return false;
    }
    let in_crowds = block_in_crowds(input, planned, &down);
    let in_promises = block_in_promises(input, planned, &down);
    in_crowds || in_promises
}

/// Machines that count as down for as long as a run lasts.
pub(super) fn stay_down<'a>(input: &PlanInput<'a>, sagas: &BTreeMap<InstanceId, Saga>) -> Down<'a> {
    let desired = input.desired;
    let all = desired.instances.iter();
    all.filter(|(id, wish)| stays_down(input, id, wish, sagas.get(*id)))
        .collect()
}

fn stays_down(
    input: &PlanInput<'_>,
    id: &InstanceId,
    wish: &DesiredInstance,
    saga: Option<&Saga>,
) -> bool {
    let is_started = |saga: &Saga| saga.steps.iter().any(|step| step.action == Action::Start);
    is_down(input, id, wish, saga) && !saga.is_some_and(is_started)
}

/// Whether it is down and meant to run. An open run brings up what it has taken down, before anything else is begun.
pub(super) fn is_down(
    input: &PlanInput<'_>,
    id: &InstanceId,
    wish: &DesiredInstance,
    saga: Option<&Saga>,
) -> bool {
    let seen = input.observed.instances.get(id);
    seen.is_some_and(|seen| {
        seen.status == InstanceStatus::Stopped && is_meant_to_run(wish, seen, saga)
    }) && !input.busy.contains_key(id)
}

fn block_in_crowds(input: &PlanInput<'_>, planned: &mut Planned, stay: &Down<'_>) -> bool {
    let mut crowds: BTreeMap<Crowd, Vec<&DesiredInstance>> = BTreeMap::new();
    for wish in stay.values() {
        crowds.entry(wish.crowd()).or_default().push(wish);
    }
    let sizes = sizes(input.desired, input.observed, &planned.sagas);
    let mut any = false;
    for (crowd, down) in crowds {
        let size = sizes.get(&crowd).copied().unwrap_or(0);
        let rollout = input.desired.rollout_of_crowd(&crowd);
        let limit = rollout.max_unavailable.of(size);
        if down.len() >= limit {
            let full = Full {
                rule: "max_unavailable",
                why: no_place(&down, &format!("{limit} of {crowd} may be")),
                way_out: way_out("raise `max_unavailable`"),
            };
            any |= full.block(planned, |saga| saga.crowd() == crowd);
        } else if rollout.spread == Spread::Zone {
            any |= block_in_other_zones(input, planned, stay, (&crowd, &down));
        }
    }
    any
}

/// Where one zone goes at a time, a machine that stays down keeps all others up.
fn block_in_other_zones(
    input: &PlanInput<'_>,
    planned: &mut Planned,
    stay: &Down<'_>,
    (crowd, down): (&Crowd, &[&DesiredInstance]),
) -> bool {
    let ours = stay.iter().filter(|(_, wish)| wish.crowd() == *crowd);
    let seen = ours.filter_map(|(id, _)| input.observed.instances.get(*id));
    let zones: BTreeSet<&ZoneId> = seen.map(|seen| &seen.zone).collect();
    let full = Full {
        rule: "spread",
        why: no_place(down, &format!("one zone of {crowd} goes at a time")),
        way_out: way_out("take `spread: zone` out"),
    };
    full.block(planned, |saga| {
        saga.crowd() == *crowd && zones.iter().any(|zone| **zone != saga.zone)
    })
}

fn block_in_promises(input: &PlanInput<'_>, planned: &mut Planned, down: &Down<'_>) -> bool {
    let mut any = false;
    for availability in &input.desired.availability {
        let Availability { name, members, .. } = availability;
        let down = down.iter().filter(|(id, _)| members.contains(**id));
        let down: Vec<&DesiredInstance> = down.map(|(_, wish)| *wish).collect();
        let size = size_of(availability, input.desired, input.observed, &planned.sagas);
        let limit = availability.promise.may_be_down(size);
        if down.is_empty() || down.len() < limit {
            continue;
        }
        let full = Full {
            rule: "availability",
            why: no_place(&down, &format!("{limit} of availability {name} may be")),
            way_out: way_out("promise less"),
        };
        any |= full.block(planned, |saga| members.contains(&saga.instance));
    }
    any
}

/// A limit in which no place becomes free.
pub(super) struct Full {
    pub(super) rule: &'static str,
    pub(super) why: String,
    pub(super) way_out: String,
}

impl Full {
    /// Blocks every outage of those who share it; whether there was one.
    pub(super) fn block(&self, planned: &mut Planned, shares: impl Fn(&Saga) -> bool) -> bool {
        let sagas = planned.sagas.values();
        let needs = sagas.filter(|saga| saga.has_outage() && shares(saga));
        let needs: Vec<InstanceId> = needs.map(|saga| saga.instance.clone()).collect();
        for id in &needs {
            if let Some(saga) = planned.sagas.remove(id) {
                let blocked = saga.block(self.rule, self.why.as_str(), &self.way_out);
                planned.account.blocked.insert(id.clone(), blocked);
            }
        }
        !needs.is_empty()
    }
}

fn no_place(down: &[&DesiredInstance], limit: &str) -> String {
    let who = match down {
        [one] => format!("{} is down, nothing here starts it", one.name),
        all if all.len() <= NAMED_MAX => {
            let names: Vec<String> = all.iter().map(|wish| wish.name.to_string()).collect();
            format!("{} are down, nothing here starts them", names.join(", "))
        }
        all => format!("{} are down, nothing here starts them", all.len()),
    };
    format!("the change stops it, and no place for that becomes free: {who}, and {limit}")
}

pub(super) fn way_out(other: &str) -> String {
    format!(
        "bring up what is down, write `power: stopped` for it or take it out of the manifest, or {other}"
    )
}
