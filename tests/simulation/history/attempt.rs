//! One attempt of a history: a run of the program, from opening its store to its end, whichever way that comes.

use std::rc::Rc;
use std::time::Duration;

use respec::aliyun::Aliyun;
use respec::apply::{
    Job, OpenRun, Options, Payer, RunOutcome, Tools, apply, approve, waiting_gates,
};
use respec::cloud::Cloud as _;
use respec::event::Event;
use respec::model::{ObservedFleet, RunId};
use respec::plan::SavedPlan;
use respec::saga::Mode;
use respec::store::Store;

use super::History;
use crate::doors::WatchedJournal;
use crate::minds;
use crate::money;
use crate::rollouts::Going;
use crate::script::{Fate, Mind};

/// Longest that one apply may take.
const APPLY_MAX: Duration = Duration::from_secs(24 * 3600);

/// So long gates and hours are waited for: the longest that a window of these histories is shut, a freeze, and some
/// more.
const WAIT_GATES: Duration = Duration::from_secs(8 * 3600);

/// How an attempt ended.
pub(super) enum Attempt {
    /// The program died.
    Died,
    /// It could not even look at the fleet.
    Blind,
    /// It ended by itself.
    Ended(Box<RunOutcome>),
    /// Something else than an apply was asked for, and is done.
    Aside,
}

/// What one program is to do, and what befalls it.
struct Errand {
    attempt: usize,
    fate: Fate,
    mode: Mode,
}

impl History {
    /// One run of the program, from opening the store to its end, whichever way that comes.
    pub(super) async fn attempt(self: &Rc<Self>, attempt: usize, fate: Fate) -> Attempt {
        self.eye.log(|| format!("== attempt {attempt}: {fate:?}"));
        self.death.begin(fate);
        self.eye.begin_attempt();
        let ahead = self.script.skews.get(attempt).copied().unwrap_or_default();
        self.own_clock.ahead.set(ahead);
        self.set_clock_later(attempt);
        let now = self.rig.world_clock.elapsed();
        let mut naps = self.script.naps.iter();
        let nap = naps.find(|(at, _, _)| *at == attempt);
        let nap = nap.map(|(_, after, long)| (now + *after, now + *after + *long));
        self.death.sleeps(nap);
        self.own_clock.nap.set(nap);
        let program = self.program(attempt, fate);
        let ended = tokio::select! { biased;
            ended = tokio::time::timeout(APPLY_MAX, program) => match ended {
                Ok(ended) => ended,
                Err(_) => {
                    self.eye.object("I9", format!("attempt {attempt} does not end in {APPLY_MAX:?}"));
                    Attempt::Died
                }
            },
            () = self.death.comes() => Attempt::Died,
            () = self.dies(fate) => Attempt::Died,
        };
        if attempt == 0 {
            self.points.replace(self.death.points());
        }
        ended
    }

    /// A death that comes at its own time.
    async fn dies(&self, fate: Fate) {
        match fate {
            Fate::Dies(after) => self.rig.world_clock.sleep(after).await,
            Fate::Spared
            | Fate::DiesAtCall(..)
            | Fate::DiesAtAppend(..)
            | Fate::Interrupted(..) => std::future::pending().await,
        }
        self.eye.log(|| "dies".to_owned());
    }

    async fn program(self: &Rc<Self>, attempt: usize, fate: Fate) -> Attempt {
        let store = match Store::in_memory(&self.kv, &self.rig.lineage) {
            Ok(store) => Rc::new(store),
            Err(error) => {
                self.eye.log(|| format!("the store does not open: {error}"));
                return Attempt::Blind;
            }
        };
        let cloud = self.rig.client(self.wire.clone());
        let mind = minds::of(self, attempt, &store);
        if mind == Some(Mind::Reconcile) {
            minds::reconcile(self, &cloud, &store).await;
            return Attempt::Aside;
        }
        self.approve(&store).await;
        let Some((plan, observed)) = self.decide(&cloud, &store).await else {
            return Attempt::Blind;
        };
        self.eye.plan.replace(Some(plan.clone()));
        let job = Errand {
            attempt,
            fate,
            mode: mind.map_or(Mode::GoOn, minds::mode),
        };
        if job.mode == Mode::PutBack {
            self.eye.asked();
        }
        let ahead = job.mode == Mode::OrdersOnly;
        self.eye.rollouts.makes_orders_ahead(ahead);
        let ended = self
            .carry_out(&job, &cloud, store.clone(), &plan, &observed)
            .await;
        if let (Some(Mind::GiveUp), Attempt::Ended(outcome)) = (mind, &ended) {
            minds::close(self, &cloud, &store, outcome).await;
        }
        ended
    }

