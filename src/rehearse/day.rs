//! One day: the plan carried out in a world of its own.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use secrecy::SecretString;

use crate::aliyun::{AccessKey, Aliyun, AliyunConfig, Endpoints, Site};
use crate::apply::{Approvals, Hours, Job, Options, Payer, RunOutcome, Tools, apply};
use crate::clock::{Clock, VirtualClock};
use crate::figures::{Figures, Recorder};
use crate::model::{AppliedFleet, Currency, InstanceId, Money, ObservedFleet, RegionId, RunId};
use crate::plan::{Price, SavedPlan};
use crate::saga::Mode;
use crate::sim::{Faults, SimWire, World};
use crate::store::{MemoryKv, Store};

use super::error::RehearseError;
use super::prober::SimulatedProber;

/// What the state knows, as far as an apply needs it.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The plan to rehearse.
    pub plan: &'a SavedPlan,
    /// The fleet as it was seen.
    pub observed: &'a ObservedFleet,
    /// What is recorded.
    pub applied: &'a AppliedFleet,
    /// How many changes were ever begun on each machine.
    pub change_numbers: &'a BTreeMap<InstanceId, u64>,
    /// Machines under way at once.
    pub parallelism: usize,
    /// How long to wait for orders to be paid.
    pub wait_payment: Duration,
}

/// Plays one day. Virtual time: nothing here ever really waits.
pub(super) fn play(
    known: &Known<'_>,
    world: &World,
    seed: u64,
    faults: Faults,
) -> Result<Figures, RehearseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(RehearseError::Runtime)?;
    tokio::task::LocalSet::new().block_on(&runtime, carry_out(known, world, seed, faults))
}

async fn carry_out(
    known: &Known<'_>,
    before: &World,
    seed: u64,
    faults: Faults,
) -> Result<Figures, RehearseError> {
    let clock: Rc<dyn Clock> = Rc::new(VirtualClock::starting_at(before.now().wall));
    let world = Arc::new(Mutex::new(before.clone()));
    let wire = SimWire::build(world.clone(), clock.clone(), None, faults);
    let store = Store::in_memory(&MemoryKv::new(), &known.plan.stamp.lineage)
        .map_err(|error| RehearseError::Store(error.to_string()))?;
    let cloud = Rc::new(client(before, wire, clock.clone(), seed));
    let tools = Tools {
        cloud: cloud.clone(),
        billing: cloud.clone(),
        prices: cloud,
        payer: Some(payer(known.plan)),
        journal: Rc::new(store),
        prober: Rc::new(SimulatedProber::new(world.clone(), clock.clone())),
        clock,
    };
    let plan = without_caps(known.plan);
    let no_orders = BTreeMap::new();
    let job = Job {
        plan: &plan,
        run: RunId::new("rehearsal").expect("letters"),
        history: &[],
        next_seq: 1,
        change_numbers: known.change_numbers,
        applied: known.applied,
        orders: &no_orders,
        observed: known.observed,
        adopt: Vec::new(),
        who: "nobody".to_owned(),
        command: "respec rehearse".to_owned(),
    };
    let options = Options {
        mode: Mode::GoOn,
        parallelism: known.parallelism,
        wait_payment: known.wait_payment,
        // Time passes by itself here, and nobody is there to approve anything.
        wait_gates: Duration::MAX,
        hours: Hours::Kept,
        approvals: Approvals::Assumed,
    };
    let (_never, interrupts) = tokio::sync::mpsc::unbounded_channel();
    let mut recorder = Recorder::default();
    let outcome = apply(job, options, tools, interrupts, &mut |event| {
        recorder.take(event);
    })
    .await;
    let outcome = outcome.map_err(|error| RehearseError::Journal(error.to_string()))?;
    let after = world.lock().unwrap_or_else(PoisonError::into_inner);
    let mut figures = recorder.figures(known.plan);
    figures.calls = calls(before, &after);
    figures.money = spent(before, &after);
    figures.left_to_do = left_to_do(&outcome);
    Ok(figures)
}

/// The copy's prices are made up, so that an order there may seem dearer than the plan allows.
fn without_caps(plan: &SavedPlan) -> SavedPlan {
    let mut plan = plan.clone();
    let steps = plan.sagas.values_mut().flat_map(|saga| &mut saga.steps);
    for step in steps {
        if let Price::Quoted(_) = step.price {
            step.price = Price::Unknown;
        }
    }
    plan
}

/// The real client; its nonces and jitter come from the seed, so that equal seeds give equal days.
fn client(world: &World, wire: SimWire, clock: Rc<dyn Clock>, seed: u64) -> Aliyun {
    let key = world.keys().first().cloned();
    let key = key.expect("a scenario without keys is refused");
    // Whoever has planned knows where the books are.
    let site = world.is_found_at_first().then_some(Site::China);
    let config = AliyunConfig {
        credentials: AccessKey {
            id: key.id,
            secret: SecretString::from(key.secret),
            token: key.token.map(SecretString::from),
        }
        .into(),
        endpoints: Endpoints::vendor().with_site(site),
        region: RegionId::new("cn-hangzhou").expect("a well-formed constant"),
    };
    let mut numbers = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let randomness = Box::new(move || numbers.next_u64());
    Aliyun::new(config, Rc::new(wire), clock, randomness)
}

fn calls(before: &World, after: &World) -> BTreeMap<String, u64> {
    let earlier = before.calls_by_operation();
    let all = after.calls_by_operation().into_iter();
    let new = all.map(|(name, n)| {
        let old = earlier.get(&name).copied().unwrap_or_default();
        (name, n - old)
    });
    new.filter(|(_, n)| *n > 0).collect()
}

/// What this day's paid orders cost.
fn spent(before: &World, after: &World) -> Option<Money> {
    let spent = |world: &World| {
        let (currency, amount) = world.spent();
        Money::parse(&amount, Currency::new(currency).ok()?).ok()
    };
    spent(after)?.minus(&spent(before)?).ok()
}

/// What a person would have to see to after such a day.
fn left_to_do(outcome: &RunOutcome) -> Vec<String> {
    let mut lines = outcome.left_to_a_person();
    let owed = outcome.obligations.iter();
    lines.extend(owed.map(|owed| format!("{} ({}): {}", owed.name, owed.instance, owed.what)));
    lines
}

/// `payment: api` on the copy: there the account pays for itself.
fn payer(plan: &SavedPlan) -> Payer {
    let account = plan.account.to_string();
    Payer {
        buyer_id: account.clone(),
        payer_id: account.clone(),
        pay_submit_uid: account,
        token: SecretString::from("rehearsal"),
    }
}
