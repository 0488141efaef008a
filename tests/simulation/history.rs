//! One history: a fleet, an apply, what befalls it, and the applies that go on with it until it rests.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use respec::aliyun::Aliyun;
use respec::apply::{
    Interrupt, Job, OpenRun, Options, Payer, RunOutcome, Tools, apply, approve, waiting_gates,
};
use respec::cloud::Cloud as _;
use respec::event::{Event, EventKind};
use respec::model::{ObservedFleet, RunId};
use respec::plan::SavedPlan;
use respec::saga::Mode;
use respec::sim::{Faults, MutationHook, SimWire};
use respec::store::{CommitFault, MemoryKv, Store};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::clock::WrongClock;
use crate::doors::{Death, Points, WatchedJournal, WatchedWire};
use crate::eye::{Eye, Violation};
use crate::laws;
use crate::lost;
use crate::money;
use crate::rig::Rig;
use crate::rollouts::{Going, Watch};
use crate::script::{ATTEMPTS_MAX, CommitFate, Fate, QUIET_ATTEMPTS, Script, Theme};
use crate::trouble::Trouble;
use crate::two;

/// Longest that one apply may take.
const APPLY_MAX: Duration = Duration::from_secs(24 * 3600);

/// So long gates and hours are waited for: the longest that a window of these histories is shut, a freeze, and some
/// more.
const WAIT_GATES: Duration = Duration::from_secs(8 * 3600);

/// Most requests of one apply, a machine: three waits of forty minutes (for a payment, a stop and a start), each of
/// which takes 120 looks when they come ever more seldom, and a fifth more for what is lost on its way.
const CALLS_MAX: u64 = 3 * 120 * 6 / 5;

/// What a plan asks, however few machines there are.
const CALLS_BESIDES: u64 = 50;

/// After this nothing that was lost on its way can still arrive, and nothing hangs any more.
pub(crate) const AFTERMATH: Duration = Duration::from_secs(3 * 3600);

/// What is left of a history when it is over.
#[derive(Default, PartialEq)]
pub(crate) struct Ended {
    pub(crate) violations: Vec<Violation>,
    pub(crate) log: Vec<String>,
    pub(crate) transcript: String,
    /// The points at which the first attempt can die.
    pub(crate) points: Points,
    /// Everything that went wrong.
    pub(crate) troubles: Vec<Trouble>,
}

/// A history under way.
pub(crate) struct History {
    pub(crate) rig: Rig,
    pub(crate) script: Script,
    pub(crate) kv: MemoryKv,
    pub(crate) eye: Rc<Eye>,
    pub(crate) first_truth: Value,
    pub(crate) wire: Rc<WatchedWire>,
    death: Rc<Death>,
    /// Every plan that was ever applied, by its run.
    pub(crate) plans: RefCell<BTreeMap<RunId, SavedPlan>>,
    n_orders: Rc<Cell<usize>>,
    pub(crate) own_clock: Rc<WrongClock>,
    pub(crate) n_attempts: Cell<usize>,
    /// What others took from the balance, or put there.
    pub(crate) billed: Cell<i64>,
    points: RefCell<Points>,
}

/// How an attempt ended.
enum Attempt {
    /// The program died.
    Died,
    /// It could not even look at the fleet.
    Blind,
    /// It ended by itself.
    Ended(Box<RunOutcome>),
}

/// Plays the history of this seed.
pub(crate) async fn play(script: Script) -> Ended {
    match script.theme {
        Theme::Any | Theme::Money => {}
        Theme::Two => return two::play(script).await,
        Theme::Lost => return lost::play(script).await,
    }
    let history = Rc::new(History::new(script));
    history.begin();
    history.lend_hands();
    history.present_bills();
    attempts(&history).await;
    history.wire.is_quiet.set(true);
    history.rig.clock.sleep(AFTERMATH).await;
    if history.script.theme.is_about_money() {
        money::at_the_end(&history).await;
    } else {
        laws::at_the_end(&history).await;
    }
    history.into_ended()
}

/// The applies, until the fleet rests; the exit code of the last, where it came to one.
pub(crate) async fn attempts(history: &Rc<History>) -> Option<u8> {
    let mut clean_ends = 0;
    let mut exit_code = None;
    let n_noisy = history.script.fates.len();
    for attempt in 0..history.script.n_troubled() + QUIET_ATTEMPTS {
        if attempt > 0 {
            history.rest(attempt).await;
        }
        if attempt >= n_noisy {
            history.wire.is_quiet.set(true);
            history.kv.heal();
        }
        let fate = history.script.fates.get(attempt).copied();
        let ended = history.attempt(attempt, fate.unwrap_or(Fate::Spared)).await;
        exit_code = None;
        if let Attempt::Ended(outcome) = &ended {
            laws::after_attempt(history, outcome);
            exit_code = Some(outcome.exit_code);
            clean_ends = if outcome.exit_code == 0 {
                clean_ends + 1
            } else {
                0
            };
        }
        if clean_ends > 0 && attempt + 1 >= n_noisy {
            break;
        }
    }
    exit_code
}

