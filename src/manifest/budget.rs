//! `budget`: what one run may cost, in one currency.

use crate::model::{Budget, Currency, Money};

use super::codes;
use super::decoder::Decoder;
use super::fields::Fields;
use super::mark::{At, Mark, Slot};
use super::notes::{Draft, quoted};
use super::scalar;
use super::tree::NodeId;

/// Reads the mapping; broken when its currency or one of its limits is.
pub(super) fn budget(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Budget>> {
    let mut fields = Fields::open(d, node, "`budget`")?;
    let mark = fields.mark;
    let currency = fields.slot(d, "currency", currency);
    let spend = fields.slot(d, "max_spend_per_apply", amount);
    let increase = fields.slot(d, "max_monthly_increase", amount);
    fields.close(d);
    if currency.is_unwritten() {
        d.notes.add(
            Draft::new(codes::MISSING_KEY, mark, "`currency` is missing")
                .label("limits without a currency")
                .help("write the account's currency, as in `currency: CNY`"),
        );
    }
    if spend.is_unwritten() && increase.is_unwritten() {
        d.notes.add(limits_nothing(mark));
    }
    let currency = currency.value()?;
    let money = |slot: &Slot<String>| match slot {
        Slot::Unwritten => Some(None),
        Slot::Broken => None,
        Slot::Written(at) => Money::parse(&at.value, currency.clone()).ok().map(Some),
    };
    let value = Budget {
        max_spend_per_apply: money(&spend)?,
        max_monthly_increase: money(&increase)?,
        currency,
    };
    Some(At { value, mark })
}

fn limits_nothing(mark: Mark) -> Draft {
    Draft::new(codes::MISSING_KEY, mark, "`budget` names no limit")
        .label("nothing is limited here")
        .help("write `max_spend_per_apply`, `max_monthly_increase` or both")
}

fn currency(d: &mut Decoder<'_>, node: NodeId) -> Option<At<Currency>> {
    let text = d.text(node)?;
    match Currency::new(text.value) {
        Ok(value) => Some(At {
            value,
            mark: text.mark,
        }),
        Err(_) => {
            let message = format!("{} is not a currency", quoted(text.value));
            let draft = Draft::new(codes::MALFORMED, text.mark, message);
            let capitals = text.value.to_ascii_uppercase();
            d.notes.add(match Currency::new(capitals) {
                Ok(meant) => draft
                    .label("codes are written in capitals")
                    .suggest("write it like this", meant.as_str()),
                Err(_) => draft.label("write a code of three capital letters, such as CNY or USD"),
            });
            None
        }
    }
}

fn amount(d: &mut Decoder<'_>, node: NodeId) -> Option<At<String>> {
    d.scalar_of(node, "an amount of money", scalar::amount)
}
