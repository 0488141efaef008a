//! A second opinion on a plan, sharing no code with the rules that made it.
//!
//! It walks every chain with a machine of its own in mind and says where a promise would break. Every
//! plan passes through it when it is made, and again when it is read from a file.

use std::collections::BTreeMap;

use crate::model::{DesiredFleet, DesiredSpec, InstanceId, Moment, Power, Share};
use crate::plan::graph::StepGraph;
use crate::plan::nouns::{Action, Goal, Saga};

use super::chain::{Comes, longest_outage, power_at_the_end, walk};
use super::way_back::way_back_faults;

/// A promise that a plan would break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{instance}: {what}")]
pub struct Objection {
    /// The machine, or the whole plan.
    pub instance: String,
    /// What is wrong.
    pub what: String,
}

/// Everything that is wrong with these sagas; nothing, for a good plan.
#[must_use]
pub fn check(desired: &DesiredFleet, sagas: &BTreeMap<InstanceId, Saga>) -> Vec<Objection> {
    let mut found = Vec::new();
    for (id, saga) in sagas {
        let faults = walk(saga, Comes::Rested)
            .into_iter()
            .chain(against_the_manifest(desired, id, saga))
            .chain(way_back_faults(desired, id, saga));
        found.extend(faults.map(|what| Objection {
            instance: id.to_string(),
            what,
        }));
    }
    if let Err(error) = StepGraph::build(sagas) {
        found.push(Objection {
            instance: "plan".to_owned(),
            what: error.to_string(),
        });
    }
    found
}

fn against_the_manifest(desired: &DesiredFleet, id: &InstanceId, saga: &Saga) -> Vec<String> {
    let Some(wish) = desired.instances.get(id) else {
        return vec!["is not in the manifest".to_owned()];
    };
    let mut faults = Vec::new();
    let stops = saga
        .steps
        .iter()
        .any(|step| matches!(step.action, Action::Stop { .. }));
    if stops && wish.protect {
        faults.push("is stopped although it is protected".to_owned());
    }
    let limit = desired.rollout_of(wish).max_unavailable;
    if saga.has_outage() && matches!(limit, Share::Count(0) | Share::Percent(0)) {
        faults.push("has an outage although its group allows none".to_owned());
    }
    let ends_up = match wish.spec.power {
        Some(Power::Running) => true,
        Some(Power::Stopped) => false,
        Some(Power::Keep) | None => saga.was_running,
    };
    if ends_up != power_at_the_end(saga) {
        faults.push("does not end in the power state it should have".to_owned());
    }
    let hooks = &desired.rollout_of(wish).hooks;
    let undrained = hooks.before_stop.is_some()
        && saga.steps.iter().enumerate().any(|(position, step)| {
            let before = position.checked_sub(1).map(|at| &saga.steps[at].action);
            let drained = before.and_then(Action::moment) == Some(Moment::BeforeStop);
            matches!(step.action, Action::Stop { .. }) && !drained
        });
    if undrained {
        faults.push("is stopped without its `before_stop`".to_owned());
    }
    if longest_outage(saga) > wish.change.max_outage {
        faults.push("is down for longer than its `max_outage`".to_owned());
    }
    if saga
        .steps
        .iter()
        .any(|step| is_unasked_for(&wish.spec, &step.after))
        || saga.steps.iter().any(|step| {
            let bought = step.after.temporary.as_ref();
            bought.is_some() && bought != wish.temporary.as_ref()
        })
    {
        faults.push("becomes what the manifest does not ask for".to_owned());
    }
    faults
}

/// Only written fields are managed; the address may also come and go with the bandwidth.
fn is_unasked_for(wish: &DesiredSpec, goal: &Goal) -> bool {
    let internet = &wish.internet;
    let type_name = goal.instance_type.is_some() && goal.instance_type != wish.instance_type;
    let charge = goal.charge_type.is_some() && goal.charge_type != internet.charge_type;
    let inbound =
        goal.max_bandwidth_in.is_some() && goal.max_bandwidth_in != internet.max_bandwidth_in;
    let out = internet
        .max_bandwidth_out
        .is_some_and(|m| goal.max_bandwidth_out.is_some_and(|g| g != m));
    let address = internet
        .public_ip
        .is_some_and(|ip| goal.public_ip.is_some_and(|g| g != ip));
    type_name || charge || inbound || out || address
}
