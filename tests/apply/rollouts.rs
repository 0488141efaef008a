//! Batches, gates, windows and who is down: what a rollout promises, told as stories.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use respec::apply::{Hours, Options};
use respec::event::EventKind;
use respec::model::{Crowd, Facts, GroupName, Moment, Probe};
use respec::probe::{HookCall, Prober, Ran, Sight};
use respec::saga::Hold;
use respec::sim::{Fault, Faults};
use serde_json::json;

use crate::house::{House, Told, begins, story};
use crate::rig::Rig;

/// The look with which the second program begins, counted from 1.
const SEEN_AT_FIRST: u64 = 7;

/// Machines i-1 to i-n of one zone; the cloud's day begins at midnight UTC.
fn cloud(n: usize) -> String {
    let machine = |n: usize| {
        json!({"InstanceId": format!("i-{n}"), "InstanceType": "ecs.g7.large",
               "ZoneId": "cn-hangzhou-h"})
    };
    let machines: Vec<_> = (1..=n).map(machine).collect();
    json!({"start": "2026-11-28T00:00:00Z", "instances": machines}).to_string()
}

/// All of them in one group with this rollout, and more keys of the group.
fn web(n: usize, rollout: &str, more: &str) -> String {
    let ids: Vec<String> = (1..=n).map(|n| format!("i-{n}")).collect();
    let ids = ids.join(", ");
    format!(
        "groups: {{web: {{ids: [{ids}], spec: {{instance_type: ecs.g7.xlarge}}, \
         rollout: {{{rollout}}}{more}}}}}"
    )
}

fn crowd() -> Crowd {
    Crowd::Group(GroupName::new("web").unwrap())
}

/// When something happened, in seconds since the apply began.
fn times(told: &Told, what: impl Fn(&EventKind) -> bool) -> Vec<f64> {
    let begun = told.events[0].elapsed;
    let found = told.events.iter().filter(|event| what(&event.kind));
    found
        .map(|event| (event.elapsed - begun).as_secs_f64())
        .collect()
}

fn larger(house: &House, n: usize) -> usize {
    let is_larger = |n: &usize| {
        let truth = house.truth(&format!("i-{n}"));
        truth["EffectiveType"] == "ecs.g7.xlarge" && truth["Status"] == "Running"
    };
    (1..=n).filter(is_larger).count()
}

/// Shuts its machine down before it is stopped, as an owner may who knows how.
struct PowersOff {
    real: Rc<dyn Prober>,
    rig: Rig,
}

#[async_trait(?Send)]
impl Prober for PowersOff {
    async fn probe(&self, facts: &Facts, probe: &Probe, within: Duration) -> Sight {
        self.real.probe(facts, probe, within).await
    }

    async fn run(&self, call: HookCall<'_>) -> Ran {
        if call.moment == Moment::BeforeStop {
            self.rig
                .by_hand("stop", &json!({"InstanceId": call.facts.id}));
        }
        Ran::Well
    }
}

#[test]
fn a_machine_that_its_owners_command_shuts_down_is_changed_and_started() {
    let hooks = "before_stop: [drain], after_start: [undrain]";
    story(
        &web(2, hooks, ""),
        &cloud(2),
        Faults::None,
        async |mut house| {
            house.rig.prober = Rc::new(PowersOff {
                real: house.rig.prober.clone(),
                rig: house.rig.clone(),
            });
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            assert_eq!(larger(&house, 2), 2);
        },
    );
}

/// Released while it is down: nobody waits for a place that it does not need.
#[test]
fn a_machine_that_is_gone_takes_nobodys_place() {
    let rollout = "max_unavailable: 1, max_failures: 3, batches: [100%]";
    let manifest = web(3, rollout, "");
    story(&manifest, &cloud(3), Faults::None, async |house| {
        house.apply_and_die_after(5).await;
        let (down, up): (Vec<_>, Vec<_>) = ["i-1", "i-2", "i-3"]
            .into_iter()
            .partition(|id| house.truth(id)["Status"] != "Running");
        assert_eq!((down.len(), up.len()), (1, 2));
        let released = json!({"InstanceId": down[0]});
        assert!(house.rig.by_hand("delete", &released));
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 8, "{:?}", told.outcome);
        assert!(told.outcome.left_alone.is_empty(), "{:?}", told.outcome);
        for id in up {
            assert_eq!(house.truth(id)["EffectiveType"], "ecs.g7.xlarge", "{id}");
        }
    });
}

