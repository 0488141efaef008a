//! What people call their machines: shown as it is where that is harmless, and never obeyed.

use std::collections::BTreeSet;

use crate::desk::{CLOUD, Desk, command_in, is_tame};

/// Names that a console takes, or that somebody forges.
const NAMES: &[&str] = &[
    "../../etc/passwd",
    "/dev/null",
    "C:\\nul",
    "-rf",
    "--auto-approve",
    "a\u{0}b",
    "a\tb",
    "a\nb",
    "a\r\nPlan: 0 to add, 0 to change, 0 to destroy.",
    "a\u{8}\u{8}\u{8}z",
    "\u{7}",
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}[31mred",
    "\u{1b}]8;;http://evil.example\u{7}click\u{1b}]8;;\u{7}",
    "\u{1b}]52;c;cm0gLXJm\u{7}",
    "\u{1b}[1A\u{1b}[2K",
    "\u{9b}31m",
    "\u{85}x",
    "\u{ad}soft",
    "\u{202e}drowssap",
    "\u{2066}abc\u{2069}",
    "\u{200b}\u{200c}\u{200d}",
    "\u{feff}bom",
    "\u{2028}line",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\u{1f469}\u{200d}\u{1f4bb}",
    "\u{05e9}\u{05dc}\u{05d5}\u{05dd}",
    "主机",
    "\u{fdfd}",
    "`id`",
    "$(reboot)",
    "${jndi:ldap://evil.example/a}",
    "'; drop table machines; --",
    "a|b|c",
    "</details>",
    "<!-- hidden -->",
    "<img src=x onerror=alert(1)>",
    "<script>",
    "@everyone",
    "@org/team",
    "#1",
    "GH-1",
    "![x](http://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "http://evil.example",
    "www.evil.example",
    "```\nfence",
    "~~~",
    "> quote",
    "# heading",
    "* list",
    "| - |",
    "\\",
    "::set-output name=x::y",
    "::error file=a::b",
    "##[error]x",
    "%0A::warning::x",
    "=cmd|' /C calc'!A0",
    "+1",
    "null",
    "~",
    "yes",
    "1e999",
    "  padded  ",
];

/// As YAML writes it in quotes, whatever it holds.
fn quoted(name: &str) -> String {
    let escaped: Vec<String> = name
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => c.to_string(),
            _ => format!("\\U{:08x}", u32::from(c)),
        })
        .collect();
    format!("\"{}\"", escaped.concat())
}

fn scenario(name: &str) -> String {
    let quoted = quoted(name);
    format!(
        "instances:\n\
         - {{InstanceId: i-1, InstanceName: {quoted}, InstanceType: ecs.g7.large,\n   \
         Tags: {{Tag: [{{TagKey: {quoted}, TagValue: {quoted}}}]}}}}\n"
    )
}

const MANIFEST: &str = "version: 1\nfleet: shop\nregion: cn-hangzhou\n\
    instances:\n  web: {id: i-1, spec: {instance_type: ecs.g7.xlarge}}\n";

const SIMULATE: [&str; 2] = ["--simulate", "fleet.cloud.yaml"];

/// Machines of one fleet: so few that a whole apply stays within the limits.
const FLEET_SIZE: usize = 16;

/// A fleet of machines that each have one of the names.
fn fleet(names: &[&str]) -> (String, String) {
    let machines = names.iter().enumerate().map(|(n, name)| {
        let name = quoted(name);
        let tags = format!("Tags: {{Tag: [{{TagKey: {name}, TagValue: {name}}}]}}");
        format!(
            "- {{InstanceId: i-{n}, InstanceName: {name}, InstanceType: ecs.g7.large, {tags}}}\n"
        )
    });
    let ids: Vec<String> = (0..names.len()).map(|n| format!("i-{n}")).collect();
    let manifest = format!(
        "version: 1\nfleet: shop\nregion: cn-hangzhou\ngroups:\n  web:\n    ids: [{}]\n    \
         rollout: {{max_unavailable: 100%}}\n    spec: {{instance_type: ecs.g7.xlarge}}\n",
        ids.join(", ")
    );
    (
        manifest,
        format!("instances:\n{}", machines.collect::<String>()),
    )
}

#[test]
fn a_name_is_text_and_never_a_command() {
    let desk = Desk::new("names");
    for names in NAMES.chunks(FLEET_SIZE) {
        let (manifest, cloud) = fleet(names);
        desk.put("fleet.yaml", manifest);
        desk.put("fleet.cloud.yaml", cloud);
        only_text(&desk);
    }
}

fn only_text(desk: &Desk) {
    for args in [
        &["plan"][..],
        &["plan", "-verbose"],
        &["plan", "--format", "markdown"],
        &["plan", "-json"],
        &["apply", "-auto-approve", "-json"],
        &["history"],
        &["state", "list"],
    ] {
        let said = desk.run(&[args, &SIMULATE].concat(), &[]);
        assert_eq!(said.code, Some(0), "{args:?}: {}", said.stderr);
        let text = format!("{}{}", said.stdout, said.stderr);
        assert!(is_tame(&text), "{args:?}: {text:?}");
        assert_eq!(command_in(&text), None, "{args:?}");
    }
}

