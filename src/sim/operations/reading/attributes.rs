//! Small reads of one thing about each machine, as Terraform's provider asks for them when it refreshes.

use serde_json::{Value, json};

use crate::sim::machine::described::Described;
use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::rules::common;
use crate::sim::world::World;

use super::listing::{self, Listing};

/// The fields of DescribeInstances that DescribeInstanceAttribute shows as well (the SDK's model).
const SHARED: [&str; 31] = [
    "ClusterId",
    "Cpu",
    "CreationTime",
    "CreditSpecification",
    "DedicatedHostAttribute",
    "Description",
    "EipAddress",
    "ExpiredTime",
    "HostName",
    "ImageId",
    "InnerIpAddress",
    "InstanceChargeType",
    "InstanceId",
    "InstanceName",
    "InstanceNetworkType",
    "InstanceType",
    "InternetChargeType",
    "InternetMaxBandwidthIn",
    "InternetMaxBandwidthOut",
    "IoOptimized",
    "Memory",
    "OperationLocks",
    "PublicIpAddress",
    "RegionId",
    "SecurityGroupIds",
    "SerialNumber",
    "Status",
    "StoppedMode",
    "VlanId",
    "VpcAttributes",
    "ZoneId",
];

/// Parts of those fields that it leaves out.
const FEWER: [(&str, &str); 2] = [
    ("DedicatedHostAttribute", "DedicatedHostClusterId"),
    ("EipAddress", "IsSupportUnassociate"),
];

/// DescribeInstanceAttribute: one machine, flat.
pub(crate) fn one(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let mut shown = fields_of(shown(world, call)?);
    shown.retain(|name, _| SHARED.contains(&name.as_str()));
    for (name, part) in FEWER {
        if let Some(object) = shown.get_mut(name).and_then(Value::as_object_mut) {
            object.remove(part);
        }
    }
    // The one field that is a text here and a boolean there.
    shown.insert("IoOptimized".to_owned(), "optimized".into());
    for silent in ["EnableJumboFrame", "EnableNetworkEncryption"] {
        shown.insert(silent.to_owned(), false.into());
    }
    Ok(shown)
}

/// DescribeUserData: machines here were made without any.
pub(crate) fn user_data(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let machine = shown(world, call)?;
    let fields = json!({
        "InstanceId": machine.instance_id,
        "RegionId": machine.region_id,
        "UserData": "",
    });
    Ok(fields.as_object().cloned().unwrap_or_default())
}

/// DescribeInstanceRamRole: no machine here has one.
pub(crate) fn ram_role(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let region = call.params.get("RegionId").unwrap_or_default().to_owned();
    let mut fields = each(
        &Listing::plain("InstanceRamRoleSets", "InstanceRamRoleSet"),
        world,
        call,
        |id| json!({ "InstanceId": id, "RamRoleName": "" }),
    )?;
    for silent in ["PageNumber", "PageSize"] {
        fields.remove(silent);
    }
    fields.insert("RegionId".to_owned(), region.into());
    Ok(fields)
}

/// DescribeInstanceMaintenanceAttributes: what the vendor does to a machine whose host fails.
pub(crate) fn maintenance(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let listing = Listing::plain("MaintenanceAttributes", "MaintenanceAttribute");
    each(&listing, world, call, |id| {
        json!({
            "InstanceId": id,
            "MaintenanceWindows": { "MaintenanceWindow": [] },
            "ActionOnMaintenance": {
                "DefaultValue": "AutoRecover",
                "SupportedValues": { "SupportedValue": ["Stop", "AutoRecover", "AutoRedeploy"] },
                "Value": "AutoRecover",
            },
            "NotifyOnMaintenance": false,
        })
    })
}

/// DescribeInstanceAttachmentAttributes: no machine here belongs to a private pool.
pub(crate) fn private_pool(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    call.params.required("InstanceIds")?;
    let listing = Listing::plain("Instances", "Instance");
    each(&listing, world, call, |id| {
        json!({
            "InstanceId": id,
            "PrivatePoolOptionsId": "",
            "PrivatePoolOptionsMatchCriteria": "",
        })
    })
}

/// One entry for each machine the call names.
fn each(
    listing: &Listing,
    world: &World,
    call: &Call<'_>,
    entry: impl Fn(&str) -> Value,
) -> Result<Fields, Refusal> {
    let machines = listing::machines(world, call)?.into_iter();
    let entries = machines.map(|machine| {
        let id = &machine.instance_id;
        (id.clone(), entry(id))
    });
    listing.page(call.params, entries.collect())
}

/// What readers see of the one machine a call is about.
fn shown<'w>(world: &'w World, call: &Call<'_>) -> Result<&'w Described, Refusal> {
    let id = call.params.required("InstanceId")?;
    let instance = common::exists(world, id, call.params.get("RegionId"))?;
    Ok(instance.shown(world.reading_moment()))
}

fn fields_of(machine: &Described) -> Fields {
    let value = serde_json::to_value(machine);
    let value = value.expect("an instance holds nothing JSON cannot write");
    value.as_object().cloned().unwrap_or_default()
}