/// Five looks in a minute, each of three lists, lack it while it is down, and then it takes its time to come up.
#[test]
fn a_machine_that_lists_lacked_for_a_while_keeps_its_place_until_it_is_up_again() {
    let rollout = "max_unavailable: 1, max_failures: 1, batches: [100%]";
    let slow = cloud(2).replacen('{', "{\"delays\": {\"start\": \"90s\"}, ", 1);
    let missing = (3..=17).map(|nth| ("DescribeInstances".to_owned(), nth, Fault::Unlisted));
    let faults = Faults::listed(missing);
    story(&web(2, rollout, ""), &slow, faults, async |house| {
        let mut stops = Vec::new();
        let told = house
            .apply_hearing(|event, _| {
                if let EventKind::StepStarted { subject, step, .. } = &event.kind
                    && step.verb == "stop"
                {
                    let both = ["i-1", "i-2"].into_iter();
                    let up = both.filter(|id| house.truth(id)["Status"] == "Running");
                    stops.push((subject.instance.to_string(), up.count()));
                }
            })
            .await;
        assert_eq!(told.outcome.exit_code, 3, "{:?}", told.outcome);
        let [(first, before), (second, then)] = &stops[..] else {
            panic!("{stops:?}");
        };
        let end = told.end_of(first);
        assert!(end.contains("Undone") && end.contains("not there"), "{end}");
        assert_eq!((*before, *then), (2, 2), "{stops:?}");
        assert_eq!(house.calls("StopInstances").len(), 2);
        assert_eq!(house.truth(first)["Status"], "Running");
        assert_eq!(house.truth(second)["EffectiveType"], "ecs.g7.xlarge");
    });
}

/// The first look of the program that goes on shows nobody, while a machine is down in the first batch.
#[test]
fn a_list_that_lacks_everybody_lets_nobody_out_of_its_batch() {
    let manifest = web(3, "batches: [1, 100%], max_unavailable: 100%", "");
    // Three lists, which is what a look believes.
    let missing = (SEEN_AT_FIRST..SEEN_AT_FIRST + 3)
        .map(|nth| ("DescribeInstances".to_owned(), nth, Fault::Unlisted));
    story(
        &manifest,
        &cloud(3),
        Faults::listed(missing),
        async |house| {
            house.apply_and_die_after(5).await;
            let told = house.apply().await;
            let looks = house.calls("DescribeInstances");
            let first = &looks[usize::try_from(SEEN_AT_FIRST).unwrap() - 1];
            let is_it = first.starts_with("+00:00:05") && first.ends_with("unlisted:OK");
            assert!(is_it, "{looks:#?}");
            assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
            let ended = times(&told, |kind| matches!(kind, EventKind::BatchEnded { .. }));
            let begun = times(&told, |kind| matches!(kind, EventKind::Begun { .. }));
            assert_eq!(begun.len(), 2, "{begun:?}");
            assert!(
                begun.iter().all(|begun| *begun >= ended[0]),
                "{begun:?} {ended:?}"
            );
        },
    );
}

#[test]
fn batches_follow_one_another_and_a_gate_between_them_waits() {
    let rollout = "batches: [1, 50%], max_unavailable: 100%, gates: [{after: 1, wait: 10m}]";
    let manifest = web(5, rollout, "");
    story(&manifest, &cloud(5), Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let ended = times(&told, |kind| matches!(kind, EventKind::BatchEnded { .. }));
        let stops = times(&told, |kind| begins(kind, "stop"));
        assert_eq!((ended.len(), stops.len()), (3, 5));
        assert!(stops[0] < 10.0);
        let opens = ended[0] + 600.0;
        assert!(
            stops[1] >= opens && stops[1] < opens + 10.0,
            "{stops:?} {ended:?}"
        );
        assert!(
            stops[2] < ended[1] && stops[3] >= ended[1],
            "{stops:?} {ended:?}"
        );
    });
}

