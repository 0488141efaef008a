//! The figures of one run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use crate::event::{Event, EventKind};
use crate::model::{Crowd, GroupName, InstanceId, InstanceName, Money};
use crate::plan::{Saga, SavedPlan};

use super::outages::{Outage, Outages};
use super::service::Service;

/// What a run took.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The exit code it would end with.
    pub exit_code: u8,
    /// From its first to its last event.
    pub makespan: Duration,
    /// Machines by how their change ended: `done`, `undone`, `held`, ….
    pub totals: BTreeMap<&'static str, usize>,
    /// How long each machine was down: from its stop until it ran again.
    pub downtime: BTreeMap<InstanceName, Duration>,
    /// How long each machine was out of service: from its `before_stop` until it was good and back. Empty
    /// where there is neither hook nor health check, since it is the same then.
    pub out_of_service: BTreeMap<InstanceName, Duration>,
    /// The same summed up by group.
    pub downtime_of_groups: BTreeMap<String, Duration>,
    /// Most machines of each group down at one moment.
    pub peak_of_groups: BTreeMap<String, usize>,
    /// Most machines down at one moment.
    pub peak: usize,
    /// Calls to the cloud by operation, planning not included.
    pub calls: BTreeMap<String, u64>,
    /// Orders that were made.
    pub orders: usize,
    /// What the paid ones cost together; less than nothing when they paid back. None when the account's
    /// currency has no name.
    pub money: Option<Money>,
    /// Every batch of a group that has more than one.
    pub batches: Vec<BatchSpan>,
    /// Gates that a person would have to open, as they were reached: one line each.
    pub approvals: Vec<String>,
    /// What is left for a person: one line each.
    pub left_to_do: Vec<String>,
    /// Every outage, for a timeline.
    #[serde(skip)]
    pub outages: Vec<Outage>,
}

/// From when to when a batch went, on the clock of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BatchSpan {
    /// Whose.
    pub crowd: Crowd,
    /// Which, counted from 1.
    pub batch: u32,
    /// Of so many.
    pub of: u32,
    /// Machines of it.
    pub machines: usize,
    /// When its first machine was begun.
    pub from: Duration,
    /// When its last one came to its end; none when the run ended before that.
    pub until: Option<Duration>,
}

impl Figures {
    /// All calls together.
    #[must_use]
    pub fn n_calls(&self) -> u64 {
        self.calls.values().sum()
    }

    /// The longest that any one machine was down.
    #[must_use]
    pub fn longest_downtime(&self) -> Option<(&InstanceName, Duration)> {
        longest(&self.downtime)
    }
}

/// The longest of these times, and whose it is.
pub fn longest<N: Ord>(times: &BTreeMap<N, Duration>) -> Option<(&N, Duration)> {
    let longest = times.iter().max_by_key(|(_, time)| **time);
    longest.map(|(name, time)| (name, *time))
}

/// The mean of these times; nothing for none.
pub fn mean<'a>(times: impl ExactSizeIterator<Item = &'a Duration>) -> Duration {
    let n = u32::try_from(times.len()).unwrap_or(u32::MAX);
    let sum: Duration = times.sum();
    sum.checked_div(n).unwrap_or_default()
}

/// Listens to a run and keeps what its figures are made of.
#[derive(Debug, Default)]
pub struct Recorder {
    outages: Outages,
    service: Service,
    began: Option<Duration>,
    ended: Duration,
    orders: usize,
    totals: BTreeMap<&'static str, usize>,
    batches: Vec<BatchSpan>,
    approvals: Vec<String>,
    exit_code: u8,
}

