//! Many days at once: the good one, and bad ones on every core.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::figures::{Day, Figures};
use crate::sim::{FaultPlan, Faults, World};

use super::day::{Known, play};
use super::error::RehearseError;

/// Most bad days in one rehearsal.
pub const DAYS_MAX: u32 = 100_000;

/// Stack of a thread that plays days; an apply's futures are deep.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// The day on which nothing goes wrong.
///
/// # Errors
/// [`RehearseError`]; nothing outside the copy was touched in any case.
pub fn good_day(known: &Known<'_>, world: &World) -> Result<Figures, RehearseError> {
    let days = on_threads(1, |_| {
        let figures = play(known, world, 0, Faults::None)?;
        Ok(Day { seed: 0, figures })
    })?;
    let day = days.into_iter().next();
    Ok(day.expect("one day was asked for").figures)
}

/// This many bad days, their seeds counting from `seed`. The answer does not depend on the number of cores.
///
/// # Errors
/// [`RehearseError`] of the first day that could not be played.
pub fn bad_days(
    known: &Known<'_>,
    world: &World,
    n_days: u32,
    seed: u64,
) -> Result<Vec<Day>, RehearseError> {
    let plan = troubles(known.plan.sagas.len());
    let mut days = on_threads(u64::from(n_days), |nth| {
        let seed = seed.wrapping_add(nth);
        let faults = Faults::seeded(seed, plan.clone());
        let figures = play(known, world, seed, faults)?;
        Ok(Day { seed, figures })
    })?;
    days.sort_by_key(|day| day.seed.wrapping_sub(seed));
    Ok(days)
}

/// What goes wrong on a bad day: a few of every kind of trouble, more of them in a larger fleet.
fn troubles(machines: usize) -> FaultPlan {
    let most = u32::try_from(3 + machines / 20).unwrap_or(u32::MAX);
    FaultPlan::even(0.004, most)
}

type Played = Result<Day, RehearseError>;

/// Each thread takes the next day until none is left.
fn on_threads(n_days: u64, play: impl Fn(u64) -> Played + Sync) -> Result<Vec<Day>, RehearseError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let next = AtomicU64::new(0);
    let played: Mutex<Vec<Played>> = Mutex::new(Vec::new());
    let work = || loop {
        let nth = next.fetch_add(1, Ordering::Relaxed);
        if nth >= n_days {
            return;
        }
        let day = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| play(nth)));
        let day = day.unwrap_or(Err(RehearseError::Panicked(nth)));
        played
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(day);
    };
    std::thread::scope(|scope| {
        let n_threads = u64::try_from(cores).unwrap_or(1).min(n_days);
        for _ in 0..n_threads {
            let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
            thread
                .spawn_scoped(scope, work)
                .map_err(RehearseError::Thread)?;
        }
        Ok(())
    })?;
    let played = played
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    played.into_iter().collect()
}
