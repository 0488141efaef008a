//! In which order one machine's changes are made, and what brackets them.

use std::time::Duration;

use crate::model::{BillingMethod, InstanceStatus, StoppedMode, TemporaryBandwidth, minute};
use crate::plan::nouns::{Action, Because, Blocked, COOL_DOWN, Case, Goal, Step, Undo};
use crate::plan::rules::allowed::{guards, power};
use crate::plan::rules::changes::network::{NetworkPlan, Place};
use crate::plan::rules::changes::transition::TypeChange;
use crate::plan::rules::changes::{restart, temporary};
use crate::plan::rules::paying::payment;

use super::care;
use super::draft::Draft;

/// What is left, beside the cool-downs before a purchase, until what is bought begins: other changes take a moment, too.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// Puts the pieces into one chain.
///
/// Bandwidth stands before or after the type as its [`Place`] says. Between two changes lies the
/// cool-down (R52), and the machine is never held down through it. What is down and meant to run is
/// started before anything that does not need it down.
pub(in crate::plan) fn sequence(
    case: &Case<'_>,
    new_type: Option<TypeChange>,
    network: Option<NetworkPlan>,
    purchase: Option<&TemporaryBandwidth>,
) -> Vec<Step> {
    let mut draft = Draft::from_power(&case.seen.status, care::care(case));
    let lowers = network
        .as_ref()
        .is_some_and(|plan| plan.place == Place::BeforeType);
    let both = new_type.is_some() && network.is_some();
    let mut network = network;
    if is_started_first(case, new_type.as_ref(), network.as_ref()) {
        draft.start(why_start(case));
    }
    if is_restarted_first(new_type.as_ref(), network.as_ref()) {
        put_restart(case, &mut draft);
    }
    if lowers {
        put_network(case, &mut draft, network.take());
        if both {
            draft.cool_down();
        }
    }
    put_type(case, &mut draft, new_type);
    if both && !lowers {
        draft.cool_down();
    }
    put_network(case, &mut draft, network);
    put_restart(case, &mut draft);
    put_power(case, &mut draft);
    put_purchase(case, &mut draft, purchase);
    draft.into_steps()
}

/// Whether a machine that is down and meant to run is started before its network changes: it would stay down until a
/// person has paid, and for good where the order is cancelled or the change refused.
fn is_started_first(
    case: &Case<'_>,
    new_type: Option<&TypeChange>,
    network: Option<&NetworkPlan>,
) -> bool {
    let may_run = new_type.is_none() && network.is_some_and(|plan| plan.down.is_none());
    // R70: one that gave its place up is given an address by its start, which a change before it may prevent.
    let kept_its_place = case.seen.billing == BillingMethod::PrePaid
        || case.seen.stopped_mode != Some(StoppedMode::StopCharging);
    // What closes a machine is done before it runs, where nobody has to pay for it first.
    let wish = &case.desired.spec.internet;
    let lowers = wish
        .max_bandwidth_out
        .is_some_and(|out| out < case.seen.max_bandwidth_out);
    let gives_up = wish.public_ip == Some(false) && case.seen.public_ip.is_some();
    let closes = match case.seen.billing {
        BillingMethod::PostPaid => lowers || gives_up,
        // A refund may be refused (R48): for less than all of it nobody is left down.
        BillingMethod::PrePaid => {
            lowers && wish.max_bandwidth_out == Some(0) && !network.is_some_and(has_to_be_paid)
        }
    };
    let waits = closes || network.is_some_and(works_from_a_start);
    may_run && kept_its_place && !waits && !case.is_up() && case.ends_up()
}

/// Whether a restart that is owed comes before a change of network: it would wait until a person has paid, and be lost
/// where the order is cancelled or the change refused.
fn is_restarted_first(new_type: Option<&TypeChange>, network: Option<&NetworkPlan>) -> bool {
    let may_run = new_type.is_none() && network.is_none_or(|plan| plan.down.is_none());
    may_run && !network.is_some_and(works_from_a_start)
}

/// R25: an address that is asked for by a call of its own works from the next start on, which therefore comes behind it
/// where nobody has to pay first.
fn works_from_a_start(plan: &NetworkPlan) -> bool {
    let asks = |step: &Step| step.action == Action::AllocatePublicIp;
    plan.steps.iter().any(asks) && !has_to_be_paid(plan)
}

fn has_to_be_paid(plan: &NetworkPlan) -> bool {
    plan.steps.iter().any(Step::is_paid_order)
}

/// R31: what is bought for a while comes last, since in force it would hold everything else up.
fn put_purchase(case: &Case<'_>, draft: &mut Draft, purchase: Option<&TemporaryBandwidth>) {
    let Some(wish) = purchase else { return };
    if draft.has_change() {
        draft.cool_down();
    }
    for step in temporary::steps(case, wish) {
        draft.change(step);
    }
}

