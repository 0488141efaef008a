//! More bandwidth for a while (R30, R31): may it be bought, is it bought already, and what it holds up.

use jiff::Timestamp;

use crate::diff::FieldChange;
use crate::model::{
    BillingMethod, Field, Mbps, ModifyCall, NetworkBilling, NetworkChange, NetworkKind, OrderOwner,
    PaymentStatus, TemporaryBandwidth, Upgrade, UpgradeOrder, minute,
};
use crate::plan::nouns::{Action, Because, Blocked, Case, Goal, Price, Step, Undo};
use crate::plan::rules::allowed::bandwidth::{self, Target};
use crate::plan::rules::paying::payment;

/// The upgrade that is still to be bought, if one is.
pub(in crate::plan) fn purchase<'a>(
    case: &Case<'a>,
) -> Result<Option<&'a TemporaryBandwidth>, Blocked> {
    nothing_bought_is_given_up(case)?;
    let Some(wish) = wish(case) else {
        return Ok(None);
    };
    if is_bought(case, wish) {
        return Ok(None);
    }
    no_other_is_there(case, wish)?;
    has_not_begun(case, wish)?;
    is_sold_to(case)?;
    bandwidth::has_no_eip(case)?;
    is_more(case, wish)?;
    opens_nothing_that_must_stay_shut(case)?;
    bandwidth::outbound_is_in_range(case, &target(case, wish))?;
    ends_with_the_term_at_the_latest(case, wish)?;
    Ok(Some(wish))
}

/// A purchase among the changes of its machine.
pub(in crate::plan) fn told(wish: &TemporaryBandwidth) -> FieldChange {
    FieldChange {
        field: Field::TemporaryBandwidth,
        from: "none".to_owned(),
        to: wish.to_string(),
    }
}

/// R31: while one is in force nothing that lasts is changed, whoever bought it.
pub(in crate::plan) fn none_is_in_force(case: &Case<'_>) -> Result<(), Blocked> {
    let Some((until, whose)) = in_force(case) else {
        return Ok(());
    };
    Err(case.block(
        "R31",
        format!(
            "temporary bandwidth {whose}is in force until {}, and nothing that lasts changes meanwhile",
            minute(until)
        ),
        "plan again once it has ended",
    ))
}

/// What is worth knowing about an upgrade that is not bought now.
pub(in crate::plan::rules) fn notes(case: &Case<'_>) -> Vec<Because> {
    let over = case
        .desired
        .temporary
        .as_ref()
        .filter(|wish| wish.is_over(case.input.now));
    let over = over.map(|wish| {
        let ended = minute(wish.end);
        Because::new(
            "temporary_bandwidth",
            format!("its temporary bandwidth ended at {ended}; take it out of the manifest"),
        )
    });
    over.into_iter()
        .chain(raised(case))
        .chain(coming(case))
        .collect()
}

/// An upgrade that the books know and the record does not: adopted as found.
pub(in crate::plan) fn found(case: &Case<'_>) -> Option<Upgrade> {
    let wish =
        wish(case).filter(|wish| recorded(case).is_none_or(|bought| bought.what != **wish))?;
    let order = paid(case).find(|order| order.is_for(wish))?;
    Some(Upgrade {
        what: wish.clone(),
        order: order.order.clone(),
        base: order.base.unwrap_or(case.seen.max_bandwidth_out),
    })
}

/// Whether the books have to be asked about upgrades of this machine, whatever else it wants.
pub(in crate::plan) fn is_to_be_asked_about(case: &Case<'_>) -> bool {
    let open = wish(case).filter(|wish| recorded(case).is_none_or(|bought| bought.what != **wish));
    open.is_some() && case.seen.billing == BillingMethod::PrePaid
}

/// The step that buys it, and the one that has it paid.
pub(in crate::plan::rules) fn steps(case: &Case<'_>, wish: &TemporaryBandwidth) -> Vec<Step> {
    let call = NetworkChange {
        max_bandwidth_out: Some(wish.max_bandwidth_out),
        auto_pay: Some(payment::auto_pay(case.payment())),
        temporary: Some(wish.clone()),
        ..NetworkChange::default()
    };
    let because = vec![
        Because::new(
            "R30",
            "bandwidth for a while is an order; it falls back by itself",
        ),
        Because::new(
            "R31",
            "while it is in force the cloud refuses every lasting change",
        ),
        payment::because(case),
    ];
    let order = Step {
        before: Goal {
            max_bandwidth_out: Some(base(case)),
            ..Goal::default()
        },
        after: Goal {
            temporary: Some(wish.clone()),
            ..Goal::default()
        },
        undo: Undo::Never {
            why: "an order cannot be taken back, and the upgrade is not refunded".to_owned(),
        },
        price: Price::Unknown,
        ..Step::plain(Action::Modify(ModifyCall::Network(call)), because)
    };
    let mut steps = vec![order];
    let paying = payment::await_order(case, &mut steps);
    steps.extend(paying);
    steps
}

