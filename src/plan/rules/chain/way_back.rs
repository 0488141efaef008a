//! `on_failure: revert`: by which steps one machine is put back when its health check fails behind its
//! change, or why it is not.
//!
//! Whatever was changed before the check is changed back, last first. What costs money, or does not come
//! back, is never touched: such a machine stays as it is and is held.

use crate::model::{Field, InstanceStatus, Mbps, ModifyCall, NetworkChange, OnFailure, SpecChange};
use crate::plan::nouns::{Action, Because, Case, Goal, Step, Undo, WayBack};
use crate::plan::rules::allowed::bandwidth;
use crate::plan::rules::changes::network;

use super::care;
use super::draft::Draft;

/// The way back that the machine's group asks for; none where it asks for none.
pub(in crate::plan) fn way_back(case: &Case<'_>, steps: &[Step]) -> Option<WayBack> {
    match case.input.desired.rollout_of(case.desired).on_failure {
        OnFailure::Revert => {}
        OnFailure::Stop | OnFailure::Continue => return None,
    }
    let decided = decide(case, steps);
    Some(decided.unwrap_or_else(|why| WayBack::Never { why }))
}

fn decide(case: &Case<'_>, steps: &[Step]) -> Result<WayBack, String> {
    let check = |step: &Step| matches!(step.action, Action::AwaitHealth(_));
    let from = steps.iter().position(check);
    let no_check = if case.ends_up() {
        "no health check follows a change without an outage"
    } else {
        "it is stopped in the end"
    };
    let from = from.ok_or(no_check)?;
    let done = &steps[..from];
    if let Some(why) = done.iter().find_map(final_step) {
        return Err(why);
    }
    if done.iter().any(changes_network) {
        network_can_be_given_back(case, done)?;
    }
    if !case.is_up() {
        return Err("it was found Stopped, so that nobody knows what was good".to_owned());
    }
    let back = steps_back(case, done);
    if back.is_empty() {
        return Err("nothing was changed but its power".to_owned());
    }
    let from = u16::try_from(from).expect("a chain has fewer than a dozen steps");
    Ok(WayBack::By { from, steps: back })
}

fn changes_network(step: &Step) -> bool {
    matches!(step.action, Action::Modify(ModifyCall::Network(_)))
}

/// What was there may be more than can be asked for (R28), or not be told.
fn network_can_be_given_back(case: &Case<'_>, done: &[Step]) -> Result<(), String> {
    let charge_type = case.seen.charge_type;
    let becomes_none = |step: &Step| step.after.max_bandwidth_out == Some(0);
    let opens = done.iter().any(becomes_none);
    let back = network::classic_must_be_down(case, 0, case.seen.max_bandwidth_out);
    if let Some(because) = back.filter(|_| opens) {
        return Err(because.why);
    }
    if charge_type.is_none() {
        return Err("how its traffic was paid for is not told".to_owned());
    }
    let was = bandwidth::Target {
        charge_type,
        out: case.seen.max_bandwidth_out,
        address: None,
    };
    // Whatever was changed before the check, it has its old type again by then.
    let in_range = bandwidth::outbound_is_in_range_of(case, &was, &case.seen.instance_type);
    in_range.map_err(|blocked| {
        format!(
            "its old bandwidth cannot be asked for: {}",
            blocked.because.why
        )
    })
}

/// What cannot be taken back of a step, or only at a price.
fn final_step(step: &Step) -> Option<String> {
    if let Undo::Never { why } = &step.undo {
        return Some(why.clone());
    }
    let brings_address = step.after.public_ip == Some(true) && step.before.public_ip != Some(true);
    if brings_address || step.action == Action::AllocatePublicIp {
        return Some(format!(
            "its new {} would be given up",
            Field::PublicIp.path()
        ));
    }
    step.order_call()
        .map(|_| "an order cannot be taken back".to_owned())
}

