//! Carrying a plan out: opening the state, choosing between a new run and an open one, showing progress.
//!
//! In: a plan or an open run. Out: how it ended, for the exit code and for the closing words. `signals` lets people stop it,
//! `display` lets them watch it, `apart` writes down what they do by hand.

pub mod signals;
pub mod display;
pub mod apart;

use std::rc::Rc;

use crate::apply::{Approvals, Hours, Job, Options, RunOutcome, Tools, apply};
use crate::clock::Clock;
use crate::model::{Digest, ObservedFleet, RunId};
use crate::plan::SavedPlan;
use crate::report::run::{Board, Tally, settled, summary};
use crate::report::words::terminal;
use crate::saga::{Entry, Keeping, Mode, RunState};
use crate::store::{Contents, OpenRun, Store};

use super::args::{ApplyArgs, Global};
use super::context::Context;
use super::failure::{Done, Failure, Situation};
use super::plan_file::by_role;
use super::planning::choosing::{look, look_where_it_can};
use super::planning::open_run::{owed, unfinished};
use super::planning::rights;
use super::planning::to_adopt;
use super::screen::Screen;

use display::Progress;

/// Everything that a run needs besides its plan.
pub struct Run<'a> {
    /// Cloud, clock, state.
    pub context: &'a Context,
    /// Options of every command.
    pub global: &'a Global,
    /// Where progress goes.
    pub screen: &'a Screen,
    /// How long to wait for unpaid orders.
    pub wait_payment: std::time::Duration,
    /// How long a gate, a window or a freeze is waited for.
    pub wait_gates: std::time::Duration,
    /// Whether windows and freezes hold.
    pub hours: Hours,
    /// To the end, or only until every machine is up.
    pub mode: Mode,
}

/// How a run ended, for the exit code and for the closing words.
pub struct Ended {
    /// For the exit code.
    pub outcome: RunOutcome,
    /// For the closing words.
    pub tally: Tally,
    /// Lines of the JSON stream, where it was told as one.
    pub lines: u64,
}

impl Ended {
    /// The exit code.
    #[must_use]
    pub fn done(&self) -> Done {
        Done::Run(self.outcome.exit_code)
    }

    /// The closing words, and what only the outcome knows.
    #[must_use]
    pub fn words(&self, style: &crate::report::Style) -> String {
        summary(&self.tally, style) + &self.owed()
    }

    /// The same of a run that was only settled.
    #[must_use]
    pub fn words_of_settling(&self, style: &crate::report::Style) -> String {
        settled(&self.tally, style) + &self.owed()
    }

    fn owed(&self) -> String {
        let mut text = String::new();
        let n = self.outcome.blocked;
        if n > 0 {
            text.push_str(&format!("{n} blocked: `respec plan` says by what\n"));
        }
        for owed in &self.outcome.obligations {
            text.push_str(&format!(
                "owed: {} ({}): {}\n",
                owed.name, owed.instance, owed.what
            ));
        }
        if let Some(why) = &self.outcome.journal_lost {
            let why = why.to_string();
            text.push_str(&format!("the state takes no more: {}\n", terminal(&why)));
        }
        if let Some(why) = &self.outcome.journal_short {
            text.push_str(&format!(
                "{}; all was recorded, and nothing more was begun: make room, then apply again\n",
                terminal(why)
            ));
        }
        text
    }
}

impl<'a> Run<'a> {
    /// A run to the end, as the options of `apply` say.
    #[must_use]
    pub fn to_the_end(
        context: &'a Context,
        global: &'a Global,
        args: &ApplyArgs,
        screen: &'a Screen,
    ) -> Self {
        Self {
            context,
            global,
            screen,
            wait_payment: args.wait_payment,
            wait_gates: args.wait_gates,
            hours: args.hours(),
            mode: if args.orders_only {
                Mode::OrdersOnly
            } else {
                Mode::GoOn
            },
        }
    }

