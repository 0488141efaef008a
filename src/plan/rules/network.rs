//! Bandwidth, network billing and the public address: one call for both billing methods.

use std::time::Duration;

use crate::model::{
    BillingMethod, DesiredInternet, Mbps, ModifyCall, NetworkBilling, NetworkChange, NetworkKind,
};
use crate::plan::account::Blocked;
use crate::plan::input::Case;
use crate::plan::rules::payment;
use crate::plan::step::{Action, Because, Goal, Price, Step, Undo};

/// A change of the public network, decided.
#[derive(Debug, Clone)]
pub(in crate::plan) struct NetworkPlan {
    /// The steps, in order; their needs are filled in by the draft.
    pub(in crate::plan) steps: Vec<Step>,
    /// Why the machine must be down for it; none when it may run.
    pub(in crate::plan) down: Option<Because>,
    /// Whether outbound bandwidth goes down: then it goes before a type change, else after it.
    pub(in crate::plan) lowers: bool,
}

/// The values the machine will have: what is written, else what is there.
struct Target {
    charge_type: Option<NetworkBilling>,
    out: Mbps,
    address: Option<bool>,
}

/// The change of public network this machine needs, if it needs one.
pub(in crate::plan) fn network_change(case: &Case<'_>) -> Result<Option<NetworkPlan>, Blocked> {
    let wish = &case.desired.spec.internet;
    if !differs(case, wish) {
        return Ok(None);
    }
    has_no_eip(case)?;
    let target = target(case, wish);
    outbound_is_in_range(case, &target)?;
    inbound_is_in_range(case, wish, &target)?;
    address_fits_bandwidth(case, wish, &target)?;
    address_is_given_up_with_consent(case, wish, &target)?;
    let down = classic_must_be_down(case, &target);
    no_payment_is_awaited_while_down(case, down.as_ref())?;
    Ok(Some(NetworkPlan {
        steps: steps(case, wish, &target),
        down,
        lowers: target.out < case.seen.max_bandwidth_out,
    }))
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
        None if opens => Some(true), // R24, R25
        None => None,
    }
}

/// R27: with an elastic address bound, public bandwidth is the address's business.
fn has_no_eip(case: &Case<'_>) -> Result<(), Blocked> {
    let Some(eip) = &case.seen.eip else {
        return Ok(());
    };
    Err(case.block(
        "R27",
        format!("the elastic address {} is bound to it", eip.address),
        "change the bandwidth of the elastic address, or unbind it",
    ))
}

/// R28: the ceiling depends on network billing and billing method.
fn outbound_is_in_range(case: &Case<'_>, target: &Target) -> Result<(), Blocked> {
    let Some(charge_type) = target.charge_type else {
        return Ok(());
    };
    let max = charge_type.bandwidth_out_max(case.seen.billing);
    if target.out <= max {
        return Ok(());
    }
    Err(case.block(
        "R28",
        format!(
            "{} Mbit/s is above {max}, the most for {} on a {} machine",
            target.out,
            charge_type.as_str(),
            case.seen.billing.as_str()
        ),
        "lower `max_bandwidth_out`",
    ))
}

/// R29: inbound is 1 to 10 while outbound is at most 10, else 1 to outbound.
fn inbound_is_in_range(
    case: &Case<'_>,
    wish: &DesiredInternet,
    target: &Target,
) -> Result<(), Blocked> {
    let Some(inbound) = wish.max_bandwidth_in else {
        return Ok(());
    };
    let max = target.out.max(10);
    if (1..=max).contains(&inbound) {
        return Ok(());
    }
    Err(case.block(
        "R29",
        format!("inbound {inbound} Mbit/s is not within 1 to {max}"),
        "leave `max_bandwidth_in` out, or set it within the range",
    ))
}

/// An address needs bandwidth, and bandwidth of a subscription machine brings an address (R24).
fn address_fits_bandwidth(
    case: &Case<'_>,
    wish: &DesiredInternet,
    target: &Target,
) -> Result<(), Blocked> {
    let has = case.seen.public_ip.is_some();
    match (wish.public_ip, target.out) {
        (Some(true), 0) => Err(case.block(
            "R33",
            "a public address needs outbound bandwidth above 0",
            "set `max_bandwidth_out`, or write `public_ip: false`",
        )),
        (Some(false), 1..) if has => Err(case.block(
            "R33",
            "its address can only be given up together with its bandwidth",
            "set `max_bandwidth_out: 0` as well",
        )),
        (Some(false), 1..)
            if case.seen.max_bandwidth_out == 0 && case.seen.billing == BillingMethod::PrePaid =>
        {
            Err(case.block(
                "R24",
                "a subscription machine whose bandwidth leaves 0 is given an address",
                "write `public_ip: true`, or leave the bandwidth at 0",
            ))
        }
        (Some(_) | None, _) => Ok(()),
    }
}

/// R33: outbound 0 releases the static address of a VPC machine, for good.
fn address_is_given_up_with_consent(
    case: &Case<'_>,
    wish: &DesiredInternet,
    target: &Target,
) -> Result<(), Blocked> {
    match &case.seen.public_ip {
        Some(address) if target.address == Some(false) && wish.public_ip != Some(false) => {
            Err(case.block(
                "R33",
                format!("outbound 0 would give up its static address {address} for good"),
                "write `public_ip: false` to consent",
            ))
        }
        Some(_) | None => Ok(()),
    }
}

