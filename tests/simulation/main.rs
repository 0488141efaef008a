//! Plays whole histories of applies, each decided by one seed, and checks after each that no law was broken.
//!
//! `cargo test --release --test simulation -- --seeds N [--seed S] [--transcript] [--bad-days N]`

#![expect(clippy::unwrap_used, reason = "a harness that is wrong should stop")]
#![expect(
    clippy::print_stdout,
    reason = "this is a program of its own, and this is its report"
)]

#[path = "../common/rig.rs"]
mod rig;
#[path = "../common/program.rs"]
#[expect(
    dead_code,
    reason = "histories have a program of their own, and bad days need only some of this one"
)]
mod program;

mod script;
mod fleet;
mod rollouts;
mod eye;
mod doors;
mod history;
mod laws;
mod bad_days;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

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
    bad_days: u64,
}

fn main() -> ExitCode {
    let wanted = read_arguments(std::env::args().skip(1));
    std::panic::set_hook(Box::new(|_| {}));
    let failed = Mutex::new(0);
    on_all_cores(&wanted.seeds, |seed| {
        let ended = play(seed);
        report(seed, &ended, &wanted);
        *failed.lock().unwrap() += usize::from(!ended.violations.is_empty());
    });
    let failed = failed.into_inner().unwrap();
    println!(
        "simulation: {} passed, {failed} failed",
        wanted.seeds.len() - failed
    );
    let bad_days_passed = wanted.bad_days == 0 || play_bad_days(wanted.bad_days);
    ExitCode::from(u8::from(failed > 0 || !bad_days_passed))
}

/// Whether nineteen of twenty ended as wanted, and none worse than it may.
fn play_bad_days(number: u64) -> bool {
    let days = Mutex::new(BTreeMap::new());
    let seeds: Vec<u64> = (0..number).collect();
    on_all_cores(&seeds, |seed| {
        let day = bad_days::play(seed);
        for what in &day.objections {
            println!("violation bad-day seed={seed} {what}");
        }
        days.lock().unwrap().insert(seed, day);
    });
    let (passed, line) = bad_days::verdict(&days.into_inner().unwrap());
    println!("{line}");
    passed
}

fn on_all_cores(seeds: &[u64], play: impl Fn(u64) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    play(*seed);
                }
            });
        }
    });
}

/// What is not ours, such as the filters of `cargo test`, is passed over.
fn read_arguments(mut arguments: impl Iterator<Item = String>) -> Wanted {
    let (mut first, mut number, mut transcript, mut bad_days) = (None, None, false, 0);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seed" => first = arguments.next().and_then(|text| text.parse().ok()),
            "--seeds" => number = arguments.next().and_then(|text| text.parse().ok()),
            "--transcript" => transcript = true,
            "--bad-days" => bad_days = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(0),
            _ => {}
        }
    }
    let seeds = match (first, number) {
        (Some(first), number) => (first..first + number.unwrap_or(1)).collect(),
        (None, number) => corpus().chain(0..number.unwrap_or(SEEDS)).collect(),
    };
    Wanted {
        seeds,
        transcript,
        bad_days,
    }
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
