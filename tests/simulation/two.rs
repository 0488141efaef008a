//! Two machines work on one fleet at once, each with a store of its own: two jobs of one pipeline whose state
//! was not shared. `--theme two`.
//!
//! No lock stands between them. What holds all the same: nothing is paid twice, for both make the same tokens; no
//! machine is left worse than found; each order is recorded by one of them; and each says honestly how its part
//! ended. How many machines are down at once is what only one of them can promise (`docs/reliability.md`).

use std::rc::Rc;
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::history::{AFTERMATH, Ended, History, attempts};
use crate::laws;
use crate::script::{Script, Theme, span};
use crate::trouble::Trouble;

/// Keeps the drawing of the other machine apart from that of the first.
const SALT: u64 = 0x74_776f;

/// Mostly they begin within the time that one apply takes.
const APART_MAX: Duration = Duration::from_secs(30 * 60);

/// Laws that only hold for one machine alone: how many are down at once, and what is owed by whom.
const OF_ONE_ALONE: [&str; 2] = ["I10", "I12"];

/// The same fleet, with another machine that knows nothing of the first.
pub(crate) fn script(seed: u64) -> Script {
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ SALT);
    let first = Script {
        theme: Theme::Two,
        ..Script::draw(seed)
    };
    with_another(first, APART_MAX, &mut chance)
}

/// Nobody has a hand in it but the two, of which the second begins within this time.
pub(crate) fn with_another(first: Script, within: Duration, chance: &mut ChaCha8Rng) -> Script {
    let other = Script::draw(chance.random());
    let other = Script {
        theme: first.theme,
        scene: Rc::clone(&first.scene),
        hands: Vec::new(),
        bills: Vec::new(),
        begins_after: span(Duration::from_millis(1), within, chance),
        ..other
    };
    Script {
        hands: Vec::new(),
        other: Some(Box::new(other)),
        ..first
    }
}

/// Both, before anything has happened.
pub(crate) fn beginning(script: Script) -> (Rc<History>, Rc<History>) {
    let other = script.other.clone().expect("there are two");
    let one = Rc::new(History::new(script));
    let two = Rc::new(one.beside(*other));
    one.begin();
    two.begin();
    (one, two)
}

/// Both at once, until each has come to its end.
pub(crate) async fn play(script: Script) -> Ended {
    let (one, two) = beginning(script);
    let second = async {
        two.rig.world_clock.sleep(two.script.begins_after).await;
        attempts(&two).await
    };
    let (first, second) = tokio::join!(attempts(&one), second);
    come_to_rest(&one, &two).await;
    laws::of_two(&one, &two, [first, second]).await;
    told_together(one, two)
}

/// Until nothing that is on its way can arrive any more.
pub(crate) async fn come_to_rest(one: &History, two: &History) {
    for machine in [one, two] {
        machine.wire.is_quiet.set(true);
    }
    one.rig.world_clock.sleep(AFTERMATH).await;
}

/// What both have to tell.
pub(crate) fn told_together(one: Rc<History>, two: Rc<History>) -> Ended {
    let begins_after = two.script.begins_after;
    let (mut ended, other) = (one.into_ended(), two.into_ended());
    ended.violations.extend(other.violations);
    ended
        .violations
        .retain(|broken| !OF_ONE_ALONE.contains(&broken.law));
    ended.log.push("== the other machine".to_owned());
    ended.log.extend(other.log);
    ended.transcript += &other.transcript;
    let others = other.troubles.into_iter();
    let others = others.map(|trouble| Trouble::Other(Box::new(trouble)));
    ended.troubles.push(Trouble::Later(begins_after));
    ended.troubles.extend(others);
    ended
}
