//! How a history begins: a fleet, a cloud, the two ways out that are watched, and what is to befall them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use respec::sim::{Faults, MutationHook, SimWire};
use respec::store::{CommitFault, MemoryKv};
use serde_json::Value;

use super::{CALLS_BESIDES, CALLS_MAX, History};
use crate::clock::WrongClock;
use crate::doors::{Death, WatchedWire};
use crate::eye::Eye;
use crate::hooks::{Balancer, Owner};
use crate::rig::Rig;
use crate::rollouts::Watch;
use crate::script::{CommitFate, Script, Theme};

impl History {
    pub(crate) fn new(script: Script) -> Self {
        let rig = script.scene.rig(script.seed);
        let first_truth = rig.truth();
        Self::over(rig, script, first_truth)
    }

    /// Another machine that works on the same fleet, with a store of its own.
    pub(crate) fn beside(&self, script: Script) -> Self {
        let mut rig = self.rig.clone();
        rig.clock = rig.world_clock.clone();
        Self::over(rig, script, self.first_truth.clone())
    }

    fn over(mut rig: Rig, script: Script, first_truth: Value) -> Self {
        let own_clock = Rc::new(WrongClock {
            right: rig.world_clock.clone(),
            ahead: Cell::new(0),
            nap: Cell::new(None),
        });
        rig.clock = own_clock.clone();
        let eye = Rc::new(Eye::new(
            rig.world_clock.clone(),
            Watch::over(&script.scene.fleet),
            Balancer::of(&rig.desired),
            script.aloud,
        ));
        let death = Rc::new(Death::new());
        let watching = Rc::clone(&eye);
        let hook: MutationHook = Rc::new(move |world| {
            watching.look_at(world);
            Ok(())
        });
        let wire = |faults| {
            SimWire::build(
                rig.world.clone(),
                rig.world_clock.clone(),
                Some(hook.clone()),
                faults,
            )
        };
        let faults = match &script.listed {
            Some(listed) => Faults::listed(listed.clone()),
            None => Faults::seeded(script.seed, script.faults.clone()),
        };
        let wire = WatchedWire {
            noisy: wire(faults),
            quiet: wire(Faults::None),
            is_quiet: Cell::new(false),
            death: Rc::clone(&death),
            eye: Rc::clone(&eye),
            clock: rig.world_clock.clone(),
            calls_max: CALLS_BESIDES + CALLS_MAX * rig.desired.instances.len() as u64,
        };
        let wire = Rc::new(wire);
        if script.theme == Theme::Hooks {
            rig.prober = Rc::new(Owner::new(rig.prober.clone(), wire.clone(), script.seed));
        }
        let kv = MemoryKv::new();
        for (nth, fate) in &script.commit_faults {
            let fault = match fate {
                CommitFate::Refused => CommitFault::Refused,
                CommitFate::Unknown => CommitFault::Unknown,
            };
            kv.fail_commit(*nth, fault);
        }
        Self {
            first_truth,
            rig,
            script,
            kv,
            eye,
            wire,
            death,
            plans: RefCell::default(),
            n_orders: Rc::default(),
            own_clock,
            n_attempts: Cell::default(),
            billed: Cell::default(),
            points: RefCell::default(),
        }
    }

    pub(crate) fn begin(&self) {
        self.eye.rollouts.begin(&self.first_truth);
        let skews = &self.script.skews;
        let apart = skews.iter().max().zip(skews.iter().min());
        let apart = apart.map_or(0, |(most, least)| most - least);
        let jumps = self.script.jumps.iter();
        let apart = apart + jumps.map(|(_, _, by)| by.abs()).sum::<i64>();
        let apart = Duration::from_secs(apart.unsigned_abs());
        self.eye.rollouts.clocks_apart.set(apart);
        let world = self.rig.world.lock().unwrap();
        self.eye.look_at(&world);
    }
}
