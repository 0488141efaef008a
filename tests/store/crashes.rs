//! A writer is killed at any moment, again and again; what it was told is durable stays.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use respec::journal::Journal as _;
use respec::model::RunId;
use respec::saga::Kind;
use respec::store::{Body, Store, StoreDir, StoreError};

use crate::world::{Scribe, TempHome, append, fleet, machine, options, plan_id, refusal, run};

/// Where the child writes; without it the child's test does nothing.
const CHILD_HOME: &str = "RESPEC_TEST_STORE_HOME";

/// Where the child of `tests/power_cut.sh` looks.
const CHECKED_HOME: &str = "RESPEC_TEST_STORE_CHECKED";

/// The child's test.
const CHILD: &str = "crashes::child_that_writes_until_it_is_killed";

/// Kills in a row on the same store.
const ROUNDS: u32 = 30;

/// Longest wait for a word of a child.
const DEADLINE: Duration = Duration::from_secs(180);

/// Not a test of its own: the child that the test below starts and kills. It prints the number of the
/// last entry after each append.
#[tokio::test]
#[ignore = "a child, which another test starts"]
async fn child_that_writes_until_it_is_killed() {
    #[expect(
        clippy::disallowed_methods,
        reason = "how the parent tells its child where"
    )]
    let Ok(home) = std::env::var(CHILD_HOME) else {
        return;
    };
    let dir = StoreDir::new(Path::new(&home), &fleet());
    let store = Store::open(&dir, options(Body::Threaded)).unwrap();
    if let Some(open) = &store.contents().open_run {
        let scribe = Scribe::after(&store.contents(), open.record.run.clone());
        append(&store, &[scribe.over()]).await;
    }
    loop {
        write_one_run(&store).await;
    }
}

/// Not a test of its own either: what `tests/power_cut.sh` asks of a store after its power was cut.
#[tokio::test]
#[ignore = "a child, which a script starts"]
async fn child_that_says_how_far_a_store_came() {
    #[expect(
        clippy::disallowed_methods,
        reason = "how the script tells its child where"
    )]
    let Ok(home) = std::env::var(CHECKED_HOME) else {
        return;
    };
    let dir = StoreDir::new(Path::new(&home), &fleet());
    let store = Store::open(&dir, options(Body::Inline)).unwrap();
    let survey = store.survey().await.unwrap();
    tell(survey.figures.entries);
}

async fn write_one_run(store: &Store) {
    let first = store.contents();
    let id = run(first.next_seq);
    let plan = plan_of(&id);
    store.save_plan(&plan_id(), plan.as_bytes()).await.unwrap();
    let scribe = Scribe::after(&first, id);
    append(store, &[scribe.opened()]).await;
    for _ in 0..20 {
        let change = store.contents().change_number(&machine(1)) + 1;
        append(store, &[scribe.begun(1, change), scribe.intent(1)]).await;
        append(store, &[scribe.closed(1, change)]).await;
        tell(store.contents().next_seq - 1);
    }
    append(store, &[scribe.over()]).await;
}

/// The same plan, as it was seen before this run.
fn plan_of(run: &RunId) -> String {
    format!("seen before {run}")
}

#[expect(clippy::print_stdout, reason = "how the child tells its parent")]
fn tell(last: u64) {
    println!("acknowledged {last}");
}

#[tokio::test]
async fn a_killed_writer_loses_nothing_it_was_told() {
    let home = TempHome::new("kill");
    let mut total = 0;
    for round in 0..ROUNDS {
        let acknowledged = write_and_kill(&home.path, round).max(total);
        let store = match home.open() {
            Ok(store) => store,
            Err(error) => panic!("round {round}: {error}"),
        };
        store.check_all().await.unwrap();
        total = store.contents().next_seq - 1;
        assert!(
            total >= acknowledged,
            "round {round}: {total} < {acknowledged}"
        );
        let open = &store.contents().open_run;
        let entries = open.iter().flat_map(|open| &open.entries);
        let begun = entries
            .filter(|e| matches!(e.kind, Kind::Begun { .. }))
            .count();
        assert!(begun <= 20);
    }
    assert!(total > 100, "the children wrote only {total} entries");
}

/// Lets a child write, and kills it: in even rounds after a moment, from inside the first opening on;
/// in odd rounds after so many acknowledgements, however slow the machine is. Says what it was told
/// is durable.
fn write_and_kill(home: &Path, round: u32) -> u64 {
    let mut child = child(home);
    let told = told_by(child.stdout.take().unwrap());
    let mut last = 0;
    let mut is_silent = false;
    if round.is_multiple_of(2) {
        pause(Duration::from_millis(u64::from(round * 37 % 120)));
    } else {
        for _ in 0..=round * 7 % 23 {
            match told.recv_timeout(DEADLINE) {
                Ok(number) => last = last.max(number),
                Err(why) => {
                    is_silent = why == RecvTimeoutError::Timeout;
                    break;
                }
            }
        }
    }
    child.kill().unwrap();
    let last = told.iter().fold(last, |last, number| last.max(number));
    child.wait().unwrap();
    assert!(!is_silent, "round {round}: the child says nothing");
    last
}