/// The applies that anything can befall, and no others.
pub(crate) async fn first_attempts(history: &Rc<History>) {
    for (attempt, fate) in history.script.fates.iter().copied().enumerate() {
        if attempt > 0 {
            history.rest(attempt).await;
        }
        history.attempt(attempt, fate).await;
    }
}

impl History {
    pub(crate) fn new(script: Script) -> Self {
        let rig = script.scene.rig(script.seed);
        let first_truth = rig.truth();
        Self::over(rig, script, first_truth)
    }

    /// Another machine that works on the same fleet, with a store of its own.
    pub(crate) fn beside(&self, script: Script) -> Self {
        let mut rig = self.rig.clone();
        rig.clock = rig.world_clock.clone();
        Self::over(rig, script, self.first_truth.clone())
    }

    fn over(mut rig: Rig, script: Script, first_truth: Value) -> Self {
        let own_clock = Rc::new(WrongClock {
            right: rig.world_clock.clone(),
            ahead: Cell::new(0),
            nap: Cell::new(None),
        });
        rig.clock = own_clock.clone();
        let eye = Rc::new(Eye::new(
            rig.world_clock.clone(),
            Watch::over(&script.scene.fleet),
        ));
        let death = Rc::new(Death::new());
        let watching = Rc::clone(&eye);
        let hook: MutationHook = Rc::new(move |world| {
            watching.look_at(world);
            Ok(())
        });
        let wire = |faults| {
            SimWire::build(
                rig.world.clone(),
                rig.world_clock.clone(),
                Some(hook.clone()),
                faults,
            )
        };
        let faults = match &script.listed {
            Some(listed) => Faults::listed(listed.clone()),
            None => Faults::seeded(script.seed, script.faults.clone()),
        };
        let wire = WatchedWire {
            noisy: wire(faults),
            quiet: wire(Faults::None),
            is_quiet: Cell::new(false),
            death: Rc::clone(&death),
            eye: Rc::clone(&eye),
            clock: rig.world_clock.clone(),
            calls_max: CALLS_BESIDES + CALLS_MAX * rig.desired.instances.len() as u64,
        };
        let kv = MemoryKv::new();
        for (nth, fate) in &script.commit_faults {
            let fault = match fate {
                CommitFate::Refused => CommitFault::Refused,
                CommitFate::Unknown => CommitFault::Unknown,
            };
            kv.fail_commit(*nth, fault);
        }
        Self {
            first_truth,
            rig,
            script,
            kv,
            eye,
            wire: Rc::new(wire),
            death,
            plans: RefCell::default(),
            n_orders: Rc::default(),
            own_clock,
            n_attempts: Cell::default(),
            billed: Cell::default(),
            points: RefCell::default(),
        }
    }

    pub(crate) fn begin(&self) {
        self.eye.rollouts.begin(&self.first_truth);
        let skews = &self.script.skews;
        let apart = skews.iter().max().zip(skews.iter().min());
        let apart = apart.map_or(0, |(most, least)| most - least);
        let jumps = self.script.jumps.iter();
        let apart = apart + jumps.map(|(_, _, by)| by.abs()).sum::<i64>();
        let apart = Duration::from_secs(apart.unsigned_abs());
        self.eye.rollouts.clocks_apart.set(apart);
        let world = self.rig.world.lock().unwrap();
        self.eye.look_at(&world);
    }

    /// Nobody runs anything for a while; unconfirmed writes are decided, orders may be paid.
    async fn rest(&self, attempt: usize) {
        let nth = attempt % ATTEMPTS_MAX;
        self.kv.crash(self.script.kept_commits[nth]);
        let gap = self.script.gaps[nth];
        self.eye.log(format!("-- nobody is there for {gap:?}"));
        self.rig.world_clock.sleep(gap).await;
        if attempt >= self.script.fates.len() {
            self.clear_the_books();
        }
    }

    /// One run of the program, from opening the store to its end, whichever way that comes.
    async fn attempt(self: &Rc<Self>, attempt: usize, fate: Fate) -> Attempt {
        self.eye.log(format!("== attempt {attempt}: {fate:?}"));
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
        self.eye.log("dies".to_owned());
    }

