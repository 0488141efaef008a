//! Two of us on one state: at once, one behind the other, and one that is stopped in the middle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::Signal;

use crate::Round;
use crate::door::{Calls, Trap, When, send};
use crate::process::{Ended, until};
use crate::yard::{APPLY, Yard, n_changing};

/// Rounds in which the second does not wait, and in which it does.
const RACES: usize = 50;

/// Points at which the first is stopped.
const STOPS: usize = 10;

pub(crate) fn rounds() -> Vec<Round> {
    let mut rounds = Vec::new();
    for number in 0..RACES {
        let name = format!("rivals at once {number}");
        rounds.push(Round::new(name, |folder| race(folder, "")));
        let name = format!("rivals in turn {number}");
        rounds.push(Round::new(name, |folder| race(folder, " -lock-timeout 1m")));
    }
    for point in 0..STOPS {
        let nth = 1 + point * n_changing() / STOPS;
        let name = format!("rivals, the first stopped at {nth}");
        let end = if point.is_multiple_of(2) {
            Signal::CONT
        } else {
            Signal::KILL
        };
        rounds.push(Round::new(name, move |folder| stopped(folder, nth, end)));
    }
    rounds
}

/// One of them does it, the other says why not, or finds it done.
fn race(folder: &str, option: &str) {
    let yard = Yard::new(folder);
    yard.door.arm(Vec::new());
    let args = format!("{APPLY}{option}");
    let (first, second) = (yard.house.start(&args), yard.house.start(&args));
    let pids = [first.id(), second.id()];
    let ended = [first.ended(), second.ended()];
    let codes = ended.each_ref().map(|ended| ended.code);
    let told = || ended.each_ref().map(Ended::to_string).join("\n");
    assert!(codes.contains(&Some(0)), "{}", told());
    for (ended, rival) in ended.iter().zip([pids[1], pids[0]]) {
        match ended.code {
            Some(0) => {}
            Some(4) => assert!(ended.stderr.contains("plan again"), "{}", told()),
            Some(5) if option.is_empty() => {
                let named = format!("process {rival},");
                let unnamed = ended.stderr.contains("another process");
                assert!(ended.stderr.contains(&named) || unnamed, "{}", told());
            }
            _ => panic!("{}", told()),
        }
    }
    yard.is_finished_by_the_next();
}

/// The state stays with the one that was stopped, until it goes on or is gone.
fn stopped(folder: &str, nth: usize, end: Signal) {
    let yard = Yard::new(folder);
    let before = yard.journal();
    let fired = Arc::<AtomicBool>::default();
    let flag = Arc::clone(&fired);
    let deed = Arc::new(move |process| {
        send(process, Signal::STOP);
        flag.store(true, Ordering::SeqCst);
    });
    let trap = Trap {
        calls: Calls::Changing,
        nth,
        when: When::Between,
        deed,
    };
    let mut first = yard.start(&mut yard.house.command(APPLY), vec![trap]);
    until("the first is stopped or over", || {
        fired.load(Ordering::SeqCst) || first.is_over()
    });
    if !fired.load(Ordering::SeqCst) {
        // Calls about several machines may go as one, so that there are fewer than usual.
        return yard.is_finished_by_the_next();
    }
    let written = yard.journal();
    let second = yard.run(APPLY).exits(5);
    assert!(
        second.stderr.contains(&format!("process {},", first.id())),
        "{second}"
    );
    // Whoever holds the state is stopped, so that nobody else can have written.
    assert!(written.is_the_same_as(&yard.journal()), "{second}");
    send(first.id(), end);
    let ended = first.ended();
    // The pause was minutes of its time: a step may have run out of it, and is then held.
    let expected = match ended.code {
        Some(0 | 8) => end == Signal::CONT,
        Some(_) => false,
        None => end == Signal::KILL,
    };
    assert!(expected, "{ended}");
    yard.saw_the_end(&before, &ended);
    yard.is_finished_by_the_next();
}
