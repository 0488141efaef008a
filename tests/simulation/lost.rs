//! The state is lost: a machine that knows nothing goes on where another stopped for good, in the middle of whatever
//! it did. The stories are those about money. `--theme lost`.
//!
//! What holds all the same: no machine is paid for twice, the balance fits the orders, and what is called done is so.
//! What cannot hold is said in `docs/reliability.md`.

use std::rc::Rc;
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::history::{AFTERMATH, Ended, History, attempts, first_attempts};
use crate::laws;
use crate::money;
use crate::script::{Script, Theme, span};
use crate::two::told_together;

/// Keeps the drawing of the second machine apart from that of the first.
const SALT: u64 = 0x6c6f_7374;

/// Longest until somebody starts the second machine.
const UNTIL_FOUND_MAX: Duration = Duration::from_secs(2 * 3600);

/// The same fleet, the same wish, another machine.
pub(crate) fn script(seed: u64) -> Script {
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ SALT);
    let first = Script {
        theme: Theme::Lost,
        hands: Vec::new(),
        bills: Vec::new(),
        ..money::script(seed)
    };
    let other = Script::draw(chance.random());
    let begins_after = span(Duration::from_millis(1), UNTIL_FOUND_MAX, &mut chance);
    let other = Script {
        theme: Theme::Lost,
        scene: Rc::clone(&first.scene),
        hands: Vec::new(),
        bills: Vec::new(),
        begins_after,
        ..other
    };
    Script {
        other: Some(Box::new(other)),
        ..first
    }
}

/// One after the other.
pub(crate) async fn play(script: Script) -> Ended {
    let other = script.other.clone().expect("there is a second one");
    let until_found = other.begins_after;
    let one = Rc::new(History::new(script));
    let two = Rc::new(one.beside(*other));
    let clock = one.rig.world_clock.clone();
    one.begin();
    two.begin();
    first_attempts(&one).await;
    clock.sleep(until_found).await;
    let exit_code = attempts(&two).await;
    one.wire.is_quiet.set(true);
    two.wire.is_quiet.set(true);
    clock.sleep(AFTERMATH).await;
    laws::of_one_after_the_other(&one, &two, exit_code).await;
    told_together(one, two)
}
