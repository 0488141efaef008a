//! Writes the drawn fleet as a manifest: what is wanted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::blueprints::{Internet, Power, Rollout, Shape, Traffic, Unavailable};
use super::fleet::{Machine, Written};
use super::{ACCOUNT, GenerateOptions, REGION};

#[derive(Serialize)]
struct Manifest<'a> {
    version: u32,
    fleet: String,
    account: &'static str,
    region: &'static str,
    defaults: Defaults,
    groups: BTreeMap<&'static str, Group<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    instances: BTreeMap<&'a str, Instance<'a>>,
}

#[derive(Serialize)]
struct Defaults {
    payment: &'static str,
    rollout: Rollout,
}

#[derive(Serialize)]
struct Group<'a> {
    ids: Vec<&'a str>,
    spec: Spec,
    rollout: Rollout,
}

#[derive(Serialize)]
struct Instance<'a> {
    id: &'a str,
    spec: Spec,
}

#[derive(Serialize)]
struct Spec {
    instance_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    internet: Option<InternetSpec>,
    power: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_mode: Option<&'static str>,
}

#[derive(Serialize)]
struct InternetSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    charge_type: Option<Traffic>,
    max_bandwidth_out: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bandwidth_in: Option<u32>,
    public_ip: bool,
}

/// The manifest, to be written.
pub(super) fn of(options: GenerateOptions, fleet: &[Machine]) -> impl Serialize {
    Manifest {
        version: 1,
        fleet: format!("trial-{}-{}", options.machines, options.seed),
        account: ACCOUNT,
        region: REGION,
        defaults: Defaults {
            payment: "auto",
            rollout: Rollout {
                max_unavailable: Unavailable::Percent("10%"),
                max_failures: 0,
            },
        },
        groups: groups(fleet),
        instances: instances(fleet),
    }
}

fn groups(fleet: &[Machine]) -> BTreeMap<&'static str, Group<'_>> {
    let mut groups = BTreeMap::new();
    for machine in fleet {
        if machine.written == Written::Alone {
            continue;
        }
        let blueprint = machine.blueprint;
        let group = groups.entry(blueprint.name).or_insert_with(|| Group {
            ids: Vec::new(),
            spec: spec(blueprint.target),
            rollout: blueprint.rollout,
        });
        group.ids.push(machine.id.as_str());
    }
    groups
}

fn instances(fleet: &[Machine]) -> BTreeMap<&str, Instance<'_>> {
    fleet
        .iter()
        .filter(|machine| machine.written != Written::InGroup)
        .map(|machine| {
            let instance = Instance {
                id: &machine.id,
                spec: spec(machine.target),
            };
            (machine.name.as_str(), instance)
        })
        .collect()
}

fn spec(shape: Shape) -> Spec {
    let (power, stopped_mode) = match shape.power {
        Power::Running => ("running", None),
        Power::Stopped => ("stopped", None),
        Power::Released => ("stopped", Some("StopCharging")),
    };
    Spec {
        instance_type: shape.instance_type,
        internet: internet(shape.internet),
        power,
        stopped_mode,
    }
}

fn internet(internet: Internet) -> Option<InternetSpec> {
    match internet {
        // An address is given up only where that is written.
        Internet::Closed => Some(InternetSpec {
            charge_type: None,
            max_bandwidth_out: 0,
            max_bandwidth_in: None,
            public_ip: false,
        }),
        // Fixed bandwidth is written in both directions; elsewhere inbound follows outbound (R29).
        Internet::Public(charge_type, out) => Some(InternetSpec {
            charge_type: Some(charge_type),
            max_bandwidth_out: out,
            max_bandwidth_in: (charge_type == Traffic::PayByBandwidth).then_some(out),
            public_ip: true,
        }),
        Internet::Elastic(_) => None,
    }
}
