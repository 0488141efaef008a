//! Saying what happens: every event of a run leaves through here.

use std::collections::BTreeSet;

use crate::event::{Event, EventKind, StepView, Subject};
use crate::model::InstanceId;
use crate::plan::{Action, Saga, Undo};
use crate::saga::{Direction, StepRef, holds_down};

use super::Dispatcher;

impl Dispatcher<'_> {
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

    /// Says what is followed to its end, and who is brought up again.
    pub(super) fn emit_interrupted(&mut self) {
        let mut owed: BTreeSet<&InstanceId> = self.active.keys().collect();
        let down = self
            .state
            .sagas
            .iter()
            .filter(|(_, state)| state.closed.is_none());
        owed.extend(
            down.filter(|(id, _)| self.is_held_down(id))
                .map(|(id, _)| id),
        );
        let names = owed.iter().map(|id| self.sagas[*id].name.clone());
        let doing = owed.iter().map(|id| self.doing(id));
        let kind = EventKind::Interrupted {
            finishing: names.collect(),
            doing: doing.collect(),
        };
        self.emit(kind);
    }

    fn doing(&self, id: &InstanceId) -> String {
        let call = self.active.get(id).map(|task| task.verb);
        match (call, self.is_held_down(id)) {
            (Some(verb), true) if verb != Action::Start.verb() => format!("{verb}, then start"),
            (Some(verb), _) => verb.to_owned(),
            (None, _) => Action::Start.verb().to_owned(),
        }
    }

    fn is_held_down(&self, id: &InstanceId) -> bool {
        let saga = self.sagas.get(id);
        let both = saga.zip(self.state.sagas.get(id));
        both.is_some_and(|(saga, state)| saga.was_running && holds_down(saga, state))
    }
}

pub(super) fn step_view(saga: &Saga, at: &StepRef) -> StepView {
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
    let waits = at.direction == Direction::Forward && step.is_finished_by_its_answer();
    details.extend(waits.then(|| "once it is paid".to_owned()));
    details.extend(care(action));
    StepView {
        step: at.step + 1,
        of: u16::try_from(saga.steps.len()).unwrap_or(u16::MAX),
        verb: action.verb(),
        detail: details.join(", "),
        direction: at.direction,
    }
}

/// What is run or probed, as the manifest has it: facts are not filled in.
fn care(action: &Action) -> Option<String> {
    match action {
        Action::RunHook { hook, .. } => Some(hook.command.to_string()),
        Action::AwaitHealth(health) => Some(health.ready.to_string()),
        Action::AskOffer(change) => Some(change.instance_type.to_string()),
        Action::Stop { .. }
        | Action::Start
        | Action::Modify(_)
        | Action::AwaitOrder
        | Action::PayOrder
        | Action::AllocatePublicIp
        | Action::CoolDown => None,
    }
}
