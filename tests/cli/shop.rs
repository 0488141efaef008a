//! A small fleet written by hand: three pay-as-you-go machines that want a larger type.

use crate::house::House;

pub(crate) const APPLY: &str = "apply -auto-approve -allow-unknown-price";

/// The machines of [`MANIFEST`].
pub(crate) const MACHINES: [&str; 3] = ["i-1", "i-2", "i-3"];

pub(crate) const WANTED: &str = "ecs.g7.xlarge";

pub(crate) const CLOUD: &str = "
instances:
- {InstanceId: i-1, InstanceName: web-1, InstanceType: ecs.g7.large}
- {InstanceId: i-2, InstanceName: web-2, InstanceType: ecs.g7.large}
- {InstanceId: i-3, InstanceName: web-3, InstanceType: ecs.g7.large}
";

pub(crate) const MANIFEST: &str = "
version: 1
fleet: shop
region: cn-hangzhou
defaults: {rollout: {max_unavailable: 100%}}
instances:
  web-1: {id: i-1, spec: {instance_type: ecs.g7.xlarge}}
  web-2: {id: i-2, spec: {instance_type: ecs.g7.xlarge}}
  web-3: {id: i-3, spec: {instance_type: ecs.g7.xlarge}}
";

/// The shop, with its cloud at this speed.
pub(crate) fn shop(name: &str, speed: u32) -> House {
    House::with(name, MANIFEST, CLOUD, speed)
}

/// A shop with one machine that is paid for a year ahead, and its orders left to a person.
pub(crate) fn prepaid_shop(name: &str, payment: &str, speed: u32) -> House {
    let manifest = format!(
        "
version: 1
fleet: shop
region: cn-hangzhou
defaults: {{payment: {payment}}}
instances:
  db-1: {{id: i-1, spec: {{instance_type: {WANTED}}}}}
"
    );
    let cloud = CLOUD.replace(
        "i-1, InstanceName: web-1,",
        "i-1, InstanceName: db-1, InstanceChargeType: PrePaid,",
    );
    House::with(name, &manifest, &cloud, speed)
}

/// Every machine runs, and as this type.
#[track_caller]
pub(crate) fn all_run_as(house: &House, wanted: &str) {
    let world = house.server.world();
    for id in MACHINES {
        let found = ["Status", "ConfiguredType", "EffectiveType"].map(|name| world.field(id, name));
        assert_eq!(found, ["Running", wanted, wanted], "{id}");
    }
}
