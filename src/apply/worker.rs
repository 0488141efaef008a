//! A worker carries one task of one machine and answers by message. It shares no state, writes no
//! journal and emits no event.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use crate::cloud::CloudError;
use crate::model::{
    BalanceCheck, Crowd, InstanceStatus, Lineage, Money, ObservedInstance, OrderId, PaymentStatus,
};
use crate::plan::{Action, Saga, Undo};
use crate::planted::{self, Fault};
use crate::probe::Sight;
use crate::saga::{
    Direction, Failure, FailureCause, Mode, SagaState, StepEvent, StepRef, StepState,
};

use super::Tools;
use super::age::Began;
use super::books::Books;
use super::desk::{Desk, Look};
use super::scope::Scope;
use super::sights::Wait;
use super::till::Till;
use super::timing::{COOL_DOWN, HORIZON, LOOK_WITHIN, POLL, RETRY, STALE_MAX, poll_after};

/// What a worker tells the dispatcher.
pub(super) enum Message {
    /// Make this durable, then let me go on.
    Record {
        /// About which step.
        at: StepRef,
        /// What.
        event: StepEvent,
        /// Whether it is durable.
        ack: Ack,
    },
    /// Something takes time.
    Waiting {
        /// Which step.
        at: StepRef,
        /// For what.
        reason: String,
    },
    /// What a gate asks for was looked at.
    Looked {
        /// Behind which batch of whom it stands.
        gate: (Crowd, u32),
        /// What was seen.
        sight: Sight,
    },
    /// The task is over.
    Ended {
        /// Which step it was about.
        at: StepRef,
        /// How it ended.
        end: Box<End>,
    },
}

/// Tells a worker what became of its record.
pub(super) type Ack = oneshot::Sender<Recorded>;

/// Whether an intent is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded {
    /// It is.
    Durable,
    /// It is not, and nothing may be sent for it.
    Lost,
    /// It is not: something else has happened since, which forbids it.
    Withdrawn,
}

/// How a task ended.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// The goal shows.
    Succeeded {
        /// Whether it showed before anything was sent.
        found: bool,
        /// The machine as it looked.
        seen: Option<ObservedInstance>,
    },
    /// The goal cannot be reached.
    Failed {
        /// Why.
        failure: Failure,
        /// Whom the refusal speaks for.
        scope: Option<Scope>,
    },
    /// An order waits to be paid.
    Paused,
    /// No stop can arrive late any more, and the machine is up.
    Settled(Option<ObservedInstance>),
    /// It cannot be looked at, so nobody knows whether a late stop has taken it down.
    Unwatched(String),
    /// A late stop has taken the machine down.
    FellOver,
    /// The machine as it is at the end; none when it is not there.
    Seen(Option<ObservedInstance>),
    /// The step may not be begun any more; nothing was sent.
    Withdrawn,
    /// The journal took no more; nothing was sent.
    JournalLost,
}

/// One worker.
pub(super) struct Worker {
    pub(super) saga: Rc<Saga>,
    pub(super) state: SagaState,
    pub(super) at: StepRef,
    pub(super) lineage: Lineage,
    pub(super) tools: Tools,
    /// When this program began.
    pub(super) began: Began,
    /// When a change of the machine succeeded last in this program, by elapsed time.
    pub(super) changed_here: Option<Duration>,
    /// When a stop of the machine was lost last in this program, by elapsed time.
    pub(super) lost_here: Option<Duration>,
    pub(super) desk: Desk,
    pub(super) books: Books,
    pub(super) till: Till,
    /// Orders that are recorded: none of them can be one whose answer was lost.
    pub(super) known_orders: Rc<RefCell<BTreeSet<OrderId>>>,
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
}

