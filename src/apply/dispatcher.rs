//! The dispatcher: one loop that takes messages, interrupts and timers, and is alone in changing anything.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::event::Event;
use crate::model::{InstanceId, ObservedInstance, OrderId};
use crate::plan::{Action, Node, Saga, StepGraph, Undo};
use crate::saga::{
    Direction, Failure, FailureCause, IllegalEntry, Kind, Limits, Mode, Phase, RunState, StepEvent,
    StepRef,
};

use super::books::Books;
use super::crowd::{found_down, limits};
use super::desk::Desk;
use super::outcome::LeftAlone;
use super::scope::Scope;
use super::till::Till;
use super::worker::{Ack, End, Errand, Message, Patience, Recorded, Worker};
use super::{Interrupt, Job, Options, RunOutcome, Tools};

/// One task under way.
pub(super) struct UnderWay {
    abort: AbortHandle,
    /// Whether it may take the machine down any moment.
    pub(super) takes_down: bool,
    /// Whether it only waits and holds nothing in flight, so that an interrupt may end it.
    only_waits: bool,
}

pub(super) struct Dispatcher<'a> {
    pub(super) job: Job<'a>,
    pub(super) options: Options,
    pub(super) tools: Tools,
    pub(super) on_event: &'a mut dyn FnMut(&Event),
    pub(super) sagas: BTreeMap<InstanceId, Rc<Saga>>,
    /// Machines in the order in which they are begun: longest tail first.
    pub(super) queue: Vec<InstanceId>,
    pub(super) graph: StepGraph,
    /// Nodes others wait for that are finished.
    pub(super) finished: BTreeSet<Node>,
    pub(super) state: RunState,
    pub(super) limits: Limits,
    pub(super) active: BTreeMap<InstanceId, UnderWay>,
    /// Begun machines that may have something to do.
    pub(super) idle: BTreeSet<InstanceId>,
    /// Begun machines whose next step takes them down, when too many are down already.
    pub(super) waiting_for_a_place: BTreeSet<InstanceId>,
    /// Whether machines that were not begun should be looked at again.
    pub(super) reconsider: bool,
    pub(super) left_alone: BTreeMap<InstanceId, LeftAlone>,
    pub(super) scopes: Vec<(Scope, String)>,
    /// Elapsed time before which a machine is not begun (R52).
    pub(super) not_before: BTreeMap<InstanceId, Duration>,
    pub(super) seen: BTreeMap<InstanceId, ObservedInstance>,
    /// Machines that were not up when the program began, and have not come up since.
    pub(super) found_down: BTreeSet<InstanceId>,
    /// Since when a machine is down because of us, and for how long it was before.
    pub(super) outage: BTreeMap<InstanceId, (Option<Duration>, Duration)>,
    pub(super) step_begun: BTreeMap<InstanceId, Duration>,
    pub(super) orders: BTreeMap<OrderId, InstanceId>,
    /// Every order that is recorded, by this run or an earlier one.
    pub(super) known_orders: Rc<RefCell<BTreeSet<OrderId>>>,
    pub(super) mode: Mode,
    pub(super) interrupted: Option<u8>,
    pub(super) journal_lost: Option<String>,
    pub(super) next_seq: u64,
    pub(super) next_event: u64,
    tasks: JoinSet<()>,
    desk: Desk,
    books: Books,
    till: Till,
    mailbox: mpsc::UnboundedSender<Message>,
    messages: UnboundedReceiver<Message>,
}

impl<'a> Dispatcher<'a> {
    pub(super) fn new(
        job: Job<'a>,
        options: Options,
        tools: Tools,
        on_event: &'a mut dyn FnMut(&Event),
    ) -> Result<Self, IllegalEntry> {
        let graph = StepGraph::build(&job.plan.sagas).map_err(|error| IllegalEntry {
            seq: 0,
            why: error.to_string(),
        })?;
        let state = RunState::replay(job.history)?.unwrap_or_else(|| nothing_done(&job));
        let mut queue: Vec<InstanceId> = job.plan.sagas.keys().cloned().collect();
        queue.sort_by_key(|id| std::cmp::Reverse(graph.tail(id)));
        let mut tasks = JoinSet::new();
        let desk = Desk::open(&mut tasks, &tools.cloud, &tools.clock);
        let books = Books::open(&tools.billing, &tools.clock);
        let till = Till::open(&tools.billing, &tools.clock);
        let (mailbox, messages) = mpsc::unbounded_channel();
        let mut dispatcher = Self {
            sagas: job
                .plan
                .sagas
                .iter()
                .map(|(id, s)| (id.clone(), Rc::new(s.clone())))
                .collect(),
            queue,
            graph,
            finished: BTreeSet::new(),
            limits: limits(&job),
            active: BTreeMap::new(),
            idle: state.sagas.keys().cloned().collect(),
            state,
            waiting_for_a_place: BTreeSet::new(),
            reconsider: true,
            left_alone: BTreeMap::new(),
            scopes: Vec::new(),
            not_before: BTreeMap::new(),
            seen: BTreeMap::new(),
            found_down: found_down(&job),
            outage: BTreeMap::new(),
            step_begun: BTreeMap::new(),
            orders: BTreeMap::new(),
            known_orders: Rc::new(RefCell::new(job.orders.keys().cloned().collect())),
            mode: options.mode,
            interrupted: None,
            journal_lost: None,
            next_seq: job.next_seq,
            next_event: 0,
            job,
            options,
            tools,
            on_event,
            tasks,
            desk,
            books,
            till,
            mailbox,
            messages,
        };
        dispatcher.take_up_history();
        Ok(dispatcher)
    }

