//! Machines whose network is to change, beside their type or alone: addresses that are given, bandwidth that goes up
//! or down, traffic that is billed otherwise. `--theme network`.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_yaml::Mapping;

use crate::fleet::Fleet;
use crate::script::{Script, Theme, one_of};
use crate::troubles;

/// Draws apart from everything else.
const SALT: u64 = 0x006e_6574;

/// A history about networks.
pub(crate) fn script(seed: u64) -> Script {
    let edit = |fleet: &mut Fleet| vary(fleet, seed);
    troubles::more(Script::draw_with(seed, Theme::Network, edit))
}

fn vary(fleet: &mut Fleet, seed: u64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ SALT);
    for (_, group) in fleet.manifest["groups"].as_mapping_mut().unwrap() {
        if chance.random_bool(0.3) {
            let wanted = "{charge_type: PayByTraffic, max_bandwidth_out: 5, public_ip: true}";
            group["spec"]["internet"] = serde_yaml::from_str(wanted).unwrap();
        }
    }
    for machine in fleet.cloud["instances"].as_sequence_mut().unwrap() {
        if chance.random_bool(0.6) {
            change(machine.as_mapping_mut().unwrap(), &mut chance);
        }
    }
}

/// What the machine has now becomes something else than what is wanted of it, mostly.
fn change(machine: &mut Mapping, chance: &mut ChaCha8Rng) {
    let out = machine["InternetMaxBandwidthOut"].as_u64().unwrap();
    let has_address = machine.contains_key("PublicIpAddress");
    match chance.random_range(0..4) {
        0 => {
            machine.remove("PublicIpAddress");
            set_bandwidth(machine, 0);
        }
        // Bandwidth and no address: one is asked for by a call of its own.
        3 => {
            machine.remove("PublicIpAddress");
        }
        1 if has_address => {
            let kinds = ["PayByTraffic", "PayByBandwidth"];
            machine.insert(
                "InternetChargeType".into(),
                (*one_of(&kinds, chance)).into(),
            );
        }
        2 if has_address => set_bandwidth(machine, *one_of(&[1, out / 2, out + 5], chance)),
        _ => {}
    }
}

fn set_bandwidth(machine: &mut Mapping, out: u64) {
    machine.insert("InternetMaxBandwidthOut".into(), out.into());
    if machine.contains_key("InternetMaxBandwidthIn") {
        machine.insert("InternetMaxBandwidthIn".into(), out.max(10).into());
    }
}
