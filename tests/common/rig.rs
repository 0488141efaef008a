//! A fleet, its simulated cloud and its memory of a store: all an apply needs, without a command line.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use respec::aliyun::{AccessKey, Aliyun, AliyunConfig, Credentials, Endpoints, Randomness, Site};
use respec::clock::{Clock, VirtualClock};
use respec::cloud::{Cloud as _, CloudError};
use respec::manifest;
use respec::model::{
    Books, DesiredFleet, InstanceId, Limits, Lineage, ObservedFleet, Offers, Pricing, RegionId,
    Stamp,
};
use respec::observe::{MoneyDesk, ask, ask_limits, observe};
use respec::plan::{
    FoundStopped, PlanInput, SavedPlan, check, limit_questions, money_questions, open_questions,
    plan,
};
use respec::probe::Prober;
use respec::rehearse::SimulatedProber;
use respec::sim::{ByHand, Now, Scenario, World};
use respec::store::Contents;
use respec::wire::Wire;
use secrecy::SecretString;
use serde_json::Value;

/// Rounds of questions about directions; two are the most there are.
const QUESTION_ROUNDS_MAX: usize = 4;

/// A day, as the real planner says.
const EXPIRES_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The fleet that is wanted, and the cloud that has it. A clone works on the same fleet.
#[derive(Clone)]
pub(crate) struct Rig {
    /// What is wanted, before anybody was asked which machines its selectors mean.
    pub(crate) desired: DesiredFleet,
    /// Its text.
    pub(crate) manifest: String,
    pub(crate) world: Arc<Mutex<World>>,
    /// The program's clock: the world's, unless a test sets it wrong.
    pub(crate) clock: Rc<dyn Clock>,
    pub(crate) world_clock: Rc<dyn Clock>,
    /// What probes the machines of this world.
    pub(crate) prober: Rc<dyn Prober>,
    pub(crate) lineage: Lineage,
    pub(crate) key: AccessKey,
    /// The site of the account, where nothing about it is to be found out.
    site: Option<Site>,
    randomness: Rc<RefCell<ChaCha8Rng>>,
    clock_since: Duration,
}

/// A plan with what it was made from.
pub(crate) struct Planned {
    pub(crate) plan: SavedPlan,
    pub(crate) observed: ObservedFleet,
}

impl Rig {
    /// Must be called inside a paused runtime.
    pub(crate) fn new(manifest: &str, cloud: &str, seed: u64) -> Self {
        let desired = read_manifest(manifest);
        Self::of(manifest, desired, &read_scenario(cloud), seed)
    }

    /// The same of what was read already.
    pub(crate) fn of(
        manifest: &str,
        desired: DesiredFleet,
        scenario: &Scenario,
        seed: u64,
    ) -> Self {
        let account = respec::model::AccountId::new(&*scenario.account).unwrap();
        let key = scenario.keys[0].clone();
        let clock: Rc<dyn Clock> = Rc::new(VirtualClock::starting_at(scenario.start));
        let world = World::new(scenario, scenario.start);
        let site = world.is_found_at_first().then_some(Site::China);
        let world = Arc::new(Mutex::new(world));
        Self {
            lineage: Lineage::of(&account, &desired.fleet),
            desired,
            manifest: manifest.to_owned(),
            prober: Rc::new(SimulatedProber::new(world.clone(), clock.clone())),
            world,
            clock_since: clock.elapsed(),
            world_clock: clock.clone(),
            clock,
            key: AccessKey {
                id: key.id,
                secret: SecretString::from(key.secret),
                token: None,
            },
            site,
            randomness: Rc::new(RefCell::new(ChaCha8Rng::seed_from_u64(seed))),
        }
    }

    /// The real client over this wire; nonces never come twice, however many clients there are.
    pub(crate) fn client(&self, wire: Rc<dyn Wire>) -> Rc<Aliyun> {
        self.client_of(self.key.clone().into(), wire)
    }

    /// The same for somebody else.
    pub(crate) fn client_of(&self, credentials: Credentials, wire: Rc<dyn Wire>) -> Rc<Aliyun> {
        let config = AliyunConfig {
            credentials,
            endpoints: Endpoints::vendor().with_site(self.site),
            region: RegionId::new("cn-hangzhou").unwrap(),
        };
        let clock = self.clock.clone();
        Rc::new(Aliyun::new(config, wire, clock, self.numbers()))
    }

    pub(crate) fn numbers(&self) -> Randomness {
        let numbers = Rc::clone(&self.randomness);
        Box::new(move || numbers.borrow_mut().next_u64())
    }

