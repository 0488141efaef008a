//! The types a copy needs: those the fleet has and those the plan wants.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::model::{BillingMethod, ModifyCall, ObservedFleet, Sale, TypeName};
use crate::plan::{Action, Price, Saga, SavedPlan};

/// Price of a vCPU hour of a type nobody knows the price of; only the order of prices matters.
const VCPU_HOUR: f64 = 0.25;

/// By how much a price is raised so that an upgrade is one.
const RAISE: f64 = 1.1;

/// Rounds of raising; a chain of upgrades longer than this is no fleet's.
const ROUNDS_MAX: usize = 64;

/// How the copy says that a type is not sold any more.
const RETIRED: &str = "ecs-1";

/// Public bandwidth that no type of the copy is too narrow for, Mbit/s.
const BANDWIDTH_MAX: u32 = 200;

/// The catalogue of the copy: every type of fleet and plan, priced so that each planned upgrade is one.
pub(super) fn catalogue(plan: &SavedPlan, fleet: &ObservedFleet) -> Vec<Value> {
    let mut types = found(fleet);
    let targets = plan.sagas.values().filter_map(Saga::target_type);
    let targets: BTreeSet<&TypeName> = targets.collect();
    for target in &targets {
        let size = sized(target);
        types.entry((*target).clone()).or_insert(size);
    }
    let mut prices: BTreeMap<TypeName, f64> = types
        .iter()
        .map(|(name, (vcpus, _))| (name.clone(), f64::from(*vcpus) * VCPU_HOUR))
        .collect();
    keep_directions(&mut prices, &upgrades(plan, fleet));
    let entry = |(name, (vcpus, memory_gib)): (&TypeName, &(u32, f64))| {
        let mut entry = json!({
            "type": name.as_str(),
            "vcpus": vcpus,
            "memory_gib": memory_gib,
            "price_hour": (prices[name] * 10_000.0).round() / 10_000.0,
            "bandwidth_max": BANDWIDTH_MAX,
        });
        // What the plan goes to is sold here, wherever else it is not.
        if Sale::of(name) != Sale::Open && !targets.contains(name) {
            entry["Generation"] = RETIRED.into();
        }
        entry
    };
    types.iter().map(entry).collect()
}

/// vCPUs and GiB of the types that the fleet has.
fn found(fleet: &ObservedFleet) -> BTreeMap<TypeName, (u32, f64)> {
    let seen = fleet.instances.values();
    seen.map(|seen| {
        let gib = seen.memory_mib as f64 / 1024.0;
        (seen.instance_type.clone(), (seen.vcpus.max(1), gib))
    })
    .collect()
}

/// A guess by the size in the name: `large` is 2 vCPUs, `xlarge` 4, `8xlarge` 32.
fn sized(name: &TypeName) -> (u32, f64) {
    let size = name.as_str().rsplit('.').next().unwrap_or_default();
    let vcpus = match size.strip_suffix("xlarge") {
        Some("") => 4,
        Some(times) => times
            .parse::<u32>()
            .map_or(4, |times| times.saturating_mul(4)),
        None => 2,
    };
    (vcpus, f64::from(vcpus) * 4.0)
}

/// Pairs of cheaper and dearer type, as the plan's subscription changes have them.
fn upgrades(plan: &SavedPlan, fleet: &ObservedFleet) -> BTreeSet<(TypeName, TypeName)> {
    let mut pairs = BTreeSet::new();
    for (id, saga) in &plan.sagas {
        let (BillingMethod::PrePaid, Some(seen)) = (saga.billing, fleet.instances.get(id)) else {
            continue;
        };
        for step in &saga.steps {
            if let Action::Modify(ModifyCall::Prepay(change)) = &step.action {
                let (from, to) = (seen.instance_type.clone(), change.instance_type.clone());
                let down = matches!(step.price, Price::Refund(..));
                pairs.insert(if down { (to, from) } else { (from, to) });
            }
        }
    }
    pairs
}

/// Raises prices until every dearer type is dearer. A circle of upgrades keeps what it has by then.
fn keep_directions(prices: &mut BTreeMap<TypeName, f64>, pairs: &BTreeSet<(TypeName, TypeName)>) {
    for _ in 0..ROUNDS_MAX {
        let mut settled = true;
        for (cheaper, dearer) in pairs {
            let least = prices[cheaper] * RAISE;
            let price = prices
                .get_mut(dearer)
                .expect("every type of the plan has a price");
            if *price < least {
                *price = least;
                settled = false;
            }
        }
        if settled {
            return;
        }
    }
}
