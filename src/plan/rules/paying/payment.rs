//! Who pays an order, and when. AutoPay is always stated: the API's default would pay (R42).

use crate::model::{BillingMethod, NetworkBilling, Payment};
use crate::plan::nouns::{Action, Because, Blocked, Case, Price, Step, Undo};
use crate::plan::rules::allowed::bandwidth::Target;

/// Whether the order is to be paid from the balance at once.
pub(in crate::plan::rules) fn auto_pay(payment: Payment) -> bool {
    match payment {
        Payment::Auto => true,
        Payment::Await | Payment::Api => false,
    }
}

/// Why AutoPay is what it is.
pub(in crate::plan::rules) fn because(case: &Case<'_>) -> Because {
    match (case.desired.payment, case.held()) {
        (Payment::Auto, None) => Because::new(
            "payment: auto",
            "AutoPay=true pays it from the balance (R42)",
        ),
        (Payment::Api, None) => Because::new(
            "payment: api",
            "AutoPay=false, and PayOrder pays it with the configured payer (experimental)",
        ),
        (Payment::Auto | Payment::Api, Some(held)) => Because::new(
            written(case),
            format!(
                "AutoPay=false leaves it for a person to pay: {}",
                held.in_brief()
            ),
        ),
        (Payment::Await, _) => Because::new(
            "payment: await",
            "AutoPay=false leaves it for a person to pay (R43)",
        ),
    }
}

/// The manifest's word about payment.
fn written(case: &Case<'_>) -> &'static str {
    match case.desired.payment {
        Payment::Auto => "payment: auto",
        Payment::Await => "payment: await",
        Payment::Api => "payment: api",
    }
}

/// An order left unpaid is paid, or waited for, in a step of its own, for the reason the order gave last:
/// who pays.
pub(in crate::plan::rules) fn await_order(case: &Case<'_>, steps: &mut [Step]) -> Option<Step> {
    let order = steps
        .last_mut()
        .filter(|step| step.is_finished_by_its_answer())?;
    // Until it is paid, an order changes nothing and can be cancelled: paying it is what is final.
    let undo = std::mem::replace(&mut order.undo, Undo::Nothing);
    let action = match case.payment() {
        Payment::Api => Action::PayOrder,
        Payment::Auto | Payment::Await => Action::AwaitOrder,
    };
    let because = order.because.last().cloned().into_iter().collect();
    Some(Step {
        after: order.after.clone(),
        undo,
        ..Step::plain(action, because)
    })
}

/// Why an order cannot be left to a person while its machine is held down, and the way out.
pub(in crate::plan::rules) fn nobody_pays_it_at_once(
    case: &Case<'_>,
    rule: &str,
    ordered: &str,
    way_out: &str,
) -> Blocked {
    match case.held() {
        Some(held) if case.desired.payment != Payment::Await => case.block(
            written(case),
            format!("ordered {ordered}, it would stay down until a person has paid: {held}"),
            held.way_out(),
        ),
        Some(_) | None => case.block(
            rule,
            format!("ordered {ordered}, it would stay down until a person has paid the order"),
            way_out,
        ),
    }
}

/// R44, R47: a downgrade is refunded and carried out by itself, whatever AutoPay says.
pub(in crate::plan::rules) fn nothing_to_pay() -> Because {
    Because::new("R44", "a downgrade is refunded: there is nothing to pay")
}

/// R37, R47: on a subscription machine less of a fixed bandwidth is refunded. What traffic costs does
/// not depend on its ceiling (R35), and what another network billing costs is not known.
pub(in crate::plan::rules) fn of_bandwidth(case: &Case<'_>, target: &Target) -> Price {
    let fixed = Some(NetworkBilling::PayByBandwidth);
    let stays_fixed = case.seen.charge_type == fixed && target.charge_type == fixed;
    match case.seen.billing {
        BillingMethod::PostPaid => Price::NoOrder,
        BillingMethod::PrePaid if stays_fixed && target.out < case.seen.max_bandwidth_out => {
            Price::Refund(None)
        }
        BillingMethod::PrePaid => Price::Unknown,
    }
}
