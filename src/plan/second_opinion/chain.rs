//! A second opinion on one chain of steps: it is followed with a machine of its own in mind.

use std::time::Duration;

use crate::model::{
    BillingMethod, InstanceStatus, ModifyCall, Sale, StoppedMode, TemporaryBandwidth,
};
use crate::plan::nouns::{Action, Goal, Saga, Step, Undo};

/// How a machine comes to a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comes {
    /// Rested: its last change is long ago.
    Rested,
    /// Right from a change.
    Changed,
}

/// One machine, followed through its chain.
struct Walk {
    comes: Comes,
    up: bool,
    /// Whether it is down because of a stop in this chain, and comes up again.
    held: bool,
    modified_since_cool_down: bool,
    pivot_passed: bool,
    /// Whether the step before made an order that somebody must pay.
    unpaid: bool,
    faults: Vec<String>,
}

/// Everything that is wrong with the chain.
pub(super) fn walk(saga: &Saga, comes: Comes) -> Vec<String> {
    let mut walk = Walk {
        comes,
        up: saga.was_running,
        held: false,
        modified_since_cool_down: comes == Comes::Changed,
        pivot_passed: false,
        unpaid: false,
        faults: Vec::new(),
    };
    for (position, step) in saga.steps.iter().enumerate() {
        walk.take(saga, position, step);
    }
    if walk.unpaid {
        walk.object(
            saga.steps.len(),
            "is missing: nobody waits for the order to be paid",
        );
    }
    walk.faults
}

impl Walk {
    fn take(&mut self, saga: &Saga, position: usize, step: &Step) {
        if step.because.is_empty() {
            self.object(position, "has no reason");
        }
        self.take_needs(position, step);
        if self.unpaid != step.waits_for_payment() {
            self.object(position, "and an order left unpaid do not go together");
        }
        self.unpaid = step.is_finished_by_its_answer();
        match &step.action {
            Action::Stop { mode } => self.take_stop(saga, position, *mode),
            Action::Start if self.up => self.object(position, "starts a machine that is up"),
            Action::Start => {
                self.up = true;
                self.held = false;
            }
            Action::Modify(call) => {
                self.take_modify(saga, position, call);
                self.take_goal(position, call, step);
            }
            Action::AllocatePublicIp | Action::AskOffer(_) => {}
            Action::AwaitOrder | Action::PayOrder => {
                self.take_wait(position);
                self.take_payment(saga, position);
                if !step.is_pivot() {
                    self.object(position, "waits for a payment and calls it undoable");
                }
            }
            Action::CoolDown => {
                self.take_wait(position);
                self.modified_since_cool_down = false;
            }
            Action::RunHook { .. } | Action::AwaitHealth(_) => self.take_care(position),
        }
        let undoes_a_change = matches!(&step.undo, Undo::By(Action::Modify(_)));
        if self.pivot_passed && undoes_a_change {
            self.object(position, "would be taken back behind the pivot");
        }
        self.pivot_passed |= step.is_pivot();
    }

    /// One machine's steps never overlap (R55).
    fn take_needs(&mut self, position: usize, step: &Step) {
        let before = position.checked_sub(1);
        let needed = step
            .needs
            .iter()
            .any(|need| Some(usize::from(*need)) == before);
        if before.is_some() && !needed {
            self.object(position, "does not wait for the step before it");
        }
    }

    fn take_stop(&mut self, saga: &Saga, position: usize, mode: StoppedMode) {
        if !self.up {
            self.object(position, "stops a machine that is down");
        }
        let started_again = saga.steps[position..]
            .iter()
            .any(|s| s.action == Action::Start);
        let undone = saga.steps[position].undo == Undo::By(Action::Start);
        let changed = saga.steps[position..]
            .iter()
            .any(|s| matches!(s.action, Action::Modify(_)));
        if (started_again || changed) && mode != StoppedMode::KeepCharging {
            self.object(position, "gives capacity up around a change");
        }
        if started_again != undone {
            self.object(
                position,
                "does not say how the machine comes up when a change fails",
            );
        }
        self.up = false;
        self.held = undone;
    }

