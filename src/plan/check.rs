//! A second opinion on a plan, sharing no code with the rules that made it.
//!
//! It walks every chain with a machine of its own in mind and says where a promise would break. Every
//! plan passes through it when it is made, and again when it is read from a file.

use std::collections::BTreeMap;

use crate::model::{
    BillingMethod, DesiredFleet, InstanceId, ModifyCall, Power, Share, StoppedMode,
};

use super::graph::StepGraph;
use super::saga::Saga;
use super::step::{Action, Step, Undo};

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
        let faults = walk(saga)
            .into_iter()
            .chain(against_the_manifest(desired, id, saga));
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

/// One machine, followed through its chain.
struct Walk {
    up: bool,
    modified_since_cool_down: bool,
    pivot_passed: bool,
    faults: Vec<String>,
}

fn walk(saga: &Saga) -> Vec<String> {
    let mut walk = Walk {
        up: saga.was_running,
        modified_since_cool_down: false,
        pivot_passed: false,
        faults: Vec::new(),
    };
    for (position, step) in saga.steps.iter().enumerate() {
        walk.take(saga, position, step);
    }
    walk.faults
}

impl Walk {
    fn take(&mut self, saga: &Saga, position: usize, step: &Step) {
        if step.because.is_empty() {
            self.object(position, "has no reason");
        }
        match &step.action {
            Action::Stop { mode } => self.take_stop(position, step, *mode),
            Action::Start if self.up => self.object(position, "starts a machine that is up"),
            Action::Start => self.up = true,
            Action::Modify(call) => self.take_modify(saga, position, call),
            Action::AllocatePublicIp | Action::AwaitOrder => {}
            Action::CoolDown => self.take_cool_down(saga, position),
        }
        let undoes_a_change = matches!(&step.undo, Undo::By(Action::Modify(_)));
        if self.pivot_passed && undoes_a_change {
            self.object(position, "would be taken back behind the pivot");
        }
        self.pivot_passed |= step.is_pivot();
    }

    fn take_stop(&mut self, position: usize, step: &Step, mode: StoppedMode) {
        if !self.up {
            self.object(position, "stops a machine that is down");
        }
        if step.undo == Undo::By(Action::Start) && mode != StoppedMode::KeepCharging {
            self.object(position, "gives capacity up around a change");
        }
        self.up = false;
    }

    fn take_modify(&mut self, saga: &Saga, position: usize, call: &ModifyCall) {
        if self.modified_since_cool_down {
            self.object(position, "follows another change without a cool-down");
        }
        self.modified_since_cool_down = true;
        match (call, saga.billing) {
            (ModifyCall::Spec(_), BillingMethod::PrePaid) => {
                self.object(
                    position,
                    "sends ModifyInstanceSpec to a subscription machine",
                );
            }
            (ModifyCall::Prepay(_), BillingMethod::PostPaid) => {
                self.object(
                    position,
                    "sends ModifyPrepayInstanceSpec to a pay-as-you-go machine",
                );
            }
            (ModifyCall::Spec(_), BillingMethod::PostPaid) if self.up => {
                self.object(position, "changes the type of a machine that is up");
            }
            (ModifyCall::Network(change), BillingMethod::PrePaid) if change.auto_pay.is_none() => {
                self.object(position, "makes an order without stating AutoPay");
            }
            (ModifyCall::Spec(_) | ModifyCall::Prepay(_) | ModifyCall::Network(_), _) => {}
        }
    }

    /// Nothing is waited out while a machine that ran is held down.
    fn take_cool_down(&mut self, saga: &Saga, position: usize) {
        let wanted_down = saga.steps.iter().rev().find_map(|step| match step.action {
            Action::Start => Some(false),
            Action::Stop { .. } => Some(true),
            Action::Modify(_)
            | Action::AwaitOrder
            | Action::AllocatePublicIp
            | Action::CoolDown => None,
        });
        if !self.up && saga.was_running && wanted_down != Some(true) {
            self.object(
                position,
                "waits out a cool-down while the machine is held down",
            );
        }
        self.modified_since_cool_down = false;
    }

    fn object(&mut self, position: usize, what: &str) {
        self.faults.push(format!("step {} {what}", position + 1));
    }
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
    faults
}

fn power_at_the_end(saga: &Saga) -> bool {
    saga.steps
        .iter()
        .fold(saga.was_running, |up, step| match step.action {
            Action::Start => true,
            Action::Stop { .. } => false,
            Action::Modify(_)
            | Action::AwaitOrder
            | Action::AllocatePublicIp
            | Action::CoolDown => up,
        })
}
