//! The dispatcher: one loop that takes messages, interrupts and timers, and is alone in changing anything.
//!
//! In: a job, what workers say, signals. Out: journal entries, events, errands for workers, and in the end what
//! became of the run. Its files are its chapters, in the order in which a run meets them; all of them are
//! methods of one [`Dispatcher`], whose fields nobody outside sees.
//!
//! ```text
//!   queue, pace, crowd       who waits, at which rate, among whom
//!   telling, following       events
//!   record                   the journal, and what follows from an entry
//!   turns, ready, gates      whose turn it is; errands sends the worker
//!   turning, closing         a machine turns back, a machine ends
//!   standstill, resting      nobody's turn: what is waited for, and until when
//!   messages                 what workers report
//!   opening, interrupted, ending
//! ```

mod queue;
mod pace;
mod crowd;
mod telling;
mod turns;
mod following;
mod record;
mod errands;
mod turning;
mod closing;
mod resting;
mod gates;
mod ready;
mod standstill;
mod messages;
mod opening;
mod ending;
mod interrupted;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::event::Event;
use crate::model::{Crowd, InstanceId, ObservedInstance, OrderId};
use crate::plan::{Node, Saga, SavedPlan, StepGraph};
use crate::planted::{self, Fault};
use crate::saga::{Brakes, Hold, IllegalEntry, Mode, OrderRecord, RunState, in_force};

use super::age::Began;
use super::desks::{Books, Desk, Sights, Till, Witness};
use super::mail::{Message, Recorded};
use super::outcome::{JournalLost, LeftAlone, Rests};
use super::scope::Scope;
use super::{Interrupt, Job, Options, RunOutcome, Tools};

use self::crowd::{brakes, bystanders, found_down, queue};
use pace::Pace;
use queue::Queue;

/// How far the looks at one gate have come in this apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looking {
    /// Somebody is looking; so many looks showed something bad before.
    UnderWay(u32),
    /// So many looks showed something bad; the next one is at this time.
    Again(u32, Duration),
    /// The last one that is allowed did. The next apply looks again.
    GivenUp,
}

/// One task under way.
struct UnderWay {
    abort: AbortHandle,
    /// What it does: `stop`, `modify`, ….
    verb: &'static str,
    /// Whether it may take the machine down any moment.
    takes_down: bool,
    work: Work,
    /// Whether it has announced anything: what it announced in time it may send again in any hour.
    has_announced: bool,
}

/// How a task goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// It asks something of the cloud, and follows that to its end.
    Acts,
    /// It waits until its machine is good; nothing is in flight, so that an interrupt may end it.
    AwaitsHealth,
    /// It waits for a payment or a cool-down. The same holds, and as nobody was taken down for that it takes nobody's turn.
    WaitsInService,
}

/// What is waited for, and what of it was told.
#[derive(Debug, Default)]
struct Waits {
    /// What holds machines back, as far as it was met since everybody was asked last.
    holds: Vec<Hold>,
    /// Holds that were told.
    told_holds: BTreeSet<String>,
    /// Machines that cool down, of which it is told when their turn comes.
    untold: BTreeSet<InstanceId>,
    /// Batches of which it was told that they begin.
    told_batches: BTreeSet<(Crowd, u32)>,
    /// What the run waits for when this apply ends, once each.
    pauses: Vec<Hold>,
    /// Machines the next apply goes on with.
    rests: BTreeMap<InstanceId, Rests>,
}

/// Whether those who are down were looked at again before others were given up because of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LookedAgain {
    /// Not yet.
    No,
    /// They were.
    Yes,
}

