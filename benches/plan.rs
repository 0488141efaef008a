//! How long planning takes, phase by phase, for fleets of 1,000, 10,000 and 100,000 machines.
//!
//! `cargo bench --bench plan` prints a table; `cargo bench --bench plan -- 1000` only that size. What
//! is asked of the cloud goes through the real client to the simulator in process, under paused time,
//! so that only work counts and no waiting. Run without `--bench`, as `cargo test` does, it tries
//! every phase once on a small fleet.

#![expect(
    clippy::unwrap_used,
    reason = "a bench may end where something is not as promised"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::rc::Rc;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use respec::aliyun::{AccessKey, Aliyun, AliyunConfig, Endpoints};
use respec::clock::{Clock as _, SystemClock, VirtualClock};
use respec::cloud::Cloud as _;
use respec::manifest::{self, Source};
use respec::model::{
    Books, DesiredFleet, Digest, InstanceId, Limits, Lineage, ObservedFleet, Offers, RegionId,
    RunId, Stamp,
};
use respec::observe::{ask, ask_limits, observe};
use respec::plan::{
    FoundStopped, PlanInput, SavedPlan, StepGraph, check, limit_questions, open_questions, plan,
};
use respec::report::Style;
use respec::report::plan::{Detail, PlanPage, plan_text};
use respec::sim::{GenerateOptions, Scenario, SimWire, World, generate};
use secrecy::SecretString;

/// The sizes of the table.
const SIZES: [u32; 3] = [1_000, 10_000, 100_000];

/// The size of a trial.
const TRIAL: u32 = 50;

/// One tenth of the machines differ from the manifest.
const CHANGED_PERCENT: u32 = 10;

/// Machines measured for each row: smaller fleets are repeated until they make this many.
const MACHINES_A_ROW: u32 = 30_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let asked: Vec<u32> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
    let bench = args.iter().any(|arg| arg == "--bench");
    let sizes = match (bench, asked.is_empty()) {
        (false, _) => vec![TRIAL],
        (true, true) => SIZES.to_vec(),
        (true, false) => asked,
    };
    let mut rows: Vec<(u32, Vec<Timed>)> = Vec::new();
    for size in sizes {
        rows.push((size, fastest(size)));
        print(&rows[rows.len() - 1]);
    }
    if let [(small, first), .., (large, last)] = rows.as_slice() {
        exponents(*small, first, *large, last);
    }
}

/// One phase: its name, how long it took, and how many bytes came of it.
#[derive(Debug, Clone)]
struct Timed {
    phase: &'static str,
    took: Duration,
    bytes: usize,
}

/// Each phase at its fastest; what is slower is somebody else's work on the same machine.
fn fastest(size: u32) -> Vec<Timed> {
    let rounds = (MACHINES_A_ROW / size).clamp(1, 10);
    let mut best = measure(size);
    for _ in 1..rounds {
        for (best, again) in best.iter_mut().zip(measure(size)) {
            best.took = best.took.min(again.took);
        }
    }
    best
}

fn measure(size: u32) -> Vec<Timed> {
    let clock = SystemClock::new(1);
    let mut phases = Vec::new();
    let mut note = |phase: &'static str, begun: Duration, bytes: usize| {
        let took = clock.elapsed().saturating_sub(begun);
        phases.push(Timed { phase, took, bytes });
    };
    let generated = generate(&GenerateOptions {
        machines: size,
        seed: 1,
        changed_percent: CHANGED_PERCENT,
    });
    let source = Source {
        name: "fleet.yaml".to_owned(),
        bytes: generated.manifest.into_bytes(),
    };
    let manifest_bytes = source.bytes.len();

    let begun = clock.elapsed();
    let reading = manifest::read(std::slice::from_ref(&source));
    note("read manifest", begun, manifest_bytes);
    let desired = reading.fleet.unwrap();

    let scenario = Scenario::read(&generated.cloud).unwrap();
    let cloud = InProcess::build(&scenario);
    let begun = clock.elapsed();
    let (observed, offers, limits) = cloud.look(&desired);
    note("observe, in process", begun, 0);
    drop(cloud);

    let begun = clock.elapsed();
    let planned = plan(&input(
        &desired,
        &observed,
        (&offers, &limits),
        scenario.start,
    ));
    note("diff and plan", begun, 0);
    let saved = SavedPlan {
        format_version: SavedPlan::FORMAT_VERSION,
        tool_version: "0.1.0".to_owned(),
        created_at: scenario.start,
        expires_at: scenario.start,
        sources: vec![respec::plan::Source {
            name: source.name,
            digest: Digest::of_bytes(&source.bytes),
        }],
        account: observed.account.clone(),
        stamp: Stamp {
            lineage: Lineage::of(&observed.account, &desired.fleet),
            serial: 1,
        },
        desired,
        sagas: planned.sagas,
        sheet: planned.account,
        courses: planned.courses,
    };

    let begun = clock.elapsed();
    let objections = check(&saved.desired, &saved.sagas);
    note("check", begun, 0);
    assert!(objections.is_empty(), "{objections:?}");

    let begun = clock.elapsed();
    let graph = StepGraph::build(&saved.sagas).unwrap();
    note("graph", begun, 0);
    drop(graph);

    let begun = clock.elapsed();
    let id = saved.id();
    note("plan id", begun, id.as_str().len());

    let begun = clock.elapsed();
    let text = saved.seal();
    note("seal", begun, text.len());

    let begun = clock.elapsed();
    let opened = SavedPlan::open(text.as_bytes()).unwrap();
    note("open", begun, text.len());
    assert_eq!(opened.id(), id);

    let page = PlanPage {
        plan: &saved,
        machines_read: observed.instances.len(),
        first_run: None,
        saved_to: None,
        next: None,
    };
    let begun = clock.elapsed();
    let page = plan_text(&page, Detail::Brief, &Style::plain());
    note("plan as text", begun, page.len());
    phases
}

