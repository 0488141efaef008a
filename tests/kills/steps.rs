//! SIGKILL at the nth call: before it, after the cloud has done it, and after its answer.

use rustix::process::Signal;

use crate::Round;
use crate::door::{Calls, Trap, When};
use crate::yard::{Yard, n_calls, n_changing};

/// Calls of a resumed apply that are killed as well.
const SECOND_KILLS: usize = 6;

pub(crate) fn rounds() -> Vec<Round> {
    let mut rounds = Vec::new();
    for nth in 1..=n_changing() {
        for when in [When::Before, When::Between, When::After] {
            let name = format!("step {nth} {when:?}");
            let traps = vec![kill(Calls::Changing, nth, when)];
            rounds.push(Round::new(name, move |folder| {
                play(folder, std::slice::from_ref(&traps));
            }));
        }
        for second in 1..=SECOND_KILLS {
            let name = format!("step {nth} and {second} of the next two");
            let first = vec![kill(Calls::Changing, nth, When::Between)];
            let next = vec![kill(Calls::Changing, second, When::Between)];
            rounds.push(Round::new(name, move |folder| {
                play(folder, &[first.clone(), next.clone(), next.clone()]);
            }));
        }
    }
    for nth in 1..=n_calls() {
        let traps = vec![kill(Calls::Any, nth, When::After)];
        let name = format!("call {nth}");
        rounds.push(Round::new(name, move |folder| {
            play(folder, std::slice::from_ref(&traps));
        }));
    }
    rounds.push(Round::new("step every one".into(), killed_at_every_step));
    rounds
}

fn kill(calls: Calls, nth: usize, when: When) -> Trap {
    Trap::signal(calls, nth, when, Signal::KILL)
}

fn play(folder: &str, applies: &[Vec<Trap>]) {
    let yard = Yard::new(folder);
    for traps in applies {
        yard.apply_into(traps.clone());
    }
    yard.is_finished_by_the_next();
}

/// Most applies that may be needed when each of them gets one call through.
const APPLIES_MAX: usize = 20;

/// Each apply gets as far as one call more.
fn killed_at_every_step(folder: &str) {
    let yard = Yard::new(folder);
    for _ in 0..APPLIES_MAX {
        let ended = yard.apply_into(vec![kill(Calls::Changing, 2, When::Between)]);
        if ended.code.is_some() {
            break;
        }
    }
    yard.is_finished_by_the_next();
}
