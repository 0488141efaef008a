//! Manifests that cannot be used: refused by name and place before anything is changed or made.

use std::fs::File;

use crate::house::{FAST, House};

const MACHINE: &str = "instances:\n- {InstanceId: i-1, InstanceType: ecs.g7.large}\n";

const HEAD: &str = "version: 1\nfleet: shop\nregion: cn-hangzhou\n";

/// What is wrong, the rest of the manifest after [`HEAD`], and how stderr names the place.
const WRONG: &[(&str, &str, &str)] = &[
    ("no mapping", "a list:\n- of: [things\n", "fleet.yaml:6:1"),
    (
        "unknown key",
        "instances:\n  a: {id: i-1, spec: {instance_typ: ecs.g7.large}}\n",
        "fleet.yaml:5:23",
    ),
    (
        "duplicate name",
        "instances:\n  a: {id: i-1, spec: {}}\n  a: {id: i-2, spec: {}}\n",
        "fleet.yaml:6:3",
    ),
    (
        "two names for one id",
        "instances:\n  a: {id: i-1, spec: {}}\n  b: {id: i-1, spec: {}}\n",
        "fleet.yaml:6:11",
    ),
    (
        "bandwidth out of range",
        "instances:\n  a:\n    id: i-1\n    spec: {internet: {charge_type: PayByTraffic, max_bandwidth_out: 101}}\n",
        "fleet.yaml:7:69",
    ),
    (
        "unknown id",
        "instances:\n  a: {id: i-1, spec: {}}\n  b: {id: i-nobody, spec: {}}\n",
        "fleet.yaml:6:3",
    ),
    (
        "another account",
        "account: '999'\ninstances:\n  a: {id: i-1, spec: {}}\n",
        "fleet.yaml:4:10",
    ),
];

#[track_caller]
fn is_refused(house: &House, what: &str, place: &str) {
    for command in [
        "plan",
        "plan -out saved.plan",
        "apply -auto-approve",
        "drift",
        "validate",
    ] {
        let only_the_cloud_can_tell = ["unknown id", "another account"].contains(&what);
        if only_the_cloud_can_tell && ["drift", "validate"].contains(&command) {
            continue;
        }
        let refused = house.run(command).exits(65);
        let refused = refused.says(&[place]);
        assert_eq!(refused.stdout, "", "{what}: {refused}");
    }
    assert_eq!(house.server.n_changing_calls(), 0, "{what}");
    assert!(!house.has("state"), "{what}");
    assert!(!house.has("saved.plan"), "{what}");
}

#[test]
fn a_wrong_manifest_is_refused_where_it_is_wrong_before_anything_happens() {
    let house = House::with("wrong", HEAD, MACHINE, FAST);
    for (what, rest, place) in WRONG {
        house.write("fleet.yaml", format!("{HEAD}{rest}"));
        is_refused(&house, what, place);
    }
}

#[test]
fn a_file_that_is_no_manifest_at_all_is_refused_by_name() {
    let house = House::with("no-manifest", HEAD, MACHINE, FAST);
    for (what, bytes, place) in [
        ("empty", &b""[..], "fleet.yaml"),
        ("prose", b"Dear reader,", "fleet.yaml:1:1"),
        (
            "not UTF-8",
            b"version: 1\nfleet: \xff\xfe\n",
            "fleet.yaml:2:8",
        ),
        ("alias bomb", bomb().as_bytes(), "fleet.yaml:"),
    ] {
        house.write("fleet.yaml", bytes);
        is_refused(&house, what, place);
    }
    let large = File::create(house.folder.join("fleet.yaml")).unwrap();
    large.set_len(100 * 1024 * 1024).unwrap();
    is_refused(&house, "100 MB of nothing", "fleet.yaml");
    drop(large);

    std::fs::remove_file(house.folder.join("fleet.yaml")).unwrap();
    is_refused(&house, "absent", "fleet.yaml");
    std::fs::create_dir(house.folder.join("fleet.yaml")).unwrap();
    is_refused(&house, "an empty folder", "fleet.yaml");
}

/// Twelve levels of ten aliases each.
fn bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    text
}
