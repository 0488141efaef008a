//! What nobody else may see: the secret nowhere at all, the state only its owner.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use respec::aliyun::{AccessKey, Credentials};
use respec::cloud::Payer;
use respec::sim::Scenario;

use crate::house::{FAST, House, Secret};
use crate::shop::{APPLY, CLOUD, MANIFEST, shop};

/// Holds characters that an encoding would change.
const SECRET: &str = "marked+secret/with=odd&signs0123456789";

#[test]
fn the_secret_is_in_no_file_and_no_output() {
    let keys = format!("keys: [{{id: marked-id, secret: '{SECRET}'}}]\n{CLOUD}");
    let mut house = House::with("secret", MANIFEST, &keys, FAST);
    house.set("RUST_LOG", "trace");
    house.set("RUST_BACKTRACE", "1");
    let scenario = house.folder.join("fleet.cloud.yaml");
    fs::remove_file(scenario).unwrap();
    let mut said = String::new();
    for args in [
        "plan -verbose -out saved.plan",
        "plan -json",
        "apply -json saved.plan",
        "plan --format markdown",
        "drift -json",
        "state list -json",
        "history -json",
        "history",
        "plan --endpoint http://marked+secret.invalid",
    ] {
        let ended = house.run(args);
        said.push_str(&format!("{ended}"));
    }
    let run = house.last_run();
    said.push_str(&format!(
        "{}",
        house.run(&format!("history {run} -json")).exits(0)
    ));
    house.set("ALIBABA_CLOUD_ACCESS_KEY_ID", "somebody-else");
    said.push_str(&format!("{}", house.run(APPLY).exits(77)));

    let secret = Secret::new(SECRET);
    assert_eq!(secret.found_in(said.as_bytes()), None, "{said}");
    secret.is_in_no_file_below(&house.folder);
}

/// What is run around an outage writes down what anybody on the machine could see of the program and of it.
const LISTED: &str = "#!/bin/sh
for process in $PPID $$; do
  tr '\\0' ' ' < /proc/$process/cmdline >> listed
  echo >> listed
done
env >> listed
";

#[test]
fn the_secret_is_in_no_argument_of_the_program_or_of_what_it_starts() {
    let manifest = "
version: 1
fleet: shop
region: cn-hangzhou
groups:
  web:
    ids: [i-1]
    spec: {instance_type: ecs.g7.xlarge}
    rollout: {before_stop: [./listed.sh], after_start: [./listed.sh]}
";
    let house = House::with("listed", manifest, CLOUD, FAST);
    house.write("listed.sh", LISTED);
    let script = house.folder.join("listed.sh");
    fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    house.run(APPLY).exits(0);
    let listed = house.read("listed");
    assert!(listed.contains("apply -auto-approve"), "{listed}");
    assert!(listed.contains("listed.sh"), "{listed}");
    let secret = Secret::new(&house.server.key_secret);
    assert_eq!(secret.found_in(listed.as_bytes()), None, "{listed}");
}

#[test]
fn what_holds_a_key_prints_stars_in_a_panic_too() {
    let key = AccessKey {
        id: "marked-id".to_owned(),
        secret: SECRET.into(),
        token: Some(SECRET.into()),
    };
    let simulated = format!("keys: [{{id: marked-id, secret: '{SECRET}'}}]\n{CLOUD}");
    let scenario = Scenario::read(&simulated).unwrap();
    let payer = Payer {
        buyer_id: "1".to_owned(),
        payer_id: "1".to_owned(),
        pay_submit_uid: "1".to_owned(),
        token: SECRET.into(),
    };
    let printed = [
        format!("{key:?}"),
        format!("{:?}", Credentials::from(key.clone())),
        format!("{scenario:#?}"),
        format!("{payer:?}"),
    ];
    let secret = Secret::new(SECRET);
    for text in &printed {
        assert_eq!(secret.found_in(text.as_bytes()), None, "{text}");
        assert!(!text.contains("marked+"), "{text}");
    }
    let panicked = std::panic::catch_unwind(|| panic!("cannot go on with {key:?}")).unwrap_err();
    let said = panicked.downcast_ref::<String>().unwrap();
    assert!(said.contains("****"), "{said}");
    assert_eq!(secret.found_in(said.as_bytes()), None, "{said}");
}

#[test]
fn a_secret_in_a_manifest_is_not_said_again() {
    let house = shop("said-again", FAST);
    house.edit(
        "web-1: {id: i-1,",
        &format!("web-1: {{password: '{SECRET}', id: i-1,"),
    );
    house.edit(
        "defaults:",
        &format!("access_key_secret: |\n  {SECRET}\ndefaults:"),
    );
    for args in ["validate", "plan", "validate -json"] {
        let ended = house.run(args).exits(65);
        assert!(format!("{ended}").contains("unknown key"), "{ended}");
        let secret = Secret::new(SECRET);
        for said in [&ended.stdout, &ended.stderr] {
            assert_eq!(secret.found_in(said.as_bytes()), None, "{ended}");
        }
    }
}

#[test]
fn the_state_is_its_owners_alone() {
    let house = shop("modes", FAST);
    house.run("plan -out saved.plan").exits(0);
    house.run("apply saved.plan").exits(0);
    house.run("plan --simulate fleet.cloud.yaml").exits(0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&house.folder.join("saved.plan")), 0o600);
    let state = house.folder.join("state");
    let files = files_below(&state);
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        for folder in file
            .ancestors()
            .skip(1)
            .take_while(|at| at.starts_with(&state))
        {
            assert_eq!(mode(folder), 0o700, "{}", folder.display());
        }
    }
}

/// A plan over an older one is a new file: whoever could read that one cannot read this one. What is no file stays what
/// it is, and what cannot be written leaves nothing behind.
#[test]
fn a_plan_over_another_file_is_its_owners_alone() {
    let house = shop("over-another", FAST);
    let path = house.folder.join("saved.plan");
    house.write("saved.plan", "somebody else's");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    house.run("plan -out saved.plan").exits(0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert!(house.read("saved.plan").starts_with('{'));

    house.write("kept.plan", "");
    std::os::unix::fs::symlink("kept.plan", house.folder.join("linked.plan")).unwrap();
    house.run("plan -out linked.plan").exits(0);
    assert!(house.read("kept.plan").starts_with('{'));
    let linked = fs::symlink_metadata(house.folder.join("linked.plan")).unwrap();
    assert!(linked.file_type().is_symlink());

    fs::create_dir(house.folder.join("folder.plan")).unwrap();
    house
        .run("plan -out folder.plan")
        .exits(1)
        .says(&["folder.plan"]);
    let names = fs::read_dir(&house.folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name());
    for name in names {
        assert!(!name.to_string_lossy().starts_with(".respec"), "{name:?}");
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}
