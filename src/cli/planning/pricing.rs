//! What is learned about money before a plan, and what a plan may cost.

use crate::model::{Books, DesiredFleet, MoneyQuestions, Payment, Pricing};
use crate::observe::MoneyDesk;
use crate::plan::{Ruling, SavedPlan, SpendLimit, spend_limits};
use crate::report::plan::limit_words;
use crate::store::Contents;

use crate::cli::args::max_spend::MaxSpend;
use crate::cli::context::Context;
use crate::cli::context::settings::PAYER_VARIABLES;
use crate::cli::failure::{Failure, Situation};

/// Asks everything there is to ask about money.
pub async fn books(
    context: &Context,
    questions: &MoneyQuestions,
    pricing: Pricing,
    contents: Option<&Contents>,
) -> Books {
    let orders = contents.map(|contents| contents.orders.keys().cloned());
    let desk = MoneyDesk {
        prices: context.cloud.as_ref(),
        billing: context.cloud.as_ref(),
        now: context.clock.wall(),
        ours: orders.into_iter().flatten().collect(),
    };
    desk.learn(questions, pricing).await
}

/// `payment: api` is off until a payer is configured: an order that nobody can pay is refused before it
/// is made.
///
/// # Errors
/// [`Failure`] that says what to set.
pub fn somebody_pays_by_call(context: &Context, fleet: &DesiredFleet) -> Result<(), Failure> {
    let mut machines = fleet.instances.values();
    let by_call = machines.find(|machine| machine.payment == Payment::Api);
    let Some(machine) = by_call.filter(|_| context.payer.is_none()) else {
        return Ok(());
    };
    let message = format!(
        "{} has `payment: api`, which is experimental and needs a payer; none is configured",
        machine.name
    );
    Err(Failure::new(Situation::Refused, message)
        .hint(format!("set {}", PAYER_VARIABLES.join(", ")))
        .hint("or write `payment: await` for a person, `payment: auto` for the balance"))
}

/// Every limit on money holds, or nothing is begun.
///
/// # Errors
/// [`Failure`] with the figures of each limit that does not.
pub fn keep_within_limits(plan: &SavedPlan, max_spend: Option<&MaxSpend>) -> Result<(), Failure> {
    let max_spend = max_spend
        .map(|limit| limit.limit(plan))
        .transpose()?
        .flatten();
    let broken: Vec<String> = spend_limits(plan, max_spend.as_ref())
        .iter()
        .filter_map(broken)
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    let mut failure = Failure::new(
        Situation::Refused,
        "the plan does not keep within its limits on money; nothing was changed",
    );
    failure.chain.extend(broken);
    Err(failure.hint("plan less with --target, or have the limit raised by whoever set it"))
}

fn broken(limit: &SpendLimit) -> Option<String> {
    match limit.ruling {
        Ruling::Holds => None,
        Ruling::Exceeded | Ruling::Unknown | Ruling::OtherCurrency => Some(limit_words(limit)),
    }
}
