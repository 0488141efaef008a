//! Why a call about the public network is as it is, in the words a reviewer reads.

use crate::model::{BillingMethod, NetworkChange, NetworkKind};
use crate::plan::nouns::{Because, Case, Price};
use crate::plan::rules::allowed::bandwidth::{Target, gives_address_up};
use crate::plan::rules::paying::payment;

/// Every reason of this call, the one about money last.
pub(super) fn because(
    case: &Case<'_>,
    target: &Target,
    call: &NetworkChange,
    address: Option<bool>,
) -> Vec<Because> {
    let all = [
        Some(takes_effect(case, target)),
        billing(call),
        inbound(call),
        comes_or_goes(case, target, address),
        order(case),
        order(case).map(|_| who_pays(case, target)),
    ];
    all.into_iter().flatten().collect()
}

fn opens(case: &Case<'_>, target: &Target) -> bool {
    case.seen.max_bandwidth_out == 0 && target.out > 0
}

/// R32, with its one exception in the classic network.
fn takes_effect(case: &Case<'_>, target: &Target) -> Because {
    if opens(case, target) && case.seen.network == NetworkKind::Classic {
        Because::new(
            "R26",
            "the first bandwidth in the classic network takes effect with the next start",
        )
    } else {
        Because::new(
            "R32",
            "bandwidth changes take effect at once, without a restart",
        )
    }
}

/// R34, and why the bandwidth is in the call although it stays.
fn billing(call: &NetworkChange) -> Option<Because> {
    call.charge_type.map(|_| {
        Because::new(
            "R34",
            "network billing changes by the same call, which states the bandwidth with it",
        )
    })
}

/// R29: why the inbound ceiling is in the call although it stays.
fn inbound(call: &NetworkChange) -> Option<Because> {
    call.max_bandwidth_out.and(call.max_bandwidth_in).map(|m| {
        Because::new(
            "R29",
            format!("inbound is stated as {m} Mbit/s: left out, it would follow outbound"),
        )
    })
}

/// R24, R25, R33: what becomes of the static address.
fn comes_or_goes(case: &Case<'_>, target: &Target, address: Option<bool>) -> Option<Because> {
    let opens = opens(case, target);
    match (case.seen.billing, address) {
        (BillingMethod::PostPaid, Some(true)) if opens => Some(Because::new(
            "R25",
            "the address is asked for in the same call",
        )),
        (BillingMethod::PostPaid, Some(false)) if opens => Some(Because::new(
            "R25",
            "no address is asked for, so none comes",
        )),
        (BillingMethod::PrePaid, Some(true)) if opens => {
            Some(Because::new("R24", "bandwidth leaving 0 brings an address"))
        }
        (_, Some(false)) if gives_address_up(case, address) => Some(Because::new(
            "R33",
            "outbound 0 gives the static address up",
        )),
        (BillingMethod::PrePaid | BillingMethod::PostPaid, _) => None,
    }
}

fn order(case: &Case<'_>) -> Option<Because> {
    (case.seen.billing == BillingMethod::PrePaid)
        .then(|| Because::new("R37", "on a subscription machine the change is an order"))
}

fn who_pays(case: &Case<'_>, target: &Target) -> Because {
    match payment::of_bandwidth(case, target) {
        Price::Refund(_) => payment::nothing_to_pay(),
        Price::Unknown | Price::Quoted(_) | Price::NoOrder => payment::because(case),
    }
}
