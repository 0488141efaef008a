//! The books of the site that the account is not on.

use serde_json::json;

use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::world::World;

use super::balance::success;

/// What they answer: that they are not its books, or as the books of somebody who never bought anything.
pub(crate) fn run(world: &World, call: &Call<'_>) -> Result<Fields, Refusal> {
    if !world.settings.choices.other_site_is_empty {
        return Err(Refusal::new(
            400,
            "NotApplicable",
            "This account is billed on the other site.",
        ));
    }
    let data = match call.action {
        "QueryAccountBalance" => json!({
            "AvailableAmount": "0.00",
            "AvailableCashAmount": "0.00",
            "CreditAmount": "0.00",
            "MybankCreditAmount": "0.00",
            "QuotaLimit": "0.00",
            "Currency": world.balance.currency,
        }),
        "QueryAvailableInstances" => json!({
            "PageNum": 1,
            "PageSize": 20,
            "TotalCount": 0,
            "InstanceList": [],
        }),
        "QueryOrders" | "GetOrderDetail" => json!({
            "HostName": call.host,
            "PageNum": 1,
            "PageSize": 20,
            "TotalCount": 0,
            "OrderList": { "Order": [] },
        }),
        _ => return Err(Refusal::invalid("OrderId", "names no order")),
    };
    Ok(success(data))
}
