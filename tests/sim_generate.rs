//! The `respec sim generate` command, as its user meets it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

#[test]
fn a_fleet_is_written_once_and_never_over_another() {
    let out = empty_folder("once");
    let first = generate(&["--machines", "30", "--changed", "100%", "--out"], &out);
    assert!(first.status.success(), "{first:?}");
    assert!(first.stdout.is_empty());
    let talk = String::from_utf8_lossy(&first.stderr);
    assert!(talk.contains("30 machines, 30 of them to change"), "{talk}");
    let manifest = fs::read_to_string(out.join("fleet.yaml")).unwrap();
    let again = "# Made up by: respec sim generate --machines 30 --seed 1 --changed 100%";
    assert_eq!(manifest.lines().next(), Some(again));

    fs::remove_file(out.join("fleet.cloud.yaml")).unwrap();
    let again = generate(&["--machines", "30", "--seed", "2", "--out"], &out);
    assert!(!again.status.success());
    let talk = String::from_utf8_lossy(&again.stderr);
    assert!(talk.contains("fleet.yaml exists already"), "{talk}");
    assert_eq!(
        fs::read_to_string(out.join("fleet.yaml")).unwrap(),
        manifest
    );
    assert!(!out.join("fleet.cloud.yaml").exists());
}

#[test]
fn sizes_and_shares_out_of_range_are_refused() {
    let out = empty_folder("range");
    for wrong in [
        ["--machines", "0", "--changed", "10%"],
        ["--machines", "100001", "--changed", "10%"],
        ["--machines", "10", "--changed", "101%"],
        ["--machines", "10", "--changed", "some"],
    ] {
        let refused = generate(&[&wrong[..], &["--out"]].concat(), &out);
        assert!(!refused.status.success(), "{wrong:?}");
        assert!(!out.exists(), "{wrong:?}");
    }
}

fn generate(args: &[&str], out: &PathBuf) -> Output {
    Command::new(env!("CARGO_BIN_EXE_respec"))
        .args(["sim", "generate"])
        .args(args)
        .arg(out)
        .output()
        .expect("cargo built the binary")
}

fn empty_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("sim_generate")
        .join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("the folder is this test's own");
    }
    folder
}
