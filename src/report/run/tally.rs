//! What an apply has come to so far, folded from its events.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::event::{Event, EventKind, StepView, Subject};
use crate::figures::Service;
use crate::model::{InstanceId, OrderId, PaymentStatus, RequestId, RunId};
use crate::plan::Action;
use crate::saga::{Halt, Hold, SagaOutcome};

/// Where one machine stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Its change is under way.
    UnderWay,
    /// Its change ended.
    Closed(SagaOutcome),
    /// Its change rests.
    Halted(Halt),
    /// It was not touched, or left to somebody else.
    LeftAlone,
}

impl State {
    /// One that is left to others is left alone, begun or not.
    fn closed(outcome: SagaOutcome) -> Self {
        if outcome == SagaOutcome::LeftAlone {
            Self::LeftAlone
        } else {
            Self::Closed(outcome)
        }
    }
}

/// A failed step, as it is shown at the end.
#[derive(Debug, Clone)]
pub(super) struct Mishap {
    pub(super) step: StepView,
    pub(super) message: String,
    pub(super) code: Option<String>,
    pub(super) request_id: Option<RequestId>,
}

impl Mishap {
    /// What a note holds beyond this: notes are made of messages with their codes, and of what was done about them.
    pub(super) fn news_in(&self, note: &str) -> String {
        let Some((before, after)) = note.split_once(&self.message) else {
            return note.to_owned();
        };
        let code = self.code.as_ref().map(|code| format!(" ({code})"));
        let after = code
            .and_then(|code| after.strip_prefix(&code))
            .unwrap_or(after);
        let rest = before.to_owned() + after;
        rest.trim_matches([' ', ';', ':']).to_owned()
    }
}

/// The same wait is told again after this long; workers look every other second.
const WAIT_RETOLD: Duration = Duration::from_secs(30);

/// Something a machine waits for.
#[derive(Debug, Clone)]
pub(super) struct Wait {
    reason: String,
    /// When it was told last.
    told_at: Duration,
    /// Looks since then that found nothing new.
    repeats: u32,
}

/// One machine.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    pub(super) subject: Subject,
    pub(super) state: State,
    /// The step under way, and since when.
    pub(super) step: Option<(StepView, Duration)>,
    /// What it waits for.
    pub(super) wait: Option<Wait>,
    /// When its change began.
    pub(super) begun: Duration,
    /// The first failure: what came after it was its consequence.
    pub(super) mishap: Option<Mishap>,
    /// What was said when it ended, came to rest or was left alone.
    pub(super) note: String,
}

/// An order that nobody has paid yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOrder {
    /// Its id.
    pub order_id: OrderId,
    /// The machine it is for.
    pub subject: Subject,
}

/// The sum of all events so far. Every display and the last page read it.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub(super) run: Option<RunId>,
    /// Machines that change in this run.
    pub(super) total: usize,
    /// Machines beside them that the plan could not change.
    pub(super) blocked: usize,
    pub(super) machines: BTreeMap<InstanceId, Machine>,
    pub(super) orders: BTreeMap<OrderId, OpenOrder>,
    pub(super) elapsed: Duration,
    pub(super) interrupted: Interrupted,
    /// What holds machines back that only time or a person lifts, as it was told last.
    pub(super) held: Option<Hold>,
    /// What the run waits for when the program ends.
    pub(super) pauses: Vec<Hold>,
    pub(super) exit_code: Option<u8>,
    /// Who was out of service, and for how long.
    pub(super) service: Service,
}

/// Whether somebody asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Interrupted {
    /// Nobody did.
    #[default]
    No,
    /// Somebody did.
    Yes,
}

impl Tally {
    /// Adds an order that an earlier program made and that is still to be paid.
    pub fn know_order(&mut self, order: OpenOrder) {
        self.orders.insert(order.order_id.clone(), order);
    }

    /// So many machines are blocked: no event tells of them, and they are not as wanted whatever the run did.
    pub fn know_blocked(&mut self, machines: usize) {
        self.blocked = machines;
    }

