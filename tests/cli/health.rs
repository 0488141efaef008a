//! Machines that count as up only when they are good again, and what is run around their outages.

use std::os::unix::fs::PermissionsExt as _;

use crate::clinic::{Answer, Clinic};
use crate::house::{FAST, House};
use crate::process::until;
use crate::shop::{APPLY, CLOUD, WANTED, all_run_as};

/// Slow enough that a signal finds a machine in the middle, and that a busy one asks as often as it should.
const SLOW: u32 = 20;

/// A group of three with this rollout.
fn group(name: &str, rollout: &str, cloud: &str, speed: u32) -> House {
    let manifest = format!(
        "
version: 1
fleet: shop
region: cn-hangzhou
groups:
  web:
    ids: [i-1, i-2, i-3]
    spec: {{instance_type: {WANTED}}}
    rollout:
{}
",
        rollout
            .lines()
            .map(|line| format!("      {line}\n"))
            .collect::<String>()
    );
    let house = House::with(name, &manifest, cloud, speed);
    script(&house, "log.sh", LOG);
    house
}

/// Writes what it is told into a log.
const LOG: &str = "echo \"$1 $RESPEC_ID $RESPEC_MOMENT $RESPEC_HEALTH\" >> log\n";

const HOOKS: &str = "before_stop: [./log.sh, drain]
after_start: [./log.sh, undrain]";

