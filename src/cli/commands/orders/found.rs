//! Orders that a run made whose state is lost: found by planning anew, and told.

use serde_json::json;

use crate::cli::args::PlanningArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure};
use crate::cli::input::Input;
use crate::cli::planning::make_plan;
use crate::cli::screen::Screen;
use crate::model::{OrderId, PaymentStatus};
use crate::plan::SavedPlan;
use crate::report::json::document;

/// Without an open run there is nothing to record an order with: what the account has already of what
/// is wanted, the next apply goes on with, and makes no second order.
pub(super) async fn run(
    context: &Context,
    input: &Input,
    screen: &Screen,
) -> Result<Done, Failure> {
    let args = PlanningArgs {
        target: Vec::new(),
        accept_stopped: false,
        no_price: true,
        max_spend: None,
    };
    let planning = make_plan(context, input, &args, screen.paint()).await?;
    let found = there(&planning.plan);
    let line = |(name, order, payment): &(String, &OrderId, PaymentStatus)| {
        let stands = match payment {
            PaymentStatus::Paid => "paid",
            _ => "not paid",
        };
        format!(
            "Order {order} does what is wanted of {name} and is {stands}; it is not recorded.\n"
        )
    };
    let mut words: String = found.iter().map(line).collect();
    if found.is_empty() {
        words.push_str(
            "Nothing to reconcile: no run is open, and no order that is not recorded does what is wanted.\n",
        );
    }
    screen.told(&words, || as_json(&found));
    if !found.is_empty() {
        screen.talk("Next: `respec apply` goes on with them and makes no second one.\n");
    }
    Ok(Done::Fine)
}

fn as_json(found: &[(String, &OrderId, PaymentStatus)]) -> String {
    let found = found.iter();
    let found = found
        .map(|(name, order, payment)| json!({"name": name, "order_id": order, "payment": payment}));
    document(json!({"not_recorded": found.collect::<Vec<_>>()}))
}

fn there(plan: &SavedPlan) -> Vec<(String, &OrderId, PaymentStatus)> {
    let unpaid = plan.taken_up();
    let unpaid = unpaid.map(|(saga, order)| (saga.name.to_string(), order, PaymentStatus::Unpaid));
    let paid = plan.sheet.upgrades.iter().map(|(id, upgrade)| {
        let name = plan.desired.instances.get(id);
        let name = name.map_or_else(|| id.to_string(), |machine| machine.name.to_string());
        (name, &upgrade.order, PaymentStatus::Paid)
    });
    unpaid.chain(paid).collect()
}
