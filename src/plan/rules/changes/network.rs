//! Bandwidth, network billing and the public address: one call for both billing methods.

use crate::model::{
    BillingMethod, DesiredInternet, InstanceStatus, Mbps, ModifyCall, NetworkChange, NetworkKind,
    Payment,
};
use crate::plan::nouns::{Action, Because, Blocked, Case, Goal, Step, Undo};
use crate::plan::rules::allowed::bandwidth::{self, Target};
use crate::plan::rules::allowed::{fits, power, targets};
use crate::plan::rules::paying::payment;

use super::reasons;

/// A change of the public network, decided.
#[derive(Debug, Clone)]
pub(in crate::plan) struct NetworkPlan {
    /// The steps, in order; their needs are filled in by the draft.
    pub(in crate::plan::rules) steps: Vec<Step>,
    /// Why the machine must be down for it; none when it may run.
    pub(in crate::plan::rules) down: Option<Because>,
    /// On which side of a type change it stands.
    pub(in crate::plan::rules) place: Place,
}

/// On which side of a type change a change of bandwidth stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan::rules) enum Place {
    /// Lowered bandwidth: the new type may allow less (R28).
    BeforeType,
    /// Raised bandwidth, which the new type may have to allow first (R28), and whatever is final: an address
    /// given up, or less of a subscription, behind which the cloud may refuse the type (R49).
    AfterType,
}

/// The change of public network this machine needs, if it needs one.
pub(in crate::plan) fn network_change(case: &Case<'_>) -> Result<Option<NetworkPlan>, Blocked> {
    let wish = &left_to_the_network(case);
    if !differs(case, wish) {
        return Ok(None);
    }
    bandwidth::has_no_eip(case)?;
    power::has_a_place_for_an_address(case)?;
    let target = target(case, wish);
    bandwidth::outbound_is_in_range(case, &target)?;
    bandwidth::inbound_is_in_range(case, wish, &target)?;
    bandwidth::address_fits_bandwidth(case, wish, &target)?;
    bandwidth::address_is_given_up_with_consent(case, wish, &target)?;
    address_waits_for_the_type(case, &target)?;
    let down = classic_must_be_down(case, case.seen.max_bandwidth_out, target.out);
    if down.is_some() {
        nobody_is_awaited_while_down(case)?;
    }
    let mut steps = steps(case, wish, &target);
    if let (Some(_), Some(modify)) = (&down, steps.first_mut()) {
        modify.before.status = Some(InstanceStatus::Stopped);
    }
    Ok(Some(NetworkPlan {
        steps,
        down,
        place: place(case, &target),
    }))
}

/// The wish without an address that comes or goes by itself with the power (R70).
fn left_to_the_network(case: &Case<'_>) -> DesiredInternet {
    let mut wish = case.desired.spec.internet.clone();
    if power::brings_the_wanted_address(case) || power::takes_the_unwanted_address(case) {
        wish.public_ip = None;
    }
    wish
}

/// An address given up does not come back, so that a type change which may still fail goes first. A
/// subscription change of type is final itself; there less bandwidth is a downgrade, behind which the
/// cloud may refuse everything else (R49).
fn place(case: &Case<'_>, target: &Target) -> Place {
    let lowers = target.out < case.seen.max_bandwidth_out;
    let type_goes_first = match case.seen.billing {
        BillingMethod::PostPaid => bandwidth::gives_address_up(case, target.address),
        BillingMethod::PrePaid => {
            targets::wanted(case).is_some_and(|to| fits::takes_it_as_it_is(case, to))
        }
    };
    if lowers && !type_goes_first {
        Place::BeforeType
    } else {
        Place::AfterType
    }
}