fn script(house: &House, name: &str, body: &str) {
    house.write(name, format!("#!/bin/sh\n{body}"));
    let path = house.folder.join(name);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

fn health(clinic: &Clinic, more: &str) -> String {
    format!(
        "health: {{ready: {{http: \"{}/{{id}}\", body: ok}}, {more}}}",
        clinic.url
    )
}

/// What was run, without what it was told beside the machine.
fn log(house: &House) -> Vec<String> {
    let lines = house.read("log");
    let short = lines.lines().map(|line| {
        let words: Vec<&str> = line.split(' ').take(2).collect();
        words.join(" ")
    });
    short.collect()
}

#[test]
fn a_machine_is_up_when_its_service_has_been_good_for_long_enough() {
    let clinic = Clinic::open(&[("i-2", |n| match n {
        1..=3 => Answer::Says(503, "starting"),
        4 => Answer::Says(200, "warming up"),
        _ => Answer::Says(200, "{\"status\": \"ok\"}"),
    })]);
    let rollout = health(&clinic, "within: 5m, hold: 30s");
    let house = group("health-good", &rollout, CLOUD, SLOW);
    let ended = house.run(&format!("{APPLY} -parallelism 3")).exits(0);
    ended.says(&[
        "Healthy",
        "not good yet: it answers 503",
        "answers 200 without \"ok\"",
    ]);
    all_run_as(&house, WANTED);
    // Who is good, at once or at the fifth question, is asked again when it has been good for 30 s; how often in
    // between depends on the machine that asks.
    assert!(clinic.asked("i-1") >= 2, "{}", clinic.asked("i-1"));
    assert!(clinic.asked("i-2") >= 6, "{}", clinic.asked("i-2"));
    house.run("plan -detailed-exitcode").exits(0);
}

#[test]
fn a_machine_that_does_not_become_good_is_held_and_the_next_one_is_not_touched() {
    let stories: [(&str, crate::clinic::Manner, &str); 3] = [
        ("503", |_| Answer::Says(503, ""), "it answers 503"),
        (
            "302",
            |_| Answer::Says(302, ""),
            "it answers 302, which is not followed",
        ),
        (
            "late",
            |n| Answer::Says(if n < 1000 { 500 } else { 200 }, "ok"),
            "it answers 500",
        ),
    ];
    for (name, manner, seen) in stories {
        let clinic = Clinic::open(&[("i-1", manner)]);
        let rollout = health(&clinic, "within: 1m");
        let house = group(&format!("health-{name}"), &rollout, CLOUD, FAST);
        let ended = house.run(APPLY).exits(8);
        ended.says(&["it runs and was not good within 60 s", seen, "Held"]);
        let world = house.server.world();
        assert_eq!(world.with_status("Running").len(), 3);
        assert_eq!(world.field("i-1", "EffectiveType"), WANTED);
        assert_eq!(world.field("i-2", "EffectiveType"), "ecs.g7.large");
        assert_eq!(clinic.asked("i-2"), 0);
    }
}

/// The emergency: the new type is no good, the run is given up and the manifest put back, all within the cool-down.
#[test]
fn who_was_changed_by_a_run_that_was_given_up_is_not_taken_down_within_its_cool_down() {
    let clinic = Clinic::open(&[("i-1", |n| {
        Answer::Says(if n < 20 { 503 } else { 200 }, "ok")
    })]);
    let rollout = health(&clinic, "within: 10s");
    let house = group("health-given-up", &rollout, CLOUD, SLOW);
    house.run(APPLY).exits(8);
    house.run(&format!("cancel {}", house.last_run())).exits(0);
    house.edit(WANTED, "ecs.g7.large");
    house.edit("within: 10s", "within: 10m");
    let ended = house.run(APPLY).exits(0);
    ended.says(&["i-1", "not before", "changed less than five minutes before"]);
    all_run_as(&house, "ecs.g7.large");
    // Each apply has asked once whether it may, and stopped it once.
    assert_eq!(house.server.calls()["StopInstances"], 4);
}

/// The same where nobody has the plan any more: what its machine was told is known all the same.
#[test]
fn who_was_changed_by_a_run_whose_plan_is_lost_is_not_taken_down_within_its_cool_down() {
    let clinic = Clinic::open(&[("i-1", |n| {
        Answer::Says(if n < 20 { 503 } else { 200 }, "ok")
    })]);
    let rollout = health(&clinic, "within: 10s");
    let house = group("health-plan-lost", &rollout, CLOUD, SLOW);
    house.edit(WANTED, "ecs.g7.large");
    house.run(APPLY).exits(0);
    house.edit("ecs.g7.large", WANTED);
    house.run(APPLY).exits(8);
    std::fs::remove_dir_all(house.folder.join("state/shop/plans")).unwrap();
    let cancel = format!("cancel {} -auto-approve", house.last_run());
    house.run(&cancel).exits(8).says(&["is lost"]);
    house.edit(WANTED, "ecs.g7.large");
    house.edit("within: 10s", "within: 10m");
    let ended = house.run(APPLY).exits(0);
    ended.says(&["i-1", "not before", "changed less than five minutes before"]);
    all_run_as(&house, "ecs.g7.large");
    // Each apply that changes it has asked once whether it may, and stopped it once.
    assert_eq!(house.server.calls()["StopInstances"], 4);
}

#[test]
fn a_service_that_never_answers_is_given_up_after_a_while() {
    let clinic = Clinic::open(&[("i-1", |_| Answer::Keeps)]);
    let rollout = health(&clinic, "within: 1m");
    let house = group("health-silent", &rollout, CLOUD, FAST);
    house
        .run(APPLY)
        .exits(8)
        .says(&["it does not answer within 5 s"]);
}

#[test]
fn the_next_apply_asks_again_and_goes_on() {
    let clinic = Clinic::open(&[("i-1", |_| Answer::Says(500, ""))]);
    let rollout = format!("{}\n{HOOKS}", health(&clinic, "within: 5m"));
    let house = group("health-again", &rollout, CLOUD, FAST);
    house.run(APPLY).exits(8);
    assert_eq!(log(&house), ["drain i-1", "undrain i-1"]);
    assert!(
        house
            .read("log")
            .contains("undrain i-1 after_start unhealthy")
    );
    clinic.heal("i-1");
    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);
    assert_eq!(
        log(&house),
        [
            "drain i-1",
            "undrain i-1",
            "drain i-2",
            "undrain i-2",
            "drain i-3",
            "undrain i-3"
        ]
    );
    assert!(
        house
            .read("log")
            .contains("undrain i-3 after_start healthy")
    );
}

