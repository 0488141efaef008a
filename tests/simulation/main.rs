//! Plays whole histories of applies, each decided by one seed, and checks that no law was broken.
//!
//! ```text
//! cargo test --release --test simulation -- [--seeds N] [--seed S] [--transcript]
//!     [--script FILE | --only 'TROUBLE; …']   the history of seed S with these troubles alone
//!     [--theme money|two|lost|hooks|minds|network]
//!                                             histories about one thing, instead of any
//!     [--twice N]                             N seeds, each played twice
//!     [--every-crash N]                       N seeds, each with a crash at every point of its first apply
//!     [--bad-days N]                          large fleets on bad days
//!     [--no-shrinking]                        a broken law is not traced to the troubles it takes
//!     [--planted NAME|all]                    with the feature `planted`: a broken promise must be noticed;
//!                                             beside --seed or --only it is broken, and that is all
//! ```
//!
//! Filters and options of `cargo test` are passed over.

#![expect(clippy::unwrap_used, reason = "a harness that is wrong should stop")]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
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
mod trouble;
mod troubles;
mod fleet;
mod chains;
mod rollouts;
mod clock;
mod eye;
mod doors;
mod history;
mod meanwhile;
mod laws;
mod ways_back;
mod money;
mod two;
mod lost;
mod hooks;
mod minds;
mod network;
mod bad_days;
mod wanted;
mod played;
mod shrink;
mod crashes;
#[cfg(feature = "planted")]
mod planted;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use played::{on_all_cores, play, play_twice, told};
use script::Script;
use wanted::{Known, Wanted, Work};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One seed in so many is played twice, and must come out the same.
const TWICE_EVERY: u64 = 25;

/// After so many histories a long run says how far it is.
const TOLD_EVERY: u64 = 50_000;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|_| {}));
    let wanted = match Wanted::read(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(why) => {
            println!("{why}");
            return ExitCode::from(2);
        }
    };
    let mut passed = true;
    for work in &wanted.work {
        passed &= carry_out(work, &wanted);
    }
    ExitCode::from(u8::from(!passed))
}

fn carry_out(work: &Work, wanted: &Wanted) -> bool {
    match work {
        Work::Seeds(seeds) => seeds_pass(seeds, wanted),
        Work::Corpus(known) => known_pass("corpus", known, wanted),
        Work::Only { seed, troubles } => {
            let only = Known {
                theme: wanted.theme,
                seed: *seed,
                troubles: Some(troubles.clone()),
            };
            known_pass("simulation", &[only], wanted)
        }
        Work::Twice(n) => twice(*n),
        Work::EveryCrash(n) => crashes::play_all(*n, wanted),
        Work::BadDays(n) => bad_days_pass(*n),
        #[cfg(feature = "planted")]
        Work::Planted(which) => planted::all_are_noticed(which),
    }
}

fn seeds_pass(seeds: &[u64], wanted: &Wanted) -> bool {
    let (played, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    on_all_cores(seeds, |seed| {
        let script = || wanted.theme.draw(*seed);
        let ended = if seed.is_multiple_of(TWICE_EVERY) {
            play_twice(script)
        } else {
            play(script())
        };
        print!("{}", told(wanted.theme, script, &ended, wanted));
        failed.fetch_add(u64::from(!ended.violations.is_empty()), Ordering::Relaxed);
        let played = played.fetch_add(1, Ordering::Relaxed) + 1;
        if played.is_multiple_of(TOLD_EVERY) {
            let failed = failed.load(Ordering::Relaxed);
            eprintln!("{played} of {} played, {failed} failed", seeds.len());
        }
    });
    let failed = failed.into_inner();
    println!(
        "simulation: {} passed, {failed} failed",
        seeds.len() as u64 - failed
    );
    failed == 0
}

/// Histories that are known by name.
fn known_pass(name: &str, known: &[Known], wanted: &Wanted) -> bool {
    let failed = AtomicUsize::new(0);
    on_all_cores(known, |known| {
        let script = || {
            let script = known.theme.draw(known.seed);
            match &known.troubles {
                Some(troubles) => script.with_only(troubles),
                None => script,
            }
        };
        let ended = play(script());
        print!("{}", told(known.theme, script, &ended, wanted));
        failed.fetch_add(usize::from(!ended.violations.is_empty()), Ordering::Relaxed);
    });
    let failed = failed.into_inner();
    println!("{name}: {} passed, {failed} failed", known.len() - failed);
    failed == 0
}

/// Same seed, same transcript, byte for byte.
fn twice(n: u64) -> bool {
    let differ = AtomicU64::new(0);
    let seeds: Vec<u64> = (0..n).collect();
    on_all_cores(&seeds, |seed| {
        let script = || Script::draw(*seed).aloud();
        if play(script()) != play(script()) {
            println!("violation determinism seed={seed}");
            differ.fetch_add(1, Ordering::Relaxed);
        }
    });
    let differ = differ.into_inner();
    println!("twice: {} of {n} seeds came out the same", n - differ);
    differ == 0
}

/// Whether nineteen of twenty ended as wanted, and none worse than it may.
fn bad_days_pass(number: u64) -> bool {
    let days = Mutex::new(BTreeMap::new());
    let seeds: Vec<u64> = (0..number).collect();
    on_all_cores(&seeds, |seed| {
        let day = bad_days::play(*seed);
        for what in &day.objections {
            println!("violation bad-day seed={seed} {what}");
        }
        days.lock().unwrap().insert(*seed, day);
    });
    let (passed, line) = bad_days::verdict(&days.into_inner().unwrap());
    println!("{line}");
    passed
}