/// The wish, while there is something to wish for.
fn wish<'a>(case: &Case<'a>) -> Option<&'a TemporaryBandwidth> {
    let wish = case.desired.temporary.as_ref()?;
    (!wish.is_over(case.input.now)).then_some(wish)
}

/// What is recorded as bought and has not ended.
fn recorded<'a>(case: &Case<'a>) -> Option<&'a Upgrade> {
    let bought = case.applied?.temporary.as_ref()?;
    (!bought.what.is_over(case.input.now)).then_some(bought)
}

/// Paid orders that are not known to be over; unpaid ones are the business of R45.
fn paid<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a UpgradeOrder> {
    let now = case.input.now;
    let orders = case.input.books.upgrades.get(&case.seen.id);
    let orders = orders.into_iter().flatten();
    orders.filter(move |order| {
        let is_paid = match &order.payment {
            PaymentStatus::Unpaid | PaymentStatus::Cancelled => false,
            PaymentStatus::Paid | PaymentStatus::Other(_) => true,
        };
        is_paid && !order.is_over(now)
    })
}

fn is_bought(case: &Case<'_>, wish: &TemporaryBandwidth) -> bool {
    recorded(case).is_some_and(|bought| bought.what == *wish)
        || paid(case).any(|order| order.is_for(wish))
}

/// Nothing is refunded: what was bought stays until it ends.
fn nothing_bought_is_given_up(case: &Case<'_>) -> Result<(), Blocked> {
    let Some(bought) = recorded(case) else {
        return Ok(());
    };
    let what = &bought.what;
    match &case.desired.temporary {
        Some(wish) if wish == what => Ok(()),
        Some(_) => Err(case.block(
            "temporary_bandwidth",
            format!(
                "{what} is bought already (order {}) and cannot be changed",
                bought.order
            ),
            "write it as it was bought; another one can be bought once it has ended",
        )),
        None => Err(case.block(
            "temporary_bandwidth",
            format!(
                "{what} is bought (order {}) and is not refunded",
                bought.order
            ),
            "write it again until it has ended",
        )),
    }
}

/// One at a time: somebody else's defers ours.
fn no_other_is_there(case: &Case<'_>, wish: &TemporaryBandwidth) -> Result<(), Blocked> {
    let Some(other) = paid(case).next() else {
        return Ok(());
    };
    let id = &other.order;
    if other.may_be_for(wish) {
        return Err(case.block(
            "temporary_bandwidth",
            format!("order {id} may be this very upgrade; it does not say from when until when"),
            "look at it with `respec orders show`; if it is another one, wait until it has ended",
        ));
    }
    let until = other
        .end
        .map_or_else(|| "an unknown time".to_owned(), minute);
    Err(case.block(
        "R31",
        format!("somebody has bought temporary bandwidth for it until {until} (order {id})"),
        "plan again once it has ended",
    ))
}

/// R30: the cloud sells nothing that has begun.
fn has_not_begun(case: &Case<'_>, wish: &TemporaryBandwidth) -> Result<(), Blocked> {
    if wish.start > case.input.now {
        return Ok(());
    }
    Err(case.block(
        "R30",
        format!(
            "its temporary bandwidth should have begun at {}",
            minute(wish.start)
        ),
        "set `start` to a minute that is still to come",
    ))
}

/// R30: only subscriptions that pay by bandwidth.
fn is_sold_to(case: &Case<'_>) -> Result<(), Blocked> {
    let charge_type = case
        .desired
        .spec
        .internet
        .charge_type
        .or(case.seen.charge_type);
    let why = match (case.seen.billing, charge_type) {
        (BillingMethod::PrePaid, Some(NetworkBilling::PayByBandwidth) | None) => return Ok(()),
        (BillingMethod::PrePaid, Some(NetworkBilling::PayByTraffic)) => {
            "this machine pays by traffic"
        }
        (BillingMethod::PostPaid, _) => "this machine is pay-as-you-go",
    };
    Err(case.block(
        "R30",
        format!("temporary bandwidth is sold to subscriptions that pay by bandwidth; {why}"),
        "take `temporary_bandwidth` out; raise `max_bandwidth_out` for the time of it instead",
    ))
}