/// R28, R33: an address is given up behind the type, and bandwidth too wide for the type lowered before it. One call
/// cannot be both.
fn address_waits_for_the_type(case: &Case<'_>, target: &Target) -> Result<(), Blocked> {
    let type_may_fail = case.seen.billing == BillingMethod::PostPaid;
    let is_final = type_may_fail && bandwidth::gives_address_up(case, target.address);
    let too_narrow = targets::wanted(case).filter(|to| fits::is_lowered_first(case, to));
    let Some(to) = too_narrow.filter(|_| is_final) else {
        return Ok(());
    };
    let out = case.seen.max_bandwidth_out;
    Err(case.block(
        "R28",
        format!(
            "its {out} Mbit/s are more than {to} takes and would go first, and its address with them, while the \
             change of type may still be refused"
        ),
        "give the address up in an apply of its own, and change the type in the next",
    ))
}

fn differs(case: &Case<'_>, wish: &DesiredInternet) -> bool {
    let seen = case.seen;
    wish.charge_type
        .is_some_and(|c| Some(c) != seen.charge_type)
        || wish
            .max_bandwidth_out
            .is_some_and(|m| m != seen.max_bandwidth_out)
        || wish
            .max_bandwidth_in
            .is_some_and(|m| Some(m) != seen.max_bandwidth_in)
        || wish
            .public_ip
            .is_some_and(|ip| ip != seen.public_ip.is_some())
}

fn target(case: &Case<'_>, wish: &DesiredInternet) -> Target {
    let out = wish
        .max_bandwidth_out
        .unwrap_or(case.seen.max_bandwidth_out);
    Target {
        charge_type: wish.charge_type.or(case.seen.charge_type),
        out,
        address: address_after(case, wish, out),
    }
}

/// Whether it will have a static address; none when the call does not touch that.
fn address_after(case: &Case<'_>, wish: &DesiredInternet, out: Mbps) -> Option<bool> {
    let opens = case.seen.max_bandwidth_out == 0 && out > 0;
    if out == 0 && case.seen.public_ip.is_some() && case.seen.network == NetworkKind::Vpc {
        return Some(false); // R33
    }
    match wish.public_ip {
        Some(wanted) => Some(wanted),
        None if opens && !power::gives_its_place_up(case) => Some(true), // R24, R25
        None => None,
    }
}

/// R26: in the classic network bandwidth leaves 0 only while the machine is down.
pub(in crate::plan::rules) fn classic_must_be_down(
    case: &Case<'_>,
    from: Mbps,
    to: Mbps,
) -> Option<Because> {
    let opens = from == 0 && to > 0;
    (opens && case.seen.network == NetworkKind::Classic).then(|| {
        Because::new(
            "R26",
            "in the classic network bandwidth leaves 0 only while Stopped",
        )
    })
}

/// An order made while it is held down must not wait for a person: nobody knows how long that takes.
fn nobody_is_awaited_while_down(case: &Case<'_>) -> Result<(), Blocked> {
    if !case.ends_up() {
        return Ok(());
    }
    let way_out = if case.is_up() {
        "write `payment: auto`, or stop it with `power: stopped` for the time of it"
    } else if targets::wanted(case).is_some() {
        // Its type comes first and starts it, so that it would be taken down once more.
        "write `payment: auto`, or open its bandwidth in an apply of its own, and change the type in the next"
    } else {
        return Ok(());
    };
    match (case.seen.billing, case.payment()) {
        (BillingMethod::PrePaid, Payment::Await | Payment::Api) => Err(
            payment::nobody_pays_it_at_once(case, "R26", "while Stopped", way_out),
        ),
        (
            BillingMethod::PrePaid | BillingMethod::PostPaid,
            Payment::Auto | Payment::Await | Payment::Api,
        ) => Ok(()),
    }
}

fn steps(case: &Case<'_>, wish: &DesiredInternet, target: &Target) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = target.address;
    if needs_modify(case, wish) {
        let by_call = address_comes_with_the_call(case, target);
        let shown = if target.address == Some(true) && !by_call && case.seen.public_ip.is_none() {
            None
        } else {
            rest = None;
            target.address
        };
        steps.push(modify(case, wish, target, shown));
        let paying = payment::await_order(case, &mut steps);
        steps.extend(paying);
    }
    if rest == Some(true) && case.seen.public_ip.is_none() {
        steps.push(allocate());
    }
    steps
}

