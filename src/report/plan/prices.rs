//! Prices in words: of a step that some machines share, of a sum, of a limit.

use rust_decimal::Decimal;

use crate::model::{Money, Term};
use crate::plan::{Basis, Price, Quoted, Rates, Ruling, Running, SpendLimit, Step, Sum};

/// What a step costs each of the machines that share it: `51.48 CNY now`, `51.48 to 60.20 CNY now`,
/// `+0.31 CNY an hour (+226.30 a month)`.
pub(super) fn price_facts(steps: &[&Step]) -> Vec<String> {
    let now = now(steps);
    now.into_iter().chain(by_time(steps)).collect()
}

fn now(steps: &[&Step]) -> Option<String> {
    match &steps.first()?.price {
        Price::NoOrder => None,
        Price::Unknown => Some("price unknown".to_owned()),
        Price::Refund(_) => Some(refunds(steps)),
        Price::Quoted(_) => Some(quotes(steps)),
    }
}

fn quotes(steps: &[&Step]) -> String {
    let quoted: Vec<&Quoted> = steps
        .iter()
        .filter_map(|step| match &step.price {
            Price::Quoted(quoted) => Some(quoted),
            Price::NoOrder | Price::Unknown | Price::Refund(_) => None,
        })
        .collect();
    let caps: Vec<&Money> = quoted.iter().map(|quoted| &quoted.cap).collect();
    let about = match quoted.iter().any(|quoted| quoted.basis == Basis::Alike) {
        true => "≈ ",
        false => "",
    };
    let images: Vec<&Money> = quoted
        .iter()
        .filter_map(|q| q.marketplace_image.as_ref())
        .collect();
    let image = match images.is_empty() {
        true => String::new(),
        false => format!(", {} of it for a marketplace image", range(&images)),
    };
    format!("{about}{} now{image}", range(&caps))
}

fn refunds(steps: &[&Step]) -> String {
    let known: Vec<&Money> = steps
        .iter()
        .filter_map(|step| match &step.price {
            Price::Refund(estimate) => estimate.as_ref(),
            Price::NoOrder | Price::Unknown | Price::Quoted(_) => None,
        })
        .collect();
    match known.len() == steps.len() {
        true => format!("≈ {} back", range(&known)),
        false => "a refund of unknown amount".to_owned(),
    }
}

fn by_time(steps: &[&Step]) -> Option<String> {
    let rates: Vec<&Rates> = steps
        .iter()
        .filter_map(|step| match &step.running {
            Running::Changes(rates) => Some(rates),
            Running::Same | Running::Unknown => None,
        })
        .collect();
    if rates.len() < steps.len() {
        return None;
    }
    let monthly: Vec<Money> = rates
        .iter()
        .filter_map(|rates| rates.monthly_change())
        .collect();
    let monthly = range_of(&monthly.iter().collect::<Vec<_>>(), signed);
    match rates.first()?.term {
        Term::Month => Some(format!("{monthly} a month once renewed")),
        Term::Hour => {
            let hourly: Vec<Money> = rates.iter().filter_map(|rates| rates.change()).collect();
            let hourly = range_of(&hourly.iter().collect::<Vec<_>>(), signed);
            Some(format!("{hourly} an hour, {monthly} a month"))
        }
    }
}

fn range(amounts: &[&Money]) -> String {
    range_of(amounts, |money| money.amount().to_string())
}

/// `51.48 CNY`, `51.48 to 60.20 CNY`; amounts of several currencies one by one.
fn range_of(amounts: &[&Money], word: impl Fn(&Money) -> String) -> String {
    let mut sorted: Vec<&Money> = amounts.to_vec();
    sorted.sort_by_key(|money| (money.currency(), money.amount()));
    let mut parts = Vec::new();
    for same in sorted.chunk_by(|a, b| a.currency() == b.currency()) {
        let (Some(least), Some(most)) = (same.first(), same.last()) else {
            continue;
        };
        let currency = least.currency();
        parts.push(match least == most {
            true => format!("{} {currency}", word(least)),
            false => format!("{} to {} {currency}", word(least), word(most)),
        });
    }
    parts.join(" or ")
}

/// The amount with its sign: `+0.31`, `-12.00`.
pub(super) fn signed(money: &Money) -> String {
    match money.amount() > Decimal::ZERO {
        true => format!("+{}", money.amount()),
        false => money.amount().to_string(),
    }
}

/// A limit with its figures.
#[must_use]
pub fn limit_words(limit: &SpendLimit) -> String {
    let (name, allowed) = (limit.name, &limit.limit);
    let planned = sum_words(&limit.planned);
    match limit.ruling {
        Ruling::Holds => format!("{name}: {planned} of {allowed}"),
        Ruling::Exceeded => format!("{name} allows {allowed}, and the plan comes to {planned}"),
        Ruling::Unknown => format!("{name} allows {allowed}, and the plan's costs are {planned}"),
        Ruling::OtherCurrency => {
            format!(
                "{name} is in {}, and the plan comes to {planned}",
                allowed.currency()
            )
        }
    }
}

/// A sum: `512.40 CNY`, `≈ 12.00 CNY`, `unknown (12.00 CNY and 2 of unknown price)`.
pub(super) fn sum_words(sum: &Sum) -> String {
    let amounts: Vec<String> = sum.known().map(ToString::to_string).collect();
    let amounts = amounts.join(" and ");
    match (sum.unknown, amounts.is_empty(), sum.approximate) {
        (0, true, _) => "nothing".to_owned(),
        (0, false, 0) => amounts,
        (0, false, _) => format!("≈ {amounts}"),
        (_, true, _) => "unknown".to_owned(),
        (n, false, _) => format!("unknown ({amounts} and {n} of unknown price)"),
    }
}
