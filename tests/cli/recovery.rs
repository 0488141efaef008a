//! `docs/recovery.md`, walked through: the commands are read from the page.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::house::{FAST, House};
use crate::process::{Ended, Running, until};
use crate::shop::{APPLY, CLOUD, MANIFEST, WANTED, all_run_as, prepaid_shop, shop};

/// A line of the page that needs a person's word gets it.
const CONSENT: &str = "-auto-approve -allow-unknown-price";

/// The blocks of commands of one part of the page, in order.
struct Part {
    blocks: Vec<Vec<String>>,
}

impl Part {
    #[track_caller]
    fn of(heading: &str) -> Self {
        let page = include_str!("../../docs/recovery.md");
        let part = page.split("\n## ").find(|part| part.starts_with(heading));
        let part = part.unwrap_or_else(|| panic!("the page has no part {heading}"));
        let blocks = part.split("```sh\n").skip(1);
        let lines = |block: &str| {
            let commands = block.split("```").next().unwrap();
            commands.lines().map(str::to_owned).collect()
        };
        Self {
            blocks: blocks.map(lines).collect(),
        }
    }

    /// Runs one block; every command but the last must succeed.
    #[track_caller]
    fn run(&self, block: usize, house: &House, names: &[(&str, &str)]) -> Ended {
        let mut last = None;
        for line in &self.blocks[block] {
            let mut line = line.clone();
            for (name, value) in names {
                line = line.replace(name, value);
            }
            let ended = match line.strip_prefix("respec ") {
                Some(args) => house.run(&with_consent(args)),
                None => Running::start(
                    Command::new("sh")
                        .args(["-c", &line])
                        .current_dir(&house.folder),
                )
                .ended()
                .exits(0),
            };
            last = Some(ended);
        }
        last.unwrap()
    }
}

fn with_consent(args: &str) -> String {
    match args.split(' ').next() {
        Some("apply") => format!("{args} {CONSENT}"),
        Some("cancel") => format!("{args} -auto-approve"),
        Some(_) | None => args.to_owned(),
    }
}

fn shop_with_faults(name: &str, faults: &str) -> House {
    House::with(name, MANIFEST, &format!("{CLOUD}faults:\n{faults}"), FAST)
}

/// `db-1`, paid ahead, whose order pays itself.
fn prepaid_with_faults(name: &str, faults: &str) -> House {
    let cloud = CLOUD.replace(
        "i-1, InstanceName: web-1,",
        "i-1, InstanceName: db-1, InstanceChargeType: PrePaid,",
    );
    let manifest = format!(
        "
version: 1
fleet: shop
region: cn-hangzhou
defaults: {{payment: auto}}
instances:
  db-1: {{id: i-1, spec: {{instance_type: {WANTED}}}}}
"
    );
    House::with(name, &manifest, &format!("{cloud}faults:\n{faults}"), FAST)
}

#[track_caller]
fn nothing_is_left(house: &House) {
    house.run("plan -detailed-exitcode").exits(0);
    house.run("state check").exits(0);
}

#[test]
fn where_to_begin() {
    let house = shop("recovery-begin", FAST);
    house.run(APPLY).exits(0);
    Part::of("# Recovery").run(0, &house, &[]).exits(0);
}

#[test]
fn held() {
    let house = prepaid_with_faults(
        "recovery-held",
        "- {operation: StopInstances, call: 2, code: InstanceLockedForSecurity}\n",
    );
    let ended = house.run(APPLY).exits(8);
    assert!(ended.stdout.contains("held"), "{ended}");
    let run = house.last_run();
    let part = Part::of("Held");
    part.run(0, &house, &[("RUN", &run)])
        .exits(0)
        .shows(&["InstanceLockedForSecurity"]);
    part.run(1, &house, &[]).exits(0);
    let world = house.server.world();
    assert_eq!(world.field("i-1", "EffectiveType"), WANTED);
    assert_eq!(world.orders().len(), 1);
    nothing_is_left(&house);
}

/// More starts than one apply tries.
const REFUSED_STARTS: u32 = 40;

/// A machine that cannot be changed, and then cannot be started, for as long as one apply tries.
fn stuck_shop(name: &str) -> (House, String) {
    let house = shop_with_faults(
        name,
        &format!(
            "- {{operation: ModifyInstanceSpec, call: 1, code: OperationDenied.NoStock}}
- {{operation: StartInstances, calls: {:?}, code: InstanceLockedForSecurity}}\n",
            (2..=REFUSED_STARTS).collect::<Vec<_>>()
        ),
    );
    let ended = house.run(APPLY).exits(8);
    assert!(ended.stdout.contains("stuck"), "{ended}");
    let run = house.last_run();
    (house, run)
}

