//! A second opinion on the way back of one machine: it ends where the machine was before, costs nothing,
//! and is there where, and only where, its group asks for it.

use crate::model::{DesiredFleet, InstanceId, Mbps, Moment, NetworkBilling, OnFailure, TypeName};
use crate::plan::nouns::{Action, Goal, Saga, Step, WayBack};

use super::chain::{Comes, longest_outage, power_at_the_end, walk};

/// Everything that is wrong with the way back of this machine.
pub(super) fn way_back_faults(desired: &DesiredFleet, id: &InstanceId, saga: &Saga) -> Vec<String> {
    let Some(wish) = desired.instances.get(id) else {
        return Vec::new();
    };
    let rollout = desired.rollout_of(wish);
    let asked = rollout.on_failure == OnFailure::Revert;
    let (from, steps) = match (&saga.way_back, asked) {
        (None, false) | (Some(WayBack::Never { .. }), true) => return Vec::new(),
        (None, true) => return vec!["does not say what a failure does to it".to_owned()],
        (Some(_), false) => return vec!["would be put back, and nobody asks for that".to_owned()],
        (Some(WayBack::By { from, steps }), true) => (usize::from(*from), steps),
    };
    let Some(back) = saga.turned_back() else {
        return Vec::new();
    };
    let done = saga.steps.get(..from).unwrap_or_default();
    let looks = saga.steps.get(from).is_some_and(is_check);
    let is_final = |step: &Step| step.is_pivot() || step.order_call().is_some();
    let drains = rollout.hooks.before_stop.is_some();
    let drained = |before: &[Step]| before.last().and_then(moment) == Some(Moment::BeforeStop);
    let asks = |before: &[Step]| before.iter().any(is_question);
    let wrong = [
        (
            !looks || done.iter().any(is_check),
            "begins behind something else than the first health check",
        ),
        (done.iter().any(is_final), "takes back what is final"),
        (steps.iter().any(is_final), "makes an order"),
        (
            !saga.was_running || !power_at_the_end(&back),
            "does not end with the machine up, as it was",
        ),
        (
            !Values::behind(steps).are_those(&Values::before(done)),
            "does not end with the values from before",
        ),
        (
            longest_outage(&back) > wish.change.max_outage,
            "is down for longer than its `max_outage`",
        ),
        (
            drains && !stops(steps).all(drained),
            "is stopped without its `before_stop`",
        ),
        (
            !stops(steps).all(asks),
            "is stopped before anybody asks whether its type can be had",
        ),
    ];
    let wrong = wrong.iter().filter(|(is_wrong, _)| *is_wrong);
    let wrong = wrong.map(|(_, what)| (*what).to_owned());
    let faults = walk(&back, Comes::Changed).into_iter().chain(wrong);
    faults.map(|what| format!("way back: {what}")).collect()
}

fn is_question(step: &Step) -> bool {
    matches!(step.action, Action::AskOffer(_))
}

fn is_check(step: &Step) -> bool {
    matches!(step.action, Action::AwaitHealth(_))
}

fn moment(step: &Step) -> Option<Moment> {
    step.action.moment()
}

/// The steps in front of each stop.
fn stops(steps: &[Step]) -> impl Iterator<Item = &[Step]> {
    let is_stop = |step: &Step| matches!(step.action, Action::Stop { .. });
    (0..steps.len())
        .filter(move |at| is_stop(&steps[*at]))
        .map(|at| &steps[..at])
}

/// What a chain changes of a machine: its values at one end.
#[derive(Debug, Default)]
struct Values {
    type_name: Option<TypeName>,
    charge: Option<NetworkBilling>,
    out: Option<Mbps>,
    inbound: Option<Mbps>,
}

impl Values {
    /// Before the first step that touches each.
    fn before(steps: &[Step]) -> Self {
        let mut values = Self::default();
        for step in steps.iter().rev().filter(|step| is_change(step)) {
            values.take(&step.before);
        }
        values
    }

    /// Whether all that is known of the others is so.
    fn are_those(&self, before: &Self) -> bool {
        let inbound = before.inbound.is_none() || self.inbound.is_none();
        self.type_name == before.type_name
            && self.charge == before.charge
            && self.out == before.out
            && (inbound || self.inbound == before.inbound)
    }

    /// Behind the last step that touches each.
    fn behind(steps: &[Step]) -> Self {
        let mut values = Self::default();
        for step in steps.iter().filter(|step| is_change(step)) {
            values.take(&step.after);
        }
        values
    }

    fn take(&mut self, goal: &Goal) {
        let keep = self;
        keep.type_name = goal.instance_type.clone().or(keep.type_name.take());
        keep.charge = goal.charge_type.or(keep.charge);
        keep.out = goal.max_bandwidth_out.or(keep.out);
        keep.inbound = goal.max_bandwidth_in.or(keep.inbound);
    }
}

fn is_change(step: &Step) -> bool {
    matches!(step.action, Action::Modify(_))
}
