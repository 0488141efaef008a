//! Draws batches, gates, windows and zones, promises over groups, and freezes.

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_yaml::Value;

use crate::fleet::Fleet;
use crate::script::one_of;

/// Draws apart from everything else, so that no other story changes.
const OWN_SEED: u64 = 0x005e_ed0f_ba7c;

/// Draws what holds for several groups, apart from what each group has.
const SEED_OF_PROMISES: u64 = 0x0a11_0f05;

/// Hours after the beginning in which a freeze may begin: most of a history has happened by then.
const FREEZE_WITHIN: i64 = 36;

/// Writes batches, gates, zones and windows into half of the manifests, and what holds for the whole fleet
/// into some of those.
pub(crate) fn vary(fleet: &mut Fleet, seed: u64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ OWN_SEED);
    if chance.random_bool(0.5) {
        return;
    }
    let Fleet { manifest, cloud } = fleet;
    let groups = manifest["groups"].as_mapping_mut().unwrap();
    for (_, group) in groups.iter_mut() {
        vary_group(group, &mut chance);
    }
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ SEED_OF_PROMISES);
    if chance.random_bool(0.4) {
        manifest["availability"] = availability(&mut chance);
    }
    if chance.random_bool(0.3) {
        manifest["freezes"] = freezes(cloud, &mut chance);
    }
}

fn vary_group(group: &mut Value, chance: &mut ChaCha8Rng) {
    let n = group["ids"].as_sequence().unwrap().len();
    let batches = *one_of(&["[1, 100%]", "[2]", "[50%]", "[100%]"], chance);
    group["rollout"]["batches"] = yaml(batches);
    if chance.random_bool(0.3) {
        group["rollout"]["spread"] = "zone".into();
    }
    if n >= 3 && batches == "[1, 100%]" && chance.random_bool(0.5) {
        let gates = ["[{after: 1, wait: 10m}]", "[{after: 1, approve: true}]"];
        group["rollout"]["gates"] = yaml(one_of::<&str>(&gates, chance));
    }
    if chance.random_bool(0.3) {
        let hour = chance.random_range(0..24);
        let window = format!("{{schedule: 'daily {hour:02}:00', time_zone: UTC, duration: 20h}}");
        group["window"] = yaml(&window);
    }
}

/// One or two promises, over machines of any group that share a tag.
fn availability(chance: &mut ChaCha8Rng) -> Value {
    let teams = ["catalogue", "checkout", "data", "platform"];
    let mut promise = |name: &str| {
        let select = match chance.random_range(0..3) {
            0 => "{name: '*'}".to_owned(),
            1 => format!("{{tags: {{team: {}}}}}", one_of(&teams, chance)),
            _ => {
                let (one, other) = (one_of(&teams, chance), one_of(&teams, chance));
                format!("{{tags: {{team: [{one}, {other}]}}}}")
            }
        };
        let limits = [
            "min_available: 50%",
            "min_available: 70%",
            "max_unavailable: 1",
            "max_unavailable: 2",
            "max_unavailable: 34%",
        ];
        let limit = *one_of(&limits, chance);
        yaml(&format!("{{name: {name}, select: {select}, {limit}}}"))
    };
    let (first, second) = (promise("first"), promise("second"));
    let n = chance.random_range(1..=2);
    Value::Sequence([first, second].into_iter().take(n).collect())
}

/// One freeze of a few hours, somewhere in the first day and a half.
fn freezes(cloud: &Value, chance: &mut ChaCha8Rng) -> Value {
    let start = cloud["start"].as_str().unwrap_or("2026-01-01T00:00:00Z");
    let start: Timestamp = start.parse().unwrap();
    let minutes = *one_of(&[0, 5, 30, 120, FREEZE_WITHIN * 60], chance);
    let from = start + SignedDuration::from_mins(chance.random_range(0..=minutes));
    let to = from + SignedDuration::from_mins(chance.random_range(10..=180));
    let minute = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M").to_string();
    let (from, to) = (minute(from), minute(to));
    yaml(&format!(
        "[{{from: '{from}', to: '{to}', time_zone: UTC, reason: a sale}}]"
    ))
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}
