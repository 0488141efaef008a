//! Made-up fleets: what is wanted and what is there, read back as any reader of YAML would.

#![expect(
    clippy::unwrap_used,
    reason = "a test may end where a text is not as promised"
)]

use std::collections::{BTreeMap, BTreeSet};

use respec::sim::{GenerateOptions, Generated, Scenario, generate};
use serde_yaml::Value;

const TRIAL: GenerateOptions = GenerateOptions {
    machines: 1000,
    seed: 7,
    changed_percent: 10,
};

#[test]
fn equal_options_give_equal_bytes() {
    assert_eq!(generate(&TRIAL), generate(&TRIAL));
}

#[test]
fn another_seed_gives_another_fleet() {
    let other = generate(&GenerateOptions { seed: 8, ..TRIAL });
    assert_ne!(other.manifest, generate(&TRIAL).manifest);
    assert_ne!(other.cloud, generate(&TRIAL).cloud);
}

#[test]
fn as_many_machines_differ_as_asked_for() {
    for (changed_percent, expected) in [(0, 0), (1, 10), (10, 100), (100, 1000)] {
        let generated = generate(&GenerateOptions {
            changed_percent,
            ..TRIAL
        });
        let trial = Trial::read(&generated);
        let n_changed = trial.ids().filter(|id| trial.differs(id)).count();
        assert_eq!(n_changed, expected);
        assert_eq!(usize::try_from(generated.n_changed).unwrap(), expected);
    }
}

#[test]
fn every_machine_is_wanted_exactly_once_and_there_exactly_once() {
    let generated = generate(&TRIAL);
    let trial = Trial::read(&generated);
    assert_eq!(trial.found.len(), 1000);
    assert!(trial.wanted.keys().eq(trial.found.keys()));
    let addresses: BTreeSet<String> = trial.found.values().filter_map(address).collect();
    let n_with_address = trial.found.values().filter_map(address).count();
    assert_eq!(addresses.len(), n_with_address);
}

#[test]
fn a_fleet_is_varied() {
    let trial = Trial::read(&generate(&TRIAL));
    let of = |field: &str| -> BTreeSet<String> {
        trial
            .found
            .values()
            .map(|machine| text(machine, field))
            .collect()
    };
    assert_eq!(of("ZoneId").len(), 4);
    assert!(of("InstanceType").len() >= 10);
    assert_eq!(
        of("Status"),
        BTreeSet::from(["Running".to_owned(), "Stopped".to_owned()])
    );
    let n_prepaid = trial
        .found
        .values()
        .filter(|machine| text(machine, "InstanceChargeType") == "PrePaid")
        .count();
    assert!(
        (300..=380).contains(&n_prepaid),
        "{n_prepaid} of 1000 are PrePaid"
    );
}

#[test]
fn subscriptions_change_their_type_from_two_types_up_and_one_down() {
    let everything = GenerateOptions {
        changed_percent: 100,
        ..TRIAL
    };
    let trial = Trial::read(&generate(&everything));
    let changes: BTreeSet<(String, String)> = trial
        .ids()
        .filter(|id| text(&trial.found[*id], "InstanceChargeType") == "PrePaid")
        .map(|id| {
            let from = text(&trial.found[id], "InstanceType");
            (from, text(&trial.wanted[id], "instance_type"))
        })
        .filter(|(from, to)| from != to)
        .collect();
    let expected = [
        ("ecs.c7.4xlarge", "ecs.c7.2xlarge"),
        ("ecs.g7.large", "ecs.g7.xlarge"),
        ("ecs.r7.xlarge", "ecs.r7.2xlarge"),
    ];
    let expected = expected.map(|(from, to)| (from.to_owned(), to.to_owned()));
    assert_eq!(changes, BTreeSet::from(expected));
}