    /// Opens the state for writing.
    ///
    /// # Errors
    /// [`Failure`]: held by another run, damaged, not ours.
    pub fn open_store(&self, plan: &SavedPlan) -> Result<Store, Failure> {
        let lineage = plan.stamp.lineage.clone();
        let fleet = &plan.desired.fleet;
        self.context
            .open_store_to_carry_on(fleet, lineage, self.global.lock_timeout)
    }

    /// Begins a new run of this plan.
    ///
    /// # Errors
    /// [`Failure`] before anything was sent.
    pub async fn begin(
        &self,
        store: Store,
        plan: &SavedPlan,
        observed: &ObservedFleet,
    ) -> Result<Ended, Failure> {
        store.check_room().map_err(|error| {
            Failure::store("begin a run", &error).hint("make room, then apply again")
        })?;
        store
            .save_plan(&plan.id(), plan.seal().as_bytes())
            .await
            .map_err(|error| Failure::store("keep the plan", &error))?;
        let contents = store.contents();
        let run = new_run_id(self.context.clock.wall(), &plan.id(), &contents);
        self.carry_out(Rc::new(store), plan, observed, run, &[], &contents)
            .await
    }

    /// Whether the open run may go on: in the name it was begun in, and with the rights that its machines take.
    ///
    /// # Errors
    /// [`Failure`] that says what stands against it; nothing was sent.
    pub async fn may_go_on(&self, plan: &SavedPlan, open: &OpenRun) -> Result<(), Failure> {
        self.by_the_same_role(plan, &open.record.run)?;
        let sagas = unfinished(plan, open).map(|(_, saga)| saga);
        let checks = rights::demand(self.context.cloud.as_ref(), sagas).await?;
        self.screen.talk(&rights::doubts(&checks));
        Ok(())
    }

    /// Goes on with the open run of this state.
    ///
    /// # Errors
    /// [`Failure`] when its plan cannot be read back; nothing was sent.
    pub async fn go_on(&self, store: Rc<Store>) -> Result<Ended, Failure> {
        let contents = store.contents();
        let open = contents.open_run.as_ref();
        let open = open.ok_or_else(|| Failure::new(Situation::Other, "there is no open run"))?;
        let plan = load_plan(&store, &open.record.plan_id).await?;
        let mut observed = self.look(&plan, open).await?;
        let now = self.context.clock.wall();
        contents.applied.look_beneath_upgrades(&mut observed, now);
        let run = open.record.run.clone();
        self.carry_out(store, &plan, &observed, run, &open.entries, &contents)
            .await
    }

    /// The fleet as it is. Whom this only brings up waits for no region but its own.
    async fn look(&self, plan: &SavedPlan, open: &OpenRun) -> Result<ObservedFleet, Failure> {
        let (context, account) = (self.context, plan.account.clone());
        let refusal = match look(context, account.clone(), &plan.desired).await {
            Ok(observed) => return Ok(observed),
            Err(refusal) => refusal,
        };
        if self.mode != Mode::PutBack {
            return Err(refusal);
        }
        let seen = look_where_it_can(context, account, &plan.desired).await;
        let owed = owed(plan, open);
        if !owed.iter().any(|id| seen.instances.contains_key(id)) {
            return Err(refusal);
        }
        let why = refusal.chain.join(": ");
        self.screen.talk(&format!(
            "{}; who is seen is brought up all the same.\n",
            terminal(&why)
        ));
        Ok(seen)
    }

    /// Who only brings machines up may be anybody of the account, and does not ask.
    fn by_the_same_role(&self, plan: &SavedPlan, run: &RunId) -> Result<(), Failure> {
        let (planned, own) = (&plan.desired.role, &self.context.role);
        if planned == own {
            return Ok(());
        }
        let message = format!(
            "run {run} is carried out {}, and the manifest says {}",
            by_role(planned.as_ref()),
            by_role(own.as_ref())
        );
        Err(Failure::new(Situation::Stale, message)
            .hint("write the old `account:` back, or give the run up: respec cancel"))
    }