/// A manifest of which every free text is a command to GitHub's runner, so often that some word of it begins a line
/// wherever lines are folded.
fn commanding() -> String {
    let often = ["::stop-commands::t"; 12];
    let words = often.map(|word| format!("\"{word}\"")).join(", ");
    let reason = often.join(" ");
    format!(
        "version: 1\nfleet: shop\nregion: cn-hangzhou\ngroups:\n  web:\n    ids: [i-3]\n    \
         spec: {{instance_type: ecs.g7.xlarge}}\n    rollout:\n      before_stop: [./drain.sh]\n      \
         after_start: [./undrain.sh, {words}]\ninstances:\n  \
         \"::error::x\": {{id: i-1, spec: {{instance_type: ecs.g7.xlarge}}}}\n  \
         \"##[error]x\": {{id: i-2, spec: {{instance_type: ecs.g7.xlarge}}}}\nfreezes:\n  \
         - {{from: 2026-01-02, to: 2026-01-03, time_zone: Asia/Shanghai, reason: \"{reason}\"}}\n"
    )
}

#[test]
fn no_line_that_is_printed_is_a_command_to_a_ci_runner() {
    let desk = Desk::new("commands");
    let machine = |n: u32| {
        format!(
            "- {{InstanceId: i-{n}, InstanceName: '##[group]{n}', InstanceType: ecs.g7.large}}\n"
        )
    };
    let machines: String = (1..=3).map(machine).collect();
    desk.put("fleet.yaml", commanding());
    desk.put("fleet.cloud.yaml", format!("instances:\n{machines}"));
    let told = |args: &[&str]| {
        let said = desk.run(&[args, &SIMULATE].concat(), &[]);
        assert_eq!(said.code, Some(0), "{args:?}: {}", said.stderr);
        for text in [&said.stdout, &said.stderr] {
            assert!(is_tame(text), "{args:?}: {text:?}");
            assert_eq!(command_in(text), None, "{args:?}");
        }
        said.stdout
    };
    let plan = told(&["plan"]);
    let disarmed = plan
        .lines()
        .filter(|line| line.trim_start().starts_with("\\::stop-commands::t"));
    let indents: BTreeSet<usize> = disarmed
        .map(|line| line.len() - line.trim_start().len())
        .collect();
    assert_eq!(
        indents,
        BTreeSet::from([4, 22]),
        "of the freeze and of the hook, where they are folded: {plan}"
    );
    for args in [
        &["plan", "-verbose"][..],
        &["plan", "--format", "markdown"],
        &["rehearse"],
        &["apply", "-auto-approve"],
        &["drift"],
        &["history"],
        &["state", "show", "::error::x"],
        &["state", "show", "##[error]x"],
    ] {
        told(args);
    }
    assert_eq!(
        told(&["state", "list"]),
        "##\\[error]x  i-2  ecs.g7.xlarge\n\
         \\::error::x  i-1  ecs.g7.xlarge\n\
         web/i-3     i-3  ecs.g7.xlarge\n"
    );
}

/// GitHub looks for references in the whole page, also where it reads no Markdown.
#[test]
fn the_head_of_a_folded_part_refers_to_nothing() {
    let desk = Desk::new("references");
    desk.put(
        "fleet.yaml",
        "version: 1\nfleet: shop\nregion: cn-hangzhou\ninstances:\n  \
         \"#1\": {id: i-1, spec: {instance_type: ecs.g7.xlarge}}\n  \
         GH-1: {id: i-2, spec: {instance_type: ecs.g7.2xlarge}}\n",
    );
    desk.put("fleet.cloud.yaml", CLOUD);
    let said = desk.run(
        &[&["plan", "--format", "markdown"][..], &SIMULATE].concat(),
        &[],
    );
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let heads = said.stdout.lines();
    let heads: Vec<&str> = heads.filter(|line| line.contains("<summary>")).collect();
    assert_eq!(
        heads,
        [
            "<details><summary>#&#8203;1</summary>",
            "<details><summary>GH&#8203;-1</summary>",
        ]
    );
}

/// A job may hand on what somebody else wrote, such as the title of a pull request.
#[test]
fn what_was_typed_is_repeated_and_is_no_command() {
    let desk = Desk::new("typed");
    let title = "a title\n::error::x ##[error]x";
    for args in [&["plan", title][..], &["explain", title]] {
        let said = desk.run(args, &[]);
        assert_eq!(said.code, Some(64), "{args:?}: {}", said.stderr);
        assert_eq!(said.stdout, "", "{args:?}");
        assert_eq!(command_in(&said.stderr), None, "{args:?}");
        assert!(said.stderr.contains("##\\[error]x"), "{}", said.stderr);
    }
}

/// What an author gives as the reason of a freeze is shown to whoever reviews the plan.
#[test]
fn a_reason_cannot_leave_the_line_it_is_shown_in() {
    let desk = Desk::new("reasons");
    let mut manifest = MANIFEST.to_owned() + "freezes:\n";
    for name in NAMES {
        let reason = quoted(name);
        let day = "from: 2026-01-02, to: 2026-01-03, time_zone: Asia/Shanghai";
        manifest += &format!("  - {{{day}, reason: {reason}}}\n");
    }
    desk.put("fleet.yaml", manifest);
    desk.put("fleet.cloud.yaml", scenario("web-1"));
    let said = desk.run(
        &[&["plan", "--format", "markdown"][..], &SIMULATE].concat(),
        &[],
    );
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(is_tame(&said.stdout), "{:?}", said.stdout);
    assert!(
        said.stdout.contains("shalom") || said.stdout.contains("主机"),
        "{}",
        said.stdout
    );
    for wild in [
        "<img",
        "<script",
        "<!-- hidden",
        "[x](",
        "@everyone",
        "@org",
        "</details>\n<",
    ] {
        assert!(!said.stdout.contains(wild), "{wild}: {}", said.stdout);
    }
    assert_eq!(command_in(&said.stdout), None);
    let plain = desk.run(&[&["plan"][..], &SIMULATE].concat(), &[]);
    assert!(is_tame(&plain.stdout), "{:?}", plain.stdout);
    assert_eq!(command_in(&plain.stdout), None);
}
