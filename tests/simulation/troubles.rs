//! Troubles of some histories that all others never had: clocks that are set or far off, machines that sleep, a cloud
//! that remembers for longer, lists orders later and has no room for a start, a balance that others spend, lists that
//! forget machines.

use std::rc::Rc;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_yaml::Value;

use crate::fleet::{Fleet, Scene};
use crate::script::{ATTEMPTS_MAX, HOUR, MINUTE, SECOND, Script, one_of, span};

/// Drawn apart, so that the story of every seed that ever failed stays what it was: none of them is among those that
/// have these troubles.
const SALT: u64 = 0x6d6f_7283;

/// The same for lists that forget machines, drawn apart from the others.
const SALT_OF_LISTS: u64 = 0x6c69_7374;

/// One history in so many has those.
const LISTS_FORGET_IN: u32 = 8;

/// How likely a list is to come without any machine, and how often it does so at most.
const UNLISTED: f64 = 0.03;
const UNLISTED_MAX: u32 = 6;

/// One history in so many.
const ONE_IN: u32 = 6;

/// Minutes that a clock may be off, and be set by: more than the cloud takes.
const OFF_MAX: i64 = 20;

/// The same history, perhaps with more troubles.
pub(crate) fn more(script: Script) -> Script {
    lists_forget(others(script))
}

/// A list without machines, now and then.
fn lists_forget(script: Script) -> Script {
    let salted = script.seed.wrapping_mul(SALT_OF_LISTS) ^ SALT_OF_LISTS;
    let mut chance = ChaCha8Rng::seed_from_u64(salted);
    if !chance.random_ratio(1, LISTS_FORGET_IN) {
        return script;
    }
    let mut faults = script.faults.clone();
    faults.unlisted = UNLISTED;
    faults.most += UNLISTED_MAX;
    Script { faults, ..script }
}

fn others(script: Script) -> Script {
    let mut chance = ChaCha8Rng::seed_from_u64(script.seed.wrapping_mul(SALT) ^ SALT);
    if !chance.random_ratio(1, ONE_IN) {
        return script;
    }
    match chance.random_range(0..5) {
        0 => clocks_far_off(script, &mut chance),
        1 => clocks_are_set(script, &mut chance),
        2 => somebody_sleeps(script, &mut chance),
        3 => no_room_for_a_start(script, &mut chance),
        _ => books_behind(script, &mut chance),
    }
}

fn clocks_far_off(script: Script, chance: &mut ChaCha8Rng) -> Script {
    let mut off = || chance.random_range(-OFF_MAX * 60..=OFF_MAX * 60);
    // In the end somebody sets them right: nothing can be done with a clock that the cloud refuses.
    let n = script.fates.len();
    let skews = (0..ATTEMPTS_MAX).map(|at| if at < n { off() } else { 0 });
    let skews = skews.collect();
    Script { skews, ..script }
}

/// Within the first minutes of an attempt, forth or back, and perhaps again.
fn clocks_are_set(script: Script, chance: &mut ChaCha8Rng) -> Script {
    let n = chance.random_range(1..=2);
    let mut jump = || {
        let attempt = chance.random_range(0..script.fates.len());
        let most = *one_of(&[120, OFF_MAX * 60, 3 * 3600], chance);
        let by = chance.random_range(-most..=most);
        (attempt, span(SECOND, MINUTE * 10, chance), by)
    };
    let jumps = (0..n).map(|_| jump()).collect();
    Script { jumps, ..script }
}

fn somebody_sleeps(script: Script, chance: &mut ChaCha8Rng) -> Script {
    let attempt = chance.random_range(0..script.fates.len());
    let after = span(SECOND, MINUTE * 10, chance);
    let naps = vec![(attempt, after, span(SECOND * 10, HOUR * 2, chance))];
    Script { naps, ..script }
}

/// Somebody else has taken the place of a machine that is down, for three minutes at most: so many tries are made
/// in that time.
fn no_room_for_a_start(script: Script, chance: &mut ChaCha8Rng) -> Script {
    let (first, times) = (chance.random_range(1..=8), chance.random_range(1..=9));
    let calls: Vec<u64> = (first..first + times).collect();
    with_cloud(script, |cloud| {
        let fault = format!(
            "[{{operation: StartInstances, calls: {calls:?}, when: before, code: OperationDenied.NoStock}}]"
        );
        cloud["faults"] = serde_yaml::from_str(&fault).unwrap();
    })
}

/// Orders show late, tokens are remembered for longer, and others spend or fill the balance.
fn books_behind(script: Script, chance: &mut ChaCha8Rng) -> Script {
    let seconds = chance.random_range(1..=60);
    let memory = *one_of(&["30m", "2h", "24h"], chance);
    let mut bill = || {
        let amount = *one_of(&[-50_000, -2_000, -100, 500, 100_000], chance);
        (span(SECOND, HOUR, chance), amount)
    };
    let bills = (0..2).map(|_| bill()).collect();
    let script = with_cloud(script, |cloud| {
        cloud["delays"]["orders"] = format!("{seconds}s").into();
        cloud["token_memory"] = memory.into();
    });
    Script { bills, ..script }
}

fn with_cloud(script: Script, change: impl FnOnce(&mut Value)) -> Script {
    let Fleet {
        manifest,
        mut cloud,
    } = script.scene.fleet.clone();
    change(&mut cloud);
    Script {
        scene: Rc::new(Scene::read(Fleet { manifest, cloud })),
        ..script
    }
}
