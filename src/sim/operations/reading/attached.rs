//! What is attached to machines: disks and network interfaces.

use serde_json::{Value, json};

use crate::sim::machine::described::{Described, NetworkInterface, PrivateIpSet};
use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::scenario::{Disk, DiskKind};
use crate::sim::world::World;

use super::listing::{self, Entry, Listing};

/// Size of the system disk every machine has, in GiB.
const SYSTEM_DISK_GIB: u32 = 40;

const DISKS: Listing = Listing {
    nested: ("Disks", "Disk"),
    page_max: 500,
    filters: &[
        ("Category", "/Category"),
        ("DiskChargeType", "/DiskChargeType"),
        ("DiskName", "/DiskName"),
        ("PerformanceLevel", "/PerformanceLevel"),
        ("ResourceGroupId", "/ResourceGroupId"),
        ("Status", "/Status"),
        ("ZoneId", "/ZoneId"),
    ],
    unknown: &[
        "AutoSnapshotPolicyId",
        "DeleteAutoSnapshot",
        "DeleteWithInstance",
        "EnableAutoSnapshot",
        "EnableAutomatedSnapshotPolicy",
        "EnableShared",
        "Encrypted",
        "Filter.1.Key",
        "KMSKeyId",
        "LockReason",
        "MultiAttach",
        "Portable",
        "SnapshotId",
        "Tag.1.Key",
    ],
};

/// DescribeDisks: those the scenario names, or else the system disk that every machine has.
pub(crate) fn disks(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let params = call.params;
    let ids = params.json_list("DiskIds", 100)?;
    let kind = params.get("DiskType").unwrap_or("all");
    if !["all", "system", "data"].contains(&kind) {
        return Err(Refusal::invalid("DiskType", "has an unknown value"));
    }
    let machines = listing::machines(world, call)?.into_iter();
    let mut disks: Vec<Entry> = machines
        .flat_map(|machine| {
            let held = disks_of(world, machine);
            held.into_iter().map(move |disk| entry_of(machine, &disk))
        })
        .collect();
    disks.retain(|(id, disk)| {
        let named = ids.as_ref().is_none_or(|ids| ids.contains(id));
        named && (kind == "all" || disk["Type"] == kind)
    });
    if params.flag("DryRun")? == Some(true) {
        return Err(Refusal::dry_run_passed("DryRunOperation"));
    }
    DISKS.page(params, disks)
}

fn disks_of(world: &World, machine: &Described) -> Vec<Disk> {
    let instance = world.instances.get(&machine.instance_id);
    let named = instance.map_or(&[][..], |instance| &instance.particulars().disks);
    if !named.is_empty() {
        return named.to_vec();
    }
    vec![Disk {
        disk_id: format!("d-{}", suffix(machine)),
        r#type: DiskKind::System,
        category: "cloud_essd".to_owned(),
        size: SYSTEM_DISK_GIB,
        device: String::new(),
    }]
}

fn entry_of(machine: &Described, disk: &Disk) -> Entry {
    let device = match disk.device.as_str() {
        "" => "/dev/xvda",
        named => named,
    };
    let entry = json!({
        "DiskId": disk.disk_id,
        "DiskName": "",
        "Description": "",
        "InstanceId": machine.instance_id,
        "Attachments": { "Attachment": [{
            "InstanceId": machine.instance_id,
            "Device": device,
            "AttachedTime": machine.creation_time,
        }] },
        "RegionId": machine.region_id,
        "ZoneId": machine.zone_id,
        "ResourceGroupId": machine.resource_group_id,
        "Type": disk.r#type,
        "Category": disk.category,
        "PerformanceLevel": "PL0",
        "Size": disk.size,
        "Status": "In_use",
        "Device": device,
        "DiskChargeType": machine.instance_charge_type,
        "ExpiredTime": machine.expired_time,
        "CreationTime": machine.creation_time,
        "AttachedTime": machine.creation_time,
        "ImageId": machine.image_id,
        "Portable": false,
        "DeleteWithInstance": true,
        "DeleteAutoSnapshot": true,
        "EnableAutoSnapshot": false,
        "Encrypted": false,
        "KMSKeyId": "",
        "MultiAttach": "Disabled",
        "StorageClusterId": "",
        "AutoSnapshotPolicyId": "",
        "BurstingEnabled": false,
        "OperationLocks": { "OperationLock": [] },
        "Tags": { "Tag": [] },
    });
    (disk.disk_id.clone(), entry)
}

