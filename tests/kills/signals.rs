//! Being asked to stop, once and twice; and talking to somebody who does not listen any more.

use std::process::Stdio;

use rustix::process::Signal;

use crate::Round;
use crate::door::{Calls, Trap, When};
use crate::yard::{APPLY, Yard, n_calls, n_changing};

/// Points of an apply at which it is asked once.
const POINTS: usize = 64;

/// Points at which it is asked twice.
const POINTS_TWICE: usize = 36;

/// Applies that write into a pipe whose reader is gone.
const DEAF: usize = 12;

pub(crate) fn rounds() -> Vec<Round> {
    let signals = [
        (Signal::INT, "INT", 130),
        (Signal::TERM, "TERM", 143),
        (Signal::HUP, "HUP", 143),
    ];
    let mut rounds = Vec::new();
    for point in 0..POINTS {
        let (signal, word, code) = signals[point % signals.len()];
        let nth = 1 + point * n_calls() / POINTS;
        rounds.push(Round::new(
            format!("signal {word} at call {nth}"),
            move |folder| {
                once(
                    folder,
                    Trap::signal(Calls::Any, nth, When::Before, signal),
                    code,
                );
            },
        ));
    }
    for point in 0..POINTS_TWICE {
        let (signal, word, code) = signals[point % signals.len()];
        let nth = 1 + point * n_changing() / POINTS_TWICE;
        let name = format!("signal {word} twice at {nth}, point {point}");
        rounds.push(Round::new(name, move |folder| {
            twice(folder, nth, signal, code);
        }));
    }
    for nth in 0..DEAF {
        rounds.push(Round::new(
            format!("signal none, reader gone {nth}"),
            move |folder| {
                nobody_reads(folder, nth);
            },
        ));
    }
    rounds
}

/// In the end every machine is up, and the exit code says what happened: interrupted, or over already.
fn once(folder: &str, trap: Trap, code: i32) {
    let yard = Yard::new(folder);
    let ended = yard.apply_into(vec![trap]);
    let left = ended.code;
    // Before it listens, a signal ends it as it ends any program: nothing was begun then.
    let early = left.is_none() && yard.journal().open_machines().is_empty();
    assert!(left == Some(code) || left == Some(0) || early, "{ended}");
    assert_eq!(yard.n_down(), 0, "{ended}");
    yard.is_finished_by_the_next();
}

/// It ends at once, and whatever is down is named.
fn twice(folder: &str, nth: usize, signal: Signal, code: i32) {
    let yard = Yard::new(folder);
    let at = |nth, when| Trap::signal(Calls::Changing, nth, when, signal);
    let ended = yard.apply_into(vec![at(nth, When::Before), at(nth, When::Between)]);
    assert!(ended.code == Some(code) || ended.code == Some(0), "{ended}");
    let down = yard.n_down();
    let owed = ended.stdout.matches("owed:").count();
    assert!(
        owed >= down,
        "{down} machines are down, {owed} are named\n{ended}"
    );
    yard.is_finished_by_the_next();
}

/// The reader of stdout, of stderr or of both hangs up before the first word.
fn nobody_reads(folder: &str, nth: usize) {
    let yard = Yard::new(folder);
    let json = if nth.is_multiple_of(2) { " -json" } else { "" };
    let mut command = yard.house.command(&format!("{APPLY}{json}"));
    command.stdin(Stdio::null());
    let gone = || Stdio::from(std::io::pipe().unwrap().1);
    match nth % 3 {
        0 => command.stdout(gone()).stderr(Stdio::null()),
        1 => command.stdout(Stdio::null()).stderr(gone()),
        _ => command.stdout(gone()).stderr(gone()),
    };
    yard.door.arm(Vec::new());
    let code = command.status().unwrap().code();
    assert_eq!(
        code,
        Some(0),
        "nobody listened, and the work was done all the same"
    );
    yard.is_finished_by_the_next();
}