    /// Takes the next event.
    pub fn take(&mut self, event: &Event) {
        self.elapsed = event.elapsed;
        self.service.take(event);
        match &event.kind {
            EventKind::RunStarted { run, machines, .. } => {
                self.run = Some(run.clone());
                self.total = *machines;
            }
            EventKind::TakenUp {
                subject,
                outcome,
                halt,
                note,
                unpaid,
            } => {
                self.taken_up(subject, *outcome, *halt, note);
                self.know_orders(subject, unpaid);
            }
            EventKind::Begun { subject } => self.begun(subject),
            EventKind::Waiting { subject, reason } => self.waits(subject, reason),
            EventKind::StepStarted { subject, step, .. } => self.step_started(subject, step),
            EventKind::StepFinished { subject, step, .. } => self.step_finished(subject, step),
            EventKind::StepFailed { subject, .. } => self.step_failed(subject, &event.kind),
            // Its steps begin anew.
            EventKind::TurnedBack { subject, .. } => {
                let machine = self.machine(subject);
                machine.step = None;
                machine.wait = None;
            }
            EventKind::OrderMade {
                subject,
                order_id,
                auto_pay: false,
            } => {
                self.know_orders(subject, std::slice::from_ref(order_id));
            }
            EventKind::OrderMade { .. } => {}
            EventKind::OrderBooked {
                order_id, payment, ..
            } => self.booked(order_id, payment),
            EventKind::Closed {
                subject,
                outcome,
                note,
                ..
            } => {
                self.ended(subject, State::closed(*outcome), note);
            }
            EventKind::Halted {
                subject,
                halt,
                note,
            } => {
                self.ended(subject, State::Halted(*halt), note);
            }
            EventKind::LeftAlone { subject, reason } => {
                self.ended(subject, State::LeftAlone, reason);
            }
            EventKind::Paused { hold } => self.pauses.push(hold.clone()),
            EventKind::Postponed { .. }
            | EventKind::BatchBegan { .. }
            | EventKind::BatchEnded { .. }
            | EventKind::GateOpened { .. }
            | EventKind::HoursWaived { .. } => {}
            EventKind::Held { hold } => self.held = Some(hold.clone()),
            EventKind::Interrupted { .. } => self.interrupted = Interrupted::Yes,
            EventKind::RunFinished { exit_code, .. } => self.exit_code = Some(*exit_code),
        }
    }

    /// So much time has passed since the run began, as far as somebody else knows.
    pub fn at(&mut self, elapsed: Duration) {
        self.elapsed = self.elapsed.max(elapsed);
    }

    fn know_orders(&mut self, subject: &Subject, orders: &[OrderId]) {
        for order_id in orders {
            let (order_id, subject) = (order_id.clone(), subject.clone());
            self.know_order(OpenOrder { order_id, subject });
        }
    }

    /// An order that is paid or cancelled is nobody's task any more.
    fn booked(&mut self, order_id: &OrderId, payment: &PaymentStatus) {
        match payment {
            PaymentStatus::Paid | PaymentStatus::Cancelled => {
                self.orders.remove(order_id);
            }
            PaymentStatus::Unpaid | PaymentStatus::Other(_) => {}
        }
    }

    fn step_started(&mut self, subject: &Subject, step: &StepView) {
        let now = self.elapsed;
        let machine = self.machine(subject);
        machine.state = State::UnderWay;
        machine.step = Some((step.clone(), now));
        machine.wait = None;
    }

    fn step_failed(&mut self, subject: &Subject, kind: &EventKind) {
        let machine = self.machine(subject);
        machine.step = None;
        if let EventKind::StepFailed {
            step,
            message,
            code,
            request_id,
            ..
        } = kind
        {
            machine.mishap.get_or_insert(Mishap {
                step: step.clone(),
                message: message.clone(),
                code: code.clone(),
                request_id: request_id.clone(),
            });
        }
    }

    fn taken_up(
        &mut self,
        subject: &Subject,
        outcome: Option<SagaOutcome>,
        halt: Option<Halt>,
        note: &str,
    ) {
        match (outcome, halt) {
            (Some(outcome), _) => self.ended(subject, State::closed(outcome), note),
            (None, Some(halt)) => self.ended(subject, State::Halted(halt), note),
            (None, None) => {
                self.machine(subject);
            }
        }
    }

