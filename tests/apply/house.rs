//! A house to tell stories in: one fleet, its cloud, and applies one after the other.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use respec::aliyun::{Aliyun, Endpoints, Means, find};
use respec::apply::{
    Interrupt, Job, OpenRun, Options, RunOutcome, Tools, apply, approve, waiting_gates,
};
use respec::cli::context::machine::Machine;
use respec::cloud::Cloud as _;
use respec::event::{Event, EventKind};
use respec::model::{
    ClientToken, Crowd, InstanceId, ModifyCall, PrepayChange, RegionId, RunId, TypeName,
};
use respec::plan::SavedPlan;
use respec::sim::{Faults, SimWire};
use respec::store::{CommitFault, MemoryKv, Store};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::rig::{Rig, paused, read_manifest};

/// The world, and whoever runs respec on it.
pub(crate) struct House {
    pub(crate) rig: Rig,
    wire: Rc<SimWire>,
    cloud: Rc<Aliyun>,
    disk: MemoryKv,
    store: Rc<Store>,
    plans: RefCell<BTreeMap<RunId, SavedPlan>>,
    n_runs: Cell<u32>,
    pub(crate) wait_payment: Duration,
    /// How every apply goes about it.
    pub(crate) options: Options,
}

/// What came of one apply.
pub(crate) struct Told {
    pub(crate) outcome: RunOutcome,
    pub(crate) events: Vec<Event>,
}

/// Tells a story on one thread under paused time.
pub(crate) fn story(manifest: &str, cloud: &str, faults: Faults, tell: impl AsyncFnOnce(House)) {
    paused(async {
        tell(House::build(manifest, cloud, faults)).await;
    });
}

impl House {
    fn build(manifest: &str, cloud: &str, faults: Faults) -> Self {
        let rig = Rig::new(&in_full(manifest), cloud, 1);
        let wire = SimWire::build(rig.world.clone(), rig.clock.clone(), None, faults);
        let wire = Rc::new(wire);
        let disk = MemoryKv::new();
        let store = Store::in_memory(&disk, &rig.lineage).unwrap();
        Self {
            cloud: rig.client(wire.clone()),
            rig,
            wire,
            disk,
            store: Rc::new(store),
            plans: RefCell::default(),
            n_runs: Cell::new(0),
            wait_payment: Duration::ZERO,
            options: Options {
                parallelism: 10,
                ..Options::default()
            },
        }
    }