    async fn program(self: &Rc<Self>, attempt: usize, fate: Fate) -> Attempt {
        let store = match Store::in_memory(&self.kv, &self.rig.lineage) {
            Ok(store) => Rc::new(store),
            Err(error) => {
                self.eye.log(format!("the store does not open: {error}"));
                return Attempt::Blind;
            }
        };
        let cloud = self.rig.client(self.wire.clone());
        self.approve(&store).await;
        let Some((plan, observed)) = self.decide(&cloud, &store).await else {
            return Attempt::Blind;
        };
        self.eye.plan.replace(Some(plan.clone()));
        self.carry_out(attempt, fate, &cloud, store, &plan, &observed)
            .await
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
            self.eye.log(format!("-- {gate:?} is approved: {done:?}"));
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
            self.eye.log("== refused: over its budget".to_owned());
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
        attempt: usize,
        fate: Fate,
        cloud: &Rc<Aliyun>,
        store: Rc<Store>,
        plan: &SavedPlan,
        observed: &ObservedFleet,
    ) -> Attempt {
        let contents = store.contents();
        let open = contents.open_run.as_ref();
        let run = open.map_or_else(
            || RunId::new(format!("run-{attempt}")).unwrap(),
            |open| open.record.run.clone(),
        );
        let history = open.map_or_else(Vec::new, |open| open.entries.clone());
        self.eye.began_here.set(contents.next_seq - 1);
        self.eye.entries.replace(history.clone());
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
        let journal = Rc::new(WatchedJournal {
            store,
            clock: self.rig.world_clock.clone(),
            death: Rc::clone(&self.death),
            eye: Rc::clone(&self.eye),
        });
        let tools = Tools {
            cloud: cloud.clone(),
            billing: cloud.clone(),
            prices: cloud.clone(),
            payer: self.payer(),
            journal,
            prober: self.rig.prober.clone(),
            clock: self.rig.clock.clone(),
        };
        let options = Options {
            mode: Mode::GoOn,
            parallelism: self.script.parallelism,
            wait_payment: self.script.wait_payment,
            wait_gates: WAIT_GATES,
            ..Options::default()
        };
        let mut on_event = |event: &Event| self.hear(event);
        let ended = apply(job, options, tools, self.interrupts(fate), &mut on_event).await;
        match ended {
            Ok(outcome) => {
                self.eye
                    .log(format!("== exit {} {outcome:?}", outcome.exit_code));
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

    /// Somebody at the keyboard. A key that is pressed on a machine that sleeps is heard when it wakes: what
    /// it was writing down when it fell asleep was begun before.
    fn interrupts(&self, fate: Fate) -> mpsc::UnboundedReceiver<Interrupt> {
        let (press, interrupts) = mpsc::unbounded_channel();
        let clock = self.rig.clock.clone();
        let world_clock = self.rig.world_clock.clone();
        let death = Rc::clone(&self.death);
        let eye = Rc::clone(&self.eye);
        if let Fate::Interrupted(first, second) = fate {
            tokio::task::spawn_local(async move {
                clock.sleep(first).await;
                death.awake(world_clock.as_ref()).await;
                if press.send(Interrupt::Ask { exit_code: 130 }).is_ok() {
                    eye.asked();
                }
                if let Some(second) = second {
                    clock.sleep(second).await;
                    death.awake(world_clock.as_ref()).await;
                    if press.send(Interrupt::Insist { exit_code: 130 }).is_ok() {
                        eye.insisted();
                    }
                }
            });
        }
        interrupts
    }

    fn hear(self: &Rc<Self>, event: &Event) {
        if !event.kind.may_be_dropped() {
            self.eye
                .log(format!("{:?} {}", event.elapsed, told(&event.kind)));
        }
        if let EventKind::LeftAlone { subject, .. } = &event.kind {
            self.eye.rollouts.left_alone(&subject.instance);
        }
        if let EventKind::OrderMade {
            order_id,
            auto_pay: false,
            ..
        } = &event.kind
        {
            let nth = self.n_orders.get();
            self.n_orders.set(nth + 1);
            if let Some(Some((after, verb))) = self.script.payers.get(nth).copied() {
                let (history, order) = (Rc::clone(self), order_id.to_string());
                tokio::task::spawn_local(async move {
                    history.rig.clock.sleep(after).await;
                    history.rig.by_hand(verb, &json!({ "OrderId": order }));
                });
            }
        }
    }

    pub(crate) fn into_ended(self: Rc<Self>) -> Ended {
        Ended {
            violations: self.eye.violations.take(),
            log: self.eye.log.take(),
            transcript: self.wire.noisy.transcript() + &self.wire.quiet.transcript(),
            points: self.points.take(),
            troubles: self.script.troubles(self.wire.noisy.struck()),
        }
    }

    /// A client for the last questions.
    pub(crate) fn client(&self) -> Rc<Aliyun> {
        self.death.begin(Fate::Spared);
        self.own_clock.ahead.set(0);
        self.rig.client(self.wire.clone())
    }
}

/// An event in a line.
fn told(kind: &EventKind) -> String {
    match kind {
        EventKind::StepStarted { subject, step, .. } => {
            format!("{} {} {:?}", subject.instance, step.verb, step.direction)
        }
        EventKind::StepFinished {
            subject,
            step,
            found,
            ..
        } => {
            format!(
                "{} {} finished, found: {found}",
                subject.instance, step.verb
            )
        }
        other => format!("{other:?}"),
    }
}
