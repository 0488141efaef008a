//! Manifests, good and bad: each `manifests/NAME.yaml`, or all files of `manifests/NAME/`, is read
//! and everything said about it compared with `manifests/NAME.expected`.
//!
//! `BLESS=1 cargo test --test manifest` writes the expectations anew; read the difference.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use respec::manifest::{Reading, Source, codes, read};
use respec::report::findings::{Paint, Texts, findings};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests")
}

fn paths_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is part of the tests");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .collect();
    paths.sort();
    paths
}

/// The files of one case, named as seen from the folder of all cases.
fn sources(case: &Path) -> Vec<Source> {
    let files = if case.is_dir() {
        paths_in(case)
    } else {
        vec![case.to_owned()]
    };
    let source = |path: &PathBuf| Source {
        name: path
            .strip_prefix(folder())
            .expect("cases live in the folder")
            .display()
            .to_string()
            .replace('\\', "/"),
        bytes: fs::read(path).expect("the file was just listed"),
    };
    files.iter().map(source).collect()
}

fn told(sources: &[Source], reading: &Reading) -> String {
    let texts: Texts<'_> = sources
        .iter()
        .map(|source| (source.name.as_str(), source.bytes.as_slice()))
        .collect();
    let mut told = findings(&reading.findings, &texts, Paint::Plain);
    if let Some(fleet) = &reading.fleet {
        told.push_str(&serde_yaml::to_string(fleet).expect("a fleet can be written"));
    }
    told
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads its own switch")]
fn every_manifest_is_told_as_expected() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut wrong = String::new();
    for case in paths_in(&folder()) {
        if case.extension().is_some_and(|kind| kind == "expected") {
            continue;
        }
        let sources = sources(&case);
        let told = told(&sources, &read(&sources));
        let expected_path = case.with_extension("expected");
        if bless {
            fs::write(&expected_path, &told).unwrap();
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if told != expected {
            writeln!(wrong, "== {}\n{told}", case.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn read_text(text: impl Into<Vec<u8>>) -> Reading {
    read(&[Source {
        name: "fleet.yaml".to_owned(),
        bytes: text.into(),
    }])
}

#[test]
fn a_hundred_thousand_machines_are_read_in_one_go() {
    let mut text = "version: 1\nfleet: big\nregion: cn-hangzhou\ngroups:\n  web:\n    \
        spec: {instance_type: ecs.g7.large}\n    after: [db]\n    ids:\n"
        .to_owned();
    for n in 0..50_000 {
        writeln!(text, "      - i-web{n:06}").unwrap();
    }
    text.push_str("  db:\n    ids: [i-db0]\ninstances:\n");
    for n in 0..50_000 {
        writeln!(text, "  app-{n}:\n    id: i-app{n:06}\n    spec:").unwrap();
        writeln!(text, "      internet: {{max_bandwidth_out: 5}}").unwrap();
    }
    let reading = read_text(text);
    assert_eq!(reading.findings, []);
    assert_eq!(reading.fleet.unwrap().instances.len(), 100_001);
}

#[test]
fn lines_may_end_as_windows_ends_them() {
    let reading = read_text(
        "version: 1\r\nfleet: f\r\nregion: r\r\ninstances:\r\n  a: {id: i-1}\r\n  # 注\r\n  bb: {id: i-2}\r\n",
    );
    let fleet = reading.fleet.unwrap();
    let place = &fleet.instances.values().last().unwrap().place;
    assert_eq!((place.line, place.column), (7, 3));
    assert_eq!(place.file, "fleet.yaml");
    assert_eq!(place.end - place.start, 2);
}

/// Defaults that only groups take up are judged together with what each group adds.
#[test]
fn limits_of_machines_outside_any_group_are_judged_only_where_there_are_some() {
    let text = |group: &str| {
        format!(
            "version: 1
fleet: f
region: cn-hangzhou
defaults: {{rollout: {{on_failure: revert}}}}
groups:
  web: {{{group}, rollout: {{health: {{ready: status}}}}}}
instances:
  a: {{id: i-1}}
"
        )
    };
    let codes = |text: String| -> Vec<String> {
        let findings = read_text(text).findings;
        findings.into_iter().map(|it| it.code).collect()
    };
    assert_eq!(codes(text("ids: [i-1]")), Vec::<String>::new());
    // Nobody knows yet whom the group will find.
    assert_eq!(codes(text("select: {name: a}")), Vec::<String>::new());
    assert_eq!(codes(text("ids: [i-2]")), ["RS0144"]);
}

#[test]
fn an_alias_bomb_is_refused_before_it_goes_off() {
    let mut text = "version: 1\nfleet: f\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    let reading = read_text(text);
    assert_eq!(reading.fleet, None);
    assert_eq!(reading.findings.len(), 1);
    assert_eq!(reading.findings[0].code, "RS0015");
    assert!(reading.findings[0].place.line > 3);
}

#[test]
fn a_deep_abyss_is_refused_at_its_rim() {
    // Two hundred levels meet our own limit, a million the parser's look-ahead first.
    for levels in [200, 1_000_000] {
        for opening in ["[", "- ", "{a: ", "? "] {
            let reading = read_text(opening.repeat(levels));
            let code = reading.findings[0].code.as_str();
            assert!(["RS0005", "RS0014"].contains(&code), "{opening}{code}");
            assert!(levels > 200 || code == "RS0014", "{opening}{code}");
            assert_eq!(reading.findings.len(), 1);
        }
    }
}

#[test]
fn a_file_larger_than_allowed_is_not_even_parsed() {
    let reading = read_text(vec![b' '; (64 << 20) + 1]);
    assert_eq!(reading.findings[0].code, "RS0001");
}

#[test]
fn a_long_chain_of_waiting_ends_in_one_located_cycle() {
    let mut text = "version: 1\nfleet: f\nregion: cn-hangzhou\ninstances:\n".to_owned();
    for n in 0..20_000 {
        let next = (n + 1) % 20_000;
        writeln!(text, "  m{n}: {{id: i-{n}, after: [m{next}]}}").unwrap();
    }
    let reading = read_text(text);
    let codes: Vec<&str> = reading.findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["RS0108"]);
    assert!(reading.findings[0].message.ends_with("and 19988 more"));
}

#[test]
fn colours_never_come_from_the_manifest() {
    let bytes = b"version: 1\nfleet: \"a\\e[31m\"\nmean\xc2\x9b31m: 1\n".to_vec();
    let source = Source {
        name: "a\u{1b}[2J.yaml".to_owned(),
        bytes,
    };
    let sources = [source];
    let told = told(&sources, &read(&sources));
    assert!(
        told.contains("\\u{1b}[31m") && told.contains("\\u{9b}31m"),
        "{told}"
    );
    assert!(!told.contains(['\u{1b}', '\u{9b}']), "{told}");
}

/// Every code a case of the folder earns; the rest is earned by the tests above or below.
#[test]
fn every_code_is_earned_by_some_manifest() {
    let elsewhere = ["RS0001", "RS0019", "RS0201", "RS0202", "RS0203", "RS0204"];
    let told: String = paths_in(&folder())
        .iter()
        .filter(|path| path.extension().is_some_and(|kind| kind == "expected"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    for code in codes::ALL {
        let earned = told.contains(&format!("[{}]", code.id)) || elsewhere.contains(&code.id);
        assert!(earned, "no manifest earns {} ({})", code.id, code.title);
    }
}

/// Pieces that, thrown together, often make YAML and sometimes a manifest.
const PIECES: &[&str] = &[
    "version: 1\n",
    "fleet: f\n",
    "region: r\n",
    "groups:\n",
    "instances:\n",
    "defaults:\n",
    "  web:\n",
    "  db: ",
    "    ids: ",
    "    spec:\n",
    "      internet: ",
    "after: [web]\n",
    "[i-1, i-2]\n",
    "{id: i-1, after: [db]}\n",
    "max_bandwidth_out: 300\n",
    "&a ",
    "*a",
    "!t ",
    "<<: *a\n",
    "? ",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "\n",
    "  ",
    "---\n",
    "...\n",
    "\"",
    "'",
    "|\n",
    ">-\n",
    "#c\n",
    "\t",
    "\r\n",
    "é容",
    "\u{feff}",
    "%YAML 1.2\n",
    "%TAG ! x\n",
    "~",
    "10%",
    "90s",
    "yes",
    "010",
    "\0",
    "@",
    "`",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_are_a_reason_to_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let sources = [Source { name: "x".to_owned(), bytes }];
        let _ = told(&sources, &read(&sources));
    }

    #[test]
    fn no_text_is_a_reason_to_panic(text in "\\PC{0,80}") {
        let sources = [Source { name: "x".to_owned(), bytes: text.into_bytes() }];
        let _ = told(&sources, &read(&sources));
    }

    #[test]
    fn nothing_like_yaml_is_a_reason_to_panic(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40),
    ) {
        let sources = [Source { name: "x".to_owned(), bytes: pieces.concat().into_bytes() }];
        let reading = read(&sources);
        let errors = reading.findings.iter().any(|f| f.severity == respec::model::Severity::Error);
        prop_assert_eq!(reading.fleet.is_none(), errors);
        let _ = told(&sources, &reading);
    }
}