    /// A change that was put back may be begun again in the same run.
    fn begun(&mut self, subject: &Subject) {
        let now = self.elapsed;
        let machine = self.machine(subject);
        machine.state = State::UnderWay;
        machine.begun = now;
        machine.mishap = None;
    }

    fn waits(&mut self, subject: &Subject, reason: &str) {
        let now = self.elapsed;
        let machine = self.machine(subject);
        match &mut machine.wait {
            Some(wait) if wait.reason == reason && now < wait.told_at + WAIT_RETOLD => {
                wait.repeats = wait.repeats.saturating_add(1);
            }
            wait => {
                *wait = Some(Wait {
                    reason: reason.to_owned(),
                    told_at: now,
                    repeats: 0,
                });
            }
        }
    }

    /// Whether an event, already taken, says nothing that a reader has not just been told.
    pub(super) fn is_repetition(&self, event: &Event) -> bool {
        // What an earlier program of the run did, it told.
        if matches!(event.kind, EventKind::TakenUp { .. }) {
            return true;
        }
        let EventKind::Waiting { subject, .. } = &event.kind else {
            return false;
        };
        let machine = self.machines.get(&subject.instance);
        machine
            .and_then(|machine| machine.wait.as_ref())
            .is_some_and(|wait| wait.repeats > 0)
    }

    /// A machine's order is paid when the step that waits for it is over.
    fn step_finished(&mut self, subject: &Subject, step: &StepView) {
        self.machine(subject).step = None;
        let waits = [Action::AwaitOrder, Action::PayOrder].map(|action| action.verb());
        if waits.contains(&step.verb) {
            self.orders
                .retain(|_, order| order.subject.instance != subject.instance);
        }
    }

    fn ended(&mut self, subject: &Subject, state: State, note: &str) {
        let machine = self.machine(subject);
        machine.state = state;
        machine.step = None;
        note.clone_into(&mut machine.note);
    }

    fn machine(&mut self, subject: &Subject) -> &mut Machine {
        let begun = self.elapsed;
        self.machines
            .entry(subject.instance.clone())
            .or_insert_with(|| Machine {
                subject: subject.clone(),
                state: State::UnderWay,
                step: None,
                wait: None,
                begun,
                mishap: None,
                note: String::new(),
            })
    }

    /// What is waited for while nothing is under way.
    pub(super) fn idles_for(&self) -> Option<&Hold> {
        let is_idle = self.under_way().next().is_none();
        self.held.as_ref().filter(|_| is_idle)
    }

    /// Machines whose change is under way.
    pub(super) fn under_way(&self) -> impl Iterator<Item = &Machine> {
        self.machines
            .values()
            .filter(|machine| machine.state == State::UnderWay)
    }

    /// Machines in this state.
    pub(super) fn count(&self, state: &State) -> usize {
        self.machines
            .values()
            .filter(|machine| machine.state == *state)
            .count()
    }

    /// Machines for which nothing is under way any more.
    pub(super) fn ended_count(&self) -> usize {
        self.machines.len() - self.count(&State::UnderWay)
    }

    /// How the machines stand, in words: `2 under way, 1 paused`. Machines that are done are left out.
    pub(super) fn in_words(&self) -> String {
        let states = [
            (State::UnderWay, "under way"),
            (State::Closed(SagaOutcome::Differs), "not as wanted"),
            (State::Closed(SagaOutcome::Undone), "undone"),
            (State::Closed(SagaOutcome::PutBack), "put back"),
            (State::Closed(SagaOutcome::Spared), "spared"),
            (State::Closed(SagaOutcome::Declined), "declined"),
            (State::Closed(SagaOutcome::Abandoned), "abandoned"),
            (State::Halted(Halt::Paused), "paused"),
            (State::Halted(Halt::Held), "held"),
            (State::Halted(Halt::Stuck), "stuck"),
            (State::Halted(Halt::Unknown), "in doubt"),
            (State::LeftAlone, "left alone"),
        ];
        let counts = states.iter().map(|(state, word)| (self.count(state), word));
        let counts = counts
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{n} {word}"));
        counts.collect::<Vec<_>>().join(", ")
    }
}
