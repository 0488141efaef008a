//! Who was out of service, from when to when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::event::{Event, EventKind, StepView};
use crate::model::InstanceId;

/// One machine out of service, on the clock of its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The machine.
    pub instance: InstanceId,
    /// When its stop was sent.
    pub from: Duration,
    /// When its start showed; none when the run ended before that.
    pub until: Option<Duration>,
}

/// All outages of a run, in the order they began.
///
/// An outage is counted from the moment the stop is sent, although the machine may serve a little longer:
/// rather too long than too short.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outages {
    ended: Vec<Outage>,
    open: BTreeMap<InstanceId, Duration>,
}

impl Outages {
    /// Takes the next event.
    pub(super) fn take(&mut self, event: &Event) {
        match &event.kind {
            EventKind::StepStarted { subject, step, .. } if is(step, "stop") => {
                let since = self.open.entry(subject.instance.clone());
                since.or_insert(event.elapsed);
            }
            EventKind::StepFinished { subject, step, .. } if is(step, "start") => {
                self.close(&subject.instance, event.elapsed);
            }
            EventKind::RunStarted { .. }
            | EventKind::TakenUp { .. }
            | EventKind::Postponed { .. }
            | EventKind::Begun { .. }
            | EventKind::StepStarted { .. }
            | EventKind::Waiting { .. }
            | EventKind::StepFinished { .. }
            | EventKind::StepFailed { .. }
            | EventKind::TurnedBack { .. }
            | EventKind::OrderMade { .. }
            | EventKind::OrderBooked { .. }
            | EventKind::Closed { .. }
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

    fn close(&mut self, instance: &InstanceId, until: Duration) {
        if let Some(from) = self.open.remove(instance) {
            self.ended.push(Outage {
                instance: instance.clone(),
                from,
                until: Some(until),
            });
        }
    }

    /// Every outage, also those that had not ended, by their beginning.
    #[must_use]
    pub fn all(&self) -> Vec<Outage> {
        let open = self.open.iter().map(|(instance, from)| Outage {
            instance: instance.clone(),
            from: *from,
            until: None,
        });
        let mut all: Vec<Outage> = self.ended.iter().cloned().chain(open).collect();
        all.sort_by(|a, b| (a.from, &a.instance).cmp(&(b.from, &b.instance)));
        all
    }

    /// Only those of some machines.
    #[must_use]
    pub(super) fn of(&self, counts: impl Fn(&InstanceId) -> bool) -> Self {
        let ended = self.ended.iter().filter(|outage| counts(&outage.instance));
        let open = self.open.iter().filter(|(instance, _)| counts(instance));
        Self {
            ended: ended.cloned().collect(),
            open: open
                .map(|(instance, from)| (instance.clone(), *from))
                .collect(),
        }
    }

    /// How long each machine was out of service; an outage without an end lasts until `end`.
    #[must_use]
    pub fn by_machine(&self, end: Duration) -> BTreeMap<InstanceId, Duration> {
        sums(self.all(), end)
    }

    /// Most of these machines that were out of service at one moment.
    #[must_use]
    pub fn peak(&self, members: &BTreeSet<InstanceId>) -> usize {
        // At equal times an end comes before a beginning: the place was free.
        let mut turns: Vec<(Duration, i32)> = Vec::new();
        for outage in self.all() {
            if members.contains(&outage.instance) {
                turns.push((outage.from, 1));
                turns.extend(outage.until.map(|until| (until, -1)));
            }
        }
        turns.sort_unstable();
        let (mut down, mut peak) = (0, 0);
        for (_, turn) in turns {
            down += turn;
            peak = peak.max(down);
        }
        usize::try_from(peak).unwrap_or(0)
    }
}

/// How long each of these machines was gone; an end that is not there is `end`.
pub(super) fn sums(
    outages: impl IntoIterator<Item = Outage>,
    end: Duration,
) -> BTreeMap<InstanceId, Duration> {
    let mut sums = BTreeMap::new();
    for outage in outages {
        let took = outage.until.unwrap_or(end).saturating_sub(outage.from);
        *sums.entry(outage.instance).or_insert(Duration::ZERO) += took;
    }
    sums
}

fn is(step: &StepView, verb: &str) -> bool {
    step.verb == verb
}
