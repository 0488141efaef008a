//! A worker carries one task of one machine and answers by message. It shares no state, writes no
//! journal and emits no event.
//!
//! In: one step of one machine, and the desks. Out: what to record, and how it ended. Every step goes the same
//! way, *look → ask → settle → verify*; `doubt` is the way of a call whose answer never came, `clearance` what is
//! asked right before a machine is stopped or money is promised.

mod failing;
mod waits;
mod switch;
mod power;
mod clearance;
mod trace;
mod doubt;
mod order;
mod pay;
mod duplicate;
mod change;
mod address;
mod care;
mod offer;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::model::{
    BalanceCheck, InstanceStatus, Lineage, Money, ObservedInstance, OrderId, PaymentStatus,
};
use crate::plan::{Action, Goal, Saga, Undo};
use crate::saga::{Direction, FailureCause, Mode, SagaState, StepEvent, StepRef, StepState};

use super::Tools;
use super::age::Began;
use super::desks::{Books, Desk, Look, Till, Wait, Witnessed};
use super::mail::{End, Message, Recorded};
use super::timing::{LOOK_WITHIN, NAP_UNNOTICED, RETRY, STALE_MAX, SURPRISES_MAX};

/// One worker.
pub(super) struct Worker {
    pub(super) saga: Rc<Saga>,
    pub(super) state: SagaState,
    pub(super) at: StepRef,
    pub(super) lineage: Lineage,
    pub(super) tools: Tools,
    /// When this program began.
    pub(super) began: Began,
    /// How long its own machine had slept when this one was looked at last.
    pub(super) slept: Cell<Duration>,
    /// What it did to this machine before.
    pub(super) witnessed: Witnessed,
    pub(super) desk: Desk,
    pub(super) books: Books,
    pub(super) till: Till,
    /// Orders that are recorded: none of them can be one whose answer was lost.
    pub(super) known_orders: Rc<RefCell<BTreeSet<OrderId>>>,
    /// Orders for which a payment was sent by an earlier run or by a person, and not refused for certain.
    pub(super) payments_sent: Rc<BTreeSet<OrderId>>,
    /// What the plan leaves as it is, and the last look of all should show.
    pub(super) granted: Goal,
    /// What was written down last of an order, by this worker.
    pub(super) told: RefCell<Option<(PaymentStatus, Option<Money>)>>,
    /// The machine as it was seen a moment ago; good for one look, the first.
    pub(super) just_seen: Cell<Option<ObservedInstance>>,
    pub(super) mailbox: mpsc::UnboundedSender<Message>,
    pub(super) limits: Patience,
    /// When the machine's cool-down began, if it may still last.
    pub(super) changed_at: Option<Timestamp>,
    /// The fleet's name, for commands.
    pub(super) fleet: String,
    /// How far the run means to go by now.
    pub(super) mode: Rc<Cell<Mode>>,
    /// Whether an order could be made for the machine in this hour, when the worker was sent.
    pub(super) hours_are_open: bool,
}

/// What this machine's owner is willing to wait for, and wants besides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) stop_within: Duration,
    pub(super) force_stop_after: Option<Duration>,
    pub(super) wait_payment: Duration,
    /// Whether an order is paid only when the balance covers it.
    pub(super) balance: BalanceCheck,
    /// Whether its power is to stay as it is found.
    pub(super) keeps_power: bool,
}

/// What a worker is sent to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Errand {
    /// Do the step, or find out what became of it.
    Do,
    /// Take it back.
    TakeBack,
    /// Watch until no stop can arrive late any more.
    Watch(Timestamp),
    /// Look one last time.
    Look,
}

impl Worker {
    /// Carries the errand and reports.
    pub(super) async fn carry(self, errand: Errand) {
        let end = match errand {
            Errand::Do => self.act(&self.step().action.clone()).await,
            Errand::TakeBack => self.take_back().await,
            Errand::Watch(sent) => self.watch(sent).await,
            Errand::Look => self.last_look().await,
        };
        let at = self.at.clone();
        // A dispatcher that is gone means that the run was dropped.
        self.mailbox
            .send(Message::Ended {
                at,
                end: Box::new(end),
            })
            .ok();
    }

    async fn act(&self, action: &Action) -> End {
        match action {
            Action::Stop { mode } => self.stop(*mode).await,
            Action::Start => self.start().await,
            Action::Modify(call) => self.modify(call).await,
            Action::AllocatePublicIp => self.allocate().await,
            Action::AwaitOrder => self.await_payment(self.limits.wait_payment).await,
            Action::PayOrder => self.pay_order().await,
            Action::CoolDown => self.wait_out_cool_down().await,
            Action::AskOffer(change) => self.ask_offer(change).await,
            Action::RunHook { moment, hook } => self.run_hook(*moment, hook).await,
            Action::AwaitHealth(health) => self.await_health(health).await,
        }
    }

