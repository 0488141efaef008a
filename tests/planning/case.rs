//! One told case: everything that `respec plan` does between its files and its page, in process.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use respec::aliyun::{AccessKey, Aliyun, AliyunConfig, Endpoints, Site};
use respec::clock::{Clock as _, VirtualClock};
use respec::cloud::Cloud as _;
use respec::manifest::{self, Source};
use respec::model::{
    AccountId, AppliedFleet, AppliedInstance, Books, ClientToken, DesiredFleet, Digest, InstanceId,
    Limits, Lineage, ModifyCall, NetworkChange, ObservedFleet, Offers, OrderId, PrepayChange,
    Pricing, RegionId, RestartDue, Stamp, TemporaryBandwidth, TypeName, Upgrade,
};
use respec::observe::{MoneyDesk, Survey, ask, ask_limits, survey};
use respec::plan::{
    FoundStopped, PlanInput, SavedPlan, check, limit_questions, money_questions, open_questions,
    plan,
};
use respec::report::Style;
use respec::report::plan::{Detail, PlanPage, plan_text};
use respec::sim::{Scenario, SimWire, World};
use secrecy::SecretString;
use serde::Deserialize;

/// What was said beside manifest and cloud.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Said {
    /// Machines that an earlier run recorded.
    recorded: BTreeSet<InstanceId>,
    /// `-target`.
    target: BTreeSet<InstanceId>,
    /// `-accept-stopped`.
    accept_stopped: bool,
    /// `-no-price`.
    no_price: bool,
    /// What somebody ordered before, and did not pay: machine and type.
    ordered: BTreeMap<InstanceId, TypeName>,
    /// What somebody bought for a while.
    bought: BTreeMap<InstanceId, TemporaryBandwidth>,
    /// Machines whose purchase an earlier run of ours has recorded.
    kept: BTreeSet<InstanceId>,
    /// Machines that an earlier run of ours gave this type while they ran, and did not restart.
    owed: BTreeMap<InstanceId, TypeName>,
    /// How long after the beginning of the scenario the plan is made, in hours.
    hours_later: i64,
}

impl Said {
    fn pricing(&self) -> Pricing {
        if self.no_price {
            Pricing::Skipped
        } else {
            Pricing::Asked
        }
    }
}

/// A case, read.
pub(crate) struct Case {
    text: Source,
    fleet: DesiredFleet,
    scenario: Scenario,
    said: Said,
    source: respec::plan::Source,
    /// What was bought beforehand.
    orders: BTreeMap<InstanceId, OrderId>,
    /// When the plan is made.
    now: Timestamp,
}

impl Case {
    /// Reads the two or three parts of a case.
    pub(crate) fn read(name: &str, text: &str) -> Self {
        let mut parts = text.split("\n---\n");
        let manifest = parts.next().unwrap().as_bytes().to_vec();
        let scenario =
            Scenario::read(parts.next().unwrap()).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        let said = parts.next().map(|said| serde_yaml::from_str(said).unwrap());
        let digest = Digest::of_bytes(&manifest);
        let text = Source {
            name: format!("{name}.yaml"),
            bytes: manifest,
        };
        let reading = manifest::read(std::slice::from_ref(&text));
        let fleet = reading
            .fleet
            .unwrap_or_else(|| panic!("{name}: {:#?}", reading.findings));
        Self {
            text,
            fleet,
            now: scenario.start,
            orders: BTreeMap::new(),
            scenario,
            said: said.unwrap_or_default(),
            source: respec::plan::Source {
                name: format!("{name}.yaml"),
                digest,
            },
        }
    }

    /// The plan as people read it.
    pub(crate) fn page(&mut self) -> String {
        let (plan, machines_read) = self.plan();
        let page = PlanPage {
            plan: &plan,
            machines_read,
            first_run: None,
            saved_to: None,
            next: None,
        };
        plan_text(&page, Detail::Brief, &Style::plain())
    }

