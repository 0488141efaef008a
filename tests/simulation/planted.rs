//! Broken promises: each must be noticed, by random seeds or by a script of its own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use respec::clock::{Clock as _, SystemClock};
use respec::planted::{ALL, Fault, choose};
use respec::sim;

use crate::played::{on_all_cores, play};
use crate::script::Script;
use crate::trouble::Trouble;

/// Random seeds until one notices.
const SEEDS_MAX: u64 = 20_000;

/// Fleets on which a written script is tried; not every fleet has what it is about.
const FLEETS: u64 = 100;

/// Scripts for what chance seldom brings about.
fn scripts(fault: Fault) -> Vec<Vec<Trouble>> {
    match fault {
        Fault::NoHorizon => (6..=14).map(the_last_send_is_late).collect(),
        _ => Vec::new(),
    }
}

/// A call is lost again and again, until its token is too old to be sent; the last one was only late.
fn the_last_send_is_late(last: u64) -> Vec<Trouble> {
    let struck = |nth, fault| Trouble::Call(("ModifyInstanceSpec".to_owned(), nth, fault));
    let lost = (1..last).map(|nth| struck(nth, sim::Fault::LostBefore));
    let late = struck(last, sim::Fault::Late(Duration::from_secs(90)));
    lost.chain([late]).collect()
}

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
    let clock = SystemClock::new(1);
    choose(Some(fault));
    let found = by_script(fault).or_else(by_chance);
    choose(None);
    let took = clock.elapsed().as_secs_f64();
    match &found {
        Some(how) => println!("planted {name}: {how} ({took:.1} s)"),
        None => println!("violation planted {name}: nobody notices ({took:.1} s)"),
    }
    found.is_some()
}

fn by_script(fault: Fault) -> Option<String> {
    let scripts = scripts(fault);
    let pieces: Vec<(u64, Vec<Trouble>)> = (0..FLEETS)
        .flat_map(|seed| scripts.iter().map(move |script| (seed, script.clone())))
        .collect();
    first_broken(&pieces, |(seed, troubles)| {
        (*seed, Script::draw(*seed).with_only(troubles))
    })
}

fn by_chance() -> Option<String> {
    let seeds: Vec<u64> = (0..SEEDS_MAX).collect();
    first_broken(&seeds, |seed| (*seed, Script::draw(*seed)))
}

/// The first history that breaks a law; which of several cores finds one first is left to chance.
fn first_broken<T: Sync>(
    pieces: &[T],
    script: impl Fn(&T) -> (u64, Script) + Sync,
) -> Option<String> {
    let (found, tried) = (AtomicBool::new(false), AtomicU64::new(0));
    let how = Mutex::new(None);
    on_all_cores(pieces, |piece| {
        if found.load(Ordering::Relaxed) {
            return;
        }
        tried.fetch_add(1, Ordering::Relaxed);
        let (seed, script) = script(piece);
        let ended = play(script);
        if let Some(first) = ended.violations.first()
            && !found.swap(true, Ordering::Relaxed)
        {
            let tried = tried.load(Ordering::Relaxed);
            let (law, what) = (first.law, &first.what);
            *how.lock().unwrap() = Some(format!("{law}, seed {seed}, history {tried}: {what}"));
        }
    });
    how.into_inner().unwrap()
}

/// Breaks the promise of this name for everything that is played from now on.
///
/// # Errors
/// There is none of this name.
pub(crate) fn break_promise(name: &str) -> Result<(), String> {
    let known = ALL.into_iter().find(|(_, known)| *known == name);
    let (fault, _) = known.ok_or_else(|| format!("no planted fault {name}"))?;
    choose(Some(fault));
    Ok(())
}
