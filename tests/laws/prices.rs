//! What things cost in a made-up cloud, and what is not told.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use respec::model::{
    Currency, Funds, InstanceId, Mbps, Money, NetworkBilling, NoQuote, PriceKey, Quote, Term,
    UpgradeTarget,
};

use crate::world::{TYPES, price, type_name};

/// A price list with gaps, and an account with more or less money.
#[derive(Debug, Clone)]
pub(crate) struct Prices {
    /// Types that nobody will name a price for.
    untold: BTreeSet<&'static str>,
    /// In which currency bandwidth is sold.
    bandwidth_in: &'static str,
    /// What the account has; nothing when that is not told.
    balance: Option<u32>,
    /// What a marketplace image costs with each order.
    image: Option<u32>,
}

impl Prices {
    /// Everything told, in one currency, and money enough.
    pub(crate) fn plain() -> Self {
        Self {
            untold: BTreeSet::new(),
            bandwidth_in: "CNY",
            balance: Some(1_000_000),
            image: None,
        }
    }

    pub(crate) fn quote(&self, key: &PriceKey, about: InstanceId) -> Result<Quote, NoQuote> {
        match key {
            PriceKey::Shape(shape) => {
                let type_name = self.of_type(shape.instance_type.as_str())?;
                let amount = type_name + shape.fixed_bandwidth;
                let amount = match shape.term {
                    Term::Hour => amount,
                    Term::Month => amount * 400,
                };
                Ok(quoted(money(amount, "CNY"), None, None))
            }
            PriceKey::Upgrade(upgrade) => {
                let image = self.image.map(|image| money(image, "CNY"));
                let price = match &upgrade.target {
                    UpgradeTarget::Type { to, .. } => {
                        let dearer = self.of_type(to.as_str())? - price(&upgrade.from);
                        money(dearer * 100, "CNY")
                    }
                    UpgradeTarget::Network {
                        charge_type,
                        max_bandwidth_out,
                    } => {
                        let before = width(upgrade.charge_type, upgrade.max_bandwidth_out);
                        let after = width(*charge_type, *max_bandwidth_out);
                        money(after.saturating_sub(before), self.bandwidth_in)
                    }
                    UpgradeTarget::Temporary(span) => {
                        money(span.max_bandwidth_out, self.bandwidth_in)
                    }
                };
                Ok(quoted(price, image, Some(about)))
            }
        }
    }

    pub(crate) fn funds(&self) -> Funds {
        match self.balance {
            Some(balance) => Funds::Known(money(balance, "CNY")),
            None => Funds::Unknown("the books are closed".to_owned()),
        }
    }

    fn of_type(&self, name: &str) -> Result<u32, NoQuote> {
        if self.untold.contains(name) {
            return Err(NoQuote {
                code: Some("PriceNotFound".to_owned()),
                why: "nobody knows".to_owned(),
            });
        }
        Ok(price(&type_name(name)))
    }
}

fn width(charge_type: Option<NetworkBilling>, out: Mbps) -> Mbps {
    match charge_type {
        Some(NetworkBilling::PayByBandwidth) => out,
        Some(NetworkBilling::PayByTraffic) | None => 0,
    }
}

fn quoted(price: Money, image: Option<Money>, about: Option<InstanceId>) -> Quote {
    Quote {
        price,
        marketplace_image: image,
        about,
    }
}

pub(crate) fn money(amount: u32, currency: &str) -> Money {
    Money::new(amount.into(), Currency::new(currency).unwrap())
}

pub(crate) fn prices() -> impl Strategy<Value = Prices> {
    let names: Vec<&'static str> = TYPES.iter().map(|(name, _)| *name).collect();
    let untold = prop_oneof![
        3 => Just(BTreeSet::new()),
        1 => prop::collection::btree_set(select(names), 1..3),
    ];
    let bandwidth_in = prop_oneof![4 => Just("CNY"), 1 => Just("USD")];
    let balance = prop_oneof![
        3 => Just(Some(1_000_000)),
        2 => (0..20_000u32).prop_map(Some),
        1 => Just(None),
    ];
    let image = prop_oneof![4 => Just(None), 1 => (0..50u32).prop_map(Some)];
    (untold, bandwidth_in, balance, image).prop_map(|(untold, bandwidth_in, balance, image)| {
        Prices {
            untold,
            bandwidth_in,
            balance,
            image,
        }
    })
}