    async fn take_back(&self) -> End {
        match &self.step().undo {
            Undo::By(Action::Start) => {
                let end = self.start().await;
                self.good_again(end).await
            }
            Undo::By(action) => self.act(&action.clone()).await,
            Undo::Nothing | Undo::Never { .. } => End::Succeeded {
                found: true,
                seen: None,
            },
        }
    }

    /// The step this worker is about.
    fn step(&self) -> &crate::plan::Step {
        &self.saga.steps[usize::from(self.at.step)]
    }

    /// What is known of the step from before.
    fn known(&self) -> StepState {
        self.state.step(self.at.step)
    }

    /// Whether it is a step back.
    fn is_undo(&self) -> bool {
        self.at.direction == Direction::Undo
    }

    /// Whether the machine is down for this step alone: it ran before, and comes up as soon as the step has failed.
    fn is_held_down(&self) -> bool {
        let is_down = self.step().before.status == Some(InstanceStatus::Stopped);
        is_down && self.state.was_running && !self.is_undo()
    }

    /// How long to wait before the next look.
    fn pause(&self, wait: Wait, waited: Duration) -> Duration {
        self.desk.sights.borrow().pause(wait, waited)
    }

    /// Something took so long, from its call until a look showed it.
    fn took(&self, wait: Wait, long: Duration) {
        self.desk.sights.borrow_mut().took(wait, long);
    }

    async fn look(&self) -> Look {
        self.desk.look(&self.saga.region, &self.saga.instance).await
    }

    /// Looks until a look succeeds; reading harms nobody.
    ///
    /// # Errors
    /// The end of the task, when looking is not possible for too long or the machine is gone.
    async fn look_patiently(&self) -> Result<ObservedInstance, End> {
        // The step before has just looked, or somebody's look came along here.
        if let Some(seen) = self.just_seen.take() {
            return Ok(seen);
        }
        self.slept.set(self.slept_so_far());
        match self.look_until_told().await {
            Ok(Some(seen)) => Ok(seen),
            Ok(None) => Err(self.failed(FailureCause::Gone, "the machine is not there any more")),
            Err(error) => Err(self.refused_as(FailureCause::Unknown, &error)),
        }
    }

    /// One list without the machine is no proof that it is gone, and it may be held down: it is believed once several
    /// lists, for longer than a read may be behind, had it not.
    async fn look_until_told(&self) -> Look {
        let begun = self.tools.clock.elapsed();
        let (mut missing_since, mut n_missing) = (None, 0);
        loop {
            match self.look().await {
                Ok(Some(seen)) => return Ok(Some(seen)),
                Ok(None) => {
                    let now = self.tools.clock.elapsed();
                    n_missing += 1;
                    let missing = now - *missing_since.get_or_insert(now);
                    if missing > STALE_MAX && n_missing >= SURPRISES_MAX {
                        return Ok(None);
                    }
                    self.waiting("the cloud does not list it just now".to_owned());
                }
                Err(error) if self.tools.clock.elapsed() - begun > LOOK_WITHIN => {
                    return Err(error);
                }
                Err(error) => self.waiting(format!("it cannot be looked at: {error}")),
            }
            self.tools.clock.sleep(RETRY).await;
        }
    }

    /// Makes something durable.
    ///
    /// # Errors
    /// The end of the task, when the journal takes no more, or when the machine that this runs on slept since the
    /// last look: then nothing leaves it, and what was announced is in doubt like any call without an answer.
    async fn record(&self, event: StepEvent) -> Result<(), End> {
        self.record_at(self.at.clone(), event).await?;
        let slept = self.slept_so_far().saturating_sub(self.slept.get());
        if slept > NAP_UNNOTICED {
            return Err(End::Withdrawn);
        }
        Ok(())
    }

    fn slept_so_far(&self) -> Duration {
        self.began.slept(self.tools.clock.as_ref())
    }

    async fn record_at(&self, at: StepRef, event: StepEvent) -> Result<(), End> {
        let (ack, recorded) = oneshot::channel();
        self.mailbox.send(Message::Record { at, event, ack }).ok();
        match recorded.await {
            Ok(Recorded::Durable) => Ok(()),
            Ok(Recorded::Withdrawn) => Err(End::Withdrawn),
            Ok(Recorded::Lost) | Err(_) => Err(End::JournalLost),
        }
    }

    /// Makes something durable if that is still possible: what has happened is followed to its end
    /// either way, and nothing new is sent for it.
    async fn note(&self, event: StepEvent) {
        self.note_at(self.at.clone(), event).await;
    }

    /// The same, about another step of this machine.
    async fn note_at(&self, at: StepRef, event: StepEvent) {
        let _written_or_not = self.record_at(at, event).await;
    }

    fn waiting(&self, reason: String) {
        self.mailbox
            .send(Message::Waiting {
                at: self.at.clone(),
                reason,
            })
            .ok();
    }
}
