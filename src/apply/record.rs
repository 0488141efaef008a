//! Writing down: the journal first, then the state, then the events that follow from both.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::diff::managed_fields;
use crate::event::{Event, EventKind, StepView, Subject};
use crate::model::{AppliedInstance, InstanceId, ModifyCall, ObservedInstance};
use crate::plan::{Action, Saga, Undo};
use crate::saga::{
    Direction, Entry, Halt, Kind, Mode, Phase, SagaOutcome, StepEvent, StepRef, Task, holds_down,
    may_fall_over, next_task,
};

use super::dispatcher::Dispatcher;
use super::outcome::{MachineEnd, Obligation, RunOutcome};
use super::worker::Recorded;

/// Notes are kept short; journal values stay below 4 KiB.
const NOTE_CHARS_MAX: usize = 500;

impl Dispatcher<'_> {
    /// Makes entries durable in one commit, folds them and says what happened.
    pub(super) async fn append(&mut self, kinds: Vec<Kind>) -> Recorded {
        if kinds.is_empty() {
            return self.recorded();
        }
        let at = self.tools.clock.wall();
        let entries: Vec<Entry> = (self.next_seq..)
            .zip(kinds)
            .map(|(seq, kind)| Entry {
                seq,
                at,
                run: self.job.run.clone(),
                kind,
            })
            .collect();
        if self.journal_lost.is_none()
            && let Err(error) = self.tools.journal.append(&entries).await
        {
            self.journal_lost = Some(error.to_string());
        }
        self.next_seq += entries.len() as u64;
        for entry in &entries {
            if self.journal_lost.is_some() && self.announces_what_is_not_sent(entry) {
                continue;
            }
            if let Err(illegal) = self.state.fold(entry) {
                // Only our own logic can write an entry that does not follow.
                debug_assert!(false, "{illegal}: {entry:?}");
                self.journal_lost.get_or_insert_with(|| illegal.to_string());
            }
            self.follow(entry);
            if let Some(instance) = entry.kind.instance() {
                self.settle_place(instance);
            }
        }
        self.recorded()
    }

    /// An intent that did not become durable is no intent, but for a start, which is sent all the same.
    fn announces_what_is_not_sent(&self, entry: &Entry) -> bool {
        match &entry.kind {
            Kind::Step {
                at,
                event: StepEvent::Intent { .. },
            } => !self.starts(at),
            Kind::Step { .. }
            | Kind::RunOpened { .. }
            | Kind::Adopted { .. }
            | Kind::Begun { .. }
            | Kind::Settled { .. }
            | Kind::FellOver { .. }
            | Kind::Halted { .. }
            | Kind::Reopened { .. }
            | Kind::Closed { .. }
            | Kind::Interrupted { .. }
            | Kind::RunClosed { .. } => false,
        }
    }

    /// Whether the step, in this direction, starts its machine.
    fn starts(&self, at: &StepRef) -> bool {
        let Some(saga) = self.sagas.get(&at.instance) else {
            return false;
        };
        let step = &saga.steps[usize::from(at.step)];
        match at.direction {
            Direction::Forward => step.action == Action::Start,
            Direction::Undo => step.undo == Undo::By(Action::Start),
        }
    }

    /// Gives the machine a place among those of its crowd that are down, or takes the place back.
    ///
    /// It has one from the moment a stop may be sent until it was seen to be up and no stop can arrive
    /// late any more; and while it is down for whatever other reason.
    pub(super) fn settle_place(&mut self, instance: &InstanceId) {
        let about_to = self
            .active
            .get(instance)
            .is_some_and(|task| task.takes_down);
        let ours = match (self.sagas.get(instance), self.state.sagas.get(instance)) {
            (Some(saga), Some(state)) if state.closed.is_none() => {
                holds_down(saga, state) || may_fall_over(saga, state)
            }
            (_, _) => false,
        };
        if about_to || ours || self.found_down.contains(instance) {
            self.limits.went_down(instance);
        } else if self.limits.came_up(instance) {
            self.reconsider = true;
        }
    }

    /// What an entry means for limits, outages, orders and displays.
    fn follow(&mut self, entry: &Entry) {
        match &entry.kind {
            Kind::Step { at, event } => self.follow_step(at, event),
            Kind::Begun { instance, .. } => {
                let subject = self.subject(instance);
                self.emit(EventKind::Begun { subject });
            }
            Kind::Halted {
                instance,
                halt,
                note,
            } => {
                if *halt != Halt::Paused {
                    self.limits.failed(instance);
                }
                let subject = self.subject(instance);
                self.emit(EventKind::Halted {
                    subject,
                    halt: *halt,
                    note: note.clone(),
                });
            }
            Kind::Closed {
                instance,
                outcome,
                note,
                ..
            } => {
                if *outcome == SagaOutcome::Undone {
                    self.limits.failed(instance);
                }
                let downtime = self.downtime(instance);
                let subject = self.subject(instance);
                let (outcome, note) = (*outcome, note.clone());
                self.emit(EventKind::Closed {
                    subject,
                    outcome,
                    note,
                    downtime,
                });
            }
            Kind::FellOver { instance } => self.goes_down(instance),
            Kind::Reopened { .. } if self.state.failures.is_empty() => self.limits.forgive(),
            Kind::RunOpened { .. }
            | Kind::Adopted { .. }
            | Kind::Settled { .. }
            | Kind::Reopened { .. }
            | Kind::Interrupted { .. }
            | Kind::RunClosed { .. } => {}
        }
    }

    fn follow_step(&mut self, at: &StepRef, event: &StepEvent) {
        let Some(saga) = self.sagas.get(&at.instance).cloned() else {
            return;
        };
        let step = &saga.steps[usize::from(at.step)];
        let starts = self.starts(at);
        let takes_down = at.direction == Direction::Forward && step.undo == Undo::By(Action::Start);
        let view = step_view(&saga, at);
        let subject = self.subject(&at.instance);
        match event {
            StepEvent::Intent { .. } => {
                if takes_down {
                    self.goes_down(&at.instance);
                }
                self.emit(EventKind::StepStarted {
                    subject,
                    step: view,
                    attempt: 1,
                });
            }
            StepEvent::Answered {
                order_id: Some(order_id),
                ..
            } => {
                self.orders.insert(order_id.clone(), at.instance.clone());
                let auto_pay = step.order_call().is_some_and(pays_itself);
                let order_id = order_id.clone();
                self.emit(EventKind::OrderMade {
                    subject,
                    order_id,
                    auto_pay,
                });
            }
            StepEvent::Answered { order_id: None, .. } => {}
            StepEvent::Unanswered { reason } => {
                let reason = format!("{} was not answered: {reason}", view.verb);
                self.emit(EventKind::Waiting { subject, reason });
            }
            StepEvent::Succeeded { found } => {
                if starts {
                    self.comes_up(&at.instance);
                }
                let took = self.since_begun(&at.instance);
                self.emit(EventKind::StepFinished {
                    subject,
                    step: view,
                    found: *found,
                    took,
                });
            }
            StepEvent::Failed { failure } => {
                if failure.cause.counts() {
                    self.limits.failed(&at.instance);
                }
                self.emit(EventKind::StepFailed {
                    subject,
                    step: view,
                    cause: failure.cause,
                    message: failure.message.clone(),
                    code: failure.code.clone(),
                    request_id: failure.request_id.clone(),
                });
            }
        }
    }

    fn goes_down(&mut self, instance: &InstanceId) {
        let now = self.tools.clock.elapsed();
        let outage = self.outage.entry(instance.clone()).or_default();
        outage.0.get_or_insert(now);
    }

    fn comes_up(&mut self, instance: &InstanceId) {
        self.found_down.remove(instance);
        let now = self.tools.clock.elapsed();
        let outage = self.outage.entry(instance.clone()).or_default();
        if let Some(since) = outage.0.take() {
            outage.1 += now.saturating_sub(since);
        }
    }

    fn downtime(&self, instance: &InstanceId) -> Duration {
        self.outage
            .get(instance)
            .map_or(Duration::ZERO, |(_, total)| *total)
    }

    fn since_begun(&self, instance: &InstanceId) -> Duration {
        let now = self.tools.clock.elapsed();
        self.step_begun
            .get(instance)
            .map_or(Duration::ZERO, |at| now.saturating_sub(*at))
    }

    pub(super) fn subject(&self, instance: &InstanceId) -> Subject {
        Subject {
            instance: instance.clone(),
            name: self.sagas[instance].name.clone(),
        }
    }

    pub(super) fn emit(&mut self, kind: EventKind) {
        let event = Event {
            sequence: self.next_event,
            at: self.tools.clock.wall(),
            elapsed: self.tools.clock.elapsed(),
            kind,
        };
        self.next_event += 1;
        (self.on_event)(&event);
    }

    pub(super) fn emit_waiting(&mut self, at: &StepRef, reason: String) {
        let subject = self.subject(&at.instance);
        self.emit(EventKind::Waiting { subject, reason });
    }

    pub(super) fn emit_left_alone(&mut self, saga: &Saga, reason: &str) {
        let subject = Subject {
            instance: saga.instance.clone(),
            name: saga.name.clone(),
        };
        self.emit(EventKind::LeftAlone {
            subject,
            reason: reason.to_owned(),
        });
    }

    pub(super) fn emit_interrupted(&mut self) {
        let finishing = self
            .active
            .keys()
            .map(|instance| self.sagas[instance].name.clone())
            .collect();
        self.emit(EventKind::Interrupted { finishing });
    }

    /// What the journal says was down, made or left in doubt, before this program began.
    pub(super) fn take_up_history(&mut self) {
        let down: Vec<InstanceId> = self
            .state
            .sagas
            .iter()
            .filter(|(_, state)| state.closed.is_none())
            .filter(|(id, state)| {
                self.sagas
                    .get(*id)
                    .is_some_and(|saga| holds_down(saga, state))
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in down {
            self.goes_down(&id);
            self.settle_place(&id);
        }
        self.count_earlier_failures();
        let ids: Vec<InstanceId> = self.state.sagas.keys().cloned().collect();
        for id in ids {
            for step in self.state.sagas[&id].steps.values() {
                if let Some(order) = &step.order {
                    self.orders.insert(order.clone(), id.clone());
                }
            }
        }
    }

    /// A run that goes on tolerates no more failures than one that was never interrupted.
    fn count_earlier_failures(&mut self) {
        for id in &self.state.failures {
            self.limits.failed(id);
        }
    }

    /// Opens the run, or goes on with it: what was under way when the last program ended is in doubt.
    pub(super) async fn open_run(&mut self) {
        let continued = !self.job.history.is_empty();
        let mut kinds = Vec::new();
        if continued {
            kinds.extend(self.cut_off());
        } else {
            kinds.push(Kind::RunOpened {
                plan_id: self.state.plan_id.clone(),
                intent: self.state.intent.clone(),
                who: self.job.who.clone(),
                command: self.job.command.chars().take(200).collect(),
            });
        }
        let adopted = std::mem::take(&mut self.job.adopt);
        kinds.extend(
            adopted
                .into_iter()
                .map(|(instance, record)| Kind::Adopted { instance, record }),
        );
        self.emit(EventKind::RunStarted {
            run: self.job.run.clone(),
            plan_id: self.state.plan_id.clone(),
            machines: self.sagas.len(),
            steps: self.sagas.values().map(|saga| saga.steps.len()).sum(),
            continued,
        });
        if continued {
            self.append(kinds).await;
        } else {
            self.append_opening(kinds).await;
        }
    }

    /// The opening entry makes the state; it is not folded into it.
    async fn append_opening(&mut self, mut kinds: Vec<Kind>) {
        let opening = kinds.remove(0);
        let at = self.tools.clock.wall();
        let mut entries = vec![Entry {
            seq: self.next_seq,
            at,
            run: self.job.run.clone(),
            kind: opening,
        }];
        self.next_seq += 1;
        for kind in kinds {
            entries.push(Entry {
                seq: self.next_seq,
                at,
                run: self.job.run.clone(),
                kind,
            });
            self.next_seq += 1;
        }
        if let Err(error) = self.tools.journal.append(&entries).await {
            self.journal_lost = Some(error.to_string());
        }
    }

    fn cut_off(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        for (instance, state) in self.state.sagas.iter().filter(|(_, s)| s.closed.is_none()) {
            for (position, step) in &state.steps {
                let direction = match step.phase {
                    Phase::Sent => Direction::Forward,
                    Phase::UndoSent => Direction::Undo,
                    Phase::Waiting
                    | Phase::Answered
                    | Phase::Succeeded
                    | Phase::Failed
                    | Phase::UndoAnswered
                    | Phase::Undone
                    | Phase::UndoFailed => continue,
                };
                let at = StepRef {
                    instance: instance.clone(),
                    step: *position,
                    direction,
                };
                let reason = "the program ended before the answer was recorded".to_owned();
                kinds.push(Kind::Step {
                    at,
                    event: StepEvent::Unanswered { reason },
                });
            }
            if state.halted.is_some() && self.options.mode == Mode::GoOn {
                kinds.push(Kind::Reopened {
                    instance: instance.clone(),
                });
            }
        }
        kinds
    }

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
        let note = self.note_of(instance);
        self.append(vec![Kind::Halted {
            instance: instance.clone(),
            halt,
            note,
        }])
        .await;
    }

    fn note_of(&self, instance: &InstanceId) -> String {
        let failures = self.state.sagas[instance]
            .steps
            .values()
            .filter_map(|s| s.failure.as_ref());
        let notes: Vec<String> = failures
            .map(|failure| match &failure.code {
                Some(code) => format!("{} ({code})", failure.message),
                None => failure.message.clone(),
            })
            .collect();
        notes.join("; ").chars().take(NOTE_CHARS_MAX).collect()
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
        let note = self.note_of(instance);
        self.append(vec![Kind::Closed {
            instance: instance.clone(),
            outcome,
            note,
            record,
        }])
        .await;
    }

    fn record_of(&self, saga: &Saga, seen: Option<&ObservedInstance>) -> AppliedInstance {
        let state = &self.state.sagas[&saga.instance];
        let old = self.job.applied.instances.get(&saga.instance);
        let desired = self.job.plan.desired.instances.get(&saga.instance);
        let fields = match (desired, seen) {
            (Some(desired), Some(seen)) => managed_fields(&desired.spec, seen),
            (Some(_) | None, _) => old.map(|record| record.fields.clone()).unwrap_or_default(),
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
            recorded_at: self.tools.clock.wall(),
        }
    }

    /// Ends the run, unless something of it is left for the next one.
    pub(super) async fn close_run(mut self) -> RunOutcome {
        if self.mode == Mode::GoOn && self.journal_lost.is_none() {
            self.leave_the_rest_alone();
        }
        let mut outcome = self.outcome(false);
        if !outcome.open && self.journal_lost.is_none() {
            let exit_code = outcome.exit_code;
            self.append(vec![Kind::RunClosed { exit_code }]).await;
            outcome.journal_lost.clone_from(&self.journal_lost);
            outcome.open = self.journal_lost.is_some();
            outcome.decide_exit_code();
        }
        let totals = totals(&outcome);
        self.emit(EventKind::RunFinished {
            totals,
            exit_code: outcome.exit_code,
        });
        outcome
    }

    /// Nothing is under way and nothing may begin: what was not begun waits for something outside.
    fn leave_the_rest_alone(&mut self) {
        for id in self.queue.clone() {
            if self.left_alone.contains_key(&id) || !self.may_be_begun(&id) {
                continue;
            }
            let saga = self.sagas[&id].clone();
            let reason = match self.limits.may_take_down(&id) {
                crate::saga::Permit::NotNow { crowd, down, limit } => {
                    format!("{down} of {crowd} are down already, {limit} may be (max_unavailable)")
                }
                crate::saga::Permit::Granted | crate::saga::Permit::Refused { .. } => {
                    "what it waits for did not finish".to_owned()
                }
            };
            self.leave_alone(&saga, reason);
        }
    }

    /// Everything as it stands now.
    pub(super) fn outcome(&self, left_in_a_hurry: bool) -> RunOutcome {
        let mut outcome = RunOutcome {
            machines: BTreeMap::new(),
            left_alone: self.left_alone.clone(),
            orders: self.orders.clone(),
            obligations: Vec::new(),
            open: left_in_a_hurry,
            journal_lost: self.journal_lost.clone(),
            interrupted: self.interrupted,
            exit_code: 0,
        };
        for (id, state) in &self.state.sagas {
            let Some(saga) = self.sagas.get(id) else {
                continue;
            };
            let end = match (&state.closed, &state.halted) {
                (Some((outcome, note)), _) => MachineEnd::Closed {
                    outcome: *outcome,
                    note: note.clone(),
                    downtime: self.downtime(id),
                },
                (None, Some((halt, note))) => MachineEnd::Halted {
                    halt: *halt,
                    note: note.clone(),
                },
                (None, None) => MachineEnd::Open,
            };
            outcome.open |= !matches!(end, MachineEnd::Closed { .. });
            if state.closed.is_none() && holds_down(saga, state) {
                outcome.obligations.push(Obligation {
                    instance: id.clone(),
                    name: saga.name.clone(),
                    what: "it ran before and may be stopped: start it".to_owned(),
                });
            }
            outcome
                .machines
                .insert(id.clone(), (saga.name.clone(), end));
        }
        // An interrupted run goes on where it stopped, with the machines it had not begun.
        let not_begun = self
            .queue
            .iter()
            .any(|id| self.may_be_begun(id) && !self.left_alone.contains_key(id));
        outcome.open |= not_begun || self.journal_lost.is_some();
        outcome.decide_exit_code();
        outcome
    }
}