const INTERFACES: Listing = Listing {
    nested: ("NetworkInterfaceSets", "NetworkInterfaceSet"),
    page_max: 500,
    filters: &[
        ("InstanceId", "/InstanceId"),
        ("PrimaryIpAddress", "/PrivateIpAddress"),
        ("Status", "/Status"),
        ("Type", "/Type"),
        ("VSwitchId", "/VSwitchId"),
        ("VpcId", "/VpcId"),
    ],
    unknown: &[
        "Ipv6Address.1",
        "NetworkInterfaceName",
        "PrivateIpAddress.1",
        "ResourceGroupId",
        "SecurityGroupId",
        "ServiceManaged",
        "Tag.1.Key",
    ],
};

/// Queues of an interface where the scenario says nothing.
const QUEUES: u32 = 2;

/// DescribeNetworkInterfaces: those that DescribeInstances shows, or else the one every machine has.
pub(crate) fn interfaces(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let (world, params) = (&*world, call.params);
    let ids = params.list("NetworkInterfaceId", 100)?;
    let machines = listing::machines(world, call)?.into_iter();
    let found = machines.flat_map(|machine| {
        let shown = primary_or(machine).into_iter().zip(0_u32..);
        shown.map(move |(card, index)| interface(world, machine, &card, index))
    });
    let found = found.filter(|(id, _)| ids.is_empty() || ids.contains(&id.as_str()));
    INTERFACES.page(params, found.collect())
}

fn primary_or(machine: &Described) -> Vec<NetworkInterface> {
    let listed = &machine.network_interfaces.network_interface;
    if !listed.is_empty() {
        return listed.clone();
    }
    let addresses = &machine.vpc_attributes.private_ip_address.ip_address;
    vec![NetworkInterface {
        network_interface_id: format!("eni-{}", suffix(machine)),
        primary_ip_address: addresses.first().cloned().unwrap_or_default(),
        r#type: "Primary".to_owned(),
        ..NetworkInterface::default()
    }]
}

fn interface(world: &World, machine: &Described, card: &NetworkInterface, index: u32) -> Entry {
    let instance = world.instances.get(&machine.instance_id);
    let queues = instance.and_then(|it| it.particulars().queues.get(&card.network_interface_id));
    let mut addresses = card.private_ip_sets.private_ip_set.clone();
    if addresses.is_empty() {
        addresses.push(PrivateIpSet {
            private_ip_address: card.primary_ip_address.clone(),
            primary: true,
        });
    }
    let entry = json!({
        "NetworkInterfaceId": card.network_interface_id,
        "NetworkInterfaceName": "",
        "Description": "",
        "InstanceId": machine.instance_id,
        "Type": card.r#type,
        "Status": "InUse",
        "MacAddress": card.mac_address,
        "PrivateIpAddress": card.primary_ip_address,
        "PrivateIpSets": { "PrivateIpSet": addresses },
        "Ipv6Sets": card.ipv6_sets,
        "SecurityGroupIds": machine.security_group_ids,
        "Attachment": { "InstanceId": machine.instance_id, "DeviceIndex": index },
        "VpcId": machine.vpc_attributes.vpc_id,
        "VSwitchId": machine.vpc_attributes.v_switch_id,
        "ZoneId": machine.zone_id,
        "ResourceGroupId": machine.resource_group_id,
        "NetworkInterfaceTrafficMode": "Standard",
        "QueueNumber": queues.copied().unwrap_or(QUEUES),
        "QueuePairNumber": 0,
        "SourceDestCheck": false,
        "DeleteOnRelease": true,
        "ServiceManaged": false,
        "CreationTime": machine.creation_time,
        "Tags": { "Tag": Vec::<Value>::new() },
    });
    (card.network_interface_id.clone(), entry)
}

/// What is attached is named after its machine.
fn suffix(machine: &Described) -> &str {
    let id = machine.instance_id.as_str();
    id.strip_prefix("i-").unwrap_or(id)
}
