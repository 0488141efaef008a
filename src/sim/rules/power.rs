//! When a machine may be started, stopped or rebooted (sections 2.4 and 2.14).

use crate::sim::machine::described::{ChargeType, NetworkType, Status, StoppedMode};
use crate::sim::protocol::reply::Refusal;
use crate::sim::rules::{common, spec};
use crate::sim::world::World;
use crate::sim::world::effects::Force;
use crate::sim::world::instance::Instance;

/// Only a Stopped machine starts; R65 and R14 first, then a place to start in (R63, R70).
pub(crate) fn may_start(world: &World, instance: &Instance) -> Result<(), Refusal> {
    common::not_locked_for_security(instance)?;
    paid_for(world, instance, "InstanceExpired")?;
    in_state(instance, &[Status::Stopped])?;
    if instance.holds_capacity() {
        return Ok(());
    }
    spec::in_stock(
        world,
        &instance.truth.instance_type,
        &instance.truth.zone_id,
    )
}

/// Only a Running machine stops; a security lock does not matter.
///
/// A power cut also ends a stop that hangs (inferred: otherwise nothing would).
pub(crate) fn may_stop(world: &World, instance: &Instance, force: Force) -> Result<(), Refusal> {
    paid_for(world, instance, "InstanceExpiredOrInArrears")?;
    match force {
        Force::Gentle => in_state(instance, &[Status::Running]),
        Force::PowerCut => in_state(instance, &[Status::Running, Status::Stopping]),
    }
}

/// Only a Running machine reboots.
pub(crate) fn may_reboot(world: &World, instance: &Instance) -> Result<(), Refusal> {
    common::not_locked_for_security(instance)?;
    paid_for(world, instance, "InstanceExpiredOrInArrears")?;
    in_state(instance, &[Status::Running])
}

/// Only a machine that has come to rest takes an address, or another way of paying.
pub(crate) fn is_settled(instance: &Instance) -> Result<(), Refusal> {
    in_state(instance, &[Status::Running, Status::Stopped])
}

/// R70: what a stop costs; a machine that does not qualify for StopCharging goes on being charged.
pub(crate) fn stopped_mode(
    world: &World,
    instance: &Instance,
    asked: Option<StoppedMode>,
) -> StoppedMode {
    let machine = &instance.truth;
    let qualifies = machine.instance_charge_type == ChargeType::PostPaid
        && machine.instance_network_type == NetworkType::Vpc
        && machine.local_storage_amount == 0;
    let default = if world.settings.choices.stop_charging_by_default {
        StoppedMode::StopCharging
    } else {
        StoppedMode::KeepCharging
    };
    match asked.or(Some(default)) {
        Some(StoppedMode::StopCharging) if qualifies => StoppedMode::StopCharging,
        Some(_) | None => StoppedMode::KeepCharging,
    }
}

/// R14, R65: neither expired nor locked for money.
fn paid_for(world: &World, instance: &Instance, code: &str) -> Result<(), Refusal> {
    if instance.is_paid_for(world.now) {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        code,
        "The subscription has ended or the instance is in arrears.",
    ))
}

fn in_state(instance: &Instance, allowed: &[Status]) -> Result<(), Refusal> {
    if allowed.contains(&instance.truth.status) {
        return Ok(());
    }
    let status = instance.truth.status.as_str();
    Err(Refusal::new(
        403,
        "IncorrectInstanceStatus",
        format!("The instance is {status}, which does not allow this."),
    ))
}
