//! AllocatePublicIpAddress: a static address for bandwidth that has none.

use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::rules::{Caller, account, common, power};
use crate::sim::world::World;

pub(crate) fn run(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let id = call.params.required("InstanceId")?;
    if call.params.get("IpAddress").is_some() {
        return Err(Refusal::invalid("IpAddress", "is for listed users only"));
    }
    let instance = common::exists(world, id, call.params.get("RegionId"))?;
    common::not_locked_for_security(instance)?;
    common::not_expired(world, instance, Caller::Network)?;
    power::is_settled(instance)?;
    if instance.truth.internet_max_bandwidth_out == 0 {
        return Err(Refusal::new(
            400,
            "AllocateIpInvalidInstanceBandwidth",
            "An address needs outbound bandwidth above 0.",
        ));
    }
    // R40, under the code of this call.
    account::an_address_is_left(world, instance, "NAT_PUBLIC_IP_ALLOCATE_FAILED")?;
    let address = world.allocate_address(id, world.now.elapsed);
    let address = address.expect("the instance was found a moment ago");
    Ok(Fields::from_iter([(
        "IpAddress".to_owned(),
        address.into(),
    )]))
}
