//! Several changes of one machine, and the cool-down between them.

use std::collections::BTreeSet;
use std::time::Duration;

use respec::sim::{Faults, GenerateOptions, generate};

use crate::house::story;
use crate::rig::{Rig, paused};

const ONE: &str = "instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";

#[test]
fn there_and_back_and_there_again_within_an_hour_are_three_changes() {
    let wanted = |size: &str| {
        format!("instances: {{one: {{id: i-1, spec: {{instance_type: ecs.g7.{size}}}}}}}")
    };
    story(&wanted("xlarge"), ONE, Faults::None, async |mut house| {
        let began = house.rig.clock.elapsed();
        for size in ["xlarge", "large", "xlarge"] {
            house.want(&wanted(size));
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            let machine = house.truth("i-1");
            assert_eq!(machine["EffectiveType"], format!("ecs.g7.{size}"));
            assert_eq!(machine["Status"], "Running");
        }
        assert!(house.rig.clock.elapsed() - began < Duration::from_secs(3600));
        let calls = house.calls("ModifyInstanceSpec");
        let tokens: BTreeSet<&str> = calls.iter().filter_map(|l| l.split(' ').nth(3)).collect();
        assert_eq!((calls.len(), tokens.len()), (3, 3), "{calls:?}");
    });
}

#[test]
fn a_new_type_and_more_bandwidth_wait_out_the_cool_down_while_the_machine_runs() {
    let manifest = "instances: {one: {id: i-1, spec: {instance_type: ecs.g7.xlarge, \
                    internet: {charge_type: PayByTraffic, max_bandwidth_out: 20, public_ip: true}}}}";
    story(manifest, ONE, Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let total = told.events.last().unwrap().elapsed - told.events[0].elapsed;
        assert!(total > Duration::from_secs(300), "{total:?}");
        assert!(
            told.downtime() < Duration::from_secs(120),
            "{:?}",
            told.downtime()
        );
        assert_eq!(house.calls("StopInstances").len(), 1);
        assert!(house.is_as_wanted().await);
    });
}

#[test]
fn a_fleet_is_brought_up_to_date_and_then_stays_as_it_is() {
    let made = generate(&GenerateOptions {
        machines: 20,
        seed: 3,
        changed_percent: 60,
    });
    let rest = made.manifest.split_once("region: cn-hangzhou\n").unwrap().1;
    story(rest, &made.cloud, Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        assert!(house.is_as_wanted().await);
        let n_changes = house.calls("ModifyInstanceSpec").len();
        assert_eq!(house.apply().await.outcome.machines.len(), 0);
        assert_eq!(house.calls("ModifyInstanceSpec").len(), n_changes);
    });
}

#[test]
fn equal_worlds_give_equal_plans() {
    let made = generate(&GenerateOptions {
        machines: 12,
        seed: 5,
        changed_percent: 100,
    });
    let plan = || {
        paused(async {
            let rig = Rig::new(&made.manifest, &made.cloud, 1);
            let wire = respec::sim::SimWire::new(rig.world.clone(), rig.clock.clone());
            let cloud = rig.client(std::rc::Rc::new(wire));
            let nothing = respec::store::Contents::empty(rig.lineage.clone());
            rig.plan(&cloud, &nothing).await.unwrap().plan.seal()
        })
    };
    assert_eq!(plan(), plan());
}
