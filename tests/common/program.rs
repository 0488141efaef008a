//! The program above its transport, run again and again on one world: client, planner, apply, store.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use respec::aliyun::Aliyun;
use respec::apply::{Job, Options, RunOutcome, Tools, apply};
use respec::cloud::{Cloud as _, CloudError};
use respec::event::Event;
use respec::model::{ObservedFleet, RunId};
use respec::plan::SavedPlan;
use respec::report::run::Tally;
use respec::saga::Mode;
use respec::sim::{Faults, SimWire, World};
use respec::store::{MemoryKv, Store};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::rig::Rig;

/// Machines under way at once, as the command line has it unless told otherwise.
const PARALLELISM: usize = 10;

/// A fleet, its cloud, and the memory of all applies.
pub(crate) struct Program {
    pub(crate) rig: Rig,
    pub(crate) store: Rc<Store>,
    /// The way to the cloud, which keeps a transcript.
    pub(crate) wire: Rc<SimWire>,
    cloud: Rc<Aliyun>,
    plans: RefCell<BTreeMap<RunId, SavedPlan>>,
    n_runs: Cell<u32>,
}

/// What came of one apply.
pub(crate) enum Came {
    /// It could not be planned; nothing was begun.
    NotPlanned(CloudError),
    /// It ran to its end.
    Ran(Box<(RunOutcome, Tally)>),
}

impl Program {
    /// Must be called inside a paused runtime.
    pub(crate) fn new(manifest: &str, cloud: &str, seed: u64, faults: Faults) -> Self {
        let rig = Rig::new(manifest, cloud, seed);
        let wire = Rc::new(SimWire::build(
            rig.world.clone(),
            rig.clock.clone(),
            None,
            faults,
        ));
        let store = Store::in_memory(&MemoryKv::new(), &rig.lineage).unwrap();
        Self {
            cloud: rig.client(wire.clone()),
            wire,
            rig,
            store: Rc::new(store),
            plans: RefCell::default(),
            n_runs: Cell::new(0),
        }
    }

    /// Plans, or takes up the open run, and applies with nobody at the keyboard.
    pub(crate) async fn apply(&self) -> Came {
        let (plan, observed) = match self.decide().await {
            Ok(decided) => decided,
            Err(error) => return Came::NotPlanned(error),
        };
        let contents = self.store.contents();
        let open = contents.open_run.as_ref();
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
            mode: Mode::GoOn,
            parallelism: PARALLELISM,
            wait_payment: Duration::ZERO,
            ..Options::default()
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
        let (_nobody, interrupts) = mpsc::unbounded_channel();
        let mut tally = Tally::default();
        let mut on_event = |event: &Event| tally.take(event);
        let outcome = apply(job, options, tools, interrupts, &mut on_event).await;
        Came::Ran(Box::new((outcome.unwrap(), tally)))
    }

    async fn decide(&self) -> Result<(SavedPlan, ObservedFleet), CloudError> {
        let contents = self.store.contents();
        let Some(open) = &contents.open_run else {
            let planned = self.rig.plan(&self.cloud, &contents).await?;
            return Ok((planned.plan, planned.observed));
        };
        let account = self.cloud.caller_identity().await?;
        let observed = self.rig.look(&self.cloud, account).await?;
        Ok((self.plans.borrow()[&open.record.run].clone(), observed))
    }

    fn next_run(&self) -> RunId {
        self.n_runs.set(self.n_runs.get() + 1);
        RunId::new(format!("run-{}", self.n_runs.get())).unwrap()
    }

    /// Nobody does anything for a while.
    pub(crate) async fn wait(&self, duration: Duration) {
        self.rig.clock.sleep(duration).await;
    }

    /// From here on the cloud answers as it should.
    pub(crate) fn heal(&self) {
        let mut world = self.rig.world.lock().unwrap();
        let mut saved: Value = serde_json::from_slice(&world.save()).unwrap();
        assert!(
            saved["script"]["faults"].is_array(),
            "a world keeps its faults elsewhere"
        );
        saved["script"]["faults"] = serde_json::json!([]);
        saved["script"]["tallies"] = serde_json::json!([]);
        *world = World::load(&serde_json::to_vec(&saved).unwrap()).unwrap();
    }

    /// The machines as they really are.
    pub(crate) fn machines(&self) -> Vec<Value> {
        self.rig.truth()["instances"].as_array().unwrap().clone()
    }

    /// The orders there are.
    pub(crate) fn orders(&self) -> Vec<Value> {
        self.rig.truth()["orders"].as_array().unwrap().clone()
    }
}
