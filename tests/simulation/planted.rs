//! Broken promises: each must be noticed, by random seeds or by a script of its own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use respec::planted::{ALL, Fault, choose};

use crate::played::{on_all_cores, play};
use crate::script::Script;
use crate::trouble;

/// Random seeds until one notices.
const SEEDS_MAX: u64 = 20_000;

/// Histories written for what chance seldom brings about: a seed, and what goes wrong in it.
const DIRECTED: [(Fault, &str); 0] = [];

/// Plays them all, or one by its name; whether each was noticed.
pub(crate) fn all_are_noticed(which: &str) -> bool {
    let chosen: Vec<(Fault, &str)> = ALL
        .into_iter()
        .filter(|(_, name)| which == "all" || *name == which)
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = ALL.iter().map(|(_, name)| *name).collect();
        println!("no planted fault {which}; there are: {}", names.join(", "));
        return false;
    }
    let noticed = chosen
        .iter()
        .filter(|(fault, name)| is_noticed(*fault, name))
        .count();
    println!("planted: {noticed} of {} noticed", chosen.len());
    noticed == chosen.len()
}

fn is_noticed(fault: Fault, name: &str) -> bool {
    let begun = Instant::now();
    choose(Some(fault));
    let found = by_script(fault).or_else(by_chance);
    choose(None);
    let took = begun.elapsed().as_secs_f64();
    match &found {
        Some(how) => println!("planted {name}: {how} ({took:.1} s)"),
        None => println!("violation planted {name}: nobody notices ({took:.1} s)"),
    }
    found.is_some()
}

fn by_script(fault: Fault) -> Option<String> {
    let (_, text) = DIRECTED.iter().find(|(known, _)| *known == fault)?;
    let (seed, troubles) =
        trouble::read_with_seed(text).expect("scripts are tested by being played");
    let ended = play(Script::draw(seed?).with_only(&troubles));
    let first = ended.violations.first()?;
    Some(format!("{} by its script: {}", first.law, first.what))
}

/// The first seed that breaks a law; which of several cores finds one first is left to chance.
fn by_chance() -> Option<String> {
    let (found, tried) = (AtomicBool::new(false), AtomicU64::new(0));
    let how = Mutex::new(None);
    let seeds: Vec<u64> = (0..SEEDS_MAX).collect();
    on_all_cores(&seeds, |seed| {
        if found.load(Ordering::Relaxed) {
            return;
        }
        tried.fetch_add(1, Ordering::Relaxed);
        let ended = play(Script::draw(*seed));
        if let Some(first) = ended.violations.first()
            && !found.swap(true, Ordering::Relaxed)
        {
            let tried = tried.load(Ordering::Relaxed);
            let what = &first.what;
            *how.lock().unwrap() = Some(format!("{} by seed {seed} of {tried}: {what}", first.law));
        }
    });
    how.into_inner().unwrap()
}