/// In the console, as the page says.
fn start_by_hand(house: &House) {
    let world = house.server.world();
    let down = world.with_status("Stopped");
    house
        .server
        .by_hand("start", &json!({"InstanceId": down[0]}));
    until("it runs", || {
        house.server.world().with_status("Running").len() == 3
    });
}

#[test]
fn stuck() {
    let (house, run) = stuck_shop("recovery-stuck");
    let down = house.server.world();
    let down = down.with_status("Stopped");
    house
        .server
        .by_hand("start", &json!({"InstanceId": down[0]}));
    until("it runs", || {
        house.server.world().with_status("Running").len() == 3
    });
    let part = Part::of("Stuck");
    // What was undone stays undone in this run.
    let ended = part.run(0, &house, &[("RUN", &run)]).exits(3);
    let world = house.server.world();
    assert_eq!(world.with_status("Running").len(), 3, "{ended}");
    let history = house.run("history -json").exits(0).json();
    assert_ne!(history["runs"][0]["closed_at"], json!(null), "{history}");
}

#[test]
fn stuck_and_given_up() {
    let (house, run) = stuck_shop("recovery-stuck-cancel");
    start_by_hand(&house);
    let part = Part::of("Stuck");
    part.run(1, &house, &[("RUN", &run)]).exits(0);
    assert_eq!(house.server.world().with_status("Running").len(), 3);
    let history = house.run("history -json").exits(0).json();
    assert_ne!(history["runs"][0]["closed_at"], json!(null), "{history}");
}

/// A call of which nobody knows what became of it, and its run; in the time of a simulated cloud, since a quarter of
/// an hour is waited for.
fn doubtful_shop(name: &str) -> (House, String) {
    let mut house = shop_with_faults(
        name,
        "- {operation: ModifyInstanceSpec, call: 1, code: IdempotenceParamNotMatch}\n",
    );
    house.always("--simulate fleet.cloud.yaml");
    let ended = house.run(APPLY).exits(8);
    assert!(ended.stdout.contains("in doubt"), "{ended}");
    let run = house.last_run();
    (house, run)
}

#[track_caller]
fn all_is_done_by_the_next(house: &House) {
    house.run(APPLY).exits(0);
    house.run("plan -detailed-exitcode").exits(0);
    house.run("state check").exits(0);
}

#[test]
fn unknown() {
    let (house, _) = doubtful_shop("recovery-unknown");
    // Looked at again it is as it was, which counts as failed.
    Part::of("Unknown").run(0, &house, &[]).exits(3);
    all_is_done_by_the_next(&house);
}

#[test]
fn unknown_and_given_up() {
    let (house, run) = doubtful_shop("recovery-unknown-cancel");
    Part::of("Unknown")
        .run(1, &house, &[("RUN", &run)])
        .exits(0);
    all_is_done_by_the_next(&house);
}

#[test]
fn killed_or_cut_off() {
    let house = shop("recovery-killed", 50);
    killed_in_the_middle(&house);
    Part::of("Killed").run(0, &house, &[]).exits(0);
    all_run_as(&house, WANTED);
    nothing_is_left(&house);
}

fn killed_in_the_middle(house: &House) {
    let mut apply = house.start(APPLY);
    until("a machine stops", || {
        house.server.world().with_status("Running").len() < 3 || apply.is_over()
    });
    apply.kill();
    drop(apply.ended());
}

/// A run that waits for its order to be paid, and a manifest that wants another type since.
fn another_wish(name: &str) -> (House, String) {
    let house = prepaid_shop(name, "await", FAST);
    house.run(APPLY).exits(7);
    house.edit(WANTED, "ecs.g7.2xlarge");
    house.run(APPLY).exits(7).says(&["is another one"]);
    let run = house.last_run();
    (house, run)
}

#[test]
fn another_run_is_open() {
    let (house, run) = another_wish("recovery-another-run");
    let order = house.server.world().orders()[0]["OrderId"].clone();
    house.server.by_hand("pay", &json!({"OrderId": order}));
    let part = Part::of("Another run is open");
    part.run(0, &house, &[("RUN", &run)]).exits(0);
    let world = house.server.world();
    assert_eq!(world.field("i-1", "EffectiveType"), WANTED);
    assert_eq!(world.orders().len(), 1);
}

#[test]
fn another_run_is_given_up() {
    let (house, run) = another_wish("recovery-another-run-cancel");
    let part = Part::of("Another run is open");
    let ended = part.run(1, &house, &[("RUN", &run)]).exits(7);
    let world = house.server.world();
    let payments: Vec<_> = world
        .orders()
        .iter()
        .map(|order| &order["Payment"])
        .collect();
    assert_eq!(
        payments,
        ["Cancelled", "Unpaid"],
        "one for each wish\n{ended}"
    );
    assert_ne!(house.last_run(), run);
}

