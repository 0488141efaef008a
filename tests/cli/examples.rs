//! The examples, each planned, rehearsed and applied as its first lines say; every word is kept beside this file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Ended, Running};

/// One example, run from the root of the repository as its reader would.
struct Example {
    name: &'static str,
    scenario: &'static str,
    state: PathBuf,
    page: String,
}

impl Example {
    fn new(name: &'static str, scenario: &'static str) -> Self {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("examples")
            .join(name);
        if state.exists() {
            fs::remove_dir_all(&state).unwrap();
        }
        Self {
            name,
            scenario,
            state,
            page: String::new(),
        }
    }

    /// Runs it, insists on the exit code, and keeps what it printed as its result.
    #[track_caller]
    fn run(&mut self, args: &str, code: i32) -> Ended {
        let folder = format!("examples/{}", self.name);
        let scenario = format!("{folder}/{}", self.scenario);
        let mut command = Command::new(env!("CARGO_BIN_EXE_respec"));
        command
            .args(args.split_whitespace())
            .args(["-f", &folder, "--simulate", &scenario])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env_clear()
            .env("LANG", "C.UTF-8")
            .env("RESPEC_STATE", &self.state);
        let ended = Running::start(&mut command).ended().exits(code);
        self.page += &format!("$ respec {args}\n{}\n", ended.stdout);
        ended
    }

    #[track_caller]
    #[expect(
        clippy::disallowed_methods,
        reason = "a test may be told by its environment to bless"
    )]
    fn reads_as_before(&self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/cli/examples")
            .join(format!("{}.expected", self.name));
        if std::env::var("RESPEC_BLESS").is_ok() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &self.page).unwrap();
            return;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        let diff = similar::TextDiff::from_lines(expected.as_str(), &self.page);
        let diff = diff.unified_diff().header("expected", "now").to_string();
        assert!(
            expected == self.page,
            "{} reads differently:\n{diff}",
            self.name
        );
    }
}

#[test]
fn a_web_tier_changes_one_zone_at_a_time_behind_a_first_machine() {
    let mut example = Example::new("web-tier", "web.cloud.yaml");
    example.run("plan", 0);
    example.run("rehearse", 0);
    example.run("apply -auto-approve -wait-gates 30m", 0);
    example.run("plan -detailed-exitcode", 0);
    example.reads_as_before();
}

#[test]
fn a_machine_that_is_not_good_on_its_new_type_goes_back_alone() {
    let mut example = Example::new("put-back", "api.cloud.yaml");
    example.run("plan", 0);
    example.run("plan --format markdown", 0);
    example.run("rehearse", 0);
    example.run("apply -auto-approve", 3);
    example.run("plan", 0);
    example.reads_as_before();
}

#[test]
fn the_standby_goes_first_and_the_primary_waits_for_a_person() {
    let mut example = Example::new("db-pair", "db.cloud.yaml");
    example.run("plan", 0);
    example.run("rehearse", 0);
    let paused = example.run("apply -auto-approve", 7);
    let next = paused
        .stdout
        .lines()
        .find(|line| line.contains("respec approve"));
    let approve: Vec<&str> = next.unwrap().split_whitespace().skip(2).take(6).collect();
    example.run(&approve.join(" "), 0);
    example.run("apply -auto-approve", 0);
    example.run("plan -detailed-exitcode", 0);
    example.reads_as_before();
}

#[test]
fn offices_change_on_saturday_night_only() {
    let mut example = Example::new("night-window", "office.cloud.yaml");
    example.run("plan", 0);
    example.run("rehearse", 0);
    let refused = example.run("apply -auto-approve", 6);
    refused.says(&["the window of group office is shut until 2026-11-27 18:00:00 UTC"]);
    example.run("sim wait 60h", 0);
    example.run("apply -auto-approve", 0);
    example.run("plan -detailed-exitcode", 0);
    example.reads_as_before();
}

#[test]
fn subscriptions_are_ordered_while_they_run_and_one_waits_for_accounting() {
    let mut example = Example::new("subscriptions", "fleet.cloud.yaml");
    example.run("plan", 0);
    example.run("rehearse", 0);
    let paused = example.run("apply -auto-approve", 7);
    paused.shows(&["1 order to pay", "ledger (i-ledger01)"]);
    example.run("orders list", 0);
    example.reads_as_before();
}