#[test]
fn an_address_is_given_up_only_where_that_is_written() {
    let trial = Trial::read(&generate(&GenerateOptions {
        changed_percent: 100,
        ..TRIAL
    }));
    let mut n_given_up = 0;
    for (id, wanted) in &trial.wanted {
        let has_address = text(&trial.found[id], "InternetMaxBandwidthOut") != "0";
        let Some(internet) = wanted.get("internet") else {
            assert!(!has_address, "{id} has an elastic address instead");
            continue;
        };
        let keeps_address = text(internet, "max_bandwidth_out") != "0";
        assert_eq!(text(internet, "public_ip"), keeps_address.to_string());
        n_given_up += usize::from(has_address && !keeps_address);
    }
    assert!(n_given_up > 0);
}

#[test]
fn the_simulator_takes_every_made_up_cloud() {
    for seed in 0..20 {
        let generated = generate(&GenerateOptions {
            machines: 100,
            seed,
            changed_percent: 50,
        });
        let scenario = Scenario::read(&generated.cloud).unwrap();
        assert_eq!(scenario.instances.len(), 100);
    }
}

#[test]
fn the_smallest_fleets_are_whole_fleets() {
    for (machines, expected) in [(0, 1), (1, 1), (2, 2), (9, 9), (10, 10), (37, 37)] {
        let generated = generate(&GenerateOptions {
            machines,
            changed_percent: 300,
            ..TRIAL
        });
        assert_eq!(Trial::read(&generated).found.len(), expected);
        assert_eq!(usize::try_from(generated.n_changed).unwrap(), expected);
    }
}

/// Both texts, read back: the wanted spec and the found machine by id.
struct Trial {
    wanted: BTreeMap<String, Value>,
    found: BTreeMap<String, Value>,
}

impl Trial {
    fn read(generated: &Generated) -> Self {
        let manifest: Value = serde_yaml::from_str(&generated.manifest).unwrap();
        let cloud: Value = serde_yaml::from_str(&generated.cloud).unwrap();
        Self {
            wanted: wanted(&manifest),
            found: found(&cloud),
        }
    }

    fn ids(&self) -> impl Iterator<Item = &str> {
        self.wanted.keys().map(String::as_str)
    }

    /// Whether a machine must be changed: only what is written counts.
    fn differs(&self, id: &str) -> bool {
        let (wanted, found) = (&self.wanted[id], &self.found[id]);
        let power = text(found, "Status").to_lowercase();
        let internet = wanted.get("internet");
        text(wanted, "instance_type") != text(found, "InstanceType")
            || text(wanted, "power") != power
            || internet.is_some_and(|internet| internet_differs(internet, found))
    }
}

fn internet_differs(wanted: &Value, found: &Value) -> bool {
    let pairs = [
        ("charge_type", "InternetChargeType"),
        ("max_bandwidth_out", "InternetMaxBandwidthOut"),
        ("max_bandwidth_in", "InternetMaxBandwidthIn"),
    ];
    let differs = |(here, there): &(&str, &str)| {
        wanted.get(here).is_some() && text(wanted, here) != text(found, there)
    };
    pairs.iter().any(differs) || text(wanted, "public_ip") != address(found).is_some().to_string()
}

fn wanted(manifest: &Value) -> BTreeMap<String, Value> {
    let mut wanted = BTreeMap::new();
    for (_, group) in manifest["groups"].as_mapping().unwrap() {
        for id in group["ids"].as_sequence().unwrap() {
            let seen = wanted.insert(id.as_str().unwrap().to_owned(), group["spec"].clone());
            assert!(seen.is_none(), "a machine in two groups");
        }
    }
    if let Some(instances) = manifest.get("instances") {
        for (_, instance) in instances.as_mapping().unwrap() {
            wanted.insert(text(instance, "id"), instance["spec"].clone());
        }
    }
    wanted
}

fn found(cloud: &Value) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for machine in cloud["instances"].as_sequence().unwrap() {
        let seen = found.insert(text(machine, "InstanceId"), machine.clone());
        assert!(seen.is_none(), "an id twice");
    }
    found
}

fn address(machine: &Value) -> Option<String> {
    machine
        .get("PublicIpAddress")
        .map(|list| list["IpAddress"][0].as_str().unwrap().to_owned())
}

/// A scalar as text; absent is empty.
fn text(value: &Value, field: &str) -> String {
    match &value[field] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        other => panic!("{field} is no scalar: {other:?}"),
    }
}
