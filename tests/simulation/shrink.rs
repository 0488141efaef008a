//! From a history that broke a law to the few troubles it takes.

use crate::history::Ended;
use crate::script::Script;
use crate::trouble::Trouble;

/// Most histories played to make one smaller.
const TRIES_MAX: usize = 400;

/// Leaves out whatever the broken law does not need: halves first, then quarters, then one by one.
pub(crate) fn shrink(
    draw: impl Fn() -> Script,
    law: &str,
    all: Vec<Trouble>,
    play: impl Fn(Script) -> Ended,
) -> Vec<Trouble> {
    let mut tries = 0;
    let mut breaks = |troubles: &[Trouble]| {
        tries += 1;
        let ended = play(draw().with_only(troubles));
        tries <= TRIES_MAX && ended.violations.iter().any(|broken| broken.law == law)
    };
    let mut kept = all;
    if !breaks(&kept) {
        return kept; // What was listed is not what was drawn: the seed alone must do.
    }
    let mut size = kept.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        while at < kept.len() {
            let mut fewer = kept.clone();
            fewer.drain(at..kept.len().min(at + size));
            if breaks(&fewer) {
                kept = fewer;
            } else {
                at += size;
            }
        }
        if size == 1 {
            return kept;
        }
        size = size.div_ceil(2);
    }
}