    /// The loop.
    pub(super) async fn run(mut self, mut interrupts: UnboundedReceiver<Interrupt>) -> RunOutcome {
        self.open_run().await;
        let mut deaf = false;
        loop {
            self.start_what_may_start().await;
            if self.active.is_empty() && self.next_timer().is_none() {
                break;
            }
            let timer = self.next_timer();
            let clock = self.tools.clock.clone();
            let wake = async {
                match timer {
                    Some(at) => clock.sleep(at.saturating_sub(clock.elapsed())).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! { biased;
                interrupt = interrupts.recv(), if !deaf => match interrupt {
                    Some(Interrupt::Ask { exit_code }) => self.interrupt(exit_code).await,
                    Some(Interrupt::Insist { exit_code }) => return self.leave_now(exit_code).await,
                    None => deaf = true,
                },
                message = self.messages.recv() => {
                    if let Some(message) = message {
                        self.take_all(message).await;
                    }
                }
                Some(ended) = self.tasks.join_next() => pass_on_a_panic(ended),
                () = wake => self.reconsider = true,
            }
        }
        self.close_run().await
    }

    /// Takes everything that has arrived and makes it durable in one commit.
    async fn take_all(&mut self, first: Message) {
        let mut batch = vec![first];
        while let Ok(more) = self.messages.try_recv() {
            batch.push(more);
        }
        let mut records = Vec::new();
        let mut ends = Vec::new();
        for message in batch {
            match message {
                Message::Waiting { at, reason } => self.emit_waiting(&at, reason),
                Message::Record { at, event, ack } => records.push((at, event, ack)),
                Message::Ended { at, end } => ends.push((at, end)),
            }
        }
        // Ends first: what one machine was refused may forbid what another is about to do.
        for (at, end) in ends {
            self.active.remove(&at.instance);
            self.idle.insert(at.instance.clone());
            self.reconsider = true;
            self.settle_place(&at.instance);
            self.take_end(at, *end).await;
        }
        self.take_records(records).await;
    }

    /// Makes them durable, but for intents that have lost their permission since they were dispatched.
    async fn take_records(&mut self, records: Vec<(StepRef, StepEvent, Ack)>) {
        let mut kinds = Vec::new();
        let mut acks = Vec::new();
        for (at, event, ack) in records {
            if matches!(event, StepEvent::Intent { .. }) && !self.is_still_permitted(&at) {
                ack.send(Recorded::Withdrawn).ok();
                continue;
            }
            kinds.push(Kind::Step { at, event });
            acks.push(ack);
        }
        let recorded = self.append(kinds).await;
        for ack in acks {
            ack.send(recorded).ok();
        }
    }

    async fn take_end(&mut self, at: StepRef, end: End) {
        let instance = at.instance.clone();
        match end {
            End::Succeeded { found, seen } => {
                if let Some(seen) = seen {
                    self.seen.insert(instance, seen);
                }
                self.append(vec![Kind::Step {
                    at,
                    event: StepEvent::Succeeded { found },
                }])
                .await;
            }
            End::Failed { failure, scope } => {
                if let Some(scope) = scope {
                    self.scopes.push((scope, failure.message.clone()));
                }
                if failure.cause == FailureCause::CoolingDown {
                    let wait = super::timing::COOL_DOWN;
                    self.not_before
                        .insert(instance, self.tools.clock.elapsed() + wait);
                }
                self.append(vec![Kind::Step {
                    at,
                    event: StepEvent::Failed { failure },
                }])
                .await;
            }
            End::Paused => self.halt_paused(&instance).await,
            End::Settled(seen) => {
                self.seen.insert(instance.clone(), seen);
                self.append(vec![Kind::Settled { instance }]).await;
            }
            End::FellOver => {
                self.append(vec![Kind::FellOver { instance }]).await;
            }
            End::Seen(seen) => self.close_saga(&instance, seen).await,
            // What comes next is decided anew.
            End::Withdrawn => {}
            End::JournalLost => self.fail_without_journal(at).await,
        }
    }

    /// Nothing more can be announced for this step, so nothing more is sent for it; in memory it has
    /// failed, so that the machine is started. The journal still says where the next program begins.
    async fn fail_without_journal(&mut self, at: StepRef) {
        let cause = match self.state.sagas[&at.instance].phase(at.step) {
            Phase::Sent | Phase::Answered => FailureCause::Unknown,
            Phase::Waiting
            | Phase::Succeeded
            | Phase::Failed
            | Phase::UndoSent
            | Phase::UndoAnswered
            | Phase::Undone
            | Phase::UndoFailed => FailureCause::Interrupted,
        };
        let failure = Failure {
            cause,
            message: "the journal took no more".to_owned(),
            code: None,
            request_id: None,
        };
        let event = StepEvent::Failed { failure };
        self.append(vec![Kind::Step { at, event }]).await;
    }

    /// Sends a worker on an errand.
    pub(super) fn dispatch(&mut self, instance: &InstanceId, step: u16, errand: Errand) {
        let saga = self.sagas[instance].clone();
        let direction = match errand {
            Errand::TakeBack => Direction::Undo,
            Errand::Do | Errand::Watch(_) | Errand::Look => Direction::Forward,
        };
        let waits = matches!(
            saga.steps[usize::from(step)].action,
            Action::CoolDown | Action::AwaitOrder | Action::PayOrder
        );
        let only_waits = waits && matches!(errand, Errand::Do);
        let takes_down = matches!(errand, Errand::Do)
            && saga.steps[usize::from(step)].undo == Undo::By(Action::Start);
        let desired = self.job.plan.desired.instances.get(instance);
        let change = desired
            .map(|desired| desired.change.clone())
            .unwrap_or_default();
        let worker = Worker {
            state: self.state.sagas[instance].clone(),
            at: StepRef {
                instance: instance.clone(),
                step,
                direction,
            },
            lineage: self.job.plan.stamp.lineage.clone(),
            tools: self.tools.clone(),
            desk: self.desk.clone(),
            books: self.books.clone(),
            till: self.till.clone(),
            known_orders: self.known_orders.clone(),
            told: RefCell::default(),
            mailbox: self.mailbox.clone(),
            limits: Patience {
                stop_within: change.stop_within,
                force_stop_after: change.force_stop_after,
                wait_payment: self.options.wait_payment,
                balance: self.job.plan.desired.balance,
            },
            changed_at: self
                .job
                .applied
                .instances
                .get(instance)
                .and_then(|r| r.changed_at),
            saga,
        };
        let abort = self.tasks.spawn_local(worker.carry(errand));
        self.step_begun
            .insert(instance.clone(), self.tools.clock.elapsed());
        let task = UnderWay {
            abort,
            takes_down,
            only_waits,
        };
        self.active.insert(instance.clone(), task);
        self.idle.remove(instance);
        self.settle_place(instance);
    }

    /// First interrupt: begin nothing, end what only waits, bring up what is down.
    async fn interrupt(&mut self, exit_code: u8) {
        self.interrupted = Some(exit_code);
        self.mode = Mode::PutBack;
        let waiting: Vec<InstanceId> = self
            .active
            .iter()
            .filter(|(_, task)| task.only_waits)
            .map(|(instance, _)| instance.clone())
            .collect();
        for instance in waiting {
            if let Some(task) = self.active.remove(&instance) {
                task.abort.abort();
                self.idle.insert(instance);
            }
        }
        self.append(vec![Kind::Interrupted {
            signal: signal_name(exit_code).to_owned(),
        }])
        .await;
        self.emit_interrupted();
    }

    /// Second interrupt: nothing more is sent; what is owed is said.
    async fn leave_now(mut self, exit_code: u8) -> RunOutcome {
        self.interrupted = Some(exit_code);
        self.tasks.abort_all();
        self.append(vec![Kind::Interrupted {
            signal: signal_name(exit_code).to_owned(),
        }])
        .await;
        let outcome = self.outcome(true);
        self.emit_finished(&outcome);
        outcome
    }

    /// When the next machine may be begun that has to wait for its cool-down.
    fn next_timer(&self) -> Option<Duration> {
        if self.mode == Mode::PutBack {
            return None;
        }
        let now = self.tools.clock.elapsed();
        self.not_before
            .iter()
            .filter(|(id, at)| **at > now && !self.active.contains_key(*id))
            .filter(|(id, _)| !self.left_alone.contains_key(*id) && self.may_be_begun(id))
            .map(|(_, at)| *at)
            .min()
    }

    /// Whether anything was lost that an intent depends on.
    pub(super) fn recorded(&self) -> Recorded {
        if self.journal_lost.is_some() {
            Recorded::Lost
        } else {
            Recorded::Durable
        }
    }
}

/// A run before its first entry.
fn nothing_done(job: &Job<'_>) -> RunState {
    RunState {
        run: job.run.clone(),
        plan_id: job.plan.id(),
        intent: job.plan.intent(),
        sagas: BTreeMap::new(),
        failures: BTreeSet::new(),
        closed: None,
    }
}

/// A worker that panicked reports no end; without this its machine would be waited for in vain.
fn pass_on_a_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

fn signal_name(exit_code: u8) -> &'static str {
    // 128 + the signal's number, as shells do.
    if exit_code == 143 {
        "SIGTERM"
    } else {
        "SIGINT"
    }
}