/// R26: in the classic network bandwidth leaves 0 only while the machine is down.
fn classic_must_be_down(case: &Case<'_>, target: &Target) -> Option<Because> {
    let opens = case.seen.max_bandwidth_out == 0 && target.out > 0;
    (opens && case.seen.network == NetworkKind::Classic).then(|| {
        Because::new(
            "R26",
            "in the classic network bandwidth leaves 0 only while Stopped",
        )
    })
}

/// No machine is held down for as long as a person takes to pay.
fn no_payment_is_awaited_while_down(
    case: &Case<'_>,
    down: Option<&Because>,
) -> Result<(), Blocked> {
    let waits =
        case.seen.billing == BillingMethod::PrePaid && !payment::auto_pay(case.desired.payment);
    if down.is_some() && waits && case.is_up() && case.ends_up() {
        return Err(case.block(
            "R26",
            "it would be held down until a person has paid the order",
            "write `payment: auto` for it",
        ));
    }
    Ok(())
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
        if let Some(pay) = await_order(case, &steps) {
            steps.push(pay);
        }
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
    let inbound = wish
        .max_bandwidth_in
        .filter(|m| Some(*m) != seen.max_bandwidth_in);
    let asks_address = address == Some(true)
        && seen.public_ip.is_none()
        && seen.billing == BillingMethod::PostPaid;
    let subscription = seen.billing == BillingMethod::PrePaid;
    let call = NetworkChange {
        charge_type,
        max_bandwidth_out: out,
        max_bandwidth_in: inbound,
        allocate_public_ip: asks_address.then_some(true),
        auto_pay: subscription.then(|| payment::auto_pay(case.desired.payment)),
    };
    Step {
        before: before(case, &call, address),
        after: Goal {
            charge_type,
            max_bandwidth_out: out,
            max_bandwidth_in: inbound,
            public_ip: address,
            ..Goal::default()
        },
        action: Action::Modify(ModifyCall::Network(call)),
        needs: Vec::new(),
        undo: undo(case, address),
        because: because(case, target, address),
        price: if subscription {
            Price::Unknown
        } else {
            Price::NoOrder
        },
        downtime: Duration::ZERO,
    }
}

/// Only what the call changes must be as planned; the rest may be anything.
fn before(case: &Case<'_>, call: &NetworkChange, address: Option<bool>) -> Goal {
    let seen = case.seen;
    Goal {
        charge_type: call.charge_type.and(seen.charge_type),
        max_bandwidth_out: call.max_bandwidth_out.map(|_| seen.max_bandwidth_out),
        max_bandwidth_in: call.max_bandwidth_in.and(seen.max_bandwidth_in),
        public_ip: address.map(|_| seen.public_ip.is_some()),
        ..Goal::default()
    }
}

fn undo(case: &Case<'_>, address: Option<bool>) -> Undo {
    match (&case.seen.public_ip, address) {
        (Some(ip), Some(false)) => Undo::Never {
            why: format!("the address {ip} does not come back"),
        },
        _ if case.seen.billing == BillingMethod::PrePaid => Undo::Never {
            why: "an order cannot be taken back".to_owned(),
        },
        _ => Undo::Nothing,
    }
}

fn because(case: &Case<'_>, target: &Target, address: Option<bool>) -> Vec<Because> {
    let mut because = vec![Because::new(
        "R32",
        "bandwidth changes take effect at once, without a restart",
    )];
    let opens = case.seen.max_bandwidth_out == 0 && target.out > 0;
    match (case.seen.billing, address) {
        (BillingMethod::PostPaid, Some(true)) if opens => {
            because.push(Because::new(
                "R25",
                "the address is asked for in the same call",
            ));
        }
        (BillingMethod::PrePaid, Some(true)) if opens => {
            because.push(Because::new("R24", "bandwidth leaving 0 brings an address"));
        }
        (_, Some(false)) if case.seen.public_ip.is_some() => {
            because.push(Because::new(
                "R33",
                "outbound 0 gives the static address up",
            ));
        }
        (BillingMethod::PrePaid | BillingMethod::PostPaid, _) => {}
    }
    if case.seen.billing == BillingMethod::PrePaid {
        because.push(Because::new(
            "R37",
            "on a subscription machine the change is an order",
        ));
        because.push(payment::because(case.desired.payment));
    }
    because
}

/// An order left unpaid is waited for in a step of its own.
pub(in crate::plan) fn await_order(case: &Case<'_>, steps: &[Step]) -> Option<Step> {
    let order = steps
        .last()
        .filter(|step| step.is_finished_by_its_answer())?;
    Some(Step {
        action: Action::AwaitOrder,
        needs: Vec::new(),
        before: Goal::default(),
        after: order.after.clone(),
        undo: Undo::Nothing,
        because: vec![payment::because(case.desired.payment)],
        price: Price::NoOrder,
        downtime: Duration::ZERO,
    })
}

fn allocate() -> Step {
    Step {
        action: Action::AllocatePublicIp,
        needs: Vec::new(),
        before: Goal {
            public_ip: Some(false),
            ..Goal::default()
        },
        after: Goal {
            public_ip: Some(true),
            ..Goal::default()
        },
        undo: Undo::Nothing,
        because: vec![Because::new(
            "R25",
            "it has bandwidth but no address, which only AllocatePublicIpAddress adds",
        )],
        price: Price::NoOrder,
        downtime: Duration::ZERO,
    }
}