/// R30: never below what it has.
fn is_more(case: &Case<'_>, wish: &TemporaryBandwidth) -> Result<(), Blocked> {
    let (base, wanted) = (base(case), wish.max_bandwidth_out);
    if wanted > base {
        return Ok(());
    }
    Err(case.block(
        "R30",
        format!("{wanted} Mbit/s for a while is no more than the {base} it has for good"),
        "raise the temporary bandwidth, or take it out",
    ))
}

/// R26, R30: where there is no bandwidth for good, the upgrade brings an address, and on the classic
/// network it wants a stop that nobody should make for a while only.
fn opens_nothing_that_must_stay_shut(case: &Case<'_>) -> Result<(), Blocked> {
    if base(case) > 0 {
        return Ok(());
    }
    if case.seen.network == NetworkKind::Classic {
        return Err(case.block(
            "R26",
            "in the classic network its bandwidth leaves 0 only while Stopped, for a while as well",
            "give it bandwidth for good first",
        ));
    }
    match case.desired.spec.internet.public_ip {
        Some(false) => Err(case.block(
            "R30",
            "it has no bandwidth for good, so that the upgrade would bring it a public address",
            "leave `public_ip: false` out for the time of it",
        )),
        Some(true) | None => Ok(()),
    }
}

/// R30: both ends lie within the term.
fn ends_with_the_term_at_the_latest(
    case: &Case<'_>,
    wish: &TemporaryBandwidth,
) -> Result<(), Blocked> {
    match case.seen.expires_at {
        Some(expires) if wish.end > expires => Err(case.block(
            "R30",
            format!(
                "its term ends at {}, before its temporary bandwidth does",
                minute(expires)
            ),
            "renew it first, or let the temporary bandwidth end earlier",
        )),
        Some(_) | None => Ok(()),
    }
}

/// What it has for good once its other changes are made.
fn base(case: &Case<'_>) -> Mbps {
    let wanted = case.desired.spec.internet.max_bandwidth_out;
    wanted.unwrap_or(case.seen.max_bandwidth_out)
}

fn target(case: &Case<'_>, wish: &TemporaryBandwidth) -> Target {
    Target {
        charge_type: Some(NetworkBilling::PayByBandwidth),
        out: wish.max_bandwidth_out,
        address: case.seen.public_ip.as_ref().map(|_| true),
    }
}

/// Until when an upgrade is in force, and whose it is.
fn in_force(case: &Case<'_>) -> Option<(Timestamp, String)> {
    let now = case.input.now;
    let ours = recorded(case).filter(|bought| bought.what.start <= now);
    let ours = ours.map(|bought| (bought.what.end, String::new()));
    let theirs = paid(case)
        .find(|order| order.is_in_force(now))
        .and_then(|order| {
            let whose = match order.owner {
                OrderOwner::Ours => String::new(),
                OrderOwner::Foreign => format!("that order {} brought ", order.order),
            };
            Some((order.end?, whose))
        });
    let shows = case.seen.raised.as_ref();
    ours.or(theirs)
        .or(shows.map(|raised| (raised.until, String::new())))
}

/// That the machine shows more than it is compared by.
fn raised(case: &Case<'_>) -> Option<Because> {
    let raised = case.seen.raised.as_ref()?;
    let (to, until, base) = (raised.to, minute(raised.until), case.seen.max_bandwidth_out);
    Some(Because::new(
        "R31",
        format!("it shows {to} Mbit/s until {until} and counts as {base}, what it has for good"),
    ))
}

/// That one is bought and still to begin.
fn coming(case: &Case<'_>) -> Option<Because> {
    let now = case.input.now;
    let ours = recorded(case).filter(|bought| bought.what.start > now);
    let told = |what: String, id: &dyn std::fmt::Display| {
        Because::new("R30", format!("{what} is bought (order {id})"))
    };
    if let Some(bought) = ours {
        return Some(told(bought.what.to_string(), &bought.order));
    }
    let order = paid(case).find(|order| order.start.is_some_and(|start| start > now))?;
    let out = order
        .max_bandwidth_out
        .map_or_else(String::new, |out| format!(" of {out} Mbit/s"));
    let from = order
        .start
        .map_or_else(String::new, |start| format!(" from {}", minute(start)));
    Some(told(
        format!("temporary bandwidth{out}{from}"),
        &order.order,
    ))
}