#[test]
fn tcp_and_commands_are_asked_as_well() {
    let clinic = Clinic::open(&[]);
    let address = clinic.url.strip_prefix("http://").unwrap();
    let rollout = format!("health: {{ready: {{tcp: \"{address}\"}}}}");
    let house = group("health-tcp", &rollout, CLOUD, FAST);
    house.run(APPLY).exits(0).says(&["Healthy"]);

    let rollout =
        "health: {ready: {command: [./ready.sh, \"{private_ip}\", two words]}, within: 2m}";
    let house = group("health-command", rollout, CLOUD, FAST);
    script(
        &house,
        "ready.sh",
        "echo \"$1 $2 $# $RESPEC_PRIVATE_IP $RESPEC_GROUP $RESPEC_FLEET $RESPEC_MOMENT $HOME\" >> asked
env > environment
echo \"pool is \\033[2Jfull\" >&2
[ \"$RESPEC_ID\" != i-2 ]
",
    );
    let ended = house.run(APPLY).exits(8);
    ended.says(&["it ended with 1: pool is  [2Jfull", "web/i-2"]);
    let home = house.folder.display().to_string();
    let asked = house.read("asked");
    let first = asked.lines().next().unwrap();
    assert_eq!(
        first,
        format!("10.0.0.1 two words 2 10.0.0.1 web shop ready {home}")
    );
    let environment = house.read("environment");
    for secret in ["ALIBABA", "RESPEC_ENDPOINT", &house.server.key_secret] {
        assert!(!environment.contains(secret), "{environment}");
    }
}

#[test]
fn commands_are_run_around_every_outage_and_in_that_order() {
    let clinic = Clinic::open(&[]);
    let rollout = format!("{}\n{HOOKS}", health(&clinic, "within: 1m"));
    let house = group("hooks", &rollout, CLOUD, FAST);
    for command in ["plan", "plan -json", "rehearse"] {
        house.run(command).exits(0);
        assert!(!house.has("log"), "{command} has run a command");
    }
    house.run(APPLY).exits(0);
    let expected: Vec<String> = ["i-1", "i-2", "i-3"]
        .iter()
        .flat_map(|id| [format!("drain {id}"), format!("undrain {id}")])
        .collect();
    assert_eq!(log(&house), expected);
    all_run_as(&house, WANTED);
}

#[test]
fn a_machine_that_cannot_be_drained_is_put_back_and_never_stopped() {
    let rollout = "before_stop: [./drain.sh]
after_start: [./log.sh, undrain]";
    let house = group("hooks-fail", rollout, CLOUD, FAST);
    script(&house, "drain.sh", "echo 'no such pool'\nexit 3\n");
    let ended = house.run(APPLY).exits(3);
    ended.says(&["before_stop ended with 3: no such pool", "Undone"]);
    assert_eq!(log(&house), ["undrain i-1"]);
    assert!(house.server.n_changing_calls() == 0);
    assert_eq!(
        house.server.world().field("i-1", "EffectiveType"),
        "ecs.g7.large"
    );
}

/// What it says last is somebody else's text in the log of a CI job, whose runner takes orders from lines.
#[test]
fn what_a_command_says_is_no_command_to_a_ci_runner() {
    let house = group("hooks-orders", "before_stop: [./drain.sh]", CLOUD, FAST);
    let often = ["::error::x"; 14].join(" ");
    script(&house, "drain.sh", &format!("echo '{often}'\nexit 3\n"));
    let ended = house.run(APPLY).exits(3);
    let ended = ended.says(&["before_stop ended with 3: ::error::x ::error::x"]);
    let ended = ended.shows(&["\n      \\::error::x ::error::x"]);
    let told = house.run(&format!("history {}", house.last_run())).exits(0);
    for text in [&ended.stdout, &ended.stderr, &told.stdout] {
        let begins = |line: &&str| line.trim_start().starts_with("::");
        assert_eq!(text.lines().find(begins), None);
    }
}

#[test]
fn a_command_that_takes_too_long_is_ended_with_all_it_began() {
    let rollout = "before_stop: {command: [./drain.sh], within: 5s}
after_start: [./log.sh, undrain]";
    let house = group("hooks-slow", rollout, CLOUD, FAST);
    script(
        &house,
        "drain.sh",
        "trap 'echo asked >> log; exit 1' TERM\n/bin/sleep 600 &\nwait\n",
    );
    let ended = house.run(APPLY).exits(3);
    ended.says(&["before_stop took longer than 5 s and was ended"]);
    assert_eq!(house.read("log").lines().next(), Some("asked"));
}

#[test]
fn a_machine_whose_change_is_refused_is_started_and_put_back() {
    let cloud = CLOUD.to_owned()
        + "faults: [{operation: ModifyInstanceSpec, code: OperationDenied.NoStock}]\n";
    let clinic = Clinic::open(&[]);
    let rollout = format!("{}\n{HOOKS}", health(&clinic, "within: 1m"));
    let house = group("hooks-stock", &rollout, &cloud, FAST);
    house.run(APPLY).exits(3).says(&["Undone", "i-1"]);
    assert_eq!(log(&house), ["drain i-1", "undrain i-1"]);
    // It is put back when it is good again, and not before.
    assert_eq!(clinic.asked("i-1"), 1);
    assert_eq!(house.server.world().with_status("Running").len(), 3);
}

#[test]
fn an_interrupt_leaves_no_machine_out_of_service() {
    for (name, moment) in [
        ("drain", "Drained"),
        ("stop", "Stopped"),
        ("health", "not good yet"),
    ] {
        let clinic = Clinic::open(&[("i-1", |_| Answer::Says(503, ""))]);
        let rollout = format!("{}\n{HOOKS}", health(&clinic, "within: 10m"));
        let house = group(&format!("hooks-int-{name}"), &rollout, CLOUD, SLOW);
        let apply = house.start(APPLY);
        match name {
            "drain" => until(moment, || house.has("log")),
            "stop" => until(moment, || {
                house.has("log") && !house.server.world().with_status("Stopped").is_empty()
            }),
            _ => until(moment, || clinic.asked("i-1") > 1),
        }
        apply.signal("INT");
        let ended = apply.ended().exits(130);
        assert_eq!(log(&house), ["drain i-1", "undrain i-1"], "{name}\n{ended}");
        assert_eq!(house.server.world().with_status("Running").len(), 3);
    }
}

#[test]
fn a_machine_stopped_by_a_program_that_was_killed_is_put_back_at_its_end() {
    let house = group("hooks-kill-stopped", HOOKS, CLOUD, SLOW);
    let mut apply = house.start(APPLY);
    until("a machine is down", || {
        house.has("log") && !house.server.world().with_status("Stopped").is_empty()
    });
    apply.kill();
    drop(apply.ended());
    assert_eq!(log(&house), ["drain i-1"]);
    house.run(APPLY).exits(0).says(&["Going on with run"]);
    all_run_as(&house, WANTED);
    assert_eq!(log(&house)[..3], ["drain i-1", "undrain i-1", "drain i-2"]);
    assert_eq!(log(&house).len(), 6);
}

#[test]
fn a_machine_drained_by_a_program_that_was_killed_is_put_back_by_the_next_one() {
    let rollout = "before_stop: [./drain.sh]
after_start: [./log.sh, undrain]";
    let house = group("hooks-kill", rollout, CLOUD, FAST);
    script(
        &house,
        "drain.sh",
        "./log.sh drain\n[ -e go ] || exec /bin/sleep 20\n",
    );
    let mut apply = house.start(APPLY);
    until("the command runs", || house.has("log"));
    apply.kill();
    drop(apply.ended());
    house.write("go", "");
    // Given up, it is put back into service before anything else.
    let run = house.last_run();
    house.run(&format!("cancel {run}")).exits(0);
    assert_eq!(log(&house), ["drain i-1", "undrain i-1"]);
    assert!(house.server.n_changing_calls() == 0);

    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);
    assert_eq!(log(&house).len(), 8);
}

