//! What each step of a finished chain costs, from the answers there are; and which answers are missing.
//!
//! An upgrade is quoted by the cloud (R42, R47). A refund is not: it is estimated from the difference
//! by the month and the days left. Costs by time are two prices, of the shape before and the shape after.

use rust_decimal::Decimal;

use crate::model::{
    BillingMethod, InstanceId, Mbps, ModifyCall, Money, NetworkBilling, NetworkChange,
    ObservedInstance, PriceKey, Quote, ShapeKey, Term, TypeName, UpgradeKey, UpgradeTarget,
};
use crate::plan::nouns::{Action, Basis, Case, Price, Quoted, Rates, Running, Step};

/// Hours of the month by which a refund is estimated: the vendor counts 30 days.
const HOURS_OF_A_TERM: i64 = 30 * 24;

/// What a machine's costs hang on, at one point of its chain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shape {
    instance_type: TypeName,
    charge_type: Option<NetworkBilling>,
    out: Mbps,
}

/// A step that changes the shape, with the questions about its price.
struct Priced {
    position: usize,
    /// About its order; none when it makes none, or one that gives money back.
    order: Option<PriceKey>,
    /// About costs by time; none when they stay the same or nobody can tell.
    running: Asked,
}

enum Asked {
    Same,
    Nobody,
    Both(PriceKey, PriceKey),
}

/// Every question about the prices of this chain.
pub(in crate::plan) fn questions(case: &Case<'_>, steps: &[Step]) -> Vec<PriceKey> {
    let mut keys = Vec::new();
    for priced in walk(case, steps) {
        keys.extend(priced.order);
        match priced.running {
            Asked::Both(before, after) => keys.extend([before, after]),
            Asked::Same | Asked::Nobody => {}
        }
    }
    keys
}

/// Puts into each step what is known of its price.
pub(in crate::plan) fn put_prices(case: &Case<'_>, steps: &mut [Step]) {
    for priced in walk(case, steps) {
        let step = &mut steps[priced.position];
        step.running = running(case, &priced.running);
        if let Some(key) = &priced.order {
            step.price = order(case, key);
        } else if step.price.is_refund() {
            step.price = Price::Refund(refund(case, &step.running));
        }
    }
}

fn walk(case: &Case<'_>, steps: &[Step]) -> Vec<Priced> {
    let mut shape = Shape::of(case.seen);
    let mut priced = Vec::new();
    for (position, step) in steps.iter().enumerate() {
        if !matches!(step.action, Action::Modify(_)) {
            continue;
        }
        let before = shape.clone();
        shape.take(step);
        priced.push(Priced {
            position,
            order: step.is_paid_order().then(|| {
                PriceKey::Upgrade(Box::new(upgrade_key(case.seen, step, &before, &shape)))
            }),
            running: asked(case, &before, &shape),
        });
    }
    priced
}

impl Shape {
    fn of(seen: &ObservedInstance) -> Self {
        Self {
            instance_type: seen.instance_type.clone(),
            charge_type: seen.charge_type,
            out: seen.max_bandwidth_out,
        }
    }

    fn take(&mut self, step: &Step) {
        let after = &step.after;
        if let Some(to) = &after.instance_type {
            self.instance_type = to.clone();
        }
        self.charge_type = after.charge_type.or(self.charge_type);
        self.out = after.max_bandwidth_out.unwrap_or(self.out);
    }

    /// R35: only a fixed bandwidth has a price of its own.
    fn fixed_bandwidth(&self) -> Mbps {
        match self.charge_type {
            Some(NetworkBilling::PayByBandwidth) => self.out,
            Some(NetworkBilling::PayByTraffic) | None => 0,
        }
    }
}

/// The question about what this step's order costs, for the machine as it is right before it; none
/// when it makes no order, or one that gives money back.
#[must_use]
pub fn order_question(seen: &ObservedInstance, step: &Step) -> Option<UpgradeKey> {
    step.paid_order_call()?;
    let before = Shape::of(seen);
    let mut after = before.clone();
    after.take(step);
    Some(upgrade_key(seen, step, &before, &after))
}