fn put_type(case: &Case<'_>, draft: &mut Draft, new_type: Option<TypeChange>) {
    let Some(change) = new_type else { return };
    let was_up = draft.is_up();
    if let Some(why) = change.down.clone() {
        go_down(case, draft, why);
    }
    let steps = type_steps(case, &change);
    for step in steps {
        draft.change(step);
    }
    if change.down.is_none() && was_up && case.ends_up() {
        draft.stop_for_change(Because::new(
            "R12",
            "an upgrade made while running takes effect at the next start",
        ));
    }
    if draft.is_up() {
        return;
    }
    if case.ends_up() {
        draft.start(why_start(case));
    } else if was_up && power::gives_its_place_up(case) {
        draft.start_before_the_last_stop(Because::new(
            "R70",
            "capacity is given up by stopping a machine that runs, and only once its change is made",
        ));
    }
}

fn type_steps(case: &Case<'_>, change: &TypeChange) -> Vec<Step> {
    let down = change.down.as_ref().map(|_| InstanceStatus::Stopped);
    let modify = Step {
        before: Goal {
            instance_type: Some(change.from.clone()),
            status: down,
            ..Goal::default()
        },
        after: Goal {
            instance_type: Some(change.to.clone()),
            ..Goal::default()
        },
        undo: change.undo.clone(),
        price: change.price.clone(),
        ..Step::plain(Action::Modify(change.call.clone()), change.because.clone())
    };
    let mut steps = vec![modify];
    let paying = payment::await_order(case, &mut steps);
    steps.extend(paying);
    steps
}

fn put_network(case: &Case<'_>, draft: &mut Draft, network: Option<NetworkPlan>) {
    let Some(plan) = network else { return };
    if let Some(why) = plan.down {
        go_down(case, draft, why);
    }
    for step in plan.steps {
        draft.change(step);
    }
    if !draft.is_up() && case.is_up() && case.ends_up() {
        draft.start(Because::new(
            "R26",
            "it ran before; its first bandwidth takes effect with this start",
        ));
    }
}

/// R72: any start makes up for the one that is owed.
fn put_restart(case: &Case<'_>, draft: &mut Draft) {
    let Some(due) = restart::due(case).filter(|_| draft.is_up() && !draft.has_outage()) else {
        return;
    };
    draft.stop_for_change(restart::because(due));
    draft.start(why_start(case));
}

fn put_power(case: &Case<'_>, draft: &mut Draft) {
    match (draft.is_up(), case.ends_up()) {
        (true, false) => draft.stop_for_good(power::stopped_mode(case), power::why_stopped(case)),
        (false, true) => draft.start(why_start(case)),
        (true, true) | (false, false) => {}
    }
}

/// Down for a change: for the time of it, or for good when the manifest wants it stopped anyway and gives nothing up
/// with that. What StopCharging gives up does not come back when the change is refused.
fn go_down(case: &Case<'_>, draft: &mut Draft, why: Because) {
    if !draft.is_up() {
        return;
    }
    if case.ends_up() {
        draft.stop_for_change(why);
    } else if power::gives_its_place_up(case) {
        draft.stop_for_change_before_the_last_stop(why);
    } else {
        let mut because = power::why_stopped(case);
        because.push(why);
        draft.stop_for_good(power::stopped_mode(case), because);
    }
}

fn why_start(case: &Case<'_>) -> Because {
    if case.is_up() {
        Because::new(
            "R4",
            "it ran before; the new type takes effect with this start",
        )
    } else {
        Because::new("power", "the manifest wants it running")
    }
}

/// Whether the finished chain is allowed to stop the machine, if it does.
pub(in crate::plan) fn outage_is_allowed(case: &Case<'_>, steps: &[Step]) -> Result<(), Blocked> {
    let stops = steps
        .iter()
        .any(|step| matches!(step.action, Action::Stop { .. }));
    care::can_be_cared_for(case, steps)?;
    if !stops {
        return Ok(());
    }
    guards::is_not_protected(case)?;
    guards::is_not_managed_elsewhere(case)?;
    let outage = steps
        .iter()
        .any(|step| matches!(step.undo, Undo::By(Action::Start)));
    if outage {
        guards::is_not_spot(case)?;
        // One that is stopped in the end takes nobody's place.
        if case.ends_up() {
            guards::group_allows_an_outage(case)?;
        }
        guards::outage_is_short_enough(case, longest_outage(steps))?;
    }
    Ok(())
}

/// R30, R52: behind other changes it can be bought only after a cool-down, and must not have begun by then.
pub(in crate::plan) fn is_bought_in_time(
    case: &Case<'_>,
    wish: &TemporaryBandwidth,
    steps: &[Step],
) -> Result<(), Blocked> {
    let rests = steps.iter().filter(|step| step.action == Action::CoolDown);
    let rests: Duration = rests.map(|_| COOL_DOWN).sum();
    let left = wish.start.duration_since(case.input.now).unsigned_abs();
    if rests.is_zero() || left > rests + MARGIN {
        return Ok(());
    }
    Err(case.block(
        "R30",
        format!(
            "its temporary bandwidth begins at {}, and behind its other changes it could not be bought before (R52)",
            minute(wish.start)
        ),
        "leave the other changes out until it has ended, or let it begin later",
    ))
}

/// The longest time from a stop to the start after it.
fn longest_outage(steps: &[Step]) -> Duration {
    let outages = steps.split(|step| step.action == Action::CoolDown);
    let lengths = outages.map(|steps| steps.iter().map(|step| step.downtime).sum());
    lengths.max().unwrap_or_default()
}
