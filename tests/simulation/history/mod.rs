//! One history: a fleet, an apply, what befalls it, and the applies that go on with it until it rests.

mod attempt;
mod beginning;
mod people;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use respec::aliyun::Aliyun;
use respec::model::RunId;
use respec::plan::SavedPlan;
use respec::store::MemoryKv;
use serde_json::Value;

use crate::clock::WrongClock;
use crate::doors::{Death, Points, WatchedWire};
use crate::eye::{Eye, Violation};
use crate::laws;
use crate::lost;
use crate::money;
use crate::rig::Rig;
use crate::script::{ATTEMPTS_MAX, Fate, QUIET_ATTEMPTS, Script, Theme};
use crate::trouble::Trouble;
use crate::two;
use attempt::Attempt;

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
    /// What the harness saw; only of one that is played aloud.
    pub(crate) log: Vec<String>,
    /// Every call; only of one that is played aloud.
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

/// Plays the history of this seed.
pub(crate) async fn play(script: Script) -> Ended {
    match script.theme {
        Theme::Any | Theme::Money | Theme::Hooks | Theme::Minds | Theme::Network => {}
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
        }
        if exit_code == Some(0) && attempt + 1 >= n_noisy {
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
    /// Nobody runs anything for a while; unconfirmed writes are decided, orders may be paid.
    async fn rest(&self, attempt: usize) {
        let nth = attempt % ATTEMPTS_MAX;
        self.kv.crash(self.script.kept_commits[nth]);
        let gap = self.script.gaps[nth];
        self.eye.log(|| format!("-- nobody is there for {gap:?}"));
        self.rig.world_clock.sleep(gap).await;
        if attempt >= self.script.fates.len() {
            self.clear_the_books();
        }
    }

    pub(crate) fn into_ended(self: Rc<Self>) -> Ended {
        let transcript = || self.wire.noisy.transcript() + &self.wire.quiet.transcript();
        Ended {
            violations: self.eye.violations.take(),
            log: self.eye.log.take(),
            transcript: self.script.aloud.then(transcript).unwrap_or_default(),
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
