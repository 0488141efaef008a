//! Limits on money: what a plan may cost, and whether it does.
//!
//! A limit that cannot be checked is broken: unknown is never taken for little.

use crate::model::Money;

use super::file::SavedPlan;
use super::funding::bill;
use super::nouns::Sum;

/// One limit, with what the plan makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendLimit {
    /// Its name, as the manifest or the command line has it.
    pub name: &'static str,
    /// What it allows.
    pub limit: Money,
    /// What the plan comes to.
    pub planned: Sum,
    /// Whether it holds.
    pub ruling: Ruling,
}

/// Whether a limit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It does.
    Holds,
    /// The plan costs more.
    Exceeded,
    /// Some prices are not known.
    Unknown,
    /// Some prices are in another currency.
    OtherCurrency,
}

/// Every limit of this plan, and of whoever applies it with a limit of their own.
#[must_use]
pub fn spend_limits(plan: &SavedPlan, max_spend: Option<&Money>) -> Vec<SpendLimit> {
    let bill = bill(&plan.sagas);
    let (spend, monthly) = (&bill.total.now, &bill.total.monthly);
    let budget = plan.desired.budget.as_ref();
    let per_apply = budget.and_then(|budget| budget.max_spend_per_apply.as_ref());
    let increase = budget.and_then(|budget| budget.max_monthly_increase.as_ref());
    let all = [
        ("budget.max_spend_per_apply", per_apply, spend),
        ("budget.max_monthly_increase", increase, monthly),
        ("--max-spend", plan.sheet.money.max_spend.as_ref(), spend),
        ("--max-spend", max_spend, spend),
    ];
    let mut limits: Vec<SpendLimit> = Vec::new();
    for (name, limit, planned) in all {
        let Some(limit) = limit else { continue };
        let limit = spend_limit(name, limit, planned);
        if !limits.contains(&limit) {
            limits.push(limit);
        }
    }
    limits
}

fn spend_limit(name: &'static str, limit: &Money, planned: &Sum) -> SpendLimit {
    SpendLimit {
        name,
        limit: limit.clone(),
        planned: planned.clone(),
        ruling: ruling(limit, planned),
    }
}

fn ruling(limit: &Money, planned: &Sum) -> Ruling {
    let same = planned
        .known()
        .find(|money| money.currency() == limit.currency());
    let others = planned
        .known()
        .any(|money| money.currency() != limit.currency() && !money.is_zero());
    let too_much = same.is_some_and(|money| money.amount() > limit.amount());
    if others {
        Ruling::OtherCurrency
    } else if planned.unknown > 0 {
        Ruling::Unknown
    } else if too_much {
        Ruling::Exceeded
    } else {
        Ruling::Holds
    }
}
