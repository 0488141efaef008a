//! Plays whole histories of applies, each decided by one seed, and checks after each that no law was broken.
//!
//! `cargo test --release --test simulation -- --seeds N [--seed S] [--transcript]`

#![expect(clippy::unwrap_used, reason = "a harness that is wrong should stop")]
#![expect(
    clippy::print_stdout,
    reason = "this is a program of its own, and this is its report"
)]

#[path = "../common/rig.rs"]
mod rig;

mod script;
mod fleet;
mod eye;
mod doors;
mod history;
mod laws;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use eye::Violation;
use history::Ended;
use script::Script;

/// Seeds of a run that names no number.
const SEEDS: u64 = 200;

/// Lines of its log that a finding shows.
const LINES_SHOWN: usize = 40;

/// One seed in so many is played twice, and must come out the same.
const TWICE_EVERY: u64 = 25;

/// Every seed that ever failed, with what it was.
const CORPUS: &str = include_str!("corpus.txt");

/// What was asked for.
struct Wanted {
    seeds: Vec<u64>,
    transcript: bool,
}

fn main() -> ExitCode {
    let wanted = read_arguments(std::env::args().skip(1));
    let next = AtomicU64::new(0);
    let failed = Mutex::new(Vec::new());
    std::panic::set_hook(Box::new(|_| {}));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(seed) = take(&wanted, &next) {
                    let ended = play(seed);
                    report(seed, &ended, &wanted);
                    if !ended.violations.is_empty() {
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap().len();
    println!(
        "simulation: {} passed, {failed} failed",
        wanted.seeds.len() - failed
    );
    ExitCode::from(u8::from(failed > 0))
}

fn take(wanted: &Wanted, next: &AtomicU64) -> Option<u64> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    wanted.seeds.get(usize::try_from(at).unwrap()).copied()
}

/// What is not ours, such as the filters of `cargo test`, is passed over.
fn read_arguments(mut arguments: impl Iterator<Item = String>) -> Wanted {
    let (mut first, mut number, mut transcript) = (None, None, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seed" => first = arguments.next().and_then(|text| text.parse().ok()),
            "--seeds" => number = arguments.next().and_then(|text| text.parse().ok()),
            "--transcript" => transcript = true,
            _ => {}
        }
    }
    let seeds = match (first, number) {
        (Some(first), number) => (first..first + number.unwrap_or(1)).collect(),
        (None, number) => corpus().chain(0..number.unwrap_or(SEEDS)).collect(),
    };
    Wanted { seeds, transcript }
}

fn corpus() -> impl Iterator<Item = u64> {
    let lines = CORPUS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_whitespace().next()?.parse().ok())
}

fn play(seed: u64) -> Ended {
    let ended = play_once(seed);
    if seed.is_multiple_of(TWICE_EVERY) && play_once(seed) != ended {
        let violation = Violation {
            law: "determinism",
            what: "played twice, it came out differently".to_owned(),
        };
        return Ended {
            violations: vec![violation],
            ..ended
        };
    }
    ended
}

fn play_once(seed: u64) -> Ended {
    let played = catch_unwind(AssertUnwindSafe(|| {
        let script = Script::draw(seed);
        rig::paused(history::play(script))
    }));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Ended {
            violations: vec![Violation {
                law: "panic",
                what: text.unwrap_or_default(),
            }],
            log: Vec::new(),
            transcript: String::new(),
        }
    })
}

fn report(seed: u64, ended: &Ended, wanted: &Wanted) {
    if wanted.transcript {
        println!("{}\n{}", ended.log.join("\n"), ended.transcript);
    }
    let Some(first) = ended.violations.first() else {
        return;
    };
    let mut text = format!(
        "violation {} seed={seed} {} (and {} more)\n  cargo test --release --test simulation -- --seed {seed} --transcript\n",
        first.law,
        first.what,
        ended.violations.len() - 1
    );
    let from = ended.log.len().saturating_sub(LINES_SHOWN);
    for line in &ended.log[from..] {
        let line: String = line.chars().take(300).collect();
        text += &format!("    {line}\n");
    }
    println!("{text}");
}