impl Recorder {
    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        self.began.get_or_insert(event.elapsed);
        self.ended = event.elapsed;
        self.outages.take(event);
        self.service.take(event);
        match &event.kind {
            EventKind::OrderMade { .. } => self.orders += 1,
            EventKind::RunFinished { totals, exit_code } => {
                self.totals.clone_from(totals);
                self.exit_code = *exit_code;
            }
            EventKind::BatchBegan {
                crowd,
                batch,
                of,
                machines,
            } => self.batches.push(BatchSpan {
                crowd: crowd.clone(),
                batch: *batch,
                of: *of,
                machines: *machines,
                from: event.elapsed,
                until: None,
            }),
            EventKind::BatchEnded { crowd, batch, .. } => {
                self.end_batch(crowd, *batch, event.elapsed);
            }
            EventKind::GateOpened { crowd, batch, .. } => self
                .approvals
                .push(format!("the gate after batch {batch} of {crowd}")),
            EventKind::RunStarted { .. }
            | EventKind::TakenUp { .. }
            | EventKind::Postponed { .. }
            | EventKind::Begun { .. }
            | EventKind::StepStarted { .. }
            | EventKind::Waiting { .. }
            | EventKind::StepFinished { .. }
            | EventKind::StepFailed { .. }
            | EventKind::TurnedBack { .. }
            | EventKind::OrderBooked { .. }
            | EventKind::Closed { .. }
            | EventKind::Halted { .. }
            | EventKind::LeftAlone { .. }
            | EventKind::HoursWaived { .. }
            | EventKind::Held { .. }
            | EventKind::Paused { .. }
            | EventKind::Interrupted { .. } => {}
        }
    }

    fn batches_since_the_beginning(&self) -> Vec<BatchSpan> {
        let began = self.began.unwrap_or_default();
        let spans = self.batches.iter().cloned();
        let spans = spans.map(|span| BatchSpan {
            from: span.from.saturating_sub(began),
            until: span.until.map(|until| until.saturating_sub(began)),
            ..span
        });
        spans.collect()
    }

    fn out_of_service(&self, plan: &SavedPlan) -> BTreeMap<InstanceName, Duration> {
        if !self.service.has_care() {
            return BTreeMap::new();
        }
        let times = self.service.by_machine(self.ended).into_iter();
        let times = times.filter(|(instance, _)| is_brought_up_again(plan, instance));
        let named = times.filter_map(|(instance, time)| {
            let machine = plan.desired.instances.get(&instance)?;
            Some((machine.name.clone(), time))
        });
        named.collect()
    }

    fn end_batch(&mut self, crowd: &Crowd, batch: u32, at: Duration) {
        let mut open = self.batches.iter_mut();
        let ended = open.find(|span| span.crowd == *crowd && span.batch == batch);
        if let Some(span) = ended {
            span.until = Some(at);
        }
    }

    /// The figures so far, with names and groups as the plan has them. Calls, money and what is left to
    /// do are for the caller to add.
    #[must_use]
    pub fn figures(&self, plan: &SavedPlan) -> Figures {
        let down = self
            .outages
            .of(|instance| is_brought_up_again(plan, instance));
        let by_machine = down.by_machine(self.ended);
        let everybody = by_machine.keys().cloned().collect();
        let mut figures = Figures {
            exit_code: self.exit_code,
            makespan: self.ended.saturating_sub(self.began.unwrap_or_default()),
            totals: self.totals.clone(),
            peak: down.peak(&everybody),
            orders: self.orders,
            batches: self.batches_since_the_beginning(),
            approvals: self.approvals.clone(),
            outages: down.all(),
            out_of_service: self.out_of_service(plan),
            ..Figures::default()
        };
        for (instance, downtime) in &by_machine {
            let Some(machine) = plan.desired.instances.get(instance) else {
                continue;
            };
            figures.downtime.insert(machine.name.clone(), *downtime);
            let group = group_name(machine.group.as_ref());
            let sum = figures.downtime_of_groups.entry(group).or_default();
            *sum += *downtime;
        }
        figures.peak_of_groups = peaks(&down, plan, by_machine.keys());
        figures
    }
}

/// A machine that is stopped for good is not out of service: it is as it is wanted.
fn is_brought_up_again(plan: &SavedPlan, instance: &InstanceId) -> bool {
    plan.sagas.get(instance).is_some_and(Saga::has_outage)
}

fn peaks<'a>(
    outages: &Outages,
    plan: &SavedPlan,
    down: impl Iterator<Item = &'a InstanceId>,
) -> BTreeMap<String, usize> {
    let mut members: BTreeMap<String, BTreeSet<InstanceId>> = BTreeMap::new();
    for instance in down {
        let machine = plan.desired.instances.get(instance);
        let group = group_name(machine.and_then(|machine| machine.group.as_ref()));
        members.entry(group).or_default().insert(instance.clone());
    }
    let peaks = members.into_iter();
    peaks
        .map(|(group, members)| (group, outages.peak(&members)))
        .collect()
}

fn group_name(group: Option<&GroupName>) -> String {
    group.map_or_else(|| "ungrouped".to_owned(), ToString::to_string)
}
