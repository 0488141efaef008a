//! Surroundings nobody would choose: variables, files of credentials, folders, clocks, closed doors.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::desk::Desk;

const SIMULATE: [&str; 3] = ["plan", "--simulate", "fleet.cloud.yaml"];

/// Variables that must make no difference to a plan.
const HARMLESS: &[(&str, &str)] = &[
    ("HOME", ""),
    ("HOME", "relative/home"),
    ("HOME", "/nonexistent"),
    ("HOME", "/dev/null"),
    ("LANG", "C"),
    ("LC_ALL", "tlh_KX.KLINGON"),
    ("TZ", "Mars/Olympus"),
    ("TZ", ":/etc/passwd"),
    ("TZ", "<-99>99"),
    ("TERM", ""),
    ("TERM", "dumb"),
    ("TERM", "\u{1b}[31m"),
    ("COLUMNS", "0"),
    ("COLUMNS", "-1"),
    ("COLUMNS", "99999999999"),
    ("COLUMNS", "wide"),
    ("LINES", "0"),
    ("NO_COLOR", ""),
    ("NO_COLOR", "1"),
    ("CLICOLOR_FORCE", "0"),
    ("PATH", ""),
    ("PATH", "."),
    ("TMPDIR", "/nonexistent"),
    ("USER", "\u{1b}[2J"),
    ("USER", ""),
    ("HTTP_PROXY", "http://127.0.0.1:1"),
    ("HTTPS_PROXY", "not a url"),
    ("ALL_PROXY", "socks5://127.0.0.1:1"),
    ("NO_PROXY", "*"),
    ("SSL_CERT_FILE", "/dev/null"),
    ("SSL_CERT_DIR", "/nonexistent"),
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("RUST_MIN_STACK", "1"),
    ("TOKIO_WORKER_THREADS", "0"),
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "somebody"),
    ("ALIBABA_CLOUD_SECURITY_TOKEN", "x"),
    ("PAGER", "rm"),
    ("LD_LIBRARY_PATH", "."),
    ("CI", "true"),
];

/// Variables that are refused where no simulator stands in, and the exit code.
const REFUSED: &[(&str, &str, i32)] = &[
    ("RESPEC_ENDPOINT", "not a url", 64),
    ("RESPEC_ENDPOINT", "http://example.com", 64),
    ("RESPEC_ENDPOINT", "https://\u{1b}[31m", 64),
    ("RESPEC_ENDPOINT", "https://a b", 64),
    ("RESPEC_STATE", "oss://bucket", 64),
    ("RESPEC_SPEED", "0", 64),
    ("RESPEC_SPEED", "-1", 64),
    ("RESPEC_SPEED", "1e3", 64),
    ("RESPEC_SPEED", "999999999999", 64),
    ("RESPEC_SPEED", "2", 64),
    ("RESPEC_PAYER_TOKEN", "half of it", 64),
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "half of it", 77),
    ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "the other half", 77),
    ("ALIBABA_CLOUD_CREDENTIALS_FILE", "/dev/zero", 77),
    ("ALIBABA_CLOUD_CREDENTIALS_FILE", ".", 77),
    ("ALIBABA_CLOUD_CREDENTIALS_URI", "ftp://nowhere", 77),
    ("ALIBABA_CLOUD_CREDENTIALS_URI", "http://127.0.0.1:1/", 77),
    ("ALIBABA_CLOUD_PROFILE", "\u{7}", 77),
    ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/dev/null", 77),
    ("ALIBABA_CLOUD_ROLE_ARN", "arn", 77),
];

/// What stands in `~/.aliyun/config.json`.
const PROFILES: &[(&str, &str)] = &[
    ("nothing", ""),
    ("a list", "[]"),
    ("cut off", "{\"current\": \"default\", \"profiles\": ["),
    ("no such profile", "{\"current\": \"x\", \"profiles\": []}"),
    (
        "an unknown mode",
        "{\"current\": \"x\", \"profiles\": [{\"name\": \"x\", \"mode\": \"Magic\"}]}",
    ),
    (
        "no key",
        "{\"current\": \"x\", \"profiles\": [{\"name\": \"x\", \"mode\": \"AK\"}]}",
    ),
    (
        "a key that is a number",
        "{\"current\": \"x\", \"profiles\": [{\"name\": \"x\", \"mode\": \"AK\", \"access_key_id\": 7}]}",
    ),
    (
        "a source of itself",
        "{\"current\": \"x\", \"profiles\": [{\"name\": \"x\", \"mode\": \"ChainableRamRoleArn\", \"source_profile\": \"x\", \"ram_role_arn\": \"acs:ram::1:role/a\"}]}",
    ),
    (
        "a command that is not there",
        "{\"current\": \"x\", \"profiles\": [{\"name\": \"x\", \"mode\": \"External\", \"process_command\": \"/nonexistent\"}]}",
    ),
];

