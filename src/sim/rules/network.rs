//! What may become of an instance's bandwidth, network billing and address (R9, R23 to R29).

use crate::sim::machine::described::{Described, NetworkType, Status};
use crate::sim::machine::network::{Network, inbound_range, outbound_range};
use crate::sim::protocol::reply::Refusal;
use crate::sim::rules::Caller;
use crate::sim::world::World;
use crate::sim::world::instance::Instance;

/// R23: bandwidth changes in Running and Stopped.
pub(crate) fn is_settled(instance: &Instance) -> Result<(), Refusal> {
    match instance.truth.status {
        Status::Running | Status::Stopped => Ok(()),
        Status::Pending | Status::Starting | Status::Stopping => Err(Refusal::new(
            400,
            "IncorrectInstanceStatus",
            "The instance must be Running or Stopped.",
        )),
    }
}

/// R26: on the classic network, bandwidth leaves zero only while Stopped.
pub(crate) fn classic_is_stopped(instance: &Instance, wanted: Network) -> Result<(), Refusal> {
    let machine = &instance.truth;
    let leaves_zero = machine.internet_max_bandwidth_out == 0 && wanted.out > 0;
    let classic = machine.instance_network_type == NetworkType::Classic;
    if !(classic && leaves_zero) || machine.status == Status::Stopped {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InvalidInstanceStatus.NotStopped",
        "On the classic network the instance must be Stopped for its first bandwidth.",
    ))
}

/// R27: with an EIP, public bandwidth is the EIP's business.
pub(crate) fn has_no_eip(instance: &Instance) -> Result<(), Refusal> {
    if !instance.has_eip() {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "InvalidInstance.EipNotSupport",
        "The instance has an EIP, whose own bandwidth is to be changed instead.",
    ))
}

/// R28: the outbound bandwidth lies in the range of both billing methods and of the type.
pub(crate) fn outbound_fits(
    world: &World,
    machine: &Described,
    wanted: Network,
    caller: Caller,
) -> Result<(), Refusal> {
    if !outbound_range(machine.instance_charge_type, wanted.charge).contains(&wanted.out) {
        return Err(Refusal::new(
            400,
            caller.bandwidth_code("InvalidInternetMaxBandwidthOut.ValueNotSupported"),
            "The outbound bandwidth is out of range for this way of paying.",
        ));
    }
    let offer = world.catalogue.get(&machine.instance_type);
    if offer.is_some_and(|offer| wanted.out > i64::from(offer.bandwidth_max)) {
        return Err(Refusal::new(
            400,
            caller.bandwidth_code("InvalidParameter.BandwidthBiggerThanBaseBandwidth"),
            "The instance type does not carry so much bandwidth.",
        ));
    }
    Ok(())
}

/// R29: the inbound bandwidth lies between 1 and what goes with the outbound one.
pub(crate) fn inbound_fits(wanted: Network, caller: Caller) -> Result<(), Refusal> {
    if inbound_range(wanted.out).contains(&wanted.inbound) {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        caller.bandwidth_code("InvalidInternetMaxBandwidthIn.ValueNotSupported"),
        "The inbound bandwidth is out of range.",
    ))
}

/// R9: through ModifyInstanceSpec, outbound bandwidth goes from 0 to 100.
pub(crate) fn outbound_in_spec_range(out: i64) -> Result<(), Refusal> {
    if (0..=100).contains(&out) {
        return Ok(());
    }
    let why = "must lie between 0 and 100";
    Err(Refusal::invalid("InternetMaxBandwidthOut", why))
}

/// R25: an address is only allocated to bandwidth above zero.
pub(crate) fn address_has_bandwidth(wanted: Network) -> Result<(), Refusal> {
    if wanted.out > 0 {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InvalidParam.AllocatePublicIp",
        "A public address needs outbound bandwidth above 0.",
    ))
}

/// R38: some hardware and some regions have no public network.
pub(crate) fn has_public_network(
    world: &World,
    instance: &Instance,
    wanted: Network,
    caller: Caller,
) -> Result<(), Refusal> {
    let dedicated = &world.settings.choices.dedicated_regions;
    let code = if wanted.out == 0 {
        return Ok(());
    } else if instance.particulars().cloud_box {
        "InvalidParameter.CloudboxNotSupported"
    } else if dedicated.contains(&instance.truth.region_id) {
        "InvalidParameter.DedicatedRegionNotSupported"
    } else {
        return Ok(());
    };
    let code = caller.bandwidth_code(code);
    Err(Refusal::new(400, code, "There is no public network here."))
}

/// R39: ports of a NAT gateway that are mapped to a machine keep its network as it is.
pub(crate) fn has_no_port_maps(instance: &Instance) -> Result<(), Refusal> {
    if !instance.particulars().nat_port_maps {
        return Ok(());
    }
    Err(Refusal::new(
        403,
        "InvalidInstance.NatPortMapNotSupport",
        "Ports of a NAT gateway are mapped to the instance.",
    ))
}