    /// The call asks for what its goal shows, for nothing else, and says what becomes of it.
    fn take_goal(&mut self, position: usize, call: &ModifyCall, step: &Step) {
        let after = &step.after;
        let agrees = match call {
            ModifyCall::Spec(change) => after.instance_type.as_ref() == Some(&change.instance_type),
            ModifyCall::Prepay(change) => {
                after.instance_type.as_ref() == Some(&change.instance_type)
            }
            ModifyCall::Network(change) if change.temporary.is_some() => {
                let only = Goal {
                    temporary: change.temporary.clone(),
                    ..Goal::default()
                };
                let what = change.temporary.as_ref();
                let says_it_twice = what.is_some_and(|what| {
                    change.max_bandwidth_out == Some(what.max_bandwidth_out)
                        && what.end.duration_since(what.start) >= TemporaryBandwidth::LEAST
                });
                *after == only && says_it_twice
            }
            ModifyCall::Network(change) => {
                after.instance_type.is_none()
                    && after.temporary.is_none()
                    && after.charge_type == change.charge_type
                    && after.max_bandwidth_out == change.max_bandwidth_out
                    && after.max_bandwidth_in == change.max_bandwidth_in
            }
        };
        if !agrees {
            self.object(position, "looks for something else than it asks for");
        }
        match call {
            ModifyCall::Spec(_) => self.take_undo_of_a_type(position, step),
            ModifyCall::Prepay(_) | ModifyCall::Network(_) => {
                let pays = call.makes_order() && !step.is_finished_by_its_answer();
                if pays && !step.is_pivot() {
                    self.object(position, "pays an order and calls it undoable");
                }
            }
        }
    }

    /// Back to the type before and to nothing else, and never to one that is not sold any more. What a way back leaves
    /// was had a moment ago.
    fn take_undo_of_a_type(&mut self, position: usize, step: &Step) {
        let was = step.before.instance_type.as_ref();
        let is_retired = was.is_some_and(|was| Sale::of(was) == Sale::Over);
        match &step.undo {
            Undo::By(Action::Modify(ModifyCall::Spec(back)))
                if Some(&back.instance_type) == was =>
            {
                if is_retired && self.comes == Comes::Rested {
                    self.object(position, "promises a type back that is not sold any more");
                }
                if back.system_disk_category.is_some() {
                    self.object(position, "asks for another system disk on the way back");
                }
            }
            Undo::Never { .. } if is_retired => {}
            Undo::By(_) | Undo::Nothing | Undo::Never { .. } => {
                self.object(
                    position,
                    "changes a type and does not say how it is changed back",
                );
            }
        }
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
            (ModifyCall::Network(change), BillingMethod::PostPaid)
                if change.temporary.is_some() =>
            {
                self.object(
                    position,
                    "buys bandwidth for a while for a pay-as-you-go machine",
                );
            }
            (ModifyCall::Network(change), BillingMethod::PostPaid) if change.auto_pay.is_some() => {
                self.object(position, "states AutoPay where no order is made");
            }
            (ModifyCall::Spec(_) | ModifyCall::Prepay(_) | ModifyCall::Network(_), _) => {}
        }
    }

    /// Commands and health checks are for machines that are up.
    fn take_care(&mut self, position: usize) {
        if !self.up {
            self.object(position, "is about a machine that runs, and it is down");
        }
    }

    /// Neither a clock nor a person is waited for while a machine is held down, however it was found.
    fn take_wait(&mut self, position: usize) {
        if self.held {
            self.object(position, "waits while the machine is held down");
        }
    }

    /// What nobody stopped for it is not left down until a person pays, unless its order can be made only so. A type
    /// takes effect with the start that follows its order.
    fn take_payment(&mut self, saga: &Saga, position: usize) {
        let order = position.checked_sub(1).map(|at| &saga.steps[at]);
        let down = Some(InstanceStatus::Stopped);
        let needs_it_down = order.is_some_and(|order| order.before.status == down);
        let is_network_alone = saga.target_type().is_none();
        if !self.up && !needs_it_down && is_network_alone && power_at_the_end(saga) {
            self.object(position, "leaves a machine down that is meant to run");
        }
    }

    fn object(&mut self, position: usize, what: &str) {
        self.faults.push(format!("step {} {what}", position + 1));
    }
}

/// The expected time from a stop to the start after it, at its longest.
pub(super) fn longest_outage(saga: &Saga) -> Duration {
    let mut longest = Duration::ZERO;
    let mut outage = Duration::ZERO;
    for step in &saga.steps {
        outage += step.downtime;
        longest = longest.max(outage);
        if step.action == Action::Start {
            outage = Duration::ZERO;
        }
    }
    longest
}

/// Whether the machine is up behind the last step.
pub(super) fn power_at_the_end(saga: &Saga) -> bool {
    saga.steps
        .iter()
        .fold(saga.was_running, |up, step| match step.action {
            Action::Start => true,
            Action::Stop { .. } => false,
            Action::Modify(_)
            | Action::AwaitOrder
            | Action::PayOrder
            | Action::AllocatePublicIp
            | Action::CoolDown
            | Action::AskOffer(_)
            | Action::RunHook { .. }
            | Action::AwaitHealth(_) => up,
        })
}
