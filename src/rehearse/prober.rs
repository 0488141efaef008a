//! Probes of machines that do not exist: answered by the simulated world, in its time, without a socket;
//! and commands that nobody runs.

use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::clock::Clock;
use crate::model::{Facts, Probe};
use crate::probe::{HookCall, Prober, Ran, Sight};
use crate::sim::{Now, World};

/// Looks into a simulated world.
pub struct SimulatedProber {
    world: Arc<Mutex<World>>,
    clock: Rc<dyn Clock>,
    /// What this clock showed when the world's showed [`Self::world_since`].
    clock_since: Duration,
    world_since: Duration,
}

impl SimulatedProber {
    /// A prober of this world, whose time goes on by this clock from now on.
    #[must_use]
    pub fn new(world: Arc<Mutex<World>>, clock: Rc<dyn Clock>) -> Self {
        let world_since = world
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .now()
            .elapsed;
        Self {
            clock_since: clock.elapsed(),
            world_since,
            world,
            clock,
        }
    }

    fn now(&self) -> Now {
        Now {
            wall: self.clock.wall(),
            elapsed: self.world_since + self.clock.elapsed().saturating_sub(self.clock_since),
        }
    }
}

#[async_trait(?Send)]
impl Prober for SimulatedProber {
    async fn probe(&self, facts: &Facts, _probe: &Probe, _within: Duration) -> Sight {
        if facts.id.is_empty() {
            // A gate asks about the world outside, of which there is no copy.
            return Sight::Good("is taken for granted where the cloud is simulated".to_owned());
        }
        let now = self.now();
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        match world.service_answers(&facts.id, now) {
            Ok(()) => Sight::Good("answers".to_owned()),
            Err(why) => Sight::Bad(why),
        }
    }

    async fn run(&self, _call: HookCall<'_>) -> Ran {
        Ran::Pretended
    }
}