    /// Goes on in the name of a role instead of with the account's own key.
    pub(crate) async fn take_on(&mut self, role: &str) {
        let key = &self.rig.key;
        let env = [
            ("ALICLOUD_ACCESS_KEY", key.id.clone()),
            ("ALICLOUD_SECRET_KEY", key.secret.expose_secret().to_owned()),
            ("ALICLOUD_ASSUME_ROLE_ARN", role.to_owned()),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value));
        let means = Means {
            wire: self.wire.clone(),
            clock: self.rig.clock.clone(),
            host: Rc::new(Machine),
            randomness: Rc::new(RefCell::new(self.rig.numbers())),
            endpoints: Endpoints::vendor(),
            metadata: None,
            tell: Rc::new(|text| panic!("{text}")),
        };
        let found = find(&BTreeMap::from(env), None, None, means).await.unwrap();
        self.cloud = self.rig.client_of(found.credentials, self.wire.clone());
    }

    /// The manifest is edited.
    pub(crate) fn want(&mut self, manifest: &str) {
        self.rig.manifest = in_full(manifest);
        self.rig.desired = read_manifest(&self.rig.manifest);
    }

    /// Applies, with nobody at the keyboard.
    pub(crate) async fn apply(&self) -> Told {
        self.apply_hearing(|_, _| {}).await
    }

    /// Applies; `hear` is told everything that happens, and may press Ctrl-C.
    pub(crate) async fn apply_hearing(
        &self,
        mut hear: impl FnMut(&Event, &mpsc::UnboundedSender<Interrupt>),
    ) -> Told {
        let (press, interrupts) = mpsc::unbounded_channel();
        let mut events = Vec::new();
        let mut on_event = |event: &Event| {
            hear(event, &press);
            events.push(event.clone());
        };
        let outcome = self.run(interrupts, &mut on_event).await;
        Told { outcome, events }
    }

    /// Applies, and is killed after a while.
    pub(crate) async fn apply_and_die_after(&self, secs: u64) {
        let (_press, interrupts) = mpsc::unbounded_channel();
        let mut nobody_hears = |_: &Event| {};
        let run = self.run(interrupts, &mut nobody_hears);
        let dead = tokio::time::timeout(Duration::from_secs(secs), run).await;
        assert!(dead.is_err(), "it ended by itself");
    }

    async fn run(
        &self,
        interrupts: mpsc::UnboundedReceiver<Interrupt>,
        on_event: &mut dyn FnMut(&Event),
    ) -> RunOutcome {
        let contents = self.store.contents();
        let open = contents.open_run.as_ref();
        let (plan, observed) = match open {
            None => {
                let planned = self.rig.plan(&self.cloud, &contents).await.unwrap();
                (planned.plan, planned.observed)
            }
            Some(open) => {
                let account = self.cloud.caller_identity().await.unwrap();
                let observed = self.rig.look(&self.cloud, account).await.unwrap();
                (self.plans.borrow()[&open.record.run].clone(), observed)
            }
        };
        let run = open.map_or_else(|| self.next_run(), |open| open.record.run.clone());
        self.plans.borrow_mut().insert(run.clone(), plan.clone());
        let job = Job {
            plan: &plan,
            run,
            history: open.map_or(&[], |open| &open.entries),
            next_seq: contents.next_seq,
            change_numbers: &contents.change_numbers,
            applied: &contents.applied,
            orders: &contents.orders,
            observed: &observed,
            adopt: Vec::new(),
            who: "somebody@somewhere".to_owned(),
            command: "respec apply".to_owned(),
        };
        let options = Options {
            wait_payment: self.wait_payment,
            ..self.options.clone()
        };
        let tools = Tools {
            cloud: self.cloud.clone(),
            billing: self.cloud.clone(),
            prices: self.cloud.clone(),
            payer: None,
            journal: self.store.clone(),
            prober: self.rig.prober.clone(),
            clock: self.rig.clock.clone(),
        };
        apply(job, options, tools, interrupts, on_event)
            .await
            .unwrap()
    }

    /// Somebody opens the gate behind this batch of the open run.
    pub(crate) async fn approve(&self, crowd: &Crowd, batch: u32) {
        let contents = self.store.contents();
        let open = contents.open_run.as_ref().unwrap();
        let plan = self.plans.borrow()[&open.record.run].clone();
        let run = OpenRun {
            run: &open.record.run,
            plan: &plan,
            entries: &open.entries,
            next_seq: contents.next_seq,
            applied: &contents.applied,
        };
        let gate = (crowd.clone(), batch);
        assert_eq!(waiting_gates(&run).unwrap(), std::slice::from_ref(&gate));
        let clock = self.rig.clock.clone();
        approve(
            &run,
            &gate,
            "somebody@somewhere",
            self.store.as_ref(),
            clock.as_ref(),
        )
        .await
        .unwrap();
    }

    /// The disk is gone: respec knows nothing of what it did.
    pub(crate) fn lose_the_store(&mut self) {
        self.disk = MemoryKv::new();
        let store = Store::in_memory(&self.disk, &self.rig.lineage).unwrap();
        self.store = Rc::new(store);
    }

    /// The disk does not take what is written next.
    pub(crate) fn refuse_the_next_commit(&self) {
        let next = self.disk.n_commits() + 1;
        self.disk.fail_commit(next, CommitFault::Refused);
    }

    fn next_run(&self) -> RunId {
        self.n_runs.set(self.n_runs.get() + 1);
        RunId::new(format!("run-{}", self.n_runs.get())).unwrap()
    }

    /// Whether a new plan would have nothing to do.
    pub(crate) async fn is_as_wanted(&self) -> bool {
        let planned = self
            .rig
            .plan(&self.cloud, &self.store.contents())
            .await
            .unwrap();
        planned.plan.sagas.is_empty() && planned.plan.sheet.blocked.is_empty()
    }

    /// Somebody orders another type in the console, and does not pay it yet.
    pub(crate) async fn order_by_hand(&self, id: &str, target: &str) {
        let call = ModifyCall::Prepay(PrepayChange {
            instance_type: TypeName::new(target).unwrap(),
            auto_pay: false,
            migrate_across_zone: None,
            system_disk_category: None,
        });
        let (region, id) = (
            RegionId::new("cn-hangzhou").unwrap(),
            InstanceId::new(id).unwrap(),
        );
        let token = ClientToken::new(format!("by-hand-{}", self.orders().len())).unwrap();
        self.cloud
            .modify(&region, &id, &call, &token)
            .await
            .unwrap();
    }

    pub(crate) async fn wait(&self, secs: u64) {
        self.rig.clock.sleep(Duration::from_secs(secs)).await;
    }

    /// What is really so of one machine.
    pub(crate) fn truth(&self, id: &str) -> Value {
        let truth = self.rig.truth();
        let machines = truth["instances"].as_array().unwrap();
        machines
            .iter()
            .find(|machine| machine["InstanceId"] == id)
            .unwrap()
            .clone()
    }

    /// Every order there is.
    pub(crate) fn orders(&self) -> Vec<Value> {
        self.rig.truth()["orders"].as_array().unwrap().clone()
    }

    /// The calls of these operations as they came, one line each.
    pub(crate) fn calls_in_order(&self, actions: &[&str]) -> Vec<String> {
        let transcript = self.wire.transcript();
        let is_one = |line: &&str| line.split(' ').nth(1).is_some_and(|a| actions.contains(&a));
        transcript
            .lines()
            .filter(is_one)
            .map(str::to_owned)
            .collect()
    }

    /// The calls of one operation, one line each.
    pub(crate) fn calls(&self, action: &str) -> Vec<String> {
        let transcript = self.wire.transcript();
        let lines = transcript
            .lines()
            .filter(|line| line.split(' ').nth(1) == Some(action));
        lines.map(str::to_owned).collect()
    }
}

