//! A crash at every point: around each entry, and before, amid and after each call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::doors::Points;
use crate::played::{on_all_cores, play, told};
use crate::script::{Fate, Moment, Script};
use crate::trouble::Trouble;
use crate::wanted::Wanted;

/// In the middle of a call: late enough to have left, too early to be answered.
const HALFWAY: Duration = Duration::from_millis(10);

/// Plays the first `n` seeds with every crash of their first apply; whether no law was broken.
pub(crate) fn play_all(n: u64, wanted: &Wanted) -> bool {
    let (histories, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let seeds: Vec<u64> = (0..n).collect();
    on_all_cores(&seeds, |seed| {
        let drawn = Script::draw(*seed);
        let alive = play(with_fate(&drawn, Fate::Spared));
        for fate in deaths(&alive.points) {
            let script = || with_fate(&drawn, fate);
            let ended = play(script());
            histories.fetch_add(1, Ordering::Relaxed);
            if !ended.violations.is_empty() {
                failed.fetch_add(1, Ordering::Relaxed);
                println!("the death: {}", Trouble::Attempt(0, fate));
                print!("{}", told(wanted.theme, script, &ended, wanted));
            }
        }
    });
    let (histories, failed) = (histories.into_inner(), failed.into_inner());
    println!(
        "every crash: {} passed, {failed} failed, of {n} seeds",
        histories - failed
    );
    failed == 0
}

/// The history in which this befalls the first apply, and nothing of the kind a second one.
fn with_fate(drawn: &Script, fate: Fate) -> Script {
    let mut script = drawn.clone();
    script.fates = vec![fate, Fate::Spared];
    // The attempts that are left to come to rest in are fewer, and are spared wrong clocks as ever.
    let quiet = script.skews.iter_mut().skip(script.fates.len());
    quiet.for_each(|ahead| *ahead = 0);
    script
}

/// Every point at which such an apply can die: around each commit, before, amid and after each change.
/// A call that only reads leaves no trace, so that it does not matter on which side of it the end comes.
fn deaths(points: &Points) -> Vec<Fate> {
    let calls = (1..=points.n_calls).flat_map(|nth| {
        let moments: &[Moment] = if points.changes.contains(&nth) {
            &[Moment::Before, Moment::During(HALFWAY), Moment::After]
        } else {
            &[Moment::Before]
        };
        moments
            .iter()
            .map(move |moment| Fate::DiesAtCall(nth, *moment))
    });
    let appends = (1..=points.n_appends)
        .flat_map(|nth| [Moment::Before, Moment::After].map(|m| Fate::DiesAtAppend(nth, m)));
    calls.chain(appends).collect()
}