pub(super) struct Dispatcher<'a> {
    job: Job<'a>,
    /// When this program began.
    began: Began,
    /// What it did to each machine.
    witness: Witness,
    options: Options,
    tools: Tools,
    on_event: &'a mut dyn FnMut(&Event),
    sagas: BTreeMap<InstanceId, Rc<Saga>>,
    /// Machines that may be begun.
    queue: Queue,
    /// In which turn they are taken down.
    pace: Pace,
    graph: StepGraph,
    /// Nodes others wait for that are finished.
    finished: BTreeSet<Node>,
    state: RunState,
    brakes: Brakes,
    active: BTreeMap<InstanceId, UnderWay>,
    /// Begun machines that may have something to do.
    idle: BTreeSet<InstanceId>,
    /// Begun machines whose next step takes them down, when too many are down already.
    waiting_for_a_place: BTreeMap<Crowd, BTreeSet<InstanceId>>,
    waits: Waits,
    /// Whether machines that were not begun should be looked at again.
    reconsider: bool,
    left_alone: BTreeMap<InstanceId, LeftAlone>,
    scopes: Vec<(Scope, String)>,
    /// Elapsed time before which a machine is not begun (R52).
    not_before: BTreeMap<InstanceId, Duration>,
    seen: BTreeMap<InstanceId, ObservedInstance>,
    /// Machines that were not up when the program began, and have not come up since.
    found_down: BTreeSet<InstanceId>,
    /// Whether those who are down were looked at again since a machine was begun last.
    looked_again: LookedAgain,
    /// When a machine came up last because of us.
    up_since: BTreeMap<InstanceId, Duration>,
    /// Since when a machine is down because of us, and for how long it was before.
    outage: BTreeMap<InstanceId, (Option<Duration>, Duration)>,
    step_begun: BTreeMap<InstanceId, Duration>,
    orders: BTreeMap<OrderId, InstanceId>,
    /// Every order that is recorded, by this run or an earlier one.
    known_orders: Rc<RefCell<BTreeSet<OrderId>>>,
    /// Those of which a payment was sent before this apply began.
    payments_sent: Rc<BTreeSet<OrderId>>,
    /// How far the looks at gates have come.
    looking: BTreeMap<(Crowd, u32), Looking>,
    mode: Mode,
    /// The same, for workers that wait for long.
    mode_of_workers: Rc<Cell<Mode>>,
    interrupted: Option<u8>,
    journal_lost: Option<JournalLost>,
    /// How often something was to be written of a machine that cannot follow.
    astray: BTreeMap<InstanceId, u32>,
    next_seq: u64,
    next_event: u64,
    tasks: JoinSet<()>,
    desk: Desk,
    books: Books,
    till: Till,
    mailbox: mpsc::UnboundedSender<Message>,
    messages: UnboundedReceiver<Message>,
    /// Machines that were looked at along the way.
    noticed: UnboundedReceiver<Vec<Rc<ObservedInstance>>>,
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
        let state = state_of(&job)?;
        let brakes = brakes(&job, &options.hours, tools.clock.as_ref());
        let mut tasks = JoinSet::new();
        let (notice, noticed) = mpsc::unbounded_channel();
        let desk = Desk::open(&mut tasks, &tools.cloud, &tools.clock, notice);
        let sights = Sights::begin(job.observed, bystanders(&job), tools.clock.elapsed());
        desk.sights.replace(sights);
        let books = Books::open(&tools.billing, &tools.clock);
        let till = Till::open(&tools.billing, &tools.clock);
        let (mailbox, messages) = mpsc::unbounded_channel();
        let mut dispatcher = Self {
            sagas: chains(job.plan, &state),
            queue: queue(&job, &graph, &brakes),
            pace: Pace::default(),
            graph,
            finished: BTreeSet::new(),
            brakes,
            active: BTreeMap::new(),
            idle: state.sagas.keys().cloned().collect(),
            state,
            waiting_for_a_place: BTreeMap::new(),
            waits: Waits::default(),
            reconsider: true,
            left_alone: BTreeMap::new(),
            scopes: Vec::new(),
            not_before: BTreeMap::new(),
            seen: BTreeMap::new(),
            found_down: found_down(&job),
            looked_again: LookedAgain::No,
            up_since: BTreeMap::new(),
            outage: BTreeMap::new(),
            step_begun: BTreeMap::new(),
            orders: BTreeMap::new(),
            known_orders: Rc::new(RefCell::new(job.orders.keys().cloned().collect())),
            payments_sent: Rc::new(payments_sent(job.orders)),
            looking: BTreeMap::new(),
            mode: options.mode,
            mode_of_workers: Rc::new(Cell::new(options.mode)),
            interrupted: None,
            journal_lost: None,
            astray: BTreeMap::new(),
            next_seq: job.next_seq,
            next_event: 0,
            began: Began::now(tools.clock.as_ref()),
            witness: Witness::default(),
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
            noticed,
        };
        dispatcher.take_up_history();
        Ok(dispatcher)
    }

    /// The loop.
    pub(super) async fn run(mut self, mut interrupts: UnboundedReceiver<Interrupt>) -> RunOutcome {
        self.open_run().await;
        let mut deaf = false;
        loop {
            self.mind_the_room();
            self.mind_the_journal();
            self.start_what_may_start().await;
            if self.active.is_empty() && !self.is_looking() && self.next_timer().is_none() {
                if self.look_again().await || self.hold_back_the_begun().await {
                    continue;
                }
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
                    Some(Interrupt::Insist { exit_code })
                        if planted::is(Fault::InsistenceIgnored) => self.interrupt(exit_code).await,
                    Some(Interrupt::Insist { exit_code }) => return self.leave_now(exit_code).await,
                    None => deaf = true,
                },
                message = self.messages.recv() => {
                    if let Some(message) = message {
                        self.take_all(message).await;
                    }
                }
                Some(seen) = self.noticed.recv() => self.take_notice(seen),
                Some(ended) = self.tasks.join_next() => pass_on_a_panic(ended),
                () = wake => self.reconsider = true,
            }
        }
        self.close_run().await
    }

    /// Whether anything was lost that an intent depends on.
    fn recorded(&self) -> Recorded {
        if self.journal_lost.is_some() && !planted::is(Fault::LostJournalIgnored) {
            Recorded::Lost
        } else {
            Recorded::Durable
        }
    }
}

/// What the journal says was done; nothing of a new run.
fn state_of(job: &Job<'_>) -> Result<RunState, IllegalEntry> {
    let nothing_done = || RunState::new(job.run.clone(), job.plan.id(), job.plan.intent());
    Ok(RunState::replay(job.history)?.unwrap_or_else(nothing_done))
}

/// The chain of each machine: as planned, or the way back of one that turned.
fn chains(plan: &SavedPlan, state: &RunState) -> BTreeMap<InstanceId, Rc<Saga>> {
    let chain = |(id, planned): (&InstanceId, &Saga)| {
        let begun = state.sagas.get(id);
        let chain = begun.map_or_else(
            || planned.clone(),
            |state| in_force(planned, state).into_owned(),
        );
        (id.clone(), Rc::new(chain))
    };
    plan.sagas.iter().map(chain).collect()
}

/// Orders of which nothing may pay a second time.
fn payments_sent(orders: &BTreeMap<OrderId, OrderRecord>) -> BTreeSet<OrderId> {
    let sent = orders.values().filter(|order| order.payment_sent);
    sent.map(|order| order.order_id.clone()).collect()
}

/// A worker that panicked reports no end; without this its machine would be waited for in vain.
fn pass_on_a_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}
