//! What things cost in these stories.

use respec::model::{
    Currency, InstanceId, Money, NoQuote, PriceKey, Quote, ShapeKey, Term, UpgradeTarget,
};

/// Types by the hour; what is not listed has no price.
const HOURLY: [(&str, &str); 6] = [
    ("ecs.g6.large", "0.50"),
    ("ecs.g7.large", "0.52"),
    ("ecs.g7.xlarge", "1.04"),
    ("ecs.r6.large", "0.66"),
    ("ecs.r7.large", "0.68"),
    ("ecs.r7.xlarge", "1.32"),
];

pub(crate) fn cny(amount: &str) -> Money {
    Money::parse(amount, Currency::new("CNY").unwrap()).unwrap()
}

/// The answer to a question; an upgrade is priced as four months of the difference in list price.
pub(crate) fn quote(key: &PriceKey, about: InstanceId) -> Result<Quote, NoQuote> {
    match key {
        PriceKey::Shape(shape) => by_time(shape).map(|price| quoted(price, None)),
        PriceKey::Upgrade(upgrade) => {
            let at = |name: &str| hourly(name)?.times(480 * 4).ok();
            let price = match &upgrade.target {
                UpgradeTarget::Type { to, .. } => at(to.as_str()).zip(at(upgrade.from.as_str())),
                UpgradeTarget::Network { .. } | UpgradeTarget::Temporary(_) => None,
            };
            let price = price.and_then(|(to, from)| to.minus(&from).ok());
            price.map(|price| quoted(price, Some(about)))
        }
    }
    .ok_or_else(|| NoQuote {
        code: Some("PriceNotFound".to_owned()),
        why: "There is no price for this.".to_owned(),
    })
}

fn by_time(shape: &ShapeKey) -> Option<Money> {
    let type_name = hourly(shape.instance_type.as_str())?;
    let bandwidth = cny("0.08").times(u64::from(shape.fixed_bandwidth)).ok()?;
    let hour = type_name.plus(&bandwidth).ok()?;
    match shape.term {
        Term::Hour => Some(hour),
        Term::Month => hour.times(480).ok(),
    }
}

fn hourly(name: &str) -> Option<Money> {
    let found = HOURLY.iter().find(|(listed, _)| *listed == name);
    found.map(|(_, price)| cny(price))
}

fn quoted(price: Money, about: Option<InstanceId>) -> Quote {
    Quote {
        price,
        marketplace_image: None,
        about,
    }
}