    fn board(&self, job: &Job<'_>, clock: &dyn Clock) -> Board {
        let keeping = match &self.hours {
            Hours::Kept => Keeping::Hours,
            Hours::Waived(_) => Keeping::NoHours,
        };
        let now = (clock.wall(), clock.speed());
        let board = Board::of(job.plan, job.observed, keeping, now);
        // A journal that cannot be read ends the run before it is shown.
        match RunState::replay(job.history) {
            Ok(Some(state)) => board.taking_up(job.plan, &state),
            Ok(None) | Err(_) => board,
        }
    }

    async fn carry_out(
        &self,
        store: Rc<Store>,
        plan: &SavedPlan,
        observed: &ObservedFleet,
        run: RunId,
        history: &[Entry],
        contents: &Contents,
    ) -> Result<Ended, Failure> {
        let holder = &self.context.holder;
        let clock = self.context.clock.clone();
        let adopt = to_adopt(plan, observed, Some(contents), clock.wall());
        let tools = Tools {
            cloud: self.context.cloud.clone(),
            billing: self.context.cloud.clone(),
            prices: self.context.cloud.clone(),
            payer: self.context.payer.clone(),
            journal: store,
            prober: self.context.prober.clone(),
            clock,
        };
        let job = Job {
            plan,
            run,
            history,
            next_seq: contents.next_seq,
            change_numbers: &contents.change_numbers,
            applied: &contents.applied,
            orders: &contents.orders,
            observed,
            adopt,
            who: holder.who(),
            command: holder.command.clone(),
        };
        let options = Options {
            mode: self.mode,
            parallelism: usize::from(self.global.parallelism),
            wait_payment: self.wait_payment,
            wait_gates: self.wait_gates,
            hours: self.hours.clone(),
            approvals: Approvals::Awaited,
        };
        let clock = tools.clock.clone();
        let board = || self.board(&job, clock.as_ref());
        let mut progress = Progress::begin(self.global, self.screen, &clock, board);
        let interrupts = signals::listen()?;
        let outcome = apply(job, options, tools, interrupts, &mut |event| {
            progress.event(event);
        })
        .await;
        let (mut tally, lines) = progress.finish();
        self.context.save_world()?;
        let outcome = outcome.map_err(|error| {
            Failure::from_error(Situation::Other, "read the journal of the open run", &error)
                .hint("nothing was done; docs/recovery.md says what to do with a damaged state")
        })?;
        tally.know_blocked(outcome.blocked);
        Ok(Ended {
            outcome,
            tally,
            lines,
        })
    }
}

/// The plan that an open run carries out.
///
/// # Errors
/// [`Failure`] when it is gone or was altered.
pub async fn load_plan(store: &Store, id: &Digest) -> Result<SavedPlan, Failure> {
    let bytes = store.load_plan(id).await;
    open_plan(&bytes.map_err(|error| Failure::store("read the plan of the open run", &error))?)
}

/// The same, from its bytes.
///
/// # Errors
/// [`Failure`] when it was altered.
pub fn open_plan(bytes: &[u8]) -> Result<SavedPlan, Failure> {
    SavedPlan::open(bytes).map_err(|error| {
        Failure::from_error(Situation::Stale, "read the plan of the open run", &error)
    })
}

/// `20261122T013000-4f1c9e`: sorts by time, names the plan, and is never given out twice.
#[must_use]
pub fn new_run_id(now: jiff::Timestamp, plan: &Digest, contents: &Contents) -> RunId {
    let base = format!("{}-{}", now.strftime("%Y%m%dT%H%M%S"), plan.short(6));
    let taken = |name: &str| {
        contents
            .runs
            .iter()
            .any(|record| record.run.as_str() == name)
    };
    let name = (1..)
        .map(|n| {
            if n == 1 {
                base.clone()
            } else {
                format!("{base}-{n}")
            }
        })
        .find(|name| !taken(name))
        .expect("there are more numbers than runs");
    RunId::new(name).expect("digits, letters and dashes")
}
