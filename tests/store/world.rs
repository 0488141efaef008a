//! A fleet's folder, a store in it, and runs to write.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use respec::journal::{Journal as _, JournalError};
use respec::model::{
    AccountId, AppliedInstance, ClientToken, Digest, Field, FleetName, InstanceId, InstanceName,
    Lineage, OrderId, RegionId, RunId,
};
use respec::saga::{Direction, Entry, Kind, SagaOutcome, StepEvent, StepRef};
use respec::store::{
    Access, Body, Contents, Holder, MemoryKv, Store, StoreDir, StoreError, StoreOptions,
};

/// A folder of the test's own, removed when the test is over.
pub(crate) struct TempHome {
    pub(crate) path: PathBuf,
}

impl TempHome {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("respec-{name}-{}", std::process::id()));
        let _ignored = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    pub(crate) fn dir(&self) -> StoreDir {
        StoreDir::new(&self.path, &fleet())
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir().root().to_owned()
    }

    pub(crate) fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.dir(), options(Body::Inline))
    }
}

impl Drop for TempHome {
    fn drop(&mut self) {
        let _ignored = std::fs::remove_dir_all(&self.path);
    }
}

/// Where a conformance story takes place; `open` again is what a next process would see.
pub(crate) enum Place {
    Disk(TempHome, Body),
    Memory(MemoryKv),
}

impl Place {
    pub(crate) fn all(name: &str) -> Vec<Self> {
        let home = |body: &str| TempHome::new(&format!("{name}-{body}"));
        vec![
            Self::Disk(home("threaded"), Body::Threaded),
            Self::Disk(home("inline"), Body::Inline),
            Self::Memory(MemoryKv::new()),
        ]
    }

    pub(crate) fn open(&self) -> Store {
        match self {
            Self::Disk(home, body) => Store::open(&home.dir(), options(*body)).unwrap(),
            Self::Memory(kv) => Store::in_memory(kv, &lineage()).unwrap(),
        }
    }
}

pub(crate) fn fleet() -> FleetName {
    FleetName::new("shop-prod").unwrap()
}

pub(crate) fn lineage() -> Lineage {
    Lineage::of(&AccountId::new("1234567890123456").unwrap(), &fleet())
}

pub(crate) fn holder() -> Holder {
    Holder {
        pid: std::process::id(),
        host: "build-7".into(),
        user: "ops".into(),
        command: "respec apply".into(),
        since: noon(),
    }
}

pub(crate) fn access(body: Body) -> Access {
    Access {
        holder: holder(),
        lock_timeout: Duration::ZERO,
        body,
        carries_on: true,
    }
}

pub(crate) fn options(body: Body) -> StoreOptions {
    StoreOptions {
        access: access(body),
        lineage: lineage(),
    }
}

pub(crate) fn noon() -> Timestamp {
    "2026-11-10T04:00:00Z".parse().unwrap()
}

pub(crate) fn run(number: u64) -> RunId {
    RunId::new(format!("run-{number}")).unwrap()
}

pub(crate) fn machine(number: u64) -> InstanceId {
    InstanceId::new(format!("i-{number:04}")).unwrap()
}

pub(crate) fn order(number: u64) -> OrderId {
    OrderId::new(format!("21{number:010}")).unwrap()
}

/// The plan of every run here.
pub(crate) fn plan_id() -> Digest {
    Digest::of_text("plan")
}

pub(crate) fn record(change_number: u64, instance_type: &str) -> AppliedInstance {
    AppliedInstance {
        name: InstanceName::new("web-1").unwrap(),
        group: None,
        region: RegionId::new("cn-hangzhou").unwrap(),
        fields: [(Field::InstanceType, instance_type.to_owned())].into(),
        change_number,
        changed_at: None,
        temporary: None,
        restart_due: None,
        late_start: None,
        recorded_at: noon(),
    }
}

