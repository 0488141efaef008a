//! Command lines that make no sense.

use crate::desk::Desk;

/// Words on the command line, and the exit code.
const LINES: &[(&[&str], i32)] = &[
    (&["plan", "--parallelism", "-1"], 64),
    (&["plan", "--parallelism", "0"], 64),
    (&["plan", "--parallelism", "99999999999999999999"], 64),
    (&["plan", "--parallelism", "1e3"], 64),
    (&["plan", "--parallelism", "\u{663}"], 64),
    (&["plan", "-lock-timeout", "-1s"], 64),
    (&["plan", "-lock-timeout", "1e9s"], 64),
    (&["plan", "-lock-timeout", "99999999999999999999h"], 64),
    (
        &["plan", "-target", "", "--simulate", "fleet.cloud.yaml"],
        64,
    ),
    (
        &[
            "plan",
            "-target",
            "\u{1b}[2J",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        64,
    ),
    (
        &[
            "plan",
            "-target",
            "nobody",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        64,
    ),
    (&["plan", "-target"], 64),
    (&["plan", "-out", ""], 64),
    (&["plan", "-out", ".", "--simulate", "fleet.cloud.yaml"], 1),
    (
        &[
            "plan",
            "-out",
            "no/such/folder/plan",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        1,
    ),
    (
        &[
            "plan",
            "-out",
            "/dev/full",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        1,
    ),
    (&["plan", "--format", "pdf"], 64),
    (&["plan", "--color"], 64),
    (&["plan", "extra"], 64),
    (&["plan", "-f"], 64),
    (&["plan", "-f", ""], 64),
    (
        &[
            "plan",
            "-f",
            "nowhere.yaml",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        65,
    ),
    (
        &["plan", "-f", "/dev/null", "--simulate", "fleet.cloud.yaml"],
        65,
    ),
    (
        &[
            "plan",
            "-f",
            "fleet.yaml",
            "-f",
            "fleet.yaml",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        65,
    ),
    (
        &[
            "plan",
            "-f",
            "fleet\u{202e}lmay.yaml",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        65,
    ),
    (&["plan", "--chdir", "nowhere"], 64),
    (&["plan", "--chdir", "fleet.yaml"], 64),
    (&["plan", "--region", "evil.example/"], 64),
    (&["plan", "--endpoint", "file:///etc/passwd"], 64),
    (&["plan", "--endpoint", "http://169.254.169.254"], 64),
    (
        &["plan", "--endpoint", "https://user:secret@ecs.example"],
        64,
    ),
    (&["plan", "--endpoint", "https://ecs.example/path?x=1"], 64),
    (&["plan", "--endpoint", "https://ecs.example:99999"], 64),
    (&["plan", "--state", "s3://bucket"], 64),
    (
        &[
            "plan",
            "--state",
            "fleet.yaml",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        1,
    ),
    (
        &[
            "plan",
            "--state",
            "/proc/nowhere",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        1,
    ),
    (&["plan", "--simulate", "nowhere.yaml"], 65),
    (&["plan", "--simulate", "."], 65),
    (&["plan", "--simulate", "/dev/zero"], 65),
    (&["plan", "--profile", "../../etc"], 77),
    (&["plan", "-detailed-exitcode=maybe"], 64),
    (&["plan", "--input=perhaps"], 64),
    (
        &["apply", "nowhere.plan", "--simulate", "fleet.cloud.yaml"],
        65,
    ),
    (&["apply", ".", "--simulate", "fleet.cloud.yaml"], 65),
    (
        &["apply", "/dev/zero", "--simulate", "fleet.cloud.yaml"],
        65,
    ),
    (
        &["apply", "fleet.yaml", "--simulate", "fleet.cloud.yaml"],
        4,
    ),
    (&["apply", "-max-spend", "-5"], 64),
    (&["apply", "-max-spend", "1e9"], 64),
    (&["apply", "-max-spend", "lots"], 64),
    (
        &[
            "apply",
            "-continue",
            "../../etc",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        64,
    ),
    (&["apply", "-wait-payment", "forever"], 64),
    (&["cancel"], 64),
    (&["cancel", "\u{7}", "--simulate", "fleet.cloud.yaml"], 64),
    (&["rehearse", "-faults", "-1"], 64),
    (&["rehearse", "-faults", "99999999"], 64),
    (&["rehearse", "-seed", "x"], 64),
    (&["history", ".."], 1),
    (&["orders", "show", "abc"], 64),
    (
        &[
            "orders",
            "pay",
            "99999999999999999999999999999999999999",
            "--simulate",
            "fleet.cloud.yaml",
        ],
        1,
    ),
    (&["explain", "\u{1b}]8;;http://evil\u{7}"], 64),
    (&["schema", "-nothing"], 64),
    (&["sim", "serve", "--listen", "0.0.0.0:99999"], 64),
    (&["sim", "generate", "--count", "-1"], 64),
    (&["stat"], 64),
    (&["\u{0301}"], 64),
    (&["--"], 64),
];

#[test]
fn a_command_line_that_makes_no_sense_is_refused_with_the_word_that_is_wrong() {
    let mut desk = Desk::new("flags");
    for (args, code) in LINES {
        let said = desk.run(args, &[]);
        let what = format!("respec {}", args.join(" "));
        desk.refused(&what.escape_debug().to_string(), *code, &said);
        assert!(desk.is_untouched(), "{what}");
    }
    desk.page_is("flags", LINES.len());
}