#[test]
fn without_a_word_about_batches_one_machine_goes_first_and_alone() {
    let manifest = web(4, "max_unavailable: 100%", "");
    story(&manifest, &cloud(4), Faults::None, async |house| {
        let told = house.apply().await;
        let ended = times(&told, |kind| matches!(kind, EventKind::BatchEnded { .. }));
        let stops = times(&told, |kind| begins(kind, "stop"));
        assert!(
            stops[1] >= ended[0] && stops[3] < stops[1] + 1.0,
            "{stops:?}"
        );
    });
}

#[test]
fn a_gate_that_waits_for_a_person_pauses_the_run_and_the_next_apply_goes_on_behind_it() {
    let rollout = "batches: [1, 100%], max_unavailable: 100%, gates: [{after: 1, approve: true}]";
    let manifest = web(3, rollout, "");
    story(&manifest, &cloud(3), Faults::None, async |house| {
        for _ in 0..2 {
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 7, "{:?}", told.outcome);
            let gate = Hold::Approval {
                crowd: crowd(),
                after: 1,
            };
            assert_eq!(told.outcome.pauses, [gate]);
            assert_eq!(told.outcome.rests.len(), 2);
            assert_eq!(larger(&house, 3), 1);
        }
        house.approve(&crowd(), 1).await;
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        assert_eq!(larger(&house, 3), 3);
    });
}

#[test]
fn a_gate_that_opens_later_than_anybody_waits_pauses_the_run() {
    let rollout = "batches: [1, 100%], gates: [{after: 1, wait: 3h}]";
    let manifest = web(2, rollout, "");
    story(&manifest, &cloud(2), Faults::None, async |house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 7);
        house.wait(3 * 3600).await;
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
    });
}

/// One outage takes 40 s; the window is open for 100 s, so that the third would not be over in time.
#[test]
fn what_would_not_be_up_again_before_the_window_shuts_waits_for_the_next_one() {
    let window = ", window: {schedule: daily 00:00, time_zone: UTC, duration: 100s}";
    let manifest = web(3, "max_unavailable: 1", window);
    story(&manifest, &cloud(3), Faults::None, async |mut house| {
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 7, "{:?}", told.outcome);
        assert_eq!(larger(&house, 3), 2);
        let stops = times(&told, |kind| begins(kind, "stop"));
        assert!(stops.iter().all(|at| *at < 60.0), "{stops:?}");

        // Tomorrow is too far away to be waited for, unless somebody says so.
        house.options = Options {
            wait_gates: Duration::from_secs(24 * 3600),
            ..house.options
        };
        let told = house.apply().await;
        assert_eq!(told.outcome.exit_code, 0, "{:?}", told.outcome);
        let waited = times(&told, |kind| begins(kind, "stop"))[0];
        assert!((23.0..24.0).contains(&(waited / 3600.0)), "{waited}");
    });
}

#[test]
fn whoever_waives_the_hours_is_written_down_and_waits_for_none() {
    let window = ", window: {schedule: daily 12:00, time_zone: UTC, duration: 1h}";
    let freeze = "\nfreezes: [{from: 2026-11-27, to: 2026-11-29, time_zone: UTC, reason: sales}]";
    let manifest = web(2, "max_unavailable: 100%", window) + freeze;
    story(&manifest, &cloud(2), Faults::None, async |mut house| {
        let told = house.apply().await;
        assert_eq!((told.outcome.exit_code, larger(&house, 2)), (7, 0));
        house.options = Options {
            hours: Hours::Waived("the shop is down anyway".to_owned()),
            ..house.options
        };
        let told = house.apply().await;
        assert_eq!((told.outcome.exit_code, larger(&house, 2)), (0, 2));
        let waived = told.events.iter().any(|event| {
            matches!(&event.kind, EventKind::HoursWaived { reason } if reason == "the shop is down anyway")
        });
        assert!(waived);
    });
}

