//! What is learned about money before a plan, and what a plan may cost.

use crate::model::{Books, MoneyQuestions, Pricing};
use crate::observe::MoneyDesk;
use crate::plan::{Ruling, SavedPlan, SpendLimit, spend_limits};
use crate::report::price_words::limit_words;
use crate::store::Contents;

use super::context::Context;
use super::failure::{Failure, Situation};
use super::max_spend::MaxSpend;

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
