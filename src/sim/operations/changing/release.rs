//! DeleteInstance: a machine is released for good.

use crate::sim::machine::described::Status;
use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::protocol::request::Params;
use crate::sim::rules::common;
use crate::sim::world::World;
use crate::sim::world::instance::Instance;

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let id = call.params.required("InstanceId")?;
    let instance = common::exists(world, id, call.params.get("RegionId"))?;
    common::not_locked_for_security(instance)?;
    may_go(instance, call.params)?;
    if call.params.flag("DryRun")? == Some(true) {
        return Err(Refusal::dry_run_passed("DryRunOperation"));
    }
    world.release(id);
    Ok(Fields::new())
}

/// Not while it is protected, running unless forced, or paid for in advance unless that is given up.
fn may_go(instance: &Instance, params: &Params) -> Result<(), Refusal> {
    if instance.truth.deletion_protection {
        return Err(Refusal::new(
            403,
            "InvalidOperation.DeletionProtection",
            "The instance is protected from being released.",
        ));
    }
    if instance.is_prepaid() && params.flag("TerminateSubscription")? != Some(true) {
        return Err(Refusal::new(
            403,
            "ChargeTypeViolation",
            "A subscription is released only when it is given up as well.",
        ));
    }
    let forced = params.flag("Force")? == Some(true) || params.flag("ForceStop")? == Some(true);
    if instance.truth.status != Status::Stopped && !forced {
        return Err(Refusal::new(
            403,
            "IncorrectInstanceStatus",
            "The instance must be Stopped, or its release be forced.",
        ));
    }
    Ok(())
}
