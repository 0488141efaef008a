//! SIGKILL at any time, from the first instruction on.

use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rustix::process::Signal;

use crate::Round;
use crate::door::send;
use crate::yard::{APPLY, Yard};

/// How many.
const MOMENTS: u64 = 300;

/// Until when; an unharmed apply takes about half of it.
const SPAN: Duration = Duration::from_millis(1_200);

pub(crate) fn rounds() -> Vec<Round> {
    let moment = |seed: u64| {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        let micros = numbers.next_u64() % u64::try_from(SPAN.as_micros()).unwrap();
        let after = Duration::from_micros(micros);
        Round::new(format!("moment {seed}: {micros} us"), move |folder| {
            play(folder, after);
        })
    };
    (0..MOMENTS).map(moment).collect()
}

fn play(folder: &str, after: Duration) {
    let yard = Yard::new(folder);
    let before = yard.journal();
    let apply = yard.start(&mut yard.house.command(APPLY), Vec::new());
    pause(after);
    send(apply.id(), Signal::KILL);
    yard.saw_the_end(&before, &apply.ended());
    yard.is_finished_by_the_next();
}

#[expect(
    clippy::disallowed_methods,
    reason = "a process of its own is left alone for a while"
)]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
