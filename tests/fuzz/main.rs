//! Feeds every reader of foreign bytes with what it has seen before, a little changed, again and again.
//!
//! `cargo test --release --test fuzz -- [--seconds N] [--target NAME] [--seed S]`
//!
//! Seconds are of processor time. A panic, or an input that takes longer than [`INPUT_MAX`], fails the run, names
//! target, seed and number, and leaves the input in `target/tmp/fuzz`. What ever failed is kept below
//! `corpus/<target>` and comes first.

#![expect(clippy::unwrap_used, reason = "a harness that is wrong should stop")]
#![expect(
    clippy::print_stdout,
    reason = "this is a program of its own, and this is its report"
)]

#[path = "../common/rig.rs"]
mod rig;
#[path = "../common/program.rs"]
#[expect(dead_code, reason = "only one quiet run is needed of it")]
mod program;
#[path = "../bad_replies/operations.rs"]
#[expect(
    dead_code,
    reason = "the operations and their good replies are needed, sockets are not"
)]
mod operations;

mod mutation;
mod corpus;
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rustix::time::{ClockId, clock_gettime};

use mutation::mutated;
use targets::{Target, all};

/// The most processor time that one input may take. What else the machine is busy with does not count.
const INPUT_MAX: Duration = Duration::from_secs(1);

/// Inputs that are fed whatever the time: less would be no test.
const INPUTS_MIN: u64 = 200;

struct Wanted {
    each: Duration,
    only: Option<String>,
    seed: u64,
}

fn main() -> ExitCode {
    let wanted = read_arguments(std::env::args().skip(1));
    let targets = all();
    std::panic::set_hook(Box::new(|_| {}));
    let only = wanted.only.as_deref();
    let chosen = targets.iter();
    let chosen = chosen.filter(|target| only.is_none_or(|only| only == target.name));
    let chosen: Vec<&Target> = chosen.collect();
    if chosen.is_empty() {
        println!("fuzz: no target is called {}", only.unwrap_or_default());
        return ExitCode::from(2);
    }
    let mut n_failed = 0;
    for target in chosen {
        match feed(target, &wanted) {
            Ok(n) => println!("fuzz: {:<13} {n:>8} inputs, none failed", target.name),
            Err(failure) => {
                println!("fuzz: {failure}");
                n_failed += 1;
            }
        }
    }
    println!("fuzz: {n_failed} targets failed");
    ExitCode::from(u8::from(n_failed > 0))
}

/// How many inputs there was time for.
fn feed(target: &Target, wanted: &Wanted) -> Result<u64, String> {
    let kept = corpus::kept(target.name);
    for (name, input) in &kept {
        taste(target, input).map_err(|why| format!("{}: {name}: {why}", target.name))?;
    }
    let mut bases = target.bases.clone();
    bases.extend(kept.into_iter().map(|(_, input)| input));
    let begun = processor_time();
    let mut n = 0;
    while n < INPUTS_MIN || processor_time() - begun < wanted.each {
        let mut numbers = ChaCha8Rng::seed_from_u64(wanted.seed);
        numbers.set_stream(n);
        let input = mutated(&bases, target.words, &mut numbers);
        taste(target, &input).map_err(|why| {
            let path = keep(target.name, n, &input);
            format!(
                "{}: seed {}, input {n}: {why}; kept as {path}",
                target.name, wanted.seed
            )
        })?;
        n += 1;
    }
    Ok(n)
}

fn taste(target: &Target, input: &[u8]) -> Result<(), String> {
    let begun = processor_time();
    catch_unwind(AssertUnwindSafe(|| (target.eat)(input))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        format!("panicked: {}", text.unwrap_or_default())
    })?;
    let took = processor_time() - begun;
    if took > INPUT_MAX {
        return Err(format!("took {} ms", took.as_millis()));
    }
    Ok(())
}

/// Of all threads of this process so far.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

fn keep(target: &str, n: u64, input: &[u8]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{target}-{n}"));
    fs::write(&path, input).unwrap();
    path.display().to_string()
}

fn read_arguments(mut words: impl Iterator<Item = String>) -> Wanted {
    let mut wanted = Wanted {
        each: Duration::from_millis(500),
        only: None,
        seed: 0,
    };
    while let Some(word) = words.next() {
        let mut number = || {
            words
                .next()
                .and_then(|text| text.parse().ok())
                .expect("a number follows")
        };
        match word.as_str() {
            "--seconds" => wanted.each = Duration::from_secs(number()),
            "--seed" => wanted.seed = number(),
            "--target" => wanted.only = words.next(),
            // What `cargo test` says to every target.
            _ => {}
        }
    }
    wanted
}