fn needs_modify(case: &Case<'_>, wish: &DesiredInternet) -> bool {
    let without_address = DesiredInternet {
        public_ip: None,
        ..wish.clone()
    };
    differs(case, &without_address)
}

/// R24, R25: leaving 0 brings an address by itself (PrePaid) or on request (PostPaid); otherwise
/// the call cannot bring one.
fn address_comes_with_the_call(case: &Case<'_>, target: &Target) -> bool {
    case.seen.max_bandwidth_out == 0 && target.out > 0
}

fn modify(case: &Case<'_>, wish: &DesiredInternet, target: &Target, address: Option<bool>) -> Step {
    let seen = case.seen;
    let charge_type = wish.charge_type.filter(|c| Some(*c) != seen.charge_type);
    // A switch of network billing states the bandwidth too: what an omitted value means is unwritten.
    let out = (charge_type.is_some() || target.out != seen.max_bandwidth_out).then_some(target.out);
    // R29: a call that states outbound alone sets inbound anew.
    let inbound = wish
        .max_bandwidth_in
        .filter(|m| Some(*m) != seen.max_bandwidth_in || out.is_some());
    let asks_address = address == Some(true)
        && seen.public_ip.is_none()
        && seen.billing == BillingMethod::PostPaid;
    let subscription = seen.billing == BillingMethod::PrePaid;
    let call = NetworkChange {
        charge_type,
        max_bandwidth_out: out,
        max_bandwidth_in: inbound,
        allocate_public_ip: asks_address.then_some(true),
        auto_pay: subscription.then(|| payment::auto_pay(case.payment())),
        temporary: None,
    };
    let because = reasons::because(case, target, &call, address);
    Step {
        before: before(case, &call, address),
        after: Goal {
            charge_type,
            max_bandwidth_out: out,
            max_bandwidth_in: inbound,
            public_ip: address,
            ..Goal::default()
        },
        undo: undo(case, address),
        price: payment::of_bandwidth(case, target),
        ..Step::plain(Action::Modify(ModifyCall::Network(call)), because)
    }
}

/// Only what the call changes must be as planned; the rest may be anything.
fn before(case: &Case<'_>, call: &NetworkChange, address: Option<bool>) -> Goal {
    let seen = case.seen;
    Goal {
        charge_type: call.charge_type.and(seen.charge_type),
        max_bandwidth_out: call.max_bandwidth_out.map(|_| seen.max_bandwidth_out),
        max_bandwidth_in: call.max_bandwidth_in.and(seen.max_bandwidth_in),
        // R70: a stop before this call may have taken the address.
        public_ip: address
            .filter(|_| !power::gives_its_place_up(case))
            .map(|_| seen.public_ip.is_some()),
        ..Goal::default()
    }
}

fn undo(case: &Case<'_>, address: Option<bool>) -> Undo {
    match (&case.seen.public_ip, case.seen.billing) {
        (Some(ip), _) if bandwidth::gives_address_up(case, address) => Undo::Never {
            why: format!("the address {ip} does not come back"),
        },
        (Some(_) | None, BillingMethod::PrePaid) => Undo::Never {
            why: "an order cannot be taken back".to_owned(),
        },
        (Some(_) | None, BillingMethod::PostPaid) => Undo::Nothing,
    }
}

fn allocate() -> Step {
    let because = Because::new(
        "R25",
        "it has bandwidth but no address, which only AllocatePublicIpAddress adds",
    );
    Step {
        before: Goal {
            public_ip: Some(false),
            ..Goal::default()
        },
        after: Goal {
            public_ip: Some(true),
            ..Goal::default()
        },
        ..Step::plain(Action::AllocatePublicIp, vec![because])
    }
}