/// What this machine's owner is willing to wait for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) stop_within: Duration,
    pub(super) force_stop_after: Option<Duration>,
    pub(super) wait_payment: Duration,
    /// Whether an order is paid only when the balance covers it.
    pub(super) balance: BalanceCheck,
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
    pub(super) fn step(&self) -> &crate::plan::Step {
        &self.saga.steps[usize::from(self.at.step)]
    }

    /// What is known of the step from before.
    pub(super) fn known(&self) -> StepState {
        self.state.step(self.at.step)
    }

    /// Whether it is a step back.
    pub(super) fn is_undo(&self) -> bool {
        self.at.direction == Direction::Undo
    }

    /// How long to wait before the next look.
    pub(super) fn pause(&self, wait: Wait, waited: Duration) -> Duration {
        self.desk.sights.borrow().pause(wait, waited)
    }

    /// Something took so long, from its call until a look showed it.
    pub(super) fn took(&self, wait: Wait, long: Duration) {
        self.desk.sights.borrow_mut().took(wait, long);
    }

    pub(super) async fn look(&self) -> Look {
        self.desk.look(&self.saga.region, &self.saga.instance).await
    }

    /// Looks until a look succeeds; reading harms nobody.
    ///
    /// # Errors
    /// The end of the task, when looking is not possible for too long or the machine is gone.
    pub(super) async fn look_patiently(&self) -> Result<ObservedInstance, End> {
        // The step before has just looked, or somebody's look came along here.
        if let Some(seen) = self.just_seen.take() {
            return Ok(seen);
        }
        match self.look_until_told().await {
            Ok(Some(seen)) => Ok(seen),
            Ok(None) => {
                Err(self.failed(FailureCause::Surprised, "the machine is not there any more"))
            }
            Err(error) => Err(self.refused_as(FailureCause::Unknown, &error)),
        }
    }

    async fn look_until_told(&self) -> Look {
        let begun = self.tools.clock.elapsed();
        loop {
            match self.look().await {
                Err(error) if self.tools.clock.elapsed() - begun > LOOK_WITHIN => {
                    return Err(error);
                }
                Err(error) => {
                    self.waiting(format!("it cannot be looked at: {error}"));
                    self.tools.clock.sleep(RETRY).await;
                }
                told => return told,
            }
        }
    }

    /// Makes something durable.
    ///
    /// # Errors
    /// The end of the task, when the journal takes no more.
    pub(super) async fn record(&self, event: StepEvent) -> Result<(), End> {
        self.record_at(self.at.clone(), event).await
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
    pub(super) async fn note(&self, event: StepEvent) {
        self.note_at(self.at.clone(), event).await;
    }

    /// The same, about another step of this machine.
    pub(super) async fn note_at(&self, at: StepRef, event: StepEvent) {
        let _written_or_not = self.record_at(at, event).await;
    }

    pub(super) fn waiting(&self, reason: String) {
        self.mailbox
            .send(Message::Waiting {
                at: self.at.clone(),
                reason,
            })
            .ok();
    }

    pub(super) fn failed(&self, cause: FailureCause, message: impl Into<String>) -> End {
        let failure = Failure {
            cause,
            message: message.into(),
            code: None,
            request_id: None,
        };
        End::Failed {
            failure,
            scope: None,
        }
    }

    /// Refused by ourselves, for a reason that holds for others too.
    pub(super) fn failed_for(&self, scope: Scope, message: String) -> End {
        match self.failed(FailureCause::Refused, message) {
            End::Failed { failure, .. } => End::Failed {
                failure,
                scope: Some(scope),
            },
            end => end,
        }
    }

    pub(super) fn refused(&self, error: &CloudError) -> End {
        let scope = if self.is_undo() {
            None
        } else {
            Scope::of(error, &self.saga)
        };
        End::Failed {
            failure: failure_of(FailureCause::Refused, error),
            scope,
        }
    }

    pub(super) fn refused_as(&self, cause: FailureCause, error: &CloudError) -> End {
        End::Failed {
            failure: failure_of(cause, error),
            scope: None,
        }
    }

    /// R52: the cloud refuses a second change within five minutes; this waits until it would not.
    async fn wait_out_cool_down(&self) -> End {
        let since = self.state.changed_at.max(self.changed_at);
        if let Some(since) = since.filter(|_| !planted::is(Fault::CoolDownIgnored)) {
            let clock = self.tools.clock.as_ref();
            let gone = match self.changed_here {
                Some(at) => clock.elapsed().saturating_sub(at),
                None => clock.wall().duration_since(since).unsigned_abs(),
            };
            let left = COOL_DOWN.saturating_sub(gone);
            if !left.is_zero() {
                self.waiting(format!("cool-down of {} s", left.as_secs()));
                self.tools.clock.sleep(left).await;
            }
        }
        End::Succeeded {
            found: true,
            seen: None,
        }
    }

    /// Watches a machine after a stop that was never answered: it may arrive late.
    async fn watch(&self, sent: Timestamp) -> End {
        let clock = self.tools.clock.as_ref();
        let gone = match self.lost_here {
            Some(at) => clock.elapsed().saturating_sub(at),
            None => self.began.at_least(sent, clock),
        };
        let left = HORIZON.saturating_sub(gone);
        if !left.is_zero() {
            self.waiting(format!(
                "a stop that got lost may arrive for another {} s",
                left.as_secs()
            ));
            self.tools.clock.sleep(left).await;
        }
        let begun = self.tools.clock.elapsed();
        loop {
            let seen = match self.look_until_told().await {
                Ok(Some(seen)) => seen,
                // What is not there any more, no stop takes down.
                Ok(None) => return End::Settled(None),
                Err(error) => return End::Unwatched(error.to_string()),
            };
            match seen.status {
                InstanceStatus::Running => return End::Settled(Some(seen)),
                InstanceStatus::Stopped => return End::FellOver,
                InstanceStatus::Pending
                | InstanceStatus::Starting
                | InstanceStatus::Stopping
                | InstanceStatus::Other(_) => {
                    let watched = self.tools.clock.elapsed() - begun;
                    self.tools.clock.sleep(poll_after(watched)).await;
                }
            }
        }
    }

    /// What is recorded of the machine: it is waited for what was done to show, since reads lag behind.
    async fn last_look(&self) -> End {
        let begun = self.tools.clock.elapsed();
        loop {
            let Ok(seen) = self.look_patiently().await else {
                return End::Seen(None);
            };
            let looked = self.tools.clock.elapsed() - begun;
            if looked >= STALE_MAX || self.state.shows_its_work(&self.saga, &seen) {
                return End::Seen(Some(seen));
            }
            self.tools.clock.sleep(POLL).await;
        }
    }
}

/// Longest message that is kept of a refusal; journal values stay small.
const MESSAGE_CHARS_MAX: usize = 300;

/// A failure that says what was found, and what the cloud had said last.
pub(super) fn failure_with(cause: FailureCause, found: &str, told: Option<&CloudError>) -> Failure {
    let Some(error) = told else {
        return Failure {
            cause,
            message: found.to_owned(),
            code: None,
            request_id: None,
        };
    };
    let message = format!("{found}; the last call was told: {}", error.message);
    let error = CloudError {
        message,
        ..error.clone()
    };
    failure_of(cause, &error)
}

fn failure_of(cause: FailureCause, error: &CloudError) -> Failure {
    Failure {
        cause,
        message: format!("{}: {}", error.operation, error.message)
            .chars()
            .take(MESSAGE_CHARS_MAX)
            .collect(),
        code: error.code.clone(),
        request_id: error.request_id.clone(),
    }
}
