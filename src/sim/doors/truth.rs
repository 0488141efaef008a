//! The truth, for tests and for the curious: what no operation of the vendor would tell.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sim::machine::described::Status;
use crate::sim::money::Money;
use crate::sim::time::to_the_second;
use crate::sim::world::World;
use crate::sim::world::instance::Instance;
use crate::sim::world::orders::{Order, Payment};

impl World {
    /// Everything that is true now: instances, orders and balance, without lag.
    #[must_use]
    pub fn truth(&self) -> Value {
        json!({
            "time": to_the_second(self.now.wall),
            "elapsed_seconds": self.now.elapsed.as_secs_f64(),
            "balance": self.balance,
            "instances": self.instances.values().map(instance).collect::<Vec<_>>(),
            "orders": self.orders.all().map(order).collect::<Vec<_>>(),
        })
    }

    /// The true status of every machine, by id.
    pub fn statuses(&self) -> impl Iterator<Item = (&str, Status)> {
        let instances = self.instances.iter();
        instances.map(|(id, instance)| (id.as_str(), instance.truth.status))
    }

    /// How often each operation was called.
    #[must_use]
    pub fn calls_by_operation(&self) -> BTreeMap<String, u64> {
        let calls = self.calls.iter();
        calls
            .map(|(name, calls)| (name.clone(), calls.calls))
            .collect()
    }

    /// The currency, and what all paid orders cost together, as a decimal number.
    #[must_use]
    pub fn spent(&self) -> (String, String) {
        let paid = self
            .orders
            .all()
            .filter(|order| order.payment == Payment::Paid);
        let sum = paid.fold(Money::ZERO, |sum, order| sum + order.amount);
        (self.balance.currency.clone(), sum.to_decimal().to_string())
    }

    /// How often each operation was called, and with which error codes it answered.
    #[must_use]
    pub fn call_counts(&self) -> Value {
        json!(self.calls)
    }
}

fn instance(instance: &Instance) -> Value {
    let truth = &instance.truth;
    let mut shown = json!({
        "InstanceId": truth.instance_id,
        "InstanceName": truth.instance_name,
        "Status": truth.status,
        "StoppedMode": truth.stopped_mode,
        "ConfiguredType": truth.instance_type,
        "EffectiveType": instance.effective_type,
        "InstanceChargeType": truth.instance_charge_type,
        "InternetChargeType": truth.internet_charge_type,
        "InternetMaxBandwidthOut": truth.internet_max_bandwidth_out,
        "InternetMaxBandwidthIn": truth.internet_max_bandwidth_in,
        "PublicIpAddress": truth.public_ip_address.ip_address.first(),
        "Locks": truth.operation_locks.lock_reason,
    });
    if instance.lost_since.is_some() {
        shown["Guest"] = "does not come up".into();
    }
    shown
}

fn order(order: &Order) -> Value {
    json!({
        "OrderId": order.id,
        "InstanceId": order.instance,
        "OrderType": order.kind,
        "Payment": order.payment,
        "Amount": order.amount,
        "CreateTime": to_the_second(order.created),
        "PaymentTime": order.paid.map(to_the_second),
        "Applied": order.applied.is_some(),
        "Change": order.change,
    })
}