/// Writes entries with the right numbers, as a run would.
pub(crate) struct Scribe {
    next: Cell<u64>,
    run: RunId,
}

impl Scribe {
    pub(crate) fn after(contents: &Contents, run: RunId) -> Self {
        Self {
            next: Cell::new(contents.next_seq),
            run,
        }
    }

    pub(crate) fn entry(&self, kind: Kind) -> Entry {
        let seq = self.next.get();
        self.next.set(seq + 1);
        Entry {
            seq,
            at: noon(),
            run: self.run.clone(),
            kind,
        }
    }

    pub(crate) fn opened(&self) -> Entry {
        self.entry(Kind::RunOpened {
            plan_id: plan_id(),
            intent: Digest::of_text("wish"),
            who: "ops@build-7".into(),
            command: "respec apply".into(),
        })
    }

    pub(crate) fn adopted(&self, number: u64) -> Entry {
        self.entry(Kind::Adopted {
            instance: machine(number),
            record: record(0, "ecs.g7.large"),
        })
    }

    pub(crate) fn forgotten(&self, number: u64) -> Entry {
        self.entry(Kind::Forgotten {
            instance: machine(number),
        })
    }

    pub(crate) fn begun(&self, number: u64, change_number: u64) -> Entry {
        self.entry(Kind::Begun {
            instance: machine(number),
            change_number,
            was_running: true,
        })
    }

    pub(crate) fn intent(&self, number: u64) -> Entry {
        self.step(
            number,
            StepEvent::Intent {
                token: Some(ClientToken::new("rs1token").unwrap()),
                request: Digest::of_text("request"),
                pays: None,
            },
        )
    }

    pub(crate) fn answered(&self, number: u64, order_id: Option<OrderId>) -> Entry {
        self.step(
            number,
            StepEvent::Answered {
                request_id: None,
                order_id,
            },
        )
    }

    pub(crate) fn closed(&self, number: u64, change_number: u64) -> Entry {
        self.entry(Kind::Closed {
            instance: machine(number),
            outcome: SagaOutcome::Done,
            note: String::new(),
            record: record(change_number, "ecs.g8i.xlarge"),
        })
    }

    pub(crate) fn noted(&self, number: u64, reason: &str) -> Entry {
        self.step(
            number,
            StepEvent::Unanswered {
                reason: reason.into(),
            },
        )
    }

    fn step(&self, number: u64, event: StepEvent) -> Entry {
        self.entry(Kind::Step {
            at: step(number),
            event,
        })
    }

    pub(crate) fn over(&self) -> Entry {
        self.entry(Kind::RunClosed { exit_code: 0 })
    }
}

pub(crate) fn step(number: u64) -> StepRef {
    StepRef {
        instance: machine(number),
        step: 1,
        direction: Direction::Forward,
    }
}

/// A run that changes machine 1 with an order, and is over.
pub(crate) async fn one_whole_run(store: &Store, number: u64) {
    let contents = store.contents();
    let change = contents.change_number(&machine(1)) + 1;
    let scribe = Scribe::after(&contents, run(number));
    append(store, &[scribe.opened(), scribe.adopted(2)]).await;
    append(store, &[scribe.begun(1, change)]).await;
    append(store, &[scribe.intent(1)]).await;
    append(store, &[scribe.answered(1, Some(order(number)))]).await;
    append(store, &[scribe.closed(1, change)]).await;
    append(store, &[scribe.over()]).await;
}

pub(crate) async fn append(store: &Store, entries: &[Entry]) {
    store.append(entries).await.unwrap();
}

pub(crate) fn refusal(result: Result<(), JournalError>) -> String {
    match result {
        Err(JournalError::Refused(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

/// The error of an opening that must not succeed.
pub(crate) fn error_of(result: Result<Store, StoreError>) -> StoreError {
    match result {
        Ok(_) => panic!("the store opened"),
        Err(error) => error,
    }
}

pub(crate) fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_tree(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
