//! What a durable append costs, and what of it is the black box.
//!
//! `cargo bench --bench store` prints a table; without `--bench`, as `cargo test` runs it, it only tries.

#![expect(
    clippy::unwrap_used,
    reason = "a bench may end where something is not as promised"
)]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use respec::clock::{Clock as _, SystemClock};
use respec::journal::Journal as _;
use respec::model::{AccountId, Digest, FleetName, InstanceId, Lineage, RunId};
use respec::saga::{Entry, Kind};
use respec::store::{Access, Body, Holder, Store, StoreDir, StoreOptions};

/// Appends of a measurement.
const APPENDS: u64 = 5_000;

/// Appends of a trial.
const TRIAL: u64 = 20;

fn main() {
    let bench = std::env::args().any(|arg| arg == "--bench");
    let n = if bench { APPENDS } else { TRIAL };
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("store-bench");
    let _first_time = fs::remove_dir_all(&home);
    fs::create_dir_all(&home).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let store = runtime.unwrap().block_on(appends(&home, n));
    print("append to the store", store);
    print("append to a file, fdatasync", plain(&home, n));
    fs::remove_dir_all(&home).unwrap();
}

async fn appends(home: &Path, n: u64) -> Vec<Duration> {
    let store = open(home);
    let run = RunId::new("run-1").unwrap();
    let at = "2026-11-10T04:00:00Z".parse().unwrap();
    let entry = |seq, kind| Entry {
        seq,
        at,
        run: run.clone(),
        kind,
    };
    let opened = Kind::RunOpened {
        plan_id: Digest::of_text("plan"),
        intent: Digest::of_text("wish"),
        who: "ops@build-7".into(),
        command: "respec apply".into(),
    };
    store.append(&[entry(1, opened)]).await.unwrap();
    let clock = SystemClock::new(1);
    let mut took = Vec::new();
    for number in 1..=n {
        let begun = Kind::Begun {
            instance: InstanceId::new(format!("i-{:04}", number % 100)).unwrap(),
            change_number: number,
            was_running: true,
        };
        let before = clock.elapsed();
        store.append(&[entry(number + 1, begun)]).await.unwrap();
        took.push(clock.elapsed() - before);
    }
    took
}

fn open(home: &Path) -> Store {
    let fleet = FleetName::new("shop").unwrap();
    let access = Access {
        holder: Holder {
            pid: std::process::id(),
            host: "build-7".into(),
            user: "ops".into(),
            command: "bench".into(),
            since: "2026-11-10T04:00:00Z".parse().unwrap(),
        },
        lock_timeout: Duration::ZERO,
        body: Body::Threaded,
        carries_on: true,
    };
    let lineage = Lineage::of(&AccountId::new("1234567890123456").unwrap(), &fleet);
    Store::open(
        &StoreDir::new(home, &fleet),
        StoreOptions { access, lineage },
    )
    .unwrap()
}

/// The same number of lines of the same length: what the box adds to an append.
fn plain(home: &Path, n: u64) -> Vec<Duration> {
    let path = home.join("plain");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    let clock = SystemClock::new(1);
    let mut took = Vec::new();
    for _ in 0..n {
        let before = clock.elapsed();
        file.write_all(&[b'x'; 330]).unwrap();
        file.sync_data().unwrap();
        took.push(clock.elapsed() - before);
    }
    took
}

fn print(what: &str, mut took: Vec<Duration>) {
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    let (p50, p99, max) = (at(50), at(99), at(100));
    let line = format!("{what:28} p50 {p50:>10.1?}  p99 {p99:>10.1?}  max {max:>10.1?}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}