#[test]
fn machines_that_are_gone() {
    let house = shop("recovery-gone", FAST);
    house.run(APPLY).exits(0);
    for id in ["i-1", "i-2"] {
        house.server.by_hand("delete", &json!({"InstanceId": id}));
    }
    let part = Part::of("Machines that are gone");
    part.run(0, &house, &[])
        .exits(1)
        .says(&["2 of 3 recorded machines are not there"]);
    let of_those = |line: &&str| !line.contains("id: i-1") && !line.contains("id: i-2");
    let manifest = house.read("fleet.yaml");
    let manifest: Vec<&str> = manifest.lines().filter(of_those).collect();
    house.write("fleet.yaml", manifest.join("\n"));
    part.run(0, &house, &[]).exits(0);
    nothing_is_left(&house);
}

#[test]
fn held_by_another_run() {
    // Long starts, so that the second comes while the first holds it.
    let cloud = format!("delays: {{start: 180s}}\n{CLOUD}");
    let house = House::with("recovery-locked", MANIFEST, &cloud, 50);
    let first = house.start(APPLY);
    until("a machine stops", || {
        house.server.world().with_status("Running").len() < 3
    });
    house.run(APPLY).exits(5);
    Part::of("The state is held").run(0, &house, &[]).exits(0);
    first.ended().exits(0);
    all_run_as(&house, WANTED);
}

#[test]
fn damaged_state() {
    let house = shop("recovery-damaged", 50);
    killed_in_the_middle(&house);
    house.run("state export -out BACKUP").exits(0);
    let names = [("FLEET", "shop"), ("BACKUP", "BACKUP")];
    let part = Part::of("Damaged");
    part.run(0, &house, &names).exits(0);

    spoil_log(&house);
    part.run(1, &house, &names)
        .exits(0)
        .says(&["made again from"]);

    let journal = house.folder.join("state/shop/journal.jsonl");
    let mut bytes = fs::read(&journal).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&journal, &bytes).unwrap();
    house.run("state check").exits(1).says(&["journal.jsonl"]);
    part.run(2, &house, &names).exits(0);

    fs::write(&journal, &bytes).unwrap();
    spoil_log(&house);
    house
        .run("plan")
        .exits(1)
        .says(&["nor can it be made again"]);
    part.run(3, &house, &names).exits(0);
    all_run_as(&house, WANTED);
    nothing_is_left(&house);
}

fn spoil_log(house: &House) {
    let log = house.folder.join("state/shop/store/db");
    let mut bytes = fs::read(&log).unwrap();
    bytes.iter_mut().step_by(7).for_each(|byte| *byte ^= 0x55);
    fs::write(&log, bytes).unwrap();
}

#[test]
fn lost_runner() {
    let house = shop("recovery-runner", 50);
    killed_in_the_middle(&house);
    let at = |name: &str| house.folder.join(name);
    fs::rename(at("state"), at("its-disk")).unwrap();
    fs::copy(at("its-disk/shop/journal.jsonl"), at("journal.jsonl")).unwrap();
    let part = Part::of("Lost runner");
    let ended = part.run(0, &house, &[]);
    assert_ne!(ended.code, Some(0), "its plan is not there: {ended}");
    // Nobody knows which machines it has for later, so that none is offered to another run.
    let refused = house.run("plan").exits(1);
    refused.says(&["read the plan of the open run", "is kept", "`plans`"]);
    fs::create_dir_all(at("state/shop")).unwrap();
    fs::rename(at("its-disk/shop/plans"), at("state/shop/plans")).unwrap();
    house.run(APPLY).exits(0);
    all_run_as(&house, WANTED);
    nothing_is_left(&house);
}

#[test]
fn lost_state() {
    let house = prepaid_shop("recovery-lost", "await", FAST);
    house.run(APPLY).exits(7);
    fs::remove_dir_all(house.folder.join("state")).unwrap();
    let part = Part::of("Lost state");
    let order = house.server.world().orders()[0]["OrderId"].clone();
    let planned = part.run(0, &house, &[]).exits(0);
    assert!(
        planned.stdout.contains(order.as_str().unwrap()),
        "{planned}"
    );
    house.server.by_hand("pay", &json!({"OrderId": order}));
    part.run(1, &house, &[]).exits(0);
    let world = house.server.world();
    assert_eq!(world.orders().len(), 1, "it is not ordered again");
    assert_eq!(world.with_status("Running").len(), 3);
}

#[test]
fn full_disk() {
    let house = shop("recovery-full", FAST);
    let apply = house.command(APPLY);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "ulimit -f 1030; trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(apply.get_program())
        .args(apply.get_args())
        .current_dir(&house.folder);
    for (name, value) in apply.get_envs() {
        limited.env(name, value.unwrap());
    }
    let refused = Running::start(&mut limited).ended().exits(1);
    refused.says(&["are free in", "make room"]);
    Part::of("Full disk").run(0, &house, &[]).exits(0);
    all_run_as(&house, WANTED);
    nothing_is_left(&house);
}
