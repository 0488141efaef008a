//! Everything that one seed decides, drawn before its history begins.

use std::rc::Rc;
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use respec::sim::{FaultPlan, Struck};

use crate::fleet::{self, Fleet, Scene};
use crate::{rollouts, troubles, ways_back};

/// Most attempts of one history: the first apply and six that go on with it.
pub(crate) const ATTEMPTS_MAX: usize = 7;

/// The last attempts meet no faults, so that every history has a chance to come to rest.
pub(crate) const QUIET_ATTEMPTS: usize = 3;

/// Most crashes of one history.
const CRASHES_MAX: usize = 3;

/// One history before it is played.
#[derive(Clone)]
pub(crate) struct Script {
    /// What it is about.
    pub(crate) theme: Theme,
    pub(crate) seed: u64,
    /// What is there and what is wanted of it.
    pub(crate) scene: Rc<Scene>,
    pub(crate) faults: FaultPlan,
    /// What befalls each attempt that is not quiet, in order.
    pub(crate) fates: Vec<Fate>,
    /// How long nobody runs anything, before each attempt but the first.
    pub(crate) gaps: Vec<Duration>,
    pub(crate) parallelism: usize,
    pub(crate) wait_payment: Duration,
    /// Commits that fail, by their number in the whole history, from 1.
    pub(crate) commit_faults: Vec<(u64, CommitFate)>,
    /// How long after an order is made somebody pays or cancels it; never, where none.
    pub(crate) payers: Vec<Option<(Duration, &'static str)>>,
    /// How many unconfirmed commits outlive the end of each attempt.
    pub(crate) kept_commits: Vec<usize>,
    /// What somebody does in the console meanwhile, by the time since the beginning.
    pub(crate) hands: Vec<(Duration, Hand)>,
    /// How far the clock of each attempt's machine is off, in seconds.
    pub(crate) skews: Vec<i64>,
    /// When the clock of an attempt's machine is set while it works: which attempt, when, by how many seconds.
    pub(crate) jumps: Vec<(usize, Duration, i64)>,
    /// When an attempt's machine sleeps in the middle of it: which attempt, when, for how long.
    pub(crate) naps: Vec<(usize, Duration, Duration)>,
    /// When the balance changes by how much, with nobody's order in it.
    pub(crate) bills: Vec<(Duration, i64)>,
    /// Attempts in which somebody asks for something else than an apply.
    pub(crate) minds: Vec<(usize, Mind)>,
    /// Whether log and transcript are kept.
    pub(crate) aloud: bool,
    /// The faults themselves, where they are not drawn.
    pub(crate) listed: Option<Vec<Struck>>,
    /// How long after the first of two this one begins.
    pub(crate) begins_after: Duration,
    /// What befalls the other machine that works on this fleet, if there is one.
    pub(crate) other: Option<Box<Self>>,
}

/// What a hand does in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hand {
    pub(crate) deed: Deed,
    /// Which machine, counted by id and taken modulo their number.
    pub(crate) machine: usize,
}

/// A deed in the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Start,
    Stop,
    /// To the type that the manifest wants.
    ModifyAsWanted,
    /// To a type that nobody wants.
    ModifyElse,
    Lock,
    Unlock,
    Delete,
}

/// What somebody asks for instead of an apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mind {
    /// `apply -orders-only`.
    OrdersOnly,
    /// An apply of something else, which settles the open run and leaves it open.
    Settle,
    /// `cancel`.
    GiveUp,
    /// `orders reconcile`.
    Reconcile,
}

/// What a history is about, and which laws are looked at when it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// Whatever happens to a fleet.
    Any,
    /// Money: `money.rs`.
    Money,
    /// Two machines at once: `two.rs`.
    Two,
    /// Money, and a state that is lost: `lost.rs`.
    Lost,
    /// Commands around every outage: `hooks.rs`.
    Hooks,
    /// People who change their minds: `minds.rs`.
    Minds,
    /// Addresses and bandwidth: `network.rs`.
    Network,
}

impl Theme {
    /// From a seed to its history.
    pub(crate) fn draw(self, seed: u64) -> Script {
        match self {
            Self::Any => Script::draw(seed),
            Self::Money => crate::money::script(seed),
            Self::Two => crate::two::script(seed),
            Self::Lost => crate::lost::script(seed),
            Self::Hooks => crate::hooks::script(seed),
            Self::Minds => crate::minds::script(seed),
            Self::Network => crate::network::script(seed),
        }
    }

    /// Whether budgets hold and somebody may pay by a call.
    pub(crate) fn is_about_money(self) -> bool {
        match self {
            Self::Any | Self::Two | Self::Hooks | Self::Minds | Self::Network => false,
            Self::Money | Self::Lost => true,
        }
    }

