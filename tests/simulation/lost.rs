//! The state is lost: a machine that knows nothing goes on where another stopped for good, in the middle of whatever
//! it did. The stories are those about money. `--theme lost`.
//!
//! What holds all the same: no machine is paid for twice, the balance fits the orders, and what is called done is so.
//! What cannot hold is said in `docs/reliability.md`.

use std::time::Duration;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use crate::history::{Ended, attempts, first_attempts};
use crate::laws;
use crate::money;
use crate::script::{Script, Theme};
use crate::two::{beginning, come_to_rest, told_together, with_another};

/// Keeps the drawing of the second machine apart from that of the first.
const SALT: u64 = 0x6c6f_7374;

/// Longest until somebody starts the second machine.
const UNTIL_FOUND_MAX: Duration = Duration::from_secs(2 * 3600);

/// Nothing is paid in the minute in which the fleet was started: a start is told to the minute, and what was paid within
/// it counts as before it.
const SINCE_STARTED: Duration = Duration::from_secs(60);

/// The same fleet, the same wish, another machine.
pub(crate) fn script(seed: u64) -> Script {
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ SALT);
    let first = Script {
        theme: Theme::Lost,
        bills: Vec::new(),
        ..money::script(seed)
    };
    with_another(first, UNTIL_FOUND_MAX, &mut chance)
}

/// One after the other.
pub(crate) async fn play(script: Script) -> Ended {
    let (one, two) = beginning(script);
    one.rig.world_clock.sleep(SINCE_STARTED).await;
    first_attempts(&one).await;
    two.rig.world_clock.sleep(two.script.begins_after).await;
    let exit_code = attempts(&two).await;
    come_to_rest(&one, &two).await;
    laws::of_one_after_the_other(&one, &two, exit_code).await;
    told_together(one, two)
}