    /// The plan itself, and how many machines were read.
    pub(crate) fn plan(&mut self) -> (SavedPlan, usize) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&runtime, self.look_and_plan())
    }

    async fn look_and_plan(&mut self) -> (SavedPlan, usize) {
        let clock = Rc::new(VirtualClock::starting_at(self.scenario.start));
        let cloud = self.cloud(&clock);
        self.order(&cloud).await;
        let later = std::time::Duration::from_secs(3600 * self.said.hours_later as u64);
        clock.sleep(later).await;
        self.now = clock.wall();
        let mut observed = self.look(&cloud, &clock).await;
        let reading = manifest::read_against(std::slice::from_ref(&self.text), &observed);
        let findings = reading.findings;
        self.fleet = reading.fleet.unwrap_or_else(|| panic!("{findings:#?}"));
        let applied = self.applied(&observed.account);
        applied.look_beneath_upgrades(&mut observed, self.now);
        let no_books = Books::default();
        let (mut offers, nothing) = (Offers::default(), Limits::default());
        loop {
            let known = (&offers, &nothing, &no_books);
            let questions = open_questions(&self.input(&observed, &applied, known));
            if questions.is_empty() {
                break;
            }
            for (key, about, targets) in ask(&cloud, &questions).await.unwrap() {
                offers.record(key, about, targets);
            }
        }
        let known = (&offers, &nothing, &no_books);
        let questions = limit_questions(&self.input(&observed, &applied, known));
        let limits = ask_limits(&cloud, &questions).await.unwrap();
        let known = (&offers, &limits, &no_books);
        let questions = money_questions(&self.input(&observed, &applied, known));
        let desk = MoneyDesk {
            prices: &cloud,
            billing: &cloud,
            now: clock.wall(),
            ours: BTreeSet::new(),
        };
        let books = desk.learn(&questions, self.said.pricing()).await;
        books.look_beneath_upgrades(&mut observed, self.now);
        let known = (&offers, &limits, &books);
        let planned = plan(&self.input(&observed, &applied, known));
        assert_eq!(check(&self.fleet, &planned.sagas), []);
        let saved = SavedPlan {
            format_version: SavedPlan::FORMAT_VERSION,
            tool_version: "0.0.0".to_owned(),
            created_at: self.now,
            expires_at: self.now,
            sources: vec![self.source.clone()],
            account: observed.account,
            stamp: applied.stamp,
            desired: self.fleet.clone(),
            sagas: planned.sagas,
            sheet: planned.account,
            courses: planned.courses,
        };
        (saved, observed.instances.len())
    }

    fn cloud(&self, clock: &Rc<VirtualClock>) -> Aliyun {
        let world = World::new(&self.scenario, self.scenario.start);
        let site = world.is_found_at_first().then_some(Site::China);
        let wire = SimWire::new(Arc::new(Mutex::new(world)), clock.clone());
        let config = AliyunConfig {
            credentials: AccessKey {
                id: "simulated".to_owned(),
                secret: SecretString::from("simulated-secret"),
                token: None,
            }
            .into(),
            endpoints: Endpoints::vendor().with_site(site),
            region: RegionId::new("cn-hangzhou").unwrap(),
        };
        let mut number = 0;
        let numbers = Box::new(move || {
            number += 1;
            number
        });
        Aliyun::new(config, Rc::new(wire), clock.clone(), numbers)
    }

    async fn order(&mut self, cloud: &Aliyun) {
        for (id, to) in &self.said.ordered {
            let call = ModifyCall::Prepay(PrepayChange {
                instance_type: to.clone(),
                auto_pay: false,
                migrate_across_zone: None,
                system_disk_category: None,
            });
            let region = &self.fleet.instances[id].region;
            let token = ClientToken::new(format!("somebody-{id}")).unwrap();
            cloud.modify(region, id, &call, &token).await.unwrap();
        }
        for (id, upgrade) in &self.said.bought {
            let call = ModifyCall::Network(NetworkChange {
                max_bandwidth_out: Some(upgrade.max_bandwidth_out),
                auto_pay: Some(true),
                temporary: Some(upgrade.clone()),
                ..NetworkChange::default()
            });
            let region = &self.fleet.instances[id].region;
            let token = ClientToken::new(format!("event-{id}")).unwrap();
            let made = cloud.modify(region, id, &call, &token).await.unwrap();
            self.orders.insert(id.clone(), made.order_id.unwrap());
        }
    }

    async fn look(&self, cloud: &Aliyun, clock: &Rc<VirtualClock>) -> ObservedFleet {
        let account = cloud.caller_identity().await.unwrap();
        let mut wanted = Survey::default();
        for (id, machine) in &self.fleet.instances {
            let region = wanted.listed.entry(machine.region.clone()).or_default();
            region.insert(id.clone());
        }
        for select in self
            .fleet
            .groups
            .values()
            .filter_map(|group| group.select.as_ref())
        {
            wanted.whole.extend(select.regions.clone());
        }
        survey(cloud, account, clock.wall(), &wanted).await.unwrap()
    }

    /// An earlier run's record, as far as the planner looks at it.
    fn applied(&self, account: &AccountId) -> AppliedFleet {
        let record = |id: &InstanceId| AppliedInstance {
            name: self.fleet.instances[id].name.clone(),
            group: self.fleet.instances[id].group.clone(),
            region: self.fleet.instances[id].region.clone(),
            fields: BTreeMap::new(),
            change_number: 1,
            changed_at: None,
            restart_due: self.said.owed.get(id).map(|to| RestartDue {
                instance_type: to.clone(),
                since: self.scenario.start,
            }),
            late_start: None,
            temporary: self
                .orders
                .get(id)
                .filter(|_| self.said.kept.contains(id))
                .map(|order| Upgrade {
                    what: self.said.bought[id].clone(),
                    order: order.clone(),
                    base: 20,
                }),
            recorded_at: self.scenario.start,
        };
        let said = &self.said;
        let recorded = said.recorded.iter().chain(&said.kept);
        let recorded = recorded.chain(said.owed.keys());
        AppliedFleet {
            stamp: Stamp {
                lineage: Lineage::of(account, &self.fleet.fleet),
                serial: 1,
            },
            instances: recorded.map(|id| (id.clone(), record(id))).collect(),
        }
    }

    fn input<'a>(
        &'a self,
        observed: &'a ObservedFleet,
        applied: &'a AppliedFleet,
        (offers, limits, books): (&'a Offers, &'a Limits, &'a Books),
    ) -> PlanInput<'a> {
        static NOBODY: BTreeMap<InstanceId, respec::model::RunId> = BTreeMap::new();
        PlanInput {
            desired: &self.fleet,
            observed,
            applied: Some(applied),
            offers,
            books,
            limits,
            busy: &NOBODY,
            targets: Some(&self.said.target).filter(|targets| !targets.is_empty()),
            found_stopped: if self.said.accept_stopped {
                FoundStopped::Accept
            } else {
                FoundStopped::Block
            },
            now: self.now,
        }
    }
}