    /// How it is asked for on the command line.
    pub(crate) fn as_argument(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Money => "--theme money ",
            Self::Two => "--theme two ",
            Self::Lost => "--theme lost ",
            Self::Hooks => "--theme hooks ",
            Self::Minds => "--theme minds ",
            Self::Network => "--theme network ",
        }
    }
}

/// How a commit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitFate {
    Refused,
    Unknown,
}

/// What befalls one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing but faults.
    Spared,
    /// The program dies around one of its requests.
    DiesAtCall(u64, Moment),
    /// The program dies around one of its journal entries.
    DiesAtAppend(u64, Moment),
    /// The program dies after a while, wherever it is.
    Dies(Duration),
    /// Somebody presses Ctrl-C after a while, and perhaps again.
    Interrupted(Duration, Option<Duration>),
}

/// When exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing has left the program yet.
    Before,
    /// It is on its way, and has been for this long.
    During(Duration),
    /// It is done, and its answer is there.
    After,
}

impl Script {
    /// Equal seeds, equal scripts.
    pub(crate) fn draw(seed: u64) -> Self {
        troubles::more(Self::draw_with(seed, Theme::Any, |_| {}))
    }

    /// The same, with a log and a transcript of it.
    pub(crate) fn aloud(self) -> Self {
        let other = self.other.map(|other| Box::new(other.aloud()));
        Self {
            aloud: true,
            other,
            ..self
        }
    }

    /// The same about something else, with this done to its fleet.
    pub(crate) fn draw_with(seed: u64, theme: Theme, edit: impl FnOnce(&mut Fleet)) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut later = ChaCha8Rng::seed_from_u64(!seed);
        let mut latest = ChaCha8Rng::seed_from_u64(seed.rotate_left(32));
        let mut fleet = fleet::make(&mut chance, &mut later, &mut latest);
        rollouts::vary(&mut fleet, seed);
        ways_back::vary(&mut fleet, seed);
        edit(&mut fleet);
        let n_noisy = chance.random_range(1..=ATTEMPTS_MAX - QUIET_ATTEMPTS);
        let n_crashes = chance.random_range(0..=CRASHES_MAX.min(n_noisy));
        let mut fates: Vec<Fate> = (0..n_noisy)
            .map(|attempt| fate(attempt < n_crashes, &mut chance))
            .collect();
        Self {
            theme,
            seed,
            scene: Rc::new(Scene::read(fleet)),
            faults: faults(&mut chance, &mut later),
            fates: {
                die_anywhere(&mut fates, &mut latest);
                fates
            },
            gaps: (0..ATTEMPTS_MAX).map(|_| gap(&mut chance)).collect(),
            parallelism: *one_of(&[1, 3, 10], &mut chance),
            wait_payment: *one_of(&[Duration::ZERO, MINUTE * 30], &mut chance),
            commit_faults: commit_faults(&mut chance),
            payers: (0..64).map(|_| payer(&mut chance, &mut later)).collect(),
            kept_commits: (0..ATTEMPTS_MAX)
                .map(|_| chance.random_range(0..=2))
                .collect(),
            hands: hands(&mut latest),
            skews: skews(&mut latest),
            jumps: Vec::new(),
            naps: Vec::new(),
            bills: Vec::new(),
            minds: Vec::new(),
            aloud: false,
            listed: None,
            begins_after: Duration::ZERO,
            other: None,
        }
    }

    /// How many attempts anything can befall. A script that was shrunk may end with a clock that is set, a
    /// sleep or a change of mind: what that leaves in doubt has quiet attempts behind it, too.
    pub(crate) fn n_troubled(&self) -> usize {
        let jumps = self.jumps.iter().map(|(attempt, _, _)| attempt + 1);
        let naps = self.naps.iter().map(|(attempt, _, _)| attempt + 1);
        let minds = self.minds.iter().map(|(attempt, _)| attempt + 1);
        let last = jumps.chain(naps).chain(minds).max().unwrap_or_default();
        self.fates.len().max(last)
    }

    /// What somebody asks for in this attempt, where it is not an apply.
    pub(crate) fn mind(&self, attempt: usize) -> Option<Mind> {
        let mut minds = self.minds.iter();
        minds.find(|(at, _)| *at == attempt).map(|(_, mind)| *mind)
    }
}

/// Some deaths come at no call and no entry in particular.
fn die_anywhere(fates: &mut [Fate], latest: &mut ChaCha8Rng) {
    for fate in fates {
        let dies = matches!(fate, Fate::DiesAtCall(..));
        let after = span(Duration::from_millis(100), MINUTE * 12, latest);
        if latest.random_bool(0.2) && dies {
            *fate = Fate::Dies(after);
        }
    }
}