static NOBODY: BTreeMap<InstanceId, RunId> = BTreeMap::new();

fn input<'a>(
    desired: &'a DesiredFleet,
    observed: &'a ObservedFleet,
    (offers, limits): (&'a Offers, &'a Limits),
    now: jiff::Timestamp,
) -> PlanInput<'a> {
    static NO_BOOKS: LazyLock<Books> = LazyLock::new(Books::default);
    PlanInput {
        desired,
        observed,
        applied: None,
        offers,
        books: &NO_BOOKS,
        limits,
        busy: &NOBODY,
        targets: None,
        found_stopped: FoundStopped::Block,
        now,
    }
}

/// The real client before the simulator.
struct InProcess {
    runtime: tokio::runtime::Runtime,
    world: Arc<Mutex<World>>,
    start: jiff::Timestamp,
}

impl InProcess {
    fn build(scenario: &Scenario) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        Self {
            runtime,
            world: Arc::new(Mutex::new(World::new(scenario, scenario.start))),
            start: scenario.start,
        }
    }

    fn look(&self, desired: &DesiredFleet) -> (ObservedFleet, Offers, Limits) {
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&self.runtime, async {
            let clock = Rc::new(VirtualClock::starting_at(self.start));
            let wire = Rc::new(SimWire::new(Arc::clone(&self.world), clock.clone()));
            let mut number = 0;
            let numbers = Box::new(move || {
                number += 1;
                number
            });
            let config = AliyunConfig {
                credentials: AccessKey {
                    id: "simulated".to_owned(),
                    secret: SecretString::from("simulated-secret"),
                    token: None,
                }
                .into(),
                endpoints: Endpoints::vendor(),
                region: RegionId::new("cn-hangzhou").unwrap(),
            };
            let cloud = Aliyun::new(config, wire, clock.clone(), numbers);
            let account = cloud.caller_identity().await.unwrap();
            let mut wanted: BTreeMap<RegionId, BTreeSet<InstanceId>> = BTreeMap::new();
            for (id, machine) in &desired.instances {
                let region = wanted.entry(machine.region.clone()).or_default();
                region.insert(id.clone());
            }
            let observed = observe(&cloud, account, clock.wall(), &wanted)
                .await
                .unwrap();
            let (mut offers, nothing) = (Offers::default(), Limits::default());
            loop {
                let asked = input(desired, &observed, (&offers, &nothing), self.start);
                let questions = open_questions(&asked);
                if questions.is_empty() {
                    let limits = ask_limits(&cloud, &limit_questions(&asked)).await.unwrap();
                    return (observed, offers, limits);
                }
                for (key, about, targets) in ask(&cloud, &questions).await.unwrap() {
                    offers.record(key, about, targets);
                }
            }
        })
    }
}

fn print((size, phases): &(u32, Vec<Timed>)) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{size} machines, {CHANGED_PERCENT} % to change").unwrap();
    for timed in phases {
        let millis = timed.took.as_secs_f64() * 1e3;
        write!(out, "  {:<20} {millis:>10.2} ms", timed.phase).unwrap();
        match timed.bytes {
            0 => writeln!(out).unwrap(),
            bytes => writeln!(out, " {:>9} KiB", bytes.div_ceil(1024)).unwrap(),
        }
    }
}

/// How time grows with size: 1 is proportional, 2 is quadratic.
fn exponents(small: u32, first: &[Timed], large: u32, last: &[Timed]) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nexponent from {small} to {large} machines").unwrap();
    let sizes = (f64::from(large) / f64::from(small)).ln();
    for (first, last) in first.iter().zip(last) {
        let times = (last.took.as_secs_f64() / first.took.as_secs_f64()).ln();
        writeln!(out, "  {:<20} {:>10.2}", first.phase, times / sizes).unwrap();
    }
}