/// Last first. Before each change lies the cool-down of the one before it (R52), and the machine runs
/// through all of them.
fn steps_back(case: &Case<'_>, done: &[Step]) -> Vec<Step> {
    let mut draft = Draft::from_power(&InstanceStatus::Running, care::care(case));
    for step in done.iter().rev() {
        match &step.action {
            Action::Modify(ModifyCall::Spec(forth)) => put_type_back(&mut draft, step, forth),
            Action::Modify(ModifyCall::Network(call)) => {
                draft.cool_down();
                draft.change(network_back(case, step, call));
            }
            // Subscriptions make orders, which were ruled out; nothing else leaves a mark.
            Action::Modify(ModifyCall::Prepay(_))
            | Action::Stop { .. }
            | Action::Start
            | Action::AwaitOrder
            | Action::PayOrder
            | Action::AllocatePublicIp
            | Action::CoolDown
            | Action::AskOffer(_)
            | Action::RunHook { .. }
            | Action::AwaitHealth(_) => {}
        }
    }
    draft.into_steps()
}

fn put_type_back(draft: &mut Draft, step: &Step, forth: &SpecChange) {
    let Undo::By(Action::Modify(ModifyCall::Spec(call))) = &step.undo else {
        return;
    };
    draft.cool_down();
    draft.ask_offer(call.clone());
    draft.stop_for_change(Because::new(
        "R2",
        "a pay-as-you-go machine changes its type only while Stopped",
    ));
    let back = Action::Modify(ModifyCall::Spec(call.clone()));
    draft.change(Step {
        before: Goal {
            status: step.before.status.clone(),
            ..step.after.clone()
        },
        after: Goal {
            status: None,
            ..step.before.clone()
        },
        // The disk stays as it came out (R69).
        undo: Undo::By(Action::Modify(ModifyCall::Spec(SpecChange {
            system_disk_category: None,
            ..forth.clone()
        }))),
        ..change(back)
    });
    draft.start(Because::new(
        "R4",
        "it ran before; its old type takes effect with this start",
    ));
}

/// What the call stated is stated again.
fn network_back(case: &Case<'_>, step: &Step, call: &NetworkChange) -> Step {
    let old = &step.before;
    let back = NetworkChange {
        charge_type: call.charge_type.and(old.charge_type),
        max_bandwidth_out: call.max_bandwidth_out.and(old.max_bandwidth_out),
        max_bandwidth_in: inbound_back(case, call),
        allocate_public_ip: None,
        auto_pay: None,
        temporary: None,
    };
    Step {
        before: Goal {
            charge_type: back.charge_type.and(step.after.charge_type),
            max_bandwidth_out: back.max_bandwidth_out.and(step.after.max_bandwidth_out),
            max_bandwidth_in: back.max_bandwidth_in.and(step.after.max_bandwidth_in),
            ..Goal::default()
        },
        after: Goal {
            charge_type: back.charge_type,
            max_bandwidth_out: back.max_bandwidth_out,
            max_bandwidth_in: back.max_bandwidth_in,
            ..Goal::default()
        },
        ..change(Action::Modify(ModifyCall::Network(back)))
    }
}

/// R29: a call that states outbound alone sets inbound anew, so that a value of its own is stated, too.
fn inbound_back(case: &Case<'_>, call: &NetworkChange) -> Option<Mbps> {
    let by_itself = bandwidth::inbound_most(case.seen.max_bandwidth_out);
    let was = case.seen.max_bandwidth_in;
    let was = was.filter(|inbound| (1..=by_itself).contains(inbound));
    let follows = call.max_bandwidth_out.is_some() && was == Some(by_itself);
    was.filter(|_| call.max_bandwidth_in.is_some() || !follows)
}

fn change(action: Action) -> Step {
    let because = Because::new(
        "on_failure",
        "revert: what was changed is changed back, without an order",
    );
    Step::plain(action, vec![because])
}