/// Either way it runs: not stopped yet, or started and not seen to be good.
#[test]
fn a_machine_out_of_service_is_put_back_although_its_run_may_not_go_on() {
    for name in ["drain", "health"] {
        let clinic = Clinic::open(&[("i-1", |_| Answer::Says(503, ""))]);
        let hooks = "before_stop: [./drain.sh]\nafter_start: [./log.sh, undrain]";
        let rollout = format!("{}\n{hooks}", health(&clinic, "within: 10m"));
        let house = group(&format!("hooks-target-{name}"), &rollout, CLOUD, SLOW);
        script(
            &house,
            "drain.sh",
            "./log.sh drain\n[ -e go ] || exec /bin/sleep 20\n",
        );
        if name == "health" {
            house.write("go", "");
        }
        let mut apply = house.start(APPLY);
        until("it is out of service", || match name {
            "drain" => house.has("log"),
            _ => clinic.asked("i-1") > 1,
        });
        apply.kill();
        drop(apply.ended());
        let refused = house.run(&format!("{APPLY} -target i-2")).exits(64);
        let refused = refused.says(&["--target leaves out", "brought up first"]);
        assert_eq!(
            log(&house),
            ["drain i-1", "undrain i-1"],
            "{name}\n{refused}"
        );
        assert_eq!(house.server.world().with_status("Running").len(), 3);
    }
}