#[test]
fn odd_surroundings_make_no_difference() {
    let mut desk = Desk::new("environments");
    let good = desk.run(&SIMULATE, &[]).stdout;
    for (name, value) in HARMLESS {
        let what = format!("{name}={}", value.escape_debug());
        let said = desk.run(&SIMULATE, &[(name, value)]);
        assert_eq!(said.code, Some(0), "{what}: {}", said.stderr);
        if ["COLUMNS", "LANG", "LC_ALL"].contains(name) {
            desk.keep(&what, &said);
        } else {
            assert_eq!(said.stdout, good, "{what}");
        }
    }
    assert!(desk.is_untouched());
    desk.page_is("screens", 6);
}

#[test]
fn variables_that_mean_nothing_are_refused() {
    let mut desk = Desk::new("environments-refused");
    for (name, value, code) in REFUSED {
        let said = desk.run(&["plan"], &[(name, value)]);
        let what = format!("{name}={}", value.escape_debug());
        desk.refused(&what, *code, &said);
        assert!(desk.is_untouched(), "{what}");
    }
    desk.page_is("environments", REFUSED.len());
}

#[test]
fn a_profile_that_cannot_be_used_says_which_and_why() {
    let mut desk = Desk::new("environments-profiles");
    fs::create_dir(desk.folder.join(".aliyun")).unwrap();
    for (what, text) in PROFILES {
        desk.put(".aliyun/config.json", text);
        let said = desk.run(&["plan"], &[]);
        desk.refused(what, 77, &said);
    }
    desk.page_is("profiles", PROFILES.len());
}

#[test]
fn doors_that_are_shut_are_an_error_or_no_matter() {
    let mut desk = Desk::new("environments-doors");
    for before in [
        "exec <&-;",
        "umask 000;",
        "umask 777;",
        "cd .;",
        "trap '' PIPE;",
    ] {
        let said = desk.run_in_shell(before, &SIMULATE, &[]);
        if before != "umask 777;" {
            assert_eq!(said.code, Some(0), "{before}: {}", said.stderr);
        }
        assert!(
            !said.stderr.contains("panicked"),
            "{before}: {}",
            said.stderr
        );
    }
    for before in ["exec >&-;", "exec 2>&-;", "exec >/dev/full;"] {
        let said = desk.run_in_shell(before, &SIMULATE, &[]);
        assert!(
            matches!(said.code, Some(0 | 1)),
            "{before}: {:?} {}",
            said.code,
            said.stderr
        );
        assert!(
            !said.stderr.contains("panicked"),
            "{before}: {}",
            said.stderr
        );
    }
    let said = desk.run_in_shell("exec >/dev/full;", &SIMULATE, &[]);
    desk.refused("stdout is full", 1, &said);
    desk.page_is("doors", 1);
}

#[test]
fn a_state_folder_that_is_none_is_refused() {
    let mut desk = Desk::new("environments-state");
    let state = desk.folder.join("state");
    let apply = ["apply", "-auto-approve", "--simulate", "fleet.cloud.yaml"];

    desk.put("state", "a file");
    let said = desk.run(&apply, &[]);
    desk.refused("a file", 1, &said);
    fs::remove_file(&state).unwrap();

    symlink("nowhere", &state).unwrap();
    let said = desk.run(&apply, &[]);
    desk.refused("a link to nowhere", 1, &said);
    fs::remove_file(&state).unwrap();

    symlink("state", &state).unwrap();
    let said = desk.run(&apply, &[]);
    desk.refused("a link to itself", 1, &said);
    fs::remove_file(&state).unwrap();

    fs::create_dir(&state).unwrap();
    fs::set_permissions(&state, Permissions::from_mode(0o777)).unwrap();
    let said = desk.run(&apply, &[]);
    assert_eq!(
        said.code,
        Some(3),
        "what respec makes inside is its own: {}",
        said.stderr
    );
    desk.page_is("state-folders", 3);
}