impl Told {
    /// How a machine's change ended, as text.
    pub(crate) fn end_of(&self, id: &str) -> String {
        let id = InstanceId::new(id).unwrap();
        format!("{:?}", self.outcome.machines[&id].1)
    }

    /// When something first happened, in seconds since the apply began.
    pub(crate) fn when(&self, what: impl Fn(&EventKind) -> bool) -> f64 {
        let first = self.events.iter().find(|event| what(&event.kind)).unwrap();
        (first.elapsed - self.events[0].elapsed).as_secs_f64()
    }

    /// How long a machine was out of service.
    pub(crate) fn downtime(&self) -> Duration {
        let closed = self.events.iter().rev().find_map(|event| match event.kind {
            EventKind::Closed { downtime, .. } => Some(downtime),
            _ => None,
        });
        closed.unwrap()
    }
}

/// Whether an event is the beginning of this step.
pub(crate) fn begins(kind: &EventKind, verb: &str) -> bool {
    matches!(kind, EventKind::StepStarted { step, .. } if step.verb == verb)
}

/// Whether an event is the good end of this step.
pub(crate) fn finishes(kind: &EventKind, verb: &str) -> bool {
    matches!(kind, EventKind::StepFinished { step, .. } if step.verb == verb)
}

/// What every manifest begins with, and the rest.
fn in_full(rest: &str) -> String {
    format!("version: 1\nfleet: stories\nregion: cn-hangzhou\n{rest}")
}
