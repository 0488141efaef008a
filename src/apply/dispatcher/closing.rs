//! Ending: one saga, or the run; what is left for the next one is said.

use crate::apply::effect::{late_start, restart_due, upgrade, vouches_for_type, was_overtaken};
use crate::diff::managed_fields;
use crate::model::{AppliedInstance, Field, InstanceId, ObservedInstance};
use crate::plan::{Goal, Saga};
use crate::saga::{Halt, Kind, SagaOutcome, Task, next_task};

use super::Dispatcher;

/// Notes are kept short; journal values stay below 4 KiB.
const NOTE_CHARS_MAX: usize = 500;

/// Why a machine is not as wanted whose last start was somebody else's.
const OVERTAKEN: &str =
    "somebody started it before its change was known to be in force: it takes another restart";

impl Dispatcher<'_> {
    pub(super) async fn halt_paused(&mut self, instance: &InstanceId) {
        let orders: Vec<String> = self.state.sagas[instance]
            .steps
            .values()
            .filter_map(|step| step.order.as_ref().map(ToString::to_string))
            .collect();
        let note = format!("order {} is not paid yet", orders.join(", "));
        self.append(vec![Kind::Halted {
            instance: instance.clone(),
            halt: Halt::Paused,
            note,
        }])
        .await;
    }

    pub(super) async fn halt(&mut self, instance: &InstanceId, halt: Halt) {
        let state = &self.state.sagas[instance];
        if state.halted.is_some() {
            return;
        }
        let note = self.note_of(instance, Some(halt));
        self.append(vec![Kind::Halted {
            instance: instance.clone(),
            halt,
            note,
        }])
        .await;
    }

    /// What a person should know of a machine that rests, or has come to its end.
    fn note_of(&self, instance: &InstanceId, halt: Option<Halt>) -> String {
        let words = self.words_of(instance, halt);
        words.chars().take(NOTE_CHARS_MAX).collect()
    }

    /// Ends a saga with the machine as it was seen last.
    pub(super) async fn close_saga(
        &mut self,
        instance: &InstanceId,
        seen: Option<ObservedInstance>,
    ) {
        let saga = self.sagas[instance].clone();
        let state = &self.state.sagas[instance];
        let Task::Close(outcome) = next_task(&saga, state, self.mode) else {
            return;
        };
        let record = self.record_of(&saga, seen.as_ref());
        let (outcome, note) = self.end_of(&saga, outcome, &record, seen.as_ref());
        self.append(vec![Kind::Closed {
            instance: instance.clone(),
            outcome,
            note,
            record,
        }])
        .await;
    }

    /// How a machine that is done with has ended, and what a person should know of it.
    fn end_of(
        &self,
        saga: &Saga,
        outcome: SagaOutcome,
        record: &AppliedInstance,
        seen: Option<&ObservedInstance>,
    ) -> (SagaOutcome, String) {
        let wish = self.taken_for_granted(saga, outcome);
        if let Some((field, seen)) = seen.and_then(|seen| wish.first_difference(seen)) {
            let field = field.path();
            let note = format!("its {field} is {seen}, which the plan did not know");
            return (SagaOutcome::Differs, note);
        }
        let state = &self.state.sagas[&saga.instance];
        if outcome == SagaOutcome::Done && was_overtaken(saga, state) {
            let is_planned = record.restart_due.is_some();
            let whose = is_planned.then_some(", which the next plan has");
            let note = format!("{OVERTAKEN}{}", whose.unwrap_or_default());
            return (SagaOutcome::Differs, note);
        }
        let note = self.note_of(&saga.instance, None);
        let is_owed = outcome == SagaOutcome::LeftAlone && record.restart_due.is_some();
        let more = is_owed.then_some("; what was ordered takes effect when it is started");
        (outcome, note + more.unwrap_or_default())
    }

    /// What the plan of a machine that is done leaves as it is, since it was as wanted when somebody looked.
    pub(super) fn taken_for_granted(&self, saga: &Saga, outcome: SagaOutcome) -> Goal {
        let id = &saga.instance;
        let desired = self.job.plan.desired.instances.get(id);
        let Some(spec) = desired.map(|desired| &desired.spec) else {
            return Goal::default();
        };
        if outcome != SagaOutcome::Done {
            return Goal::default();
        }
        let goals = || saga.steps.iter().map(|step| &step.after);
        let gives_type = goals().any(|goal| goal.instance_type.is_some());
        // What is bought for a while shows in the place of what is wanted for good.
        let old = self.job.applied.instances.get(id);
        let is_raised = self.job.plan.sheet.upgrades.contains_key(id)
            || old.is_some_and(|record| record.temporary.is_some());
        let changes_out =
            goals().any(|goal| goal.max_bandwidth_out.is_some() || goal.temporary.is_some());
        let wanted_out = spec.internet.max_bandwidth_out;
        Goal {
            instance_type: spec.instance_type.clone().filter(|_| !gives_type),
            max_bandwidth_out: wanted_out.filter(|_| !changes_out && !is_raised),
            ..Goal::default()
        }
    }

    pub(super) fn record_of(
        &self,
        saga: &Saga,
        seen: Option<&ObservedInstance>,
    ) -> AppliedInstance {
        let state = &self.state.sagas[&saga.instance];
        let old = self.job.applied.instances.get(&saga.instance);
        let desired = self.job.plan.desired.instances.get(&saga.instance);
        let before = old.map(|record| record.fields.clone()).unwrap_or_default();
        let found = self.job.plan.sheet.upgrades.get(&saga.instance);
        let temporary = upgrade(saga, state, old, found);
        let fields = match (desired, seen) {
            (Some(desired), Some(seen)) => {
                let mut seen = seen.clone();
                if let Some(bought) = &temporary {
                    let now = self.tools.clock.wall();
                    seen.look_beneath_upgrade(bought, &before, now);
                }
                let mut fields = managed_fields(&desired.spec, &seen);
                if !vouches_for_type(saga, state, old, &seen.instance_type) {
                    fields.remove(&Field::InstanceType);
                }
                fields
            }
            (Some(_) | None, _) => before,
        };
        AppliedInstance {
            name: saga.name.clone(),
            group: saga.group.clone(),
            region: saga.region.clone(),
            fields,
            change_number: state.change_number,
            changed_at: state
                .changed_at
                .or(old.and_then(|record| record.changed_at)),
            restart_due: restart_due(saga, state, old, self.tools.clock.wall()),
            late_start: late_start(saga, state, old),
            temporary,
            recorded_at: self.tools.clock.wall(),
        }
    }
}
