//! What hangs on a machine, against what its new type carries (R22, R61, R62, R67 to R69).

use crate::sim::machine::catalogue::TypeOffer;
use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::Params;
use crate::sim::rules::Caller;
use crate::sim::scenario::{Disk, Image};
use crate::sim::world::World;
use crate::sim::world::instance::Instance;

/// R61: disks, interfaces, addresses and queues are not more than the new type carries.
///
/// ModifyInstanceSpec documents a code of its own for addresses only; for the rest it says that no way
/// leads to the type.
pub(crate) fn fits(
    world: &World,
    instance: &Instance,
    target: &str,
    caller: Caller,
) -> Result<(), Refusal> {
    let Some(offer) = world.catalogue.get(target) else {
        return Ok(());
    };
    let (status, code) = match (too_many(instance, offer), caller) {
        (None, _) => return Ok(()),
        (Some((status, code, Heard::Everywhere)), _) => (status, code),
        (Some((status, code, Heard::BySubscriptions)), Caller::Prepay) => (status, code),
        (Some((_, _, Heard::BySubscriptions)), Caller::Spec | Caller::Network) => {
            (400, "DependencyViolation.InstanceType")
        }
    };
    let message = format!("More is attached to the instance than {target} carries.");
    Err(Refusal::new(status, code, message))
}

/// Which of the two calls document a code.
enum Heard {
    Everywhere,
    BySubscriptions,
}

/// The first limit that is passed, with the code for it.
fn too_many(instance: &Instance, offer: &TypeOffer) -> Option<(u16, &'static str, Heard)> {
    let interfaces = &instance.truth.network_interfaces.network_interface;
    let most = |count: &dyn Fn(&crate::sim::machine::described::NetworkInterface) -> usize| {
        let counts = interfaces.iter().map(count);
        u32::try_from(counts.max().unwrap_or(0)).unwrap_or(u32::MAX)
    };
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let disks = count(instance.particulars().disks.len());
    let ipv4 = most(&|eni| eni.private_ip_sets.private_ip_set.len());
    let ipv6 = most(&|eni| eni.ipv6_sets.ipv6_set.len());
    let limits = [
        (
            disks,
            offer.disk_quantity,
            (
                400,
                "InstanceTypeNotSupported.TooManyDisksAttached",
                Heard::BySubscriptions,
            ),
        ),
        (
            count(interfaces.len()),
            offer.eni_quantity,
            (
                403,
                "InvalidOperation.EniCountExceeded",
                Heard::BySubscriptions,
            ),
        ),
        (
            ipv4,
            offer.ipv4_quantity,
            (403, "InvalidOperation.Ipv4CountExceeded", Heard::Everywhere),
        ),
        (
            ipv6,
            offer.ipv6_quantity,
            (403, ipv6_code(offer), Heard::Everywhere),
        ),
    ];
    let passed = limits.into_iter().find(|(held, most, _)| held > most);
    passed
        .map(|(_, _, answer)| answer)
        .or_else(|| too_many_queues(instance, offer))
}

/// R61: a type without IPv6 has a code of its own.
fn ipv6_code(offer: &TypeOffer) -> &'static str {
    if offer.ipv6_quantity == 0 {
        "InvalidOperation.Ipv6NotSupport"
    } else {
        "InvalidOperation.Ipv6CountExceeded"
    }
}

fn too_many_queues(instance: &Instance, offer: &TypeOffer) -> Option<(u16, &'static str, Heard)> {
    let queues = &instance.particulars().queues;
    let widest = queues.values().max().copied().unwrap_or(0);
    let code = if widest > offer.primary_queues.max(offer.secondary_queues) {
        "InvalidOperation.MaxEniQueueNumberExceeded"
    } else if queues.values().sum::<u32>() > offer.total_queues {
        "InvalidOperation.ExceedInstanceTypeQueueNumber"
    } else {
        return None;
    };
    Some((403, code, Heard::BySubscriptions))
}

/// A subscription whose disks are written down has a system disk among them.
pub(crate) fn has_a_system_disk(instance: &Instance) -> Result<(), Refusal> {
    let disks = &instance.particulars().disks;
    if disks.is_empty() || disks.iter().any(Disk::is_system) {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "InvalidInstance.NotFoundSystemDisk",
        "The instance has no system disk.",
    ))
}

/// R62: a VPC with advanced features takes no small types.
pub(crate) fn vpc_takes_it(
    world: &World,
    instance: &Instance,
    target: &str,
) -> Result<(), Refusal> {
    let advanced = &world.settings.choices.advanced_vpcs;
    let small = world.catalogue.get(target).is_some_and(TypeOffer::is_small);
    if !(small && advanced.contains(instance.truth.vpc())) {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InvalidOperation.VpcHasEnabledAdvancedNetworkFeature",
        "The VPC has advanced network features, which low-end types do not support.",
    ))
}

/// R67: the image may be used and ordered; each call says it in its own way.
pub(crate) fn image_allows_it(instance: &Instance, caller: Caller) -> Result<(), Refusal> {
    let (status, code) = match (instance.particulars().image, caller) {
        (Image::Allowed, _) | (Image::OrderFails, Caller::Spec) => return Ok(()),
        (Image::NotAllowed, Caller::Spec) => (400, "InvalidMarketImageStatus.NotSupported"),
        (Image::NotAllowed, Caller::Prepay | Caller::Network) => {
            (403, "OperationDenied.ImageNotValid")
        }
        (Image::OrderFails, Caller::Prepay) => (500, "ImageOrderFailed"),
        (Image::OrderFails, Caller::Network) => (500, "Image.OrderFailed"),
    };
    Err(Refusal::new(
        status,
        code,
        "The image of the instance does not allow this.",
    ))
}

/// R69: SystemDisk.Category counts where a retired type is left for one on sale, or a machine becomes I/O-optimized,
/// as it does with every type that is on sale.
pub(crate) fn system_disk(
    world: &World,
    params: &Params,
    instance: &Instance,
    target: &str,
    caller: Caller,
) -> Result<Option<String>, Refusal> {
    let Some(category) = params.get("SystemDisk.Category") else {
        return Ok(None);
    };
    let known = matches!(category, "cloud_efficiency" | "cloud_ssd");
    let retired = |name: &str| world.catalogue.get(name).is_some_and(TypeOffer::is_retired);
    let machine = &instance.truth;
    let is_old = retired(&machine.instance_type) || !machine.io_optimized;
    if known && is_old && !retired(target) {
        return Ok(Some(category.to_owned()));
    }
    let code = match caller {
        Caller::Prepay => "InvalidSystemDiskCategory.NotMatchInstanceType",
        Caller::Spec | Caller::Network => "InvalidParam.SystemDiskCategory",
    };
    let message = "SystemDisk.Category is for leaving a retired type, or not optimized I/O.";
    Err(Refusal::new(400, code, message))
}
