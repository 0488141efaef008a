//! The billing service apart from orders: the balance, and what is paid for.

use serde_json::{Value, json};

use crate::sim::machine::described::ChargeType;
use crate::sim::money::Money;
use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::scenario::Renewal;
use crate::sim::world::World;
use crate::sim::world::instance::Instance;

/// Pages of QueryAvailableInstances.
const PAGE_DEFAULT: i64 = 20;
const PAGE_MAX: i64 = 300;

/// QueryAccountBalance.
pub(crate) fn account_balance(world: &mut World, _call: &Call<'_>) -> Result<Fields, Refusal> {
    let available = decimal(world.balance.available);
    Ok(success(json!({
        "AvailableAmount": available,
        "AvailableCashAmount": available,
        "CreditAmount": "0.00",
        "MybankCreditAmount": "0.00",
        "QuotaLimit": "0.00",
        "Currency": world.balance.currency,
    })))
}

/// QueryAvailableInstances: every machine once more, as something that is paid for.
pub(crate) fn available_instances(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let params = call.params;
    let number = params.integer("PageNum")?.unwrap_or(1).max(1);
    let size = params.integer("PageSize")?.unwrap_or(PAGE_DEFAULT);
    let size = size.clamp(1, PAGE_MAX);
    let ids: Option<Vec<&str>> = params
        .get("InstanceIDs")
        .map(|ids| ids.split(',').collect());
    let filters = ["Region", "ProductCode", "SubscriptionType", "RenewStatus"];
    let found: Vec<Value> = world
        .instances
        .iter()
        .filter(|(id, _)| ids.as_ref().is_none_or(|ids| ids.contains(&id.as_str())))
        .map(|(id, instance)| entry(world, id, instance))
        .filter(|entry| {
            let mut filters = filters.iter();
            filters.all(|name| params.get(name).is_none_or(|wanted| entry[name] == wanted))
        })
        .collect();
    let skipped = usize::try_from((number - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let page = found.iter().skip(skipped);
    let page: Vec<&Value> = page.take(usize::try_from(size).unwrap_or(0)).collect();
    Ok(success(json!({
        "PageNum": number,
        "PageSize": size,
        "TotalCount": found.len(),
        "InstanceList": page,
    })))
}

fn entry(world: &World, id: &str, instance: &Instance) -> Value {
    let machine = &instance.truth;
    let renewal = world.renewals.get(id).cloned().unwrap_or_default();
    let Renewal {
        renewal_status,
        duration,
        period_unit,
    } = renewal;
    let subscription = match machine.instance_charge_type {
        ChargeType::PrePaid => "Subscription",
        ChargeType::PostPaid => "PayAsYouGo",
    };
    json!({
        "InstanceID": id,
        "ProductCode": "ecs",
        "ProductType": "ecs",
        "Region": machine.region_id,
        "SubscriptionType": subscription,
        "Status": "Normal",
        "SubStatus": "Normal",
        "RenewStatus": match renewal_status {
            crate::sim::scenario::RenewalStatus::Normal => "ManualRenewal".into(),
            other => json!(other),
        },
        "RenewalDuration": duration,
        "RenewalDurationUnit": period_unit,
        "CreateTime": machine.creation_time,
        "EndTime": machine.expired_time,
        "OwnerId": world.settings.account.parse::<i64>().unwrap_or_default(),
        "Seller": world.settings.site.code(),
    })
}

/// Billing answers say twice that they succeeded.
pub(crate) fn success(data: Value) -> Fields {
    Fields::from_iter([
        ("Code".to_owned(), json!("Success")),
        ("Message".to_owned(), json!("Successful!")),
        ("Success".to_owned(), json!(true)),
        ("Data".to_owned(), data),
    ])
}

/// Amounts are strings.
pub(crate) fn decimal(amount: Money) -> String {
    format!("{:.2}", amount.to_decimal())
}