/// In one history of six somebody else has a hand in it, once or twice.
fn hands(latest: &mut ChaCha8Rng) -> Vec<(Duration, Hand)> {
    const DEEDS: [Deed; 7] = [
        Deed::Start,
        Deed::Stop,
        Deed::ModifyAsWanted,
        Deed::ModifyElse,
        Deed::Lock,
        Deed::Unlock,
        Deed::Delete,
    ];
    if latest.random_bool(5.0 / 6.0) {
        return Vec::new();
    }
    let n = latest.random_range(1..=2);
    let mut hand = || {
        let deed = *one_of(&DEEDS, latest);
        let machine = latest.random_range(0..64);
        (span(SECOND, HOUR, latest), Hand { deed, machine })
    };
    (0..n).map(|_| hand()).collect()
}

/// Mostly right; else each machine's clock is off, each by something else.
fn skews(latest: &mut ChaCha8Rng) -> Vec<i64> {
    if latest.random_bool(0.9) {
        return vec![0; ATTEMPTS_MAX];
    }
    (0..ATTEMPTS_MAX)
        .map(|_| latest.random_range(-SKEW_MAX..=SKEW_MAX))
        .collect()
}

/// Seconds. Two runners are then ten minutes apart at most, and a token is sent for fifteen of its thirty minutes.
const SKEW_MAX: i64 = 5 * 60;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// None, a few here and there, or one in seven calls.
fn faults(chance: &mut ChaCha8Rng, later: &mut ChaCha8Rng) -> FaultPlan {
    let kind = chance.random_range(0..10);
    if later.random_bool(0.2) {
        return late_changes();
    }
    match kind {
        0..2 => FaultPlan::default(),
        2..6 => FaultPlan::even(0.004, 6),
        6..9 => FaultPlan::even(0.012, 25),
        _ => FaultPlan::even(0.04, 80),
    }
}

/// Few faults, and those where they hurt: changes that come about after everybody has given them up,
/// and looks that show what was.
fn late_changes() -> FaultPlan {
    FaultPlan {
        lost_before: 0.01,
        lost_after: 0.02,
        late: 0.25,
        stale: 0.08,
        power_hangs: 0.03,
        most: 15,
        ..FaultPlan::default()
    }
}

fn fate(crashes: bool, chance: &mut ChaCha8Rng) -> Fate {
    let at = log_uniform(1.0, 90.0, chance) as u64;
    let moment = match chance.random_range(0..3) {
        0 => Moment::Before,
        1 => Moment::During(span(Duration::from_millis(20), MINUTE, chance)),
        _ => Moment::After,
    };
    let second = chance.random_bool(0.4);
    let second = second.then(|| span(Duration::from_millis(50), MINUTE * 3, chance));
    let first = span(Duration::from_millis(100), MINUTE * 12, chance);
    match (crashes, chance.random_range(0..3)) {
        (true, 0) => Fate::DiesAtAppend(at / 2 + 1, moment),
        (true, _) => Fate::DiesAtCall(at, moment),
        (false, 0) => Fate::Interrupted(first, second),
        (false, _) => Fate::Spared,
    }
}

fn gap(chance: &mut ChaCha8Rng) -> Duration {
    span(SECOND, HOUR * 48, chance)
}

fn payer(chance: &mut ChaCha8Rng, later: &mut ChaCha8Rng) -> Option<(Duration, &'static str)> {
    let does_something = chance.random_bool(0.8);
    let after = span(SECOND, HOUR * 3, chance);
    let verb = if later.random_bool(0.12) {
        "cancel"
    } else {
        "pay"
    };
    does_something.then_some((after, verb))
}

fn commit_faults(chance: &mut ChaCha8Rng) -> Vec<(u64, CommitFate)> {
    if chance.random_bool(0.75) {
        return Vec::new();
    }
    (0..chance.random_range(1..=2))
        .map(|_| {
            let fate = *one_of(&[CommitFate::Refused, CommitFate::Unknown], chance);
            (log_uniform(2.0, 120.0, chance) as u64, fate)
        })
        .collect()
}

/// Short spans as likely as long ones; whole milliseconds.
pub(crate) fn span(from: Duration, to: Duration, chance: &mut ChaCha8Rng) -> Duration {
    let millis = log_uniform(from.as_millis() as f64, to.as_millis() as f64, chance);
    Duration::from_millis(millis as u64)
}

fn log_uniform(from: f64, to: f64, chance: &mut ChaCha8Rng) -> f64 {
    let share: f64 = chance.random();
    from * (to / from).powf(share)
}

/// Any of these.
pub(crate) fn one_of<'a, T>(choices: &'a [T], chance: &mut ChaCha8Rng) -> &'a T {
    &choices[chance.random_range(0..choices.len())]
}