fn upgrade_key(seen: &ObservedInstance, step: &Step, before: &Shape, after: &Shape) -> UpgradeKey {
    let target = match (&step.after.instance_type, step.order_call()) {
        (None, Some(ModifyCall::Network(change))) => network_target(change, after),
        (Some(to), call) => UpgradeTarget::Type {
            to: to.clone(),
            system_disk_category: match call {
                Some(ModifyCall::Prepay(change)) => change.system_disk_category.clone(),
                Some(ModifyCall::Spec(_) | ModifyCall::Network(_)) | None => None,
            },
        },
        (None, _) => UpgradeTarget::Network {
            charge_type: after.charge_type,
            max_bandwidth_out: after.out,
        },
    };
    UpgradeKey {
        region: seen.region.clone(),
        from: before.instance_type.clone(),
        image: seen.image.clone(),
        expires_at: seen.expires_at,
        charge_type: before.charge_type,
        max_bandwidth_out: before.out,
        target,
    }
}

fn network_target(change: &NetworkChange, after: &Shape) -> UpgradeTarget {
    match &change.temporary {
        Some(upgrade) => UpgradeTarget::Temporary(upgrade.clone()),
        None => UpgradeTarget::Network {
            charge_type: after.charge_type,
            max_bandwidth_out: after.out,
        },
    }
}

fn asked(case: &Case<'_>, before: &Shape, after: &Shape) -> Asked {
    let (before, after) = (shape_key(case, before), shape_key(case, after));
    if before == after {
        Asked::Same
    } else if case.seen.spot {
        // Its price moves with the market.
        Asked::Nobody
    } else {
        Asked::Both(before, after)
    }
}

fn shape_key(case: &Case<'_>, shape: &Shape) -> PriceKey {
    PriceKey::Shape(Box::new(ShapeKey {
        region: case.seen.region.clone(),
        instance_type: shape.instance_type.clone(),
        image: case.seen.image.clone(),
        fixed_bandwidth: shape.fixed_bandwidth(),
        term: match case.seen.billing {
            BillingMethod::PostPaid => Term::Hour,
            BillingMethod::PrePaid => Term::Month,
        },
    }))
}

fn quote<'a>(case: &Case<'a>, key: &PriceKey) -> Option<&'a Quote> {
    case.input.books.quotes.get(key)?.as_ref().ok()
}

fn order(case: &Case<'_>, key: &PriceKey) -> Price {
    let Some(quote) = quote(case, key) else {
        return Price::Unknown;
    };
    let image = quote.marketplace_image.clone().filter(|m| !m.is_zero());
    let cap = match &image {
        None => Ok(quote.price.clone()),
        Some(image) => quote.price.plus(image),
    };
    match cap {
        // An upgrade never gives money back: whatever that is, it is not its price.
        Ok(cap) if !cap.is_refund() => Price::Quoted(Quoted {
            cap,
            marketplace_image: image,
            basis: basis(&case.seen.id, quote),
        }),
        Ok(_) | Err(_) => Price::Unknown,
    }
}

fn basis(id: &InstanceId, quote: &Quote) -> Basis {
    match &quote.about {
        Some(about) if about != id => Basis::Alike,
        Some(_) | None => Basis::Asked,
    }
}

fn running(case: &Case<'_>, asked: &Asked) -> Running {
    let (before, after) = match asked {
        Asked::Same => return Running::Same,
        Asked::Nobody => return Running::Unknown,
        Asked::Both(before, after) => (quote(case, before), quote(case, after)),
    };
    match (before, after) {
        (Some(before), Some(after)) if before.price.currency() == after.price.currency() => {
            let term = match case.seen.billing {
                BillingMethod::PostPaid => Term::Hour,
                BillingMethod::PrePaid => Term::Month,
            };
            Running::Changes(Rates {
                before: before.price.clone(),
                after: after.price.clone(),
                term,
            })
        }
        (Some(_) | None, _) => Running::Unknown,
    }
}

/// The difference by the month for what is left of the term; never below nothing.
fn refund(case: &Case<'_>, running: &Running) -> Option<Money> {
    let Running::Changes(rates) = running else {
        return None;
    };
    let left = case
        .seen
        .expires_at?
        .duration_since(case.input.now)
        .as_hours();
    let saved = rates.before.minus(&rates.after).ok()?;
    let share = Decimal::from(left.max(0)).checked_div(Decimal::from(HOURS_OF_A_TERM))?;
    let amount = saved.amount().checked_mul(share)?.max(Decimal::ZERO);
    Some(Money::new(amount, saved.currency().clone()).to_cents())
}
