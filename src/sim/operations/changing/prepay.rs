//! ModifyPrepayInstanceSpec: the type of a subscription, by way of an order.

use crate::sim::operations::billing::payment::{AutoPay, Wanted};
use crate::sim::operations::{Call, permission};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::rules::{Caller, account, attached, closed, common, prepay, spec};
use crate::sim::world::World;
use crate::sim::world::orders::{Change, Migrate, OrderKind, Reboot, Way};

use super::once::once;

/// The request, read.
struct Asked<'a> {
    id: &'a str,
    region: &'a str,
    target: &'a str,
    auto_pay: AutoPay,
    reboot: Reboot,
    migrate: Migrate,
}

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let params = call.params;
    // R18: the sources disagree whether temporary type changes exist; here they do not.
    if params.get("EndTime").is_some() {
        return Err(Refusal::invalid(
            "EndTime",
            "is not supported for a type change",
        ));
    }
    closed::no_disks_and_modes(params, Caller::Prepay)?;
    let migrate = match params.flag("MigrateAcrossZone")? {
        Some(true) => Migrate::Yes,
        Some(false) | None => Migrate::No,
    };
    let asked = Asked {
        migrate,
        region: params.required("RegionId")?,
        id: params.required("InstanceId")?,
        target: params.required("InstanceType")?,
        auto_pay: AutoPay::read(params)?,
        reboot: prepay::reboot(params, world.now.wall)?,
    };
    once(world, call, |world| asked.order(world, call))
}

impl Asked<'_> {
    fn order(&self, world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
        let instance = common::exists(world, self.id, Some(self.region))?;
        common::not_locked_for_security(instance)?;
        common::not_expired(world, instance, Caller::Prepay)?;
        common::account_not_in_arrears(world)?;
        prepay::is_subscription(instance)?;
        common::is_no_starter_package(instance)?;
        common::nothing_booked(instance, Caller::Prepay)?;
        account::is_not_frozen(world, self.id)?;
        common::nothing_ordered(world, self.id, Caller::Prepay)?;
        common::no_temporary_upgrade(instance)?;
        common::has_rested(world, instance)?;
        spec::eip_allows_it(instance)?;
        spec::has_no_local_disk(instance, Caller::Prepay)?;
        spec::is_not_set_to_hibernate(instance)?;
        attached::has_a_system_disk(instance)?;
        attached::image_allows_it(instance, Caller::Prepay)?;
        spec::can_become(world, instance, self.target, Caller::Prepay)?;
        let from = world.catalogue.price_hour(&instance.truth.instance_type);
        let to = world.catalogue.price_hour(self.target);
        let kind = prepay::direction(from, to);
        prepay::direction_is_as_said(call.params, kind)?;
        prepay::state_allows(instance, kind)?;
        prepay::may_change_online(world, instance)?;
        prepay::reboots_in_time(instance, self.reboot)?;
        attached::fits(world, instance, self.target, Caller::Prepay)?;
        attached::vpc_takes_it(world, instance, self.target)?;
        let way = Way {
            migrate: self.migrate,
            system_disk: attached::system_disk(
                world,
                call.params,
                instance,
                self.target,
                Caller::Prepay,
            )?,
        };
        account::downgrade_is_left(world, kind)?;
        permission::may_order(call, kind, self.auto_pay)?;
        spec::in_stock(world, self.target, &instance.truth.zone_id)?;
        let hours = prepay::term_hours(instance, world.now);
        let wanted = Wanted {
            kind,
            amount: prepay::amount(from, to, hours),
            others: Vec::new(),
            change: Change::Type {
                to: self.target.to_owned(),
                reboot: self.reboot,
                way,
            },
        };
        // R44: AutoPay counts for upgrades only, a downgrade is refunded at once.
        let auto_pay = match kind {
            OrderKind::Downgrade => AutoPay::Yes,
            OrderKind::Upgrade
            | OrderKind::TempUpgrade
            | OrderKind::Convert
            | OrderKind::Refund => self.auto_pay,
        };
        world.place_order(self.id, wanted, auto_pay, Caller::Prepay)
    }
}
