//! What nobody else may see: the secret nowhere at all, the state only its owner.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

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
