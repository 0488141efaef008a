//! Writes the drawn fleet as a scenario of the simulator: what is there.

use serde::Serialize;

use super::blueprints::{Billing, Internet, Power, Traffic};
use super::fleet::Machine;
use super::{ACCOUNT, REGION};

/// Money for every order of the fleet: far more than the dearest machine costs until its end.
const BALANCE_PER_MACHINE: u64 = 1_000_000;

#[derive(Serialize)]
struct Cloud<'a> {
    account: &'static str,
    region: &'static str,
    balance: Balance,
    instances: Vec<Instance<'a>>,
}

#[derive(Serialize)]
struct Balance {
    currency: &'static str,
    available: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Instance<'a> {
    instance_id: &'a str,
    instance_name: &'a str,
    region_id: &'static str,
    zone_id: &'static str,
    instance_type: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_mode: Option<&'static str>,
    instance_charge_type: Billing,
    #[serde(skip_serializing_if = "Option::is_none")]
    expired_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    internet_charge_type: Option<Traffic>,
    internet_max_bandwidth_out: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    internet_max_bandwidth_in: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_ip_address: Option<PublicIpAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eip_address: Option<EipAddress>,
    tags: Tags<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PublicIpAddress {
    ip_address: [String; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EipAddress {
    allocation_id: String,
    ip_address: String,
    bandwidth: u32,
    internet_charge_type: Traffic,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tags<'a> {
    tag: [Tag<'a>; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tag<'a> {
    tag_key: &'static str,
    tag_value: &'a str,
}

/// The scenario, to be written.
pub(super) fn of(fleet: &[Machine]) -> impl Serialize {
    let machines = u64::try_from(fleet.len()).expect("MACHINES_MAX fits");
    Cloud {
        account: ACCOUNT,
        region: REGION,
        balance: Balance {
            currency: "CNY",
            available: machines * BALANCE_PER_MACHINE,
        },
        instances: fleet.iter().map(instance).collect(),
    }
}

fn instance(machine: &Machine) -> Instance<'_> {
    let billing = machine.blueprint.billing;
    let traffic = traffic(machine);
    let (year, month) = machine.expiry;
    Instance {
        instance_id: &machine.id,
        instance_name: &machine.name,
        region_id: REGION,
        zone_id: machine.zone,
        instance_type: machine.found.instance_type,
        status: status(machine.found.power),
        stopped_mode: stopped_mode(machine.found.power, billing),
        instance_charge_type: billing,
        expired_time: (billing == Billing::PrePaid).then(|| format!("{year}-{month:02}-15T16:00Z")),
        internet_charge_type: traffic.map(|(charge_type, _)| charge_type),
        internet_max_bandwidth_out: traffic.map_or(0, |(_, out)| out),
        internet_max_bandwidth_in: traffic.map(|(_, out)| inbound(out)),
        public_ip_address: traffic.map(|_| PublicIpAddress {
            ip_address: [address(machine.index)],
        }),
        eip_address: elastic(machine),
        tags: tags(machine),
    }
}

fn traffic(machine: &Machine) -> Option<(Traffic, u32)> {
    match machine.found.internet {
        Internet::Public(charge_type, out) => Some((charge_type, out)),
        Internet::Closed | Internet::Elastic(_) => None,
    }
}

/// What the cloud sets when nobody asks (R29).
fn inbound(out: u32) -> u32 {
    out.max(10)
}

fn elastic(machine: &Machine) -> Option<EipAddress> {
    match machine.found.internet {
        Internet::Elastic(bandwidth) => Some(EipAddress {
            allocation_id: format!("eip-bp{:014}", machine.index),
            ip_address: address(machine.index),
            bandwidth,
            internet_charge_type: Traffic::PayByTraffic,
        }),
        Internet::Closed | Internet::Public(..) => None,
    }
}

fn status(power: Power) -> &'static str {
    match power {
        Power::Running => "Running",
        Power::Stopped | Power::Released => "Stopped",
    }
}

/// The stopped mode means something for stopped pay-as-you-go machines only (2.14).
fn stopped_mode(power: Power, billing: Billing) -> Option<&'static str> {
    match (power, billing) {
        (Power::Running, _) | (_, Billing::PrePaid) => None,
        (Power::Stopped, Billing::PostPaid) => Some("KeepCharging"),
        (Power::Released, Billing::PostPaid) => Some("StopCharging"),
    }
}

/// An address out of 198.18.0.0/15, the block set aside for trials (RFC 2544): room for 131,072 machines.
fn address(index: u32) -> String {
    let [_, high, middle, low] = index.to_be_bytes();
    format!("198.{}.{middle}.{low}", 18 + high)
}

fn tags(machine: &Machine) -> Tags<'_> {
    Tags {
        tag: [
            Tag {
                tag_key: "role",
                tag_value: machine.blueprint.name,
            },
            Tag {
                tag_key: "team",
                tag_value: machine.team,
            },
        ],
    }
}
