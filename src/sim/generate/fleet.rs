//! Draws a fleet from a seed: who is in it, what each machine shall be, and what it is now.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::GenerateOptions;
use super::blueprints::{BASTION, BLUEPRINTS, Blueprint, Shape};

/// The zones machines are spread over.
pub(super) const ZONES: [&str; 4] = [
    "cn-hangzhou-h",
    "cn-hangzhou-i",
    "cn-hangzhou-j",
    "cn-hangzhou-k",
];

const TEAMS: [&str; 4] = ["catalogue", "checkout", "data", "platform"];

/// From this size on, a fleet has a machine outside every group.
const BASTION_FLEET_MIN: u32 = 10;

/// From this size on, a group may have a member with a target of its own.
const REFINED_GROUP_MIN: u32 = 4;

/// Where a machine's target is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// By its group alone.
    InGroup,
    /// By its group, refined by an entry of its own.
    Refined,
    /// By an entry of its own alone.
    Alone,
}

/// One machine of the fleet.
#[derive(Debug)]
pub(super) struct Machine {
    /// Position in the fleet, from 0; addresses follow from it.
    pub(super) index: u32,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) zone: &'static str,
    pub(super) team: &'static str,
    /// Year and month in which a subscription ends.
    pub(super) expiry: (u16, u8),
    pub(super) blueprint: &'static Blueprint,
    pub(super) written: Written,
    pub(super) target: Shape,
    /// Equal to the target unless the machine is a changed one.
    pub(super) found: Shape,
}

/// The whole fleet, in order of role and name. Equal options give an equal fleet.
pub(super) fn draw(options: GenerateOptions) -> Vec<Machine> {
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let mut fleet = Vec::new();
    let n_alone = u32::from(options.machines >= BASTION_FLEET_MIN);
    for (blueprint, size) in group_sizes(options.machines - n_alone) {
        let refined = refined_member(blueprint, size, &mut rng);
        for member in 0..size {
            let written = if refined == Some(member) {
                Written::Refined
            } else {
                Written::InGroup
            };
            fleet.push(machine(fleet.len(), member, blueprint, written, &mut rng));
        }
    }
    if n_alone > 0 {
        fleet.push(machine(fleet.len(), 0, &BASTION, Written::Alone, &mut rng));
    }
    change_some(&mut fleet, options.changed_percent, &mut rng);
    fleet
}

/// Shares the machines out; the rounding favours the first roles, so that one machine is a web server.
fn group_sizes(machines: u32) -> impl Iterator<Item = (&'static Blueprint, u32)> {
    let parts: u32 = BLUEPRINTS.iter().map(|blueprint| blueprint.share).sum();
    let upto = move |share: u32| (u64::from(machines) * u64::from(share)).div_ceil(parts.into());
    BLUEPRINTS.iter().scan(0, move |seen, blueprint| {
        let before = upto(*seen);
        *seen += blueprint.share;
        let size = u32::try_from(upto(*seen) - before).expect("a part is no larger than the whole");
        Some((blueprint, size))
    })
}

fn refined_member(blueprint: &Blueprint, size: u32, rng: &mut ChaCha8Rng) -> Option<u32> {
    blueprint.refined?;
    (size >= REFINED_GROUP_MIN).then(|| rng.random_range(0..size))
}

fn machine(
    index: usize,
    member: u32,
    blueprint: &'static Blueprint,
    written: Written,
    rng: &mut ChaCha8Rng,
) -> Machine {
    let index = u32::try_from(index).expect("MACHINES_MAX fits");
    let own = blueprint
        .refined
        .filter(|_| written == Written::Refined)
        .unwrap_or(blueprint.target.internet);
    let target = Shape {
        internet: own,
        ..blueprint.target
    };
    Machine {
        index,
        id: instance_id(index, rng),
        name: format!("{}-{:04}", blueprint.name, member + 1),
        zone: one_of(&ZONES, rng),
        team: one_of(&TEAMS, rng),
        expiry: (rng.random_range(2028..=2030), rng.random_range(1..=12)),
        blueprint,
        written,
        target,
        found: target,
    }
}

/// An id of the vendor's form: `i-bp`, ten drawn characters, and the index so that no two are equal.
fn instance_id(index: u32, rng: &mut ChaCha8Rng) -> String {
    const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    const DRAWN: usize = 10;
    let drawn: String = (0..DRAWN)
        .map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]))
        .collect();
    format!("i-bp{drawn}{index:06}")
}

fn one_of(choices: &[&'static str], rng: &mut ChaCha8Rng) -> &'static str {
    choices.choose(rng).expect("the lists above are not empty")
}

/// Lets the wanted part of the fleet be found otherwise than it shall be.
///
/// Neighbours take neighbouring rows of their role's list, so that even small fleets are varied.
fn change_some(fleet: &mut [Machine], percent: u32, rng: &mut ChaCha8Rng) {
    let n_changed = changed_count(fleet.len(), percent);
    let mut picked: Vec<usize> = (0..fleet.len()).collect();
    picked.shuffle(rng);
    picked.truncate(n_changed);
    picked.sort_unstable();
    let first_turn: usize = rng.random_range(0..BLUEPRINTS.len());
    for (turn, index) in (first_turn..).zip(picked) {
        let machine = &mut fleet[index];
        let was = machine.blueprint.was;
        machine.found = was[turn % was.len()].found(machine.target);
    }
}

fn changed_count(machines: usize, percent: u32) -> usize {
    let percent = usize::try_from(percent).expect("at most 100");
    (machines * percent + 50) / 100
}
