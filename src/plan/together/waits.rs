//! `after`: what waits for a machine that is blocked would wait for ever, and is blocked as well; what `-target` leaves out is
//! not waited for.

use std::collections::{BTreeMap, VecDeque};

use crate::diff::changes;
use crate::model::{InstanceId, Unit};
use crate::plan::nouns::{Account, Because, Blocked, Note, PlanInput, Planned, Saga};

/// `after` a machine that cannot be finished means not at all; what waits for that one neither.
pub(in crate::plan) fn block_what_waits_for_blocked(input: &PlanInput<'_>, planned: &mut Planned) {
    let mut waiting = who_waits(planned);
    let mut blocked: VecDeque<InstanceId> = planned.account.blocked.keys().cloned().collect();
    while let Some(id) = blocked.pop_front() {
        for unit in units_of(input, id) {
            // Taken out: a unit that cannot be finished needs to be found out once only.
            for waiter in waiting.remove(&unit).unwrap_or_default() {
                if let Some(saga) = planned.sagas.remove(&waiter) {
                    let because = waits_for(saga, &unit);
                    planned.account.blocked.insert(waiter.clone(), because);
                    blocked.push_back(waiter);
                }
            }
        }
    }
    let Account { blocked, notes, .. } = &mut planned.account;
    notes.retain(|note| !blocked.contains_key(&note.instance));
}

/// `-target` leaves machines out that others would wait for: whoever changes without them is told so.
pub(in crate::plan) fn note_what_is_not_waited_for(input: &PlanInput<'_>, planned: &mut Planned) {
    let mut left_out: BTreeMap<Unit, &InstanceId> = BTreeMap::new();
    for id in planned
        .account
        .left_out
        .iter()
        .filter(|id| is_to_change(input, id))
    {
        for unit in units_of(input, id.clone()) {
            left_out.entry(unit).or_insert(id);
        }
    }
    let mut notes = Vec::new();
    for saga in planned.sagas.values() {
        for (unit, id) in saga
            .after
            .iter()
            .filter_map(|unit| left_out.get_key_value(unit))
        {
            let name = &input.desired.instances[*id].name;
            let why = match unit {
                Unit::Instance(_) => format!(
                    "it does not wait for {name} ({id}), which has changes, too, and is left out by -target"
                ),
                Unit::Group(group) => format!(
                    "it does not wait for group {group}: {name} has changes, too, and is left out by -target"
                ),
            };
            notes.push(Note {
                instance: saga.instance.clone(),
                name: saga.name.clone(),
                because: Because::new("after", why),
            });
        }
    }
    planned.account.notes.extend(notes);
}

fn is_to_change(input: &PlanInput<'_>, id: &InstanceId) -> bool {
    let wish = input.desired.instances.get(id);
    let seen = input.observed.instances.get(id);
    let both = wish.zip(seen);
    both.is_some_and(|(wish, seen)| !changes(&wish.spec, seen).is_empty())
}

fn who_waits(planned: &Planned) -> BTreeMap<Unit, Vec<InstanceId>> {
    let mut waiting: BTreeMap<Unit, Vec<InstanceId>> = BTreeMap::new();
    for (id, saga) in &planned.sagas {
        for unit in &saga.after {
            waiting.entry(unit.clone()).or_default().push(id.clone());
        }
    }
    waiting
}

/// Everything that is not finished as long as this machine is not.
fn units_of(input: &PlanInput<'_>, id: InstanceId) -> impl Iterator<Item = Unit> {
    let desired = input.desired.instances.get(&id);
    let group = desired.and_then(|desired| desired.group.clone());
    let machine = Unit::Instance(id);
    std::iter::once(machine).chain(group.map(Unit::Group))
}

fn waits_for(saga: Saga, unit: &Unit) -> Blocked {
    let of = match unit {
        Unit::Instance(id) => id.to_string(),
        Unit::Group(name) => format!("group {name}"),
    };
    saga.block(
        "after",
        format!("it waits for {of}, where a change is blocked"),
        "resolve that one first, or take it out of `after`",
    )
}