/// What a child is told is durable, as it says it.
fn told_by(output: impl Read + Send + 'static) -> Receiver<u64> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for number in numbers(output) {
            let _nobody_listens = sender.send(number);
        }
    });
    receiver
}

/// The numbers in the lines that have one; the test harness of the child says other things too.
fn numbers(output: impl Read) -> impl Iterator<Item = u64> {
    let lines = BufReader::new(output).lines().map_while(Result::ok);
    lines.filter_map(|line| line.rsplit_once("acknowledged ")?.1.parse().ok())
}

fn last_told(output: impl Read) -> u64 {
    numbers(output).max().unwrap_or(0)
}

fn child(home: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--ignored", "--nocapture"])
        .env(CHILD_HOME, home)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Largest file a child may write, in blocks of 512 bytes: fails in the first opening, in the first
/// part of the log, and after the log has grown twice.
const FILE_BLOCKS: [u32; 3] = [64, 1_100, 2_100];

/// From so many on the reserve fits.
const RESERVE_BLOCKS: u32 = 2_048;

#[tokio::test]
async fn a_full_disk_ends_the_writer_cleanly_and_loses_nothing() {
    for n_blocks in FILE_BLOCKS {
        let home = TempHome::new("full");
        let limited = format!("ulimit -f {n_blocks}; trap '' XFSZ; exec \"$0\" \"$@\"");
        let output = Command::new("sh")
            .args(["-c", &limited])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", CHILD, "--ignored", "--nocapture"])
            .env(CHILD_HOME, &home.path)
            .output()
            .unwrap();
        let acknowledged = last_told(output.stdout.as_slice());
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            talk.contains("no space is left") || talk.contains("DiskFull"),
            "{talk}"
        );
        assert_eq!(half_written(&home.root()), [""; 0], "{n_blocks}");
        // Where room was short from the beginning, none of it went to readers.
        let snapshot = home.root().join("snapshot.json");
        assert_eq!(snapshot.exists(), n_blocks > RESERVE_BLOCKS, "{n_blocks}");
        let store = home.open().unwrap();
        store.check_all().await.unwrap();
        assert!(store.contents().next_seq > acknowledged);
        assert_eq!(acknowledged == 0, n_blocks < 1_024, "{acknowledged}");
        // Where the disk was full under the database, its plan is in the box alone.
        if let Some(open) = &store.contents().open_run {
            let plan = store.load_plan(&open.record.plan_id).await.unwrap();
            assert_eq!(plan, plan_of(&open.record.run).as_bytes());
        }
    }
}

/// What stands in the folder that was not put in place.
fn half_written(root: &Path) -> Vec<String> {
    let names = [root.to_owned(), root.join("plans")]
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_half = |name: &String| name.ends_with(".tmp") || name == "store.new";
    names.filter(is_half).collect()
}

#[tokio::test]
async fn what_a_killed_process_left_half_written_is_swept_away() {
    let home = TempHome::new("swept");
    let store = home.open().unwrap();
    store.save_plan(&plan_id(), b"a plan").await.unwrap();
    drop(store);
    let at = |name: &str| home.root().join(name);
    let half = [
        "journal.jsonl.tmp",
        "snapshot.json.tmp",
        "store.mark.tmp",
        "store.reserve.tmp",
        "plans/0123-4567.rsplan.tmp",
        "store.new/db",
    ];
    std::fs::create_dir(at("store.new")).unwrap();
    for name in half {
        std::fs::write(at(name), b"half").unwrap();
    }
    std::fs::write(at("notes.tmp"), b"of a person").unwrap();
    Store::peek(&home.dir()).unwrap();
    assert_eq!(half_written(&home.root()).len(), 7, "readers sweep nothing");
    let store = home.open().unwrap();
    assert_eq!(half_written(&home.root()), ["notes.tmp"]);
    assert_eq!(store.load_plan(&plan_id()).await.unwrap(), b"a plan");
    store.survey().await.unwrap();
}

#[tokio::test]
async fn a_write_that_nobody_waited_for_stops_the_store() {
    let home = TempHome::new("cancelled");
    let store = Store::open(&home.dir(), options(Body::Threaded)).unwrap();
    let scribe = Scribe::after(&store.contents(), run(1));
    let (opened, adopted) = (scribe.opened(), scribe.adopted(1));
    tokio::select! {
        biased;
        done = store.append(std::slice::from_ref(&opened)) => panic!("{done:?}"),
        () = std::future::ready(()) => {}
    }
    assert!(refusal(store.append(&[adopted]).await).contains("not waited for"));
    drop(store);
    assert_eq!(
        home.open().unwrap().contents().next_seq,
        2,
        "it was written all the same"
    );
}

#[tokio::test]
async fn another_process_holds_the_lock_until_it_dies() {
    let home = TempHome::new("other");
    let mut child = child(&home.path);
    let told = told_by(child.stdout.take().unwrap());
    let spoke = told.recv_timeout(DEADLINE);
    let locked = home.open();
    let seen = Store::peek(&home.dir()).unwrap().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(spoke.is_ok(), "the child says nothing: {spoke:?}");
    match locked {
        Err(StoreError::Locked { holder, .. }) => assert_eq!(holder.unwrap().pid, child.id()),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("two writers"),
    }
    assert!(seen.next_seq > 1);
    home.open().unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "a process of its own is left alone for a while"
)]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
