//! ModifyInstanceChargeType: from pay-as-you-go to a subscription and back, up to twenty at once.

use serde_json::{Value, json};

use crate::sim::machine::described::ChargeType;
use crate::sim::machine::network::Network;
use crate::sim::money::Money;
use crate::sim::operations::billing::payment::{AutoPay, Wanted};
use crate::sim::operations::{Call, permission, regions};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::protocol::request::Params;
use crate::sim::rules::{Caller, common, power, prepay};
use crate::sim::scenario::PeriodUnit;
use crate::sim::world::World;
use crate::sim::world::instance::Instance;
use crate::sim::world::orders::{Change, OrderKind};

use super::once::once;

/// Most machines of one call (the SDK's field text).
const IDS_MAX: usize = 20;

/// The terms that are sold, in months and in weeks.
const MONTHS: [i64; 14] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 24, 36, 48, 60];
const WEEKS: [i64; 4] = [1, 2, 3, 4];

/// The request, read.
struct Asked {
    ids: Vec<String>,
    to: ChargeType,
    /// Length of the subscription that begins; nothing on the way back.
    hours: i64,
    auto_pay: AutoPay,
}

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let asked = Asked::read(call.params)?;
    let region = regions::required(world, call)?;
    call.params.flag("IncludeDataDisks")?;
    once(world, call, |world| asked.order(world, call, region))
}

impl Asked {
    fn read(params: &Params) -> Result<Self, Refusal> {
        params.required("InstanceIds")?;
        let to = match params.get("InstanceChargeType") {
            None | Some("PrePaid") => ChargeType::PrePaid,
            Some("PostPaid") => ChargeType::PostPaid,
            Some(_) => {
                return Err(Refusal::invalid(
                    "InstanceChargeType",
                    "has an unknown value",
                ));
            }
        };
        Ok(Self {
            ids: params
                .json_list("InstanceIds", IDS_MAX)?
                .unwrap_or_default(),
            hours: match to {
                ChargeType::PrePaid => term(params)?,
                ChargeType::PostPaid => 0,
            },
            // A refund needs nobody to pay it.
            auto_pay: match to {
                ChargeType::PrePaid => AutoPay::read(params)?,
                ChargeType::PostPaid => AutoPay::Yes,
            },
            to,
        })
    }

    fn order(&self, world: &mut World, call: &Call<'_>, region: &str) -> Result<Fields, Refusal> {
        let mut fees = Vec::new();
        for id in &self.ids {
            let instance = common::exists(world, id, Some(region))?;
            self.may_switch(world, instance)?;
            fees.push((id.clone(), self.fee(world, instance)));
        }
        let Some(((first, _), others)) = fees.split_first() else {
            return Err(Refusal::missing("InstanceIds"));
        };
        let kind = match self.to {
            ChargeType::PrePaid => OrderKind::Convert,
            ChargeType::PostPaid => OrderKind::Refund,
        };
        permission::may_order(call, kind, self.auto_pay)?;
        if call.params.flag("DryRun")? == Some(true) {
            return Err(Refusal::dry_run_passed("DryRunOperation"));
        }
        let kind = match self.to {
            ChargeType::PrePaid => OrderKind::Convert,
            ChargeType::PostPaid => OrderKind::Refund,
        };
        permission::may_order(call, kind, self.auto_pay)?;
        let sum = fees.iter().fold(Money::ZERO, |sum, (_, fee)| sum + *fee);
        let wanted = Wanted {
            kind,
            amount: sum,
            others: others.to_vec(),
            change: Change::Charge {
                to: self.to,
                hours: self.hours,
            },
        };
        let mut fields = world.place_order(first, wanted, self.auto_pay, Caller::Prepay)?;
        if call.params.flag("IsDetailFee")? == Some(true) {
            let fees = details(&fees, &world.balance.currency);
            fields.insert("FeeOfInstances".to_owned(), fees);
        }
        Ok(fields)
    }

    fn may_switch(&self, world: &World, instance: &Instance) -> Result<(), Refusal> {
        let id = instance.truth.instance_id.as_str();
        common::not_locked_for_security(instance)?;
        common::not_expired(world, instance, Caller::Prepay)?;
        common::account_not_in_arrears(world)?;
        if instance.truth.instance_charge_type == self.to {
            return Err(Refusal::new(
                403,
                "InvalidInstanceChargeType.ValueNotSupported",
                format!("{id} is paid for in this way already."),
            ));
        }
        common::nothing_ordered(world, id, Caller::Prepay)?;
        power::is_settled(instance)
    }

    /// What the term costs, or what is left of one and paid back.
    fn fee(&self, world: &World, instance: &Instance) -> Money {
        let hourly = world.catalogue.price_hour(&instance.truth.instance_type)
            + Network::of(&instance.truth).price_hour();
        match self.to {
            ChargeType::PrePaid => hourly.for_hours(self.hours).max(Money::LEAST),
            ChargeType::PostPaid => {
                let left = prepay::term_hours(instance, world.now);
                Money::ZERO - hourly.for_hours(left)
            }
        }
    }
}

fn term(params: &Params) -> Result<i64, Refusal> {
    let unit = params.get("PeriodUnit").unwrap_or("Month");
    let period = params.integer("Period")?;
    let period = period.ok_or_else(|| Refusal::missing("Period"))?;
    let (unit, sold) = match PeriodUnit::parse(unit) {
        Some(PeriodUnit::Month) => (PeriodUnit::Month, MONTHS.contains(&period)),
        Some(PeriodUnit::Week) => (PeriodUnit::Week, WEEKS.contains(&period)),
        Some(PeriodUnit::Year) | None => {
            return Err(Refusal::invalid("PeriodUnit", "is neither Week nor Month"));
        }
    };
    if !sold {
        return Err(Refusal::new(
            400,
            "InvalidPeriod.ValueNotSupported",
            "The period is not a length that is sold.",
        ));
    }
    Ok(period * unit.hours())
}

fn details(fees: &[(String, Money)], currency: &str) -> Value {
    let fees = fees.iter().map(|(id, fee)| {
        json!({
            "InstanceId": id,
            "Fee": format!("{:.2}", fee.to_decimal()),
            "Currency": currency,
        })
    });
    json!({ "FeeOfInstance": fees.collect::<Vec<Value>>() })
}
