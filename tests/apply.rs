//! Whole applies against whole worlds, told as stories.

#![expect(
    clippy::unwrap_used,
    reason = "a story may end where a world is not as told"
)]

#[path = "common/rig.rs"]
mod rig;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use respec::apply::{Interrupt, Job, Options, RunOutcome, Tools, apply};
use respec::event::Event;
use respec::model::{InstanceId, RunId};
use respec::plan::SavedPlan;
use respec::saga::Mode;
use respec::sim::{Faults, GenerateOptions, SimWire, generate};
use respec::store::{MemoryKv, Store};
use rig::{Planned, Rig, paused};
use tokio::sync::mpsc;

#[test]
fn a_fleet_of_twenty_is_brought_up_to_date_and_then_stays_as_it_is() {
    let options = GenerateOptions {
        machines: 20,
        seed: 3,
        changed_percent: 60,
    };
    let made = generate(&options);
    paused(async {
        let rig = Rig::new(&made.manifest, &made.cloud, 1);
        let wire = Rc::new(SimWire::build(
            rig.world.clone(),
            rig.clock.clone(),
            None,
            Faults::None,
        ));
        let cloud = rig.client(wire.clone());
        let kv = MemoryKv::new();
        let store = Rc::new(Store::in_memory(&kv, &rig.lineage).unwrap());
        let planned = rig.plan(&cloud, &store.contents()).await.unwrap();
        for b in &planned.plan.sheet.blocked {
            eprintln!("{b:?}");
        }
        let contents = store.contents();
        let (_keep, interrupts) = mpsc::unbounded_channel();
        let mut events = Vec::new();
        let outcome = apply(
            Job {
                plan: &planned.plan,
                run: RunId::new("r1").unwrap(),
                history: &[],
                next_seq: contents.next_seq,
                change_numbers: &contents.change_numbers,
                applied: &contents.applied,
                observed: &planned.observed,
                adopt: Vec::new(),
                who: "me".into(),
                command: "apply".into(),
            },
            Options {
                mode: Mode::GoOn,
                parallelism: 10,
                wait_payment: Duration::ZERO,
            },
            Tools {
                cloud: cloud.clone(),
                journal: store.clone(),
                clock: rig.clock.clone(),
            },
            interrupts,
            &mut |e: &Event| events.push(e.clone()),
        )
        .await
        .unwrap();
        for e in &events {
            eprintln!("{:?} {:?}", e.elapsed, e.kind);
        }
        eprintln!("{}", wire.transcript());
        eprintln!("{outcome:#?}");
        assert_eq!(outcome.exit_code, 0);
        let again = rig.plan(&cloud, &store.contents()).await.unwrap();
        assert!(again.plan.sagas.is_empty());
    });
}
