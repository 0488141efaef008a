//! The built program, really killed: at every step, at every kind of system call, at any time; and the other
//! bad ends a process can come to. After each the next apply takes up the run, and what the simulated cloud
//! knows is held against what the journal says.
//!
//! `cargo test --release --test kills -- --all` does all of it; without `--all` a sample, with `--only WORD`
//! the rounds whose name has that word. What cannot be done here is skipped and told; with `--skip-nothing` that
//! is a failure.

#![expect(clippy::unwrap_used, reason = "a harness that is wrong should stop")]
#![expect(
    clippy::print_stdout,
    reason = "this is a program of its own, and this is its report"
)]

#[path = "../cli/house.rs"]
#[expect(dead_code, reason = "the stories of `tests/cli` need more of it")]
mod house;
#[path = "../cli/process.rs"]
#[expect(dead_code, reason = "the stories of `tests/cli` need more of it")]
mod process;
#[path = "../cli/server.rs"]
#[expect(dead_code, reason = "the stories of `tests/cli` need more of it")]
mod server;

mod door;
mod journal;
mod yard;
mod steps;
mod system_calls;
mod moments;
mod signals;
mod disks;
mod unreadable;
mod rivals;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use respec::clock::{Clock as _, SystemClock};

/// Rounds at once: most of the time a round waits for its cloud.
const ROUNDS_AT_ONCE: usize = 6;

/// Without `--all`, one round in so many is done.
const SAMPLE: usize = 25;

/// Where all rounds are done, at least one process is killed for so many of them. The real number is far above;
/// moments hit more or less of them, as the machine is busy.
const ROUNDS_PER_KILL: usize = 2;

/// Processes that SIGKILL really ended, by whatever means it was sent.
pub(crate) static KILLED: AtomicUsize = AtomicUsize::new(0);

/// One round: a world of its own, something bad, and what is there afterwards.
pub(crate) struct Round {
    /// `step 7 before`; the first word is its kind.
    pub(crate) name: String,
    /// Panics when something is not as promised.
    pub(crate) play: Box<dyn Fn(&str) + Send + Sync>,
}

impl Round {
    pub(crate) fn new(name: String, play: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            name,
            play: Box::new(play),
        }
    }

    fn kind(&self) -> &str {
        self.name.split(' ').next().unwrap()
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| arguments.iter().any(|word| word == option);
    let all = has("--all");
    let only = arguments.iter().position(|word| word == "--only");
    let only = only.and_then(|at| arguments.get(at + 1));
    let (rounds, skipped) = rounds();
    std::panic::set_hook(Box::new(|_| {}));
    for why in &skipped {
        println!("skipped: {why}");
    }
    if has("--skip-nothing") && !skipped.is_empty() {
        println!("nothing was to be skipped");
        return ExitCode::from(2);
    }
    let sample = |(at, _): &(usize, Round)| all || only.is_some() || at.is_multiple_of(SAMPLE);
    let rounds = rounds.into_iter().enumerate().filter(sample);
    let rounds = rounds.map(|(_, round)| round);
    let rounds = rounds.filter(|round| only.is_none_or(|word| round.name.contains(word.as_str())));
    let rounds: Vec<Round> = rounds.collect();
    if rounds.is_empty() {
        println!("no round is called {}", only.map_or("", String::as_str));
        return ExitCode::from(2);
    }
    let mut good = play_all(&rounds);
    if all && only.is_none() && skipped.is_empty() {
        let killed = KILLED.load(Ordering::SeqCst);
        let enough = killed * ROUNDS_PER_KILL >= rounds.len();
        if !enough {
            println!("failed: {killed} killed are too few, of {}", rounds.len());
        }
        good &= enough;
    }
    for why in &skipped {
        println!("skipped: {why}");
    }
    ExitCode::from(u8::from(!good))
}

fn rounds() -> (Vec<Round>, Vec<String>) {
    let (system_calls, no_strace) = system_calls::rounds();
    let (disks, no_mount) = disks::rounds();
    let (unreadable, not_unreadable) = unreadable::rounds();
    let rounds = [
        steps::rounds(),
        moments::rounds(),
        system_calls,
        signals::rounds(),
        disks,
        unreadable,
        rivals::rounds(),
    ];
    let skipped = [no_strace, no_mount, not_unreadable];
    let skipped = skipped.into_iter().flatten().collect();
    (rounds.into_iter().flatten().collect(), skipped)
}

/// Whether all of them went as promised.
fn play_all(rounds: &[Round]) -> bool {
    let clock = SystemClock::new(1);
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(0_usize);
    let done = Mutex::new(BTreeMap::<String, usize>::new());
    std::thread::scope(|scope| {
        for _ in 0..ROUNDS_AT_ONCE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(round) = rounds.get(number) else {
                        break;
                    };
                    let kind = round.kind().to_owned();
                    if let Err(why) = play(round, &format!("round-{number}")) {
                        *failed.lock().unwrap() += 1;
                        println!("failed: {}, in round-{number}\n{why}\n", round.name);
                    }
                    *done.lock().unwrap().entry(kind).or_default() += 1;
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    let kinds = done.into_inner().unwrap();
    let kinds = kinds.iter().map(|(kind, n)| format!("{n} {kind}"));
    println!("rounds: {}", kinds.collect::<Vec<_>>().join(", "));
    println!(
        "kills: {} rounds, {} processes killed, {failed} failed, {} s",
        rounds.len(),
        KILLED.load(Ordering::SeqCst),
        clock.elapsed().as_secs()
    );
    failed == 0
}

fn play(round: &Round, folder: &str) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| (round.play)(folder))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        text.unwrap_or_else(|| "it gave no reason".to_owned())
    })
}