fn totals(outcome: &RunOutcome) -> BTreeMap<&'static str, usize> {
    let mut totals = BTreeMap::new();
    for (_, end) in outcome.machines.values() {
        let word = match end {
            MachineEnd::Closed { outcome, .. } => match outcome {
                SagaOutcome::Done => "done",
                SagaOutcome::Undone => "undone",
                SagaOutcome::PutBack => "put back",
                SagaOutcome::Spared => "spared",
                SagaOutcome::Abandoned => "abandoned",
            },
            MachineEnd::Halted { halt, .. } => match halt {
                Halt::Paused => "paused",
                Halt::Held => "held",
                Halt::Stuck => "stuck",
                Halt::Unknown => "unknown",
            },
            MachineEnd::Open => "open",
        };
        *totals.entry(word).or_default() += 1;
    }
    if !outcome.left_alone.is_empty() {
        totals.insert("left alone", outcome.left_alone.len());
    }
    totals
}

fn pays_itself(call: &ModifyCall) -> bool {
    match call {
        ModifyCall::Spec(_) => false,
        ModifyCall::Prepay(change) => change.auto_pay,
        ModifyCall::Network(change) => change.auto_pay == Some(true),
    }
}

fn step_view(saga: &Saga, at: &StepRef) -> StepView {
    let step = &saga.steps[usize::from(at.step)];
    let action = match (at.direction, &step.undo) {
        (Direction::Undo, Undo::By(action)) => action,
        (Direction::Forward | Direction::Undo, _) => &step.action,
    };
    let (from, to) = match at.direction {
        Direction::Forward => (&step.before, &step.after),
        Direction::Undo => (&step.after, &step.before),
    };
    let mut details = Vec::new();
    if let (Some(from), Some(to)) = (&from.instance_type, &to.instance_type) {
        details.push(format!("{from} → {to}"));
    }
    if let (Some(from), Some(to)) = (from.max_bandwidth_out, to.max_bandwidth_out) {
        details.push(format!("{from} → {to} Mbit/s"));
    }
    if let (Some(from), Some(to)) = (from.charge_type, to.charge_type) {
        details.push(format!("{} → {}", from.as_str(), to.as_str()));
    }
    StepView {
        step: at.step + 1,
        of: u16::try_from(saga.steps.len()).unwrap_or(u16::MAX),
        verb: action.verb(),
        detail: details.join(", "),
        direction: at.direction,
    }
}
