//! From the fleet as it was seen to a simulated cloud that looks the same.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::model::{InstanceStatus, NetworkKind, ObservedFleet, ObservedInstance};
use crate::plan::SavedPlan;
use crate::sim::{Balance, Delays, Money, Scenario, ScenarioError, Span, World};

use super::catalogue::catalogue;

/// Money that covers every order: a rehearsal is about time, and says what it would have cost.
const PLENTY: f64 = 1e9;

/// A copy, and what it could not know.
#[derive(Debug, Clone)]
pub struct Copied {
    /// The cloud to rehearse on.
    pub world: World,
    /// What was taken for granted, for the reader.
    pub unknown: Vec<String>,
}

/// A simulated cloud with the same machines, and the simulator's defaults for all that nobody publishes.
///
/// # Errors
/// [`ScenarioError`] when what was seen makes no cloud.
pub fn copy(
    plan: &SavedPlan,
    fleet: &ObservedFleet,
    start: Timestamp,
) -> Result<Copied, ScenarioError> {
    let plenty = Money::from_decimal(PLENTY).expect("a billion is an amount");
    let scenario = Scenario {
        account: plan.account.as_str().to_owned(),
        start,
        balance: Balance {
            available: plenty,
            ..Balance::default()
        },
        catalogue: read(Value::Array(catalogue(plan, fleet)))?,
        instances: read(fleet.instances.values().map(instance).collect())?,
        ..Scenario::default()
    };
    scenario.check()?;
    Ok(Copied {
        world: World::new(&scenario, start),
        unknown: unknown(fleet),
    })
}

/// A simulated cloud that goes its own way from now on: nothing of it is unknown.
#[must_use]
pub fn fork(world: World) -> Copied {
    Copied {
        world,
        unknown: Vec::new(),
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, ScenarioError> {
    serde_json::from_value(value).map_err(|error| ScenarioError::Meaning(vec![error.to_string()]))
}

/// One machine with DescribeInstances' own field names.
fn instance(seen: &ObservedInstance) -> Value {
    let list = |items: &[&str]| json!({ "IpAddress": items });
    let public: Vec<&str> = seen.public_ip.iter().map(String::as_str).collect();
    let tags = seen.tags.iter();
    let tags: Vec<Value> = tags
        .map(|(key, value)| json!({"TagKey": key, "TagValue": value}))
        .collect();
    let mut machine = json!({
        "InstanceId": seen.id.as_str(),
        "InstanceName": seen.name,
        "RegionId": seen.region.as_str(),
        "ZoneId": seen.zone.as_str(),
        "Status": status(&seen.status),
        "InstanceType": seen.instance_type.as_str(),
        "InstanceChargeType": seen.billing.as_str(),
        "InstanceNetworkType": match seen.network {
            NetworkKind::Vpc => "vpc",
            NetworkKind::Classic => "classic",
        },
        "InternetMaxBandwidthOut": seen.max_bandwidth_out,
        "InternetMaxBandwidthIn": seen.max_bandwidth_in.unwrap_or(0),
        "PublicIpAddress": list(&public),
        "LocalStorageAmount": seen.local_disks,
        "OperationLocks": {
            "LockReason": seen.locks.iter().map(|lock| json!({"LockReason": lock})).collect::<Vec<_>>(),
        },
        "Tags": {"Tag": tags},
    });
    let mut set = |key: &str, value: Value| {
        machine[key] = value;
    };
    if let Some(billing) = seen.charge_type {
        set("InternetChargeType", billing.as_str().into());
    }
    if let Some(eip) = &seen.eip {
        let address = json!({"AllocationId": eip.allocation_id, "IpAddress": eip.address});
        set("EipAddress", address);
    }
    if let Some(mode) = seen.stopped_mode {
        set("StoppedMode", mode.as_str().into());
    }
    if let Some(end) = seen.expires_at {
        set(
            "ExpiredTime",
            end.strftime("%Y-%m-%dT%H:%MZ").to_string().into(),
        );
    }
    if let Some(host) = &seen.dedicated_host {
        set("DedicatedHostAttribute", json!({"DedicatedHostId": host}));
    }
    if let Some(optimized) = seen.particulars.io_optimized {
        set("IoOptimized", optimized.into());
    }
    machine
}

/// The copy has no word for a status this version does not know: such a machine is never touched.
fn status(status: &InstanceStatus) -> &str {
    match status {
        InstanceStatus::Other(_) => "Pending",
        InstanceStatus::Pending
        | InstanceStatus::Starting
        | InstanceStatus::Running
        | InstanceStatus::Stopping
        | InstanceStatus::Stopped => status.as_str(),
    }
}

/// What the copy took for granted, one line each.
fn unknown(fleet: &ObservedFleet) -> Vec<String> {
    let delays = Delays::default();
    let secs = |span: Span| span.0.as_secs();
    let mut unknown = vec![
        format!(
            "how long your machines take: {} s to stop, {} s to start, {} s for a type, {} s for a paid order",
            secs(delays.stop),
            secs(delays.start),
            secs(delays.modify),
            secs(delays.prepaid_modify)
        ),
        "stock, quota and balance: plenty of each".to_owned(),
        "prices: made up, only which is dearer is kept".to_owned(),
        "the call rates of your account: only the published one is kept (R54)".to_owned(),
        "who else works on these machines: nobody".to_owned(),
    ];
    let moving = fleet
        .instances
        .values()
        .filter(|seen| !is_settled(&seen.status));
    let n = moving.count();
    if n > 0 {
        unknown.push(format!(
            "{n} machines on their way up or down: they stay as they were seen"
        ));
    }
    unknown
}

fn is_settled(status: &InstanceStatus) -> bool {
    matches!(status, InstanceStatus::Running | InstanceStatus::Stopped)
}