#[test]
fn a_gate_looks_before_the_next_batch_and_pauses_the_run_while_all_is_not_well() {
    let clinic = Clinic::open(&[("slo-web", |n| match n {
        1..=3 => Answer::Says(500, "burning"),
        4 => Answer::Says(500, "still burning"),
        _ => Answer::Says(200, "fine"),
    })]);
    let rollout = format!(
        "batches: [1, 100%]
gates: [{{after: first, check: {{http: \"{}/slo-{{group}}\", body: fine, every: 10s, failures: 2}}}}]",
        clinic.url
    );
    let house = group("gate-check", &rollout, CLOUD, FAST);
    house
        .run("plan")
        .exits(0)
        .shows(&["until this is well:", "/slo-{group} with \"fine\""]);
    assert_eq!(clinic.asked("slo-web"), 0);
    let paused = house.run(APPLY).exits(7);
    paused.says(&["stays shut: its check answers 500"]);
    // Two bad looks are tolerated, the third pauses the run.
    assert_eq!(clinic.asked("slo-web"), 3);
    let world = house.server.world();
    assert_eq!(world.field("i-1", "EffectiveType"), WANTED);
    assert_eq!(world.field("i-2", "EffectiveType"), "ecs.g7.large");

    house
        .run(APPLY)
        .exits(0)
        .says(&["its check: it answers 200"]);
    assert_eq!(clinic.asked("slo-web"), 5);
    all_run_as(&house, WANTED);
}

#[test]
fn a_gate_that_is_well_is_looked_at_once_and_an_interrupt_does_not_wait_for_it() {
    let rollout = "batches: [1, 100%]
gates: [{after: each, check: {command: [./slo.sh, \"{group}\"]}}]";
    let house = group("gate-command", rollout, CLOUD, FAST);
    script(
        &house,
        "slo.sh",
        "echo \"$1 $RESPEC_FLEET $RESPEC_GROUP\" >> looked\n",
    );
    house.run("rehearse").exits(0);
    assert!(!house.has("looked"));
    house.run(APPLY).exits(0);
    assert_eq!(house.read("looked"), "web shop web\n");

    let house = group("gate-interrupt", rollout, CLOUD, FAST);
    script(&house, "slo.sh", "echo >> looked\nexec /bin/sleep 20\n");
    let apply = house.start(APPLY);
    until("the gate is looked at", || house.has("looked"));
    apply.signal("INT");
    apply.ended().exits(130);
}
