//! Who was not in service, from when to when: drained, down, or up and not yet good again.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::event::{Event, EventKind, StepView};
use crate::model::InstanceId;
use crate::saga::Direction;

use super::outages::{Outage, sums};

/// All absences of a run, in the order they began.
///
/// ```text
///   before_stop ─ stop ─ … ─ start ─ health ─ after_start
///                 └── outage ─────┘
///   └── out of service ──────────────────────────────────┘
/// ```
///
/// Where neither hooks nor a health check exist, an absence is an outage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    ended: Vec<Outage>,
    open: BTreeMap<InstanceId, Absence>,
    cares: bool,
}

/// An absence that may not have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Absence {
    from: Duration,
    /// When it ended, unless another step of the same bracket follows.
    back: Option<Duration>,
    /// Its health check failed: what is done behind it does not make the machine good.
    not_good: bool,
    /// Its owner took it out of service, so that a start alone does not bring it back.
    drained: bool,
}

impl Service {
    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        let now = event.elapsed;
        match &event.kind {
            EventKind::StepStarted { subject, step, .. } => {
                self.step_started(&subject.instance, step, now);
            }
            EventKind::StepFinished { subject, step, .. } => {
                self.step_finished(&subject.instance, step, now);
            }
            EventKind::StepFailed { subject, step, .. } if step.verb == "health" => {
                if let Some(absence) = self.open.get_mut(&subject.instance) {
                    absence.not_good = true;
                }
            }
            // It stays out, and another health check comes.
            EventKind::TurnedBack { subject, .. } => {
                if let Some(absence) = self.open.get_mut(&subject.instance) {
                    absence.not_good = false;
                }
            }
            // Whatever has ended has ended in service, or was meant to end out of it.
            EventKind::Closed { subject, .. } => self.close(&subject.instance, now),
            EventKind::RunStarted { .. }
            | EventKind::TakenUp { .. }
            | EventKind::Postponed { .. }
            | EventKind::Begun { .. }
            | EventKind::Waiting { .. }
            | EventKind::StepFailed { .. }
            | EventKind::OrderMade { .. }
            | EventKind::OrderBooked { .. }
            | EventKind::Halted { .. }
            | EventKind::LeftAlone { .. }
            | EventKind::BatchBegan { .. }
            | EventKind::BatchEnded { .. }
            | EventKind::GateOpened { .. }
            | EventKind::HoursWaived { .. }
            | EventKind::Held { .. }
            | EventKind::Paused { .. }
            | EventKind::Interrupted { .. }
            | EventKind::RunFinished { .. } => {}
        }
    }

    /// Whether the machine is out of service, as far as is known by now: one that was started counts as
    /// back until its health check begins.
    #[must_use]
    pub fn is_out(&self, instance: &InstanceId) -> bool {
        let absence = self.open.get(instance);
        absence.is_some_and(|absence| absence.back.is_none())
    }

    /// Every absence, also those that had not ended, by their beginning.
    #[must_use]
    pub fn all(&self) -> Vec<Outage> {
        let open = self.open.iter();
        let open = open.map(|(instance, absence)| absence.told(instance));
        let mut all: Vec<Outage> = self.ended.iter().cloned().chain(open).collect();
        all.sort_by(|a, b| (a.from, &a.instance).cmp(&(b.from, &b.instance)));
        all
    }

    /// Whether a hook or a health check was met: without one, an absence is an outage and no figure of its
    /// own.
    #[must_use]
    pub fn has_care(&self) -> bool {
        self.cares
    }

    /// How long each machine was out of service; an absence without an end lasts until `end`.
    #[must_use]
    pub fn by_machine(&self, end: Duration) -> BTreeMap<InstanceId, Duration> {
        sums(self.all(), end)
    }

    /// How long one machine was.
    #[must_use]
    pub fn of(&self, instance: &InstanceId, end: Duration) -> Duration {
        let ended = self.ended.iter().filter(|one| one.instance == *instance);
        let open = self.open.get(instance);
        let all = ended
            .cloned()
            .chain(open.map(|absence| absence.told(instance)));
        sums(all, end).remove(instance).unwrap_or_default()
    }

    fn step_started(&mut self, instance: &InstanceId, step: &StepView, now: Duration) {
        let leaves = step.direction == Direction::Forward;
        self.cares |= matches!(step.verb, "before_stop" | "health" | "after_start");
        match step.verb {
            "before_stop" | "stop" if leaves => {
                let drains = step.verb == "before_stop";
                // One that came back before leaves anew: the machine served in between.
                self.end_what_is_back(instance);
                let absence = self.open.entry(instance.clone()).or_insert(Absence {
                    from: now,
                    back: None,
                    not_good: false,
                    drained: drains,
                });
                absence.drained |= drains;
            }
            "health" | "after_start" => {
                if let Some(absence) = self.open.get_mut(instance) {
                    absence.back = None;
                }
            }
            _ => {}
        }
    }

    fn step_finished(&mut self, instance: &InstanceId, step: &StepView, now: Duration) {
        let Some(absence) = self.open.get_mut(instance) else {
            return;
        };
        let taken_back = step.direction == Direction::Undo;
        let is_back = match step.verb {
            "start" => !(taken_back && absence.drained),
            "health" => true,
            "after_start" => taken_back || !absence.not_good,
            _ => false,
        };
        if is_back {
            absence.back = Some(now);
        }
    }

    fn close(&mut self, instance: &InstanceId, now: Duration) {
        if let Some(absence) = self.open.get_mut(instance) {
            absence.back.get_or_insert(now);
        }
        self.end_what_is_back(instance);
    }

    fn end_what_is_back(&mut self, instance: &InstanceId) {
        let is_back = |absence: &Absence| absence.back.is_some();
        if self.open.get(instance).is_some_and(is_back) {
            let absence = self.open.remove(instance);
            self.ended
                .extend(absence.map(|absence| absence.told(instance)));
        }
    }
}

impl Absence {
    fn told(&self, instance: &InstanceId) -> Outage {
        Outage {
            instance: instance.clone(),
            from: self.from,
            until: self.back,
        }
    }
}
