//! What may become of an instance's type, whatever it is paid by (R1 to R9, R57 to R64).

use crate::sim::machine::described::{Described, Status};
use crate::sim::protocol::reply::Refusal;
use crate::sim::rules::{Caller, account};
use crate::sim::world::World;
use crate::sim::world::instance::Instance;

/// R1: ModifyInstanceSpec is for pay-as-you-go machines.
pub(crate) fn is_pay_as_you_go(instance: &Instance) -> Result<(), Refusal> {
    if !instance.is_prepaid() {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "ChargeTypeViolation",
        "A subscription cannot be changed with this operation.",
    ))
}

/// R2: a pay-as-you-go machine changes its type while Stopped.
pub(crate) fn is_stopped(instance: &Instance) -> Result<(), Refusal> {
    if instance.truth.status == Status::Stopped {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InvalidInstanceStatus.NotStopped",
        "The instance must be Stopped to change its type.",
    ))
}

/// R8: bandwidth changes in Running and Stopped.
pub(crate) fn is_settled(instance: &Instance) -> Result<(), Refusal> {
    match instance.truth.status {
        Status::Running | Status::Stopped => Ok(()),
        Status::Pending | Status::Starting | Status::Stopping => Err(Refusal::new(
            403,
            "InvalidStatus.ValueNotSupported",
            "The instance must be Running or Stopped.",
        )),
    }
}

/// R3: one call changes the type or the bandwidth, never both, and never neither.
pub(crate) fn one_thing_at_a_time(
    new_type: Option<&str>,
    bandwidth: Option<i64>,
) -> Result<(), Refusal> {
    match (new_type, bandwidth) {
        (Some(_), Some(_)) => Err(Refusal::new(
            400,
            "InvalidParameter.Mismatch",
            "One request changes the type or the bandwidth, not both.",
        )),
        (None, None) => Err(Refusal::missing("InstanceType")),
        (Some(_), None) | (None, Some(_)) => Ok(()),
    }
}

/// R57: local disks stay where they are, and so does the type.
pub(crate) fn has_no_local_disk(instance: &Instance, caller: Caller) -> Result<(), Refusal> {
    if instance.truth.local_storage_amount == 0 {
        return Ok(());
    }
    let code = match caller {
        Caller::Prepay => "OperationDenied.LocalDiskUnsupported",
        Caller::Spec | Caller::Network => "CategoryViolation",
    };
    Err(Refusal::new(
        403,
        code,
        "An instance with local disks keeps its type.",
    ))
}

/// R58: on a dedicated host, a pay-as-you-go machine keeps its type.
pub(crate) fn is_not_on_a_dedicated_host(instance: &Instance) -> Result<(), Refusal> {
    if instance
        .truth
        .dedicated_host_attribute
        .dedicated_host_id
        .is_empty()
    {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InvalidAction.NotSupport",
        "An instance on a dedicated host keeps its type here.",
    ))
}

/// R59: an EIP blocks a type change only where the scenario says so.
pub(crate) fn eip_allows_it(instance: &Instance) -> Result<(), Refusal> {
    if !(instance.has_eip() && instance.eip_blocks_type_change) {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "InvalidInstance.EipNotSupport",
        "The type cannot change while an EIP is attached.",
    ))
}

/// R66: an instance prepared for hibernation keeps its type.
pub(crate) fn is_not_set_to_hibernate(instance: &Instance) -> Result<(), Refusal> {
    if !instance.truth.hibernation_options.configured {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "HibernationConfigured.InstanceOperationForbidden",
        "An instance set up to hibernate keeps its type.",
    ))
}

/// R60: the target is sold in the instance's zone, is another type, and can carry its bandwidth (R28).
pub(crate) fn can_become(
    world: &World,
    instance: &Instance,
    target: &str,
    caller: Caller,
) -> Result<(), Refusal> {
    let machine = &instance.truth;
    let Some(offer) = world.catalogue.get(target) else {
        return Err(Refusal::new(
            400,
            "InvalidInstanceType.ValueUnauthorized",
            format!("{target} is no instance type that can be bought."),
        ));
    };
    if offer.is_retired() {
        let message = format!("{target} is not sold any more.");
        return Err(Refusal::new(403, "InstanceType.Offline", message));
    }
    let here = world.catalogue.get(&machine.instance_type);
    if here.is_some_and(|here| here.architecture != offer.architecture) {
        let message = format!("The image of the instance does not run on {target}.");
        return Err(Refusal::new(403, "ImageNotSupportInstanceType", message));
    }
    if machine.instance_type == target || !offer.is_offered_in(&machine.zone_id) {
        let (from, zone) = (&machine.instance_type, &machine.zone_id);
        return Err(Refusal::new(
            403,
            "InvalidInstanceType.ValueNotSupported",
            format!("{from} cannot become {target} in {zone}."),
        ));
    }
    if machine.internet_max_bandwidth_out > i64::from(offer.bandwidth_max) {
        let code = match caller {
            Caller::Prepay => "InvalidInstanceType.NotSupported",
            Caller::Spec | Caller::Network => "DependencyViolation.InstanceType",
        };
        let message = format!("{target} cannot carry the public bandwidth of this instance.");
        return Err(Refusal::new(400, code, message));
    }
    Ok(())
}

/// R63: there is a place left of this type in this zone.
pub(crate) fn in_stock(world: &World, name: &str, zone: &str) -> Result<(), Refusal> {
    if world.catalogue.stock(name, zone) != Some(0) {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "OperationDenied.NoStock",
        format!("{name} is sold out in {zone}."),
    ))
}

/// R64: the vCPUs of all pay-as-you-go machines of a region stay within its quota, and those of a zone within the
/// zone's, where it has one.
pub(crate) fn within_quota(
    world: &World,
    instance: &Instance,
    target: &str,
) -> Result<(), Refusal> {
    let (quota, machine) = (&world.settings.quota, &instance.truth);
    let wanted = u64::from(world.catalogue.vcpus(target));
    let freed = u64::from(machine.cpu);
    let fits = |most: Option<u32>, is_there: &dyn Fn(&Described) -> bool| {
        most.is_none_or(|most| {
            account::vcpus_in_use(world, is_there) + wanted <= u64::from(most) + freed
        })
    };
    let of_zone = quota.zone_vcpus.get(&machine.zone_id).copied();
    let in_region = |other: &Described| other.region_id == machine.region_id;
    let in_zone = |other: &Described| other.zone_id == machine.zone_id;
    if wanted <= freed || (fits(quota.vcpus, &in_region) && fits(of_zone, &in_zone)) {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "QuotaExceed.ElasticQuota",
        "The vCPU quota of the account does not allow this type here.",
    ))
}