    /// From manifest, cloud and state to a plan, as the command line does it.
    pub(crate) async fn plan(
        &self,
        cloud: &Aliyun,
        contents: &Contents,
    ) -> Result<Planned, CloudError> {
        let account = cloud.caller_identity().await?;
        let observed = self.look(cloud, account).await?;
        let desired = self.wanted_of(&observed);
        let (mut offers, nothing) = (Offers::default(), Limits::default());
        let (books, busy) = (Books::default(), BTreeMap::new());
        for _ in 0..QUESTION_ROUNDS_MAX {
            let known = (&offers, &nothing, &books);
            let questions =
                open_questions(&self.input(&desired, &observed, contents, known, &busy));
            for (key, about, targets) in ask(cloud, &questions).await? {
                offers.record(key, about, targets);
            }
        }
        let known = (&offers, &nothing, &books);
        let questions = limit_questions(&self.input(&desired, &observed, contents, known, &busy));
        let limits = ask_limits(cloud, &questions).await?;
        let known = (&offers, &limits, &books);
        let questions = money_questions(&self.input(&desired, &observed, contents, known, &busy));
        let desk = MoneyDesk {
            prices: cloud,
            billing: cloud,
            now: self.clock.wall(),
            ours: contents.orders.keys().cloned().collect(),
        };
        let books = desk.learn(&questions, Pricing::Asked).await;
        let known = (&offers, &limits, &books);
        let planned = plan(&self.input(&desired, &observed, contents, known, &busy));
        let objections = check(&desired, &planned.sagas);
        assert!(objections.is_empty(), "second opinion: {objections:?}");
        let created_at = self.clock.wall();
        let plan = SavedPlan {
            format_version: SavedPlan::FORMAT_VERSION,
            tool_version: "0".to_owned(),
            created_at,
            expires_at: created_at + EXPIRES_AFTER,
            sources: Vec::new(),
            account: observed.account.clone(),
            stamp: Stamp {
                lineage: self.lineage.clone(),
                serial: contents.applied.stamp.serial,
            },
            desired,
            sagas: planned.sagas,
            sheet: planned.account,
            courses: planned.courses,
        };
        Ok(Planned { plan, observed })
    }

    pub(crate) async fn look(
        &self,
        cloud: &Aliyun,
        account: respec::model::AccountId,
    ) -> Result<ObservedFleet, CloudError> {
        let mut wanted: BTreeMap<RegionId, BTreeSet<InstanceId>> = BTreeMap::new();
        for (id, machine) in &self.desired.instances {
            wanted
                .entry(machine.region.clone())
                .or_default()
                .insert(id.clone());
        }
        observe(cloud, account, self.clock.wall(), &wanted).await
    }

    /// What is wanted, with every selector answered by the machines that are there.
    fn wanted_of(&self, observed: &ObservedFleet) -> DesiredFleet {
        if self.desired.availability.is_empty() {
            return self.desired.clone();
        }
        let reading = manifest::read_against(&[source(&self.manifest)], observed);
        reading.fleet.unwrap_or_else(|| self.desired.clone())
    }

    fn input<'a>(
        &'a self,
        desired: &'a DesiredFleet,
        observed: &'a ObservedFleet,
        contents: &'a Contents,
        (offers, limits, books): (&'a Offers, &'a Limits, &'a Books),
        busy: &'a BTreeMap<InstanceId, respec::model::RunId>,
    ) -> PlanInput<'a> {
        PlanInput {
            desired,
            observed,
            applied: Some(&contents.applied),
            offers,
            books,
            limits,
            busy,
            targets: None,
            found_stopped: FoundStopped::Accept,
            now: self.clock.wall(),
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now {
            wall: self.world_clock.wall(),
            elapsed: self.world_clock.elapsed() - self.clock_since,
        }
    }

    /// Does something in the console; whether it could be done.
    pub(crate) fn by_hand(&self, verb: &str, body: &Value) -> bool {
        let deed = ByHand::read(verb, body.to_string().as_bytes()).unwrap();
        self.world
            .lock()
            .unwrap()
            .by_hand(&deed, self.now())
            .is_ok()
    }

    /// What is really so at this moment.
    pub(crate) fn truth(&self) -> Value {
        // A hand that does nothing makes everything happen that is due.
        self.by_hand("unlock", &serde_json::json!({"InstanceId": "nobody"}));
        self.world.lock().unwrap().truth()
    }
}

/// A manifest without a mistake, read.
pub(crate) fn read_manifest(text: &str) -> DesiredFleet {
    let reading = manifest::read(&[source(text)]);
    let findings = reading.findings;
    reading
        .fleet
        .unwrap_or_else(|| panic!("{findings:?}\n{text}"))
}

/// A scenario without a mistake, read.
pub(crate) fn read_scenario(text: &str) -> Scenario {
    Scenario::read(text).unwrap_or_else(|error| panic!("{error:?}"))
}

fn source(text: &str) -> manifest::Source {
    manifest::Source {
        name: "fleet.yaml".to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

/// Runs a story on one thread, under paused time, with tasks that stay on it.
pub(crate) fn paused<T>(story: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, story)
}