/// Nobody here stopped it; it is seen in a look at another, and takes a place until it is up again.
#[test]
fn a_neighbour_that_somebody_stops_meanwhile_takes_a_place() {
    let manifest = web(6, "batches: [100%], max_unavailable: 2", "");
    story(&manifest, &cloud(6), Faults::None, async |house| {
        let mut stopped = false;
        let mut down_at_once = 0;
        let told = house
            .apply_hearing(|event, _| {
                if !stopped && event.elapsed > Duration::from_secs(20) {
                    stopped = true;
                    assert!(house.rig.by_hand("stop", &json!({"InstanceId": "i-6"})));
                }
                if begins(&event.kind, "stop") && event.elapsed > Duration::from_secs(60) {
                    let truth = house.rig.truth();
                    let machines = truth["instances"].as_array().unwrap();
                    let down = machines.iter().filter(|m| m["Status"] != "Running").count();
                    down_at_once = down_at_once.max(down + 1);
                }
            })
            .await;
        assert!(stopped);
        assert_eq!(down_at_once, 2, "{:?}", told.outcome);
    });
}

/// Its turn comes behind a gate, and until then it ran. Where its power is written, that is what counts.
#[test]
fn a_machine_that_somebody_stops_while_its_apply_waits_is_left_to_them() {
    let rollout = "batches: [1, 100%], max_unavailable: 100%, gates: [{after: 1, wait: 10m}]";
    let unwritten = web(2, rollout, "");
    let written = unwritten.replace("ecs.g7.xlarge}", "ecs.g7.xlarge, power: running}");
    for (manifest, exit_code, n_larger) in [(unwritten, 3, 1), (written, 0, 2)] {
        story(&manifest, &cloud(2), Faults::None, async |house| {
            let mut theirs = None;
            let told = house
                .apply_hearing(|event, _| {
                    let batch_ended = matches!(event.kind, EventKind::BatchEnded { .. });
                    if batch_ended && theirs.is_none() {
                        let mut ids = ["i-1", "i-2"].into_iter();
                        theirs = ids.find(|id| house.truth(id)["EffectiveType"] == "ecs.g7.large");
                        let body = json!({ "InstanceId": theirs });
                        assert!(house.rig.by_hand("stop", &body));
                    }
                })
                .await;
            assert_eq!(told.outcome.exit_code, exit_code, "{:?}", told.outcome);
            assert!(!told.outcome.open, "{:?}", told.outcome);
            assert_eq!(larger(&house, 2), n_larger);
            assert_eq!(house.calls("StartInstances").len(), n_larger);
            assert_eq!(house.calls("StopInstances").len(), 1);
            if exit_code == 3 {
                let end = told.end_of(theirs.unwrap());
                let why = "somebody has stopped it since the plan was made";
                assert!(end.contains("LeftAlone") && end.contains(why), "{end}");
                let machine = house.truth(theirs.unwrap());
                assert_eq!(machine["Status"], "Stopped");
                assert_eq!(machine["ConfiguredType"], "ecs.g7.large");
            }
        });
    }
}

/// The test of the house: a target that turns out to be sold out touches one machine of many.
#[test]
fn no_stop_is_sent_after_the_first_sold_out_type() {
    let manifest = web(
        10,
        "batches: [100%], max_unavailable: 50%, max_failures: 200",
        "",
    );
    let faults = respec::sim::FaultPlan {
        stock_gone: 1.0,
        most: 1,
        ..respec::sim::FaultPlan::default()
    };
    story(
        &manifest,
        &cloud(10),
        Faults::seeded(1, faults),
        async |house| {
            let told = house.apply().await;
            assert_eq!(told.outcome.exit_code, 3);
            let lines = house.calls_in_order(&["StopInstances", "ModifyInstanceSpec"]);
            let first = lines
                .iter()
                .position(|line| line.contains("NoStock"))
                .unwrap();
            let late = lines[first..]
                .iter()
                .filter(|line| line.contains("StopInstances"));
            assert_eq!(late.count(), 0, "{lines:?}");
            assert_eq!(larger(&house, 10), 0);
            assert_eq!(told.outcome.left_alone.len(), 5);
        },
    );
}
