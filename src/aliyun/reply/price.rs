//! What the price questions answer, and the renewals.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::aliyun::lenient::{self, Unreadable, required};
use crate::cloud::PriceReply;
use crate::model::{AutoRenew, Currency, InstanceId, Money};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    price_info: Option<PriceInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PriceInfo {
    price: Option<Price>,
    #[serde(default, deserialize_with = "lenient::nullable")]
    related_price: Related,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Price {
    #[serde(default, deserialize_with = "lenient::text")]
    currency: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    trade_price: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Related {
    #[serde(deserialize_with = "lenient::nullable")]
    marketplace_image_price: Image,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Image {
    #[serde(deserialize_with = "lenient::text")]
    currency: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    trade_price: Option<String>,
}

/// A price. Without an amount or a currency it is none: nothing is ever taken for 0.
pub(in crate::aliyun) fn price(body: &[u8]) -> Result<PriceReply, Unreadable> {
    let reply: Reply = lenient::read(body)?;
    let info = required(reply.price_info, "PriceInfo")?;
    let price = required(info.price, "PriceInfo.Price")?;
    let amount = required(price.trade_price, "TradePrice")?;
    let currency = required(price.currency, "Currency")?;
    let image = info.related_price.marketplace_image_price;
    let image_currency = image.currency.unwrap_or_else(|| currency.clone());
    Ok(PriceReply {
        price: money("TradePrice", &amount, currency)?,
        marketplace_image: image
            .trade_price
            .map(|amount| money("MarketplaceImagePrice", &amount, image_currency))
            .transpose()?,
    })
}

fn money(field: &str, amount: &str, currency: String) -> Result<Money, Unreadable> {
    Currency::new(currency)
        .and_then(|currency| Money::parse(amount, currency))
        .map_err(|error| Unreadable(format!("{field}: {error}")))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Renewals {
    instance_renew_attributes: Option<Attributes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    #[serde(default, deserialize_with = "lenient::nullable")]
    instance_renew_attribute: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    #[serde(default, deserialize_with = "lenient::text")]
    instance_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    renewal_status: Option<String>,
    #[serde(default, deserialize_with = "lenient::flag")]
    auto_renew_enabled: Option<bool>,
}

/// The renewals; a machine whose renewal has no word that is known here is left out.
pub(in crate::aliyun) fn auto_renewals(
    body: &[u8],
) -> Result<BTreeMap<InstanceId, AutoRenew>, Unreadable> {
    let reply: Renewals = lenient::read(body)?;
    let attributes = required(reply.instance_renew_attributes, "InstanceRenewAttributes")?;
    let renewals = attributes.instance_renew_attribute.into_iter();
    Ok(renewals
        .filter_map(|of| {
            Some((
                InstanceId::new(of.instance_id.clone()?).ok()?,
                renewal(&of)?,
            ))
        })
        .collect())
}

fn renewal(of: &Attribute) -> Option<AutoRenew> {
    match (of.renewal_status.as_deref(), of.auto_renew_enabled) {
        (Some("AutoRenewal"), _) | (None, Some(true)) => Some(AutoRenew::On),
        (Some("Normal"), _) | (None, Some(false)) => Some(AutoRenew::Off),
        (Some("NotRenewal"), _) => Some(AutoRenew::Never),
        (Some(_) | None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_its_digits_and_needs_its_currency() {
        let body = br#"{"PriceInfo":{"Price":{"Currency":"CNY","OriginalPrice":60.1,
            "TradePrice":51.48},"RelatedPrice":{"MarketplaceImagePrice":{"TradePrice":"2.5"}}}}"#;
        let read = price(body).unwrap();
        assert_eq!(read.price.to_string(), "51.48 CNY");
        assert_eq!(read.marketplace_image.unwrap().to_string(), "2.50 CNY");
        for body in [
            &br#"{"PriceInfo":{"Price":{"TradePrice":51.48}}}"#[..],
            br#"{"PriceInfo":{"Price":{"Currency":"CNY","TradePrice":""}}}"#,
            br#"{"PriceInfo":{"Price":{"Currency":"CNY","TradePrice":"free"}}}"#,
            br#"{"PriceInfo":{}}"#,
            b"{}",
        ] {
            assert!(price(body).is_err());
        }
    }

    #[test]
    fn a_renewal_that_is_not_understood_is_not_made_up() {
        let body = br#"{"InstanceRenewAttributes":{"InstanceRenewAttribute":[
            {"InstanceId":"i-1","RenewalStatus":"AutoRenewal"},
            {"InstanceId":"i-2","RenewalStatus":"NotRenewal","AutoRenewEnabled":false},
            {"InstanceId":"i-3","AutoRenewEnabled":false},
            {"InstanceId":"i-4","RenewalStatus":"Perhaps","AutoRenewEnabled":true}]}}"#;
        let read = auto_renewals(body).unwrap();
        let seen: Vec<(&str, AutoRenew)> = read.iter().map(|(id, r)| (id.as_str(), *r)).collect();
        let expected = [
            ("i-1", AutoRenew::On),
            ("i-2", AutoRenew::Never),
            ("i-3", AutoRenew::Off),
        ];
        assert_eq!(seen, expected);
        assert!(auto_renewals(b"{}").is_err());
    }
}