    /// The journal of this program, as the harness sees it.
    pub(crate) fn journal(&self, store: &Rc<Store>) -> WatchedJournal {
        WatchedJournal {
            store: Rc::clone(store),
            clock: self.rig.world_clock.clone(),
            death: Rc::clone(&self.death),
            eye: Rc::clone(&self.eye),
        }
    }

    /// Before an apply, somebody opens every gate that waits.
    async fn approve(&self, store: &Store) {
        let contents = store.contents();
        let Some(open) = &contents.open_run else {
            return;
        };
        let Some(plan) = self.plans.borrow().get(&open.record.run).cloned() else {
            return;
        };
        let run = OpenRun {
            run: &open.record.run,
            plan: &plan,
            entries: &open.entries,
            next_seq: contents.next_seq,
            applied: &contents.applied,
        };
        // One at a time: the next attempt comes anyway, and the journal has moved on.
        let gates = waiting_gates(&run).unwrap_or_else(|illegal| {
            self.eye.object("I14", illegal.to_string());
            Vec::new()
        });
        if let Some(gate) = gates.first() {
            let clock = self.rig.clock.clone();
            let done = approve(&run, gate, "somebody@somewhere", store, clock.as_ref()).await;
            self.eye
                .log(|| format!("-- {gate:?} is approved: {done:?}"));
            self.eye.rollouts.approved(&open.record.run, &gate.0);
        }
    }

    /// The open run's plan, or a new one.
    async fn decide(&self, cloud: &Aliyun, store: &Store) -> Option<(SavedPlan, ObservedFleet)> {
        let contents = store.contents();
        let open = contents
            .open_run
            .as_ref()
            .map(|open| open.record.run.clone());
        if let Some(plan) = open.and_then(|run| self.plans.borrow().get(&run).cloned()) {
            let account = cloud.caller_identity().await.ok()?;
            let observed = self.rig.look(cloud, account).await.ok()?;
            self.decided(Going::On);
            return Some((plan, observed));
        }
        let planned = self.rig.plan(cloud, &contents).await.ok()?;
        let about_money = self.script.theme.is_about_money();
        if about_money && !money::keeps_within(&planned.plan, self.script.seed) {
            self.eye.log(|| "== refused: over its budget".to_owned());
            return None;
        }
        self.decided(Going::Anew);
        Some((planned.plan, planned.observed))
    }

    fn decided(&self, going: Going) {
        let truth = self.rig.world.lock().unwrap().truth();
        self.eye.rollouts.decided(&truth, going);
    }

    async fn carry_out(
        self: &Rc<Self>,
        errand: &Errand,
        cloud: &Rc<Aliyun>,
        store: Rc<Store>,
        plan: &SavedPlan,
        observed: &ObservedFleet,
    ) -> Attempt {
        let contents = store.contents();
        let open = contents.open_run.as_ref();
        let run = open.map_or_else(
            || RunId::new(format!("run-{}", errand.attempt)).unwrap(),
            |open| open.record.run.clone(),
        );
        let history = open.map_or_else(Vec::new, |open| open.entries.clone());
        self.eye.began_here.set(contents.next_seq - 1);
        self.eye.take_up(&history);
        self.plans.borrow_mut().insert(run.clone(), plan.clone());
        let job = Job {
            plan,
            run,
            history: &history,
            next_seq: contents.next_seq,
            change_numbers: &contents.change_numbers,
            applied: &contents.applied,
            orders: &contents.orders,
            observed,
            adopt: Vec::new(),
            who: "somebody@somewhere".to_owned(),
            command: "respec apply".to_owned(),
        };
        let tools = Tools {
            cloud: cloud.clone(),
            billing: cloud.clone(),
            prices: cloud.clone(),
            payer: self.payer(),
            journal: Rc::new(self.journal(&store)),
            prober: self.rig.prober.clone(),
            clock: self.rig.clock.clone(),
        };
        let options = Options {
            mode: errand.mode,
            parallelism: self.script.parallelism,
            wait_payment: self.script.wait_payment,
            wait_gates: WAIT_GATES,
            ..Options::default()
        };
        let mut on_event = |event: &Event| self.hear(event);
        let ended = apply(
            job,
            options,
            tools,
            self.interrupts(errand.fate),
            &mut on_event,
        )
        .await;
        match ended {
            Ok(outcome) => {
                self.eye
                    .log(|| format!("== exit {} {outcome:?}", outcome.exit_code));
                Attempt::Ended(Box::new(outcome))
            }
            Err(illegal) => {
                self.eye.object("I14", illegal.to_string());
                Attempt::Died
            }
        }
    }

    fn payer(&self) -> Option<Payer> {
        let about_money = self.script.theme.is_about_money();
        about_money.then(money::payer)
    }
}
