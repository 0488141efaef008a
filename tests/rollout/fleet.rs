//! Made-up fleets with their limits.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use respec::model::{
    Approval, Batches, Course, Crowd, Freeze, Gate, GateAfter, GroupName, InstanceId, OnFailure,
    Rollout, Schedule, Share, Spread, Window, ZoneId, ZoneName,
};
use respec::saga::{Machine, Promised, Terms};

/// Everything one try-out needs.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) terms: Terms,
    /// Machines whose change fails.
    pub(crate) failing: BTreeSet<InstanceId>,
    /// Machines that somebody else took down before, and brings up later.
    pub(crate) found_down: BTreeSet<InstanceId>,
    /// What happens next, again and again: picks among what may happen.
    pub(crate) picks: Vec<u16>,
}

pub(crate) fn start() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

fn id(n: usize) -> InstanceId {
    InstanceId::new(format!("i-{n:02}")).unwrap()
}

fn crowd(n: usize) -> Crowd {
    Crowd::Group(GroupName::new(format!("group-{n}")).unwrap())
}

fn share() -> impl Strategy<Value = Share> {
    prop_oneof![
        (1..4u32).prop_map(Share::Count),
        select(vec![1, 25, 50, 100]).prop_map(Share::Percent),
    ]
}

fn gates() -> impl Strategy<Value = Vec<Gate>> {
    let after = prop_oneof![
        (1..4u32).prop_map(|n| GateAfter::Batch(NonZeroU32::new(n).unwrap())),
        Just(GateAfter::Each),
    ];
    let wait = proptest::option::of((1..90u64).prop_map(minutes));
    let approval = select(vec![Approval::Nobody, Approval::Person]);
    let gate = (after, wait, approval).prop_map(|(after, wait, approval)| Gate {
        check: None,
        after,
        wait,
        approval,
    });
    proptest::collection::vec(gate, 0..2)
}

fn window() -> impl Strategy<Value = Window> {
    let schedule = select(vec!["0 */3 * * *", "daily 02:00", "30 1-4 * * *"]);
    (schedule, 40..200u64, 0..20u64).prop_map(|(schedule, duration, cutoff)| Window {
        schedule: Schedule::new(schedule).unwrap(),
        time_zone: ZoneName::new("Europe/Berlin").unwrap(),
        duration: minutes(duration),
        cutoff: minutes(cutoff),
    })
}

fn rollout() -> impl Strategy<Value = Rollout> {
    let limits = (share(), prop_oneof![Just(Share::Count(0)), share()]);
    let batches = proptest::collection::vec(share(), 1..4);
    let words = (
        select(vec![Spread::Anywhere, Spread::Zone]),
        select(vec![
            OnFailure::Stop,
            OnFailure::Revert,
            OnFailure::Continue,
        ]),
    );
    let hours = proptest::option::weighted(0.3, window());
    (limits, batches, words, gates(), hours).prop_map(|(limits, sizes, words, gates, window)| {
        Rollout {
            max_unavailable: limits.0,
            max_failures: limits.1,
            batches: Batches {
                sizes,
                defaulted: false,
            },
            spread: words.0,
            on_failure: words.1,
            gates,
            window,
            ..Rollout::default()
        }
    })
}

fn freezes() -> impl Strategy<Value = Vec<Freeze>> {
    let freeze = (0..600u64, 1..300u64).prop_map(|(from, takes)| Freeze {
        from: start() + minutes(from),
        until: start() + minutes(from + takes),
        reason: "sales".to_owned(),
    });
    proptest::collection::vec(freeze, 0..2)
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    let sizes = proptest::collection::vec(1..9usize, 1..3);
    sizes.prop_flat_map(|sizes| {
        let n: usize = sizes.iter().sum();
        let ids: Vec<InstanceId> = (0..n).map(id).collect();
        let rollouts = proptest::collection::vec(rollout(), sizes.len());
        let zones = proptest::collection::vec(0..3u8, n);
        let some = || subsequence(ids.clone(), 0..=n);
        let promise = (some(), 1..4usize);
        let picks = proptest::collection::vec(any::<u16>(), 1..80);
        let happens = (some(), subsequence(ids.clone(), 0..=n.min(2)), picks);
        (
            rollouts,
            zones,
            freezes(),
            proptest::option::of(promise),
            happens,
        )
            .prop_map(
                move |(rollouts, zones, freezes, promise, (failing, found_down, picks))| Case {
                    terms: terms(&sizes, rollouts, &zones, freezes, promise),
                    failing: failing.into_iter().collect(),
                    found_down: found_down.into_iter().collect(),
                    picks,
                },
            )
    })
}

fn terms(
    sizes: &[usize],
    rollouts: Vec<Rollout>,
    zones: &[u8],
    freezes: Vec<Freeze>,
    promise: Option<(Vec<InstanceId>, usize)>,
) -> Terms {
    let mut terms = Terms {
        freezes,
        ..Terms::default()
    };
    let mut next = 0;
    for (number, (size, rollout)) in sizes.iter().zip(rollouts).enumerate() {
        let members: Vec<InstanceId> = (next..next + size).map(id).collect();
        for (position, member) in members.iter().enumerate() {
            let machine = Machine {
                crowd: crowd(number),
                zone: ZoneId::new(format!("zone-{}", zones[next + position])).unwrap(),
                needs: minutes(3),
                counts: true,
            };
            terms.machines.insert(member.clone(), machine);
        }
        next += size;
        let course = course(number, &rollout, members);
        terms.crowds.insert(crowd(number), (rollout, course));
    }
    if let Some((members, allowed)) = promise {
        terms.promises.push(Promised {
            name: "together".to_owned(),
            allowed,
            members: members.into_iter().collect(),
        });
    }
    terms
}

fn course(number: usize, rollout: &Rollout, members: Vec<InstanceId>) -> Course {
    let size = members.len();
    let mut batches: Vec<Vec<InstanceId>> = Vec::new();
    let mut rest = members;
    while !rest.is_empty() {
        let n = rollout.batches.size_of(batches.len(), size).min(rest.len());
        let later = rest.split_off(n);
        batches.push(std::mem::replace(&mut rest, later));
    }
    Course {
        crowd: crowd(number),
        size,
        batches,
    }
}

/// Which machines share limits.
pub(crate) fn members(terms: &Terms) -> BTreeMap<&Crowd, Vec<&InstanceId>> {
    let mut crowds: BTreeMap<&Crowd, Vec<&InstanceId>> = BTreeMap::new();
    for (id, machine) in &terms.machines {
        crowds.entry(&machine.crowd).or_default().push(id);
    }
    crowds
}
