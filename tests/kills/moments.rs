//! SIGKILL at any time, from the first instruction on.

use std::sync::OnceLock;
use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use respec::clock::{Clock as _, SystemClock};
use rustix::process::Signal;

use crate::Round;
use crate::door::send;
use crate::yard::{APPLY, Yard};

/// How many.
const MOMENTS: u64 = 300;

/// Within an apply, in thousandths of the time that an unharmed one takes.
const WHOLE: u64 = 1_000;

pub(crate) fn rounds() -> Vec<Round> {
    let moment = |seed: u64| {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        let part = u32::try_from(numbers.next_u64() % WHOLE).unwrap();
        Round::new(
            format!("moment {seed}: {part} thousandths of an apply"),
            move |folder| play(folder, unharmed() * part / 1_000),
        )
    };
    (0..MOMENTS).map(moment).collect()
}

/// How long an apply takes here, in this build.
fn unharmed() -> Duration {
    static TAKES: OnceLock<Duration> = OnceLock::new();
    *TAKES.get_or_init(|| {
        let yard = Yard::new("moment-unharmed");
        let clock = SystemClock::new(1);
        let begun = clock.elapsed();
        yard.start(&mut yard.house.command(APPLY), Vec::new())
            .ended();
        clock.elapsed() - begun
    })
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
