//! Manifests that are cut off, mistyped, swollen or dressed up.

use crate::desk::{Desk, MANIFEST};

/// Bytes between two places where the good manifest is cut off.
const CUT_EVERY: usize = 10;

/// What of the good manifest is replaced by what.
const MISTYPED: &[(&str, &str)] = &[
    ("version: 1", "version: 1.0"),
    ("version: 1", "version: '1'"),
    ("version: 1", "version: 01"),
    ("version: 1", "version: -1"),
    ("version: 1", "version: 99999999999999999999999999"),
    ("version: 1", "version: yes"),
    ("version: 1", "version: [1]"),
    ("version: 1", "version: 1\nversion: 1"),
    ("version: 1", "Version: 1"),
    ("version: 1\n", ""),
    ("fleet: shop", "fleet: "),
    ("fleet: shop", "fleet: no"),
    ("fleet: shop", "fleet: ../shop"),
    ("fleet: shop", "fleet: /etc"),
    ("fleet: shop", "fleet: 'a b'"),
    ("fleet: shop", "fleet: CON."),
    ("fleet: shop", "fleet: .hidden"),
    ("fleet: shop", "fleet: \"shop\\u0000\""),
    ("fleet: shop", "fleet: \"\\e[31mshop\""),
    ("fleet: shop", "fleet: \"\\u202epohs\""),
    ("fleet: shop", "fleet: 馬"),
    ("fleet: shop", "fleet: {name: shop}"),
    ("region: cn-hangzhou", "region: hangzhou/../.."),
    ("region: cn-hangzhou", "region: cn-hangzhou.evil.example"),
    ("region: cn-hangzhou", "region: 7"),
    ("payment: await", "payment: Await"),
    ("payment: await", "payment: true"),
    ("payment: await", "payment: cash"),
    ("10%", "10 %"),
    ("10%", "0%"),
    ("10%", "110%"),
    ("10%", "-10%"),
    ("10%", "1e1%"),
    ("10%", "0x10"),
    ("10%", "0"),
    ("10%", "ten"),
    ("10%", ".inf"),
    ("max_failures: 1", "max_failures: 1.5"),
    ("max_failures: 1", "max_failures: -0"),
    ("max_failures: 1", "max_failures: ~"),
    ("max_failures: 1", "max_failure: 1"),
    ("[i-1, i-2]", "i-1"),
    ("[i-1, i-2]", "[]"),
    ("[i-1, i-2]", "[i-1, i-1]"),
    ("[i-1, i-2]", "[i-1, i-3]"),
    ("[i-1, i-2]", "[i-1, 2]"),
    ("[i-1, i-2]", "[i-1, [i-2]]"),
    ("[i-1, i-2]", "[i-1, 'i-2 ']"),
    ("[i-1, i-2]", "[i-1, 'i-2&Action=DeleteInstance']"),
    ("[i-1, i-2]", "[\"i-1\\n\", i-2]"),
    ("[i-1, i-2]", "[i-1, i-2"),
    ("ecs.g7.xlarge", "g7.xlarge"),
    ("ecs.g7.xlarge", "ecs.g7.xlarge "),
    ("ecs.g7.xlarge", "\"ecs.g7.xlarge\\t\""),
    ("ecs.g7.xlarge", "ecs.g7.xlarge&Force=true"),
    ("ecs.g7.xlarge", "null"),
    ("PayByTraffic", "PayByTrafic"),
    ("PayByTraffic", "[PayByTraffic]"),
    ("max_bandwidth_out: 50", "max_bandwidth_out: 0b11"),
    ("max_bandwidth_out: 50", "max_bandwidth_out: 5_0"),
    ("max_bandwidth_out: 50", "max_bandwidth_out: 1e999"),
    ("max_bandwidth_out: 50", "max_bandwidth_out: 050"),
    ("max_bandwidth_out: 50", "max_bandwidth_out: 0o62"),
    ("max_bandwidth_out: 50", "max_bandwidth_out: '50'"),
    ("max_bandwidth_out: 50", "max_bandwidth_out: 50 Mbit"),
    ("max_bandwidth_out: 50", "max_bandwidth_out: 4294967346"),
    ("max_bandwidth_out: 50", "max_bandwidth_out: !!int 50"),
    ("power: running", "power: on"),
    ("power: running", "power: Running"),
    ("power: running", "power: running\n      power: stopped"),
    ("max_outage: 1h", "max_outage: 1"),
    ("max_outage: 1h", "max_outage: 0s"),
    ("max_outage: 1h", "max_outage: -1h"),
    ("max_outage: 1h", "max_outage: 99999999999999h"),
    ("max_outage: 1h", "max_outage: 1h1h"),
    ("max_outage: 1h", "max_outage: PT1H"),
    ("after: [web]", "after: [db]"),
    ("after: [web]", "after: [webb]"),
    ("after: [web]", "after: web"),
    ("protect: [db]", "protect: [nobody]"),
    ("protect: [db]", "protect: db"),
    ("currency: CNY", "currency: ¥"),
    ("currency: CNY", "currency: cny"),
    ("5000", "-5000"),
    ("5000", "5,000"),
    ("5000", "1e400"),
    ("5000", "NaN"),
    ("groups:", "&groups groups:"),
    ("groups:", "<<: {region: cn-beijing}\ngroups:"),
    ("groups:", "!include groups.yaml:"),
    ("groups:", "? groups\n:"),
    ("groups:", "\tgroups:"),
    ("groups:", "---\ngroups:"),
    ("groups:", "...\ngroups:"),
    ("groups:", "%YAML 1.1\n---\ngroups:"),
    ("  web:", "  \"\":"),
    ("  web:", "  \"web/../db\":"),
    ("  web:", "  \"web\\u2028x\":"),
    ("  web:", "  1:"),
    ("  web:", "  [web]:"),
    ("  db:", "  web:"),
    ("id: i-3", "id: *three"),
    ("id: i-3", "id: \"i-3"),
    ("id: i-3", "id: i-3 # ${jndi:ldap://x}\n    ID: i-4"),
    ("id: i-3", "id: $(reboot)"),
    ("id: i-3", "password: hunter2\n    id: i-3"),
];

fn swollen() -> Vec<(&'static str, Vec<u8>)> {
    let with = |extra: String| format!("{MANIFEST}{extra}\n").into_bytes();
    let mut latin = MANIFEST.replace("shop", "sh\u{f6}p").into_bytes();
    latin.retain(|byte| *byte != 0xc3);
    let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        MANIFEST.encode_utf16().flat_map(bytes).collect()
    };
    vec![
        ("nothing", Vec::new()),
        ("a space", b" ".to_vec()),
        ("one NUL", vec![0]),
        ("NUL at the end", [MANIFEST.as_bytes(), &[0]].concat()),
        ("Latin-1", latin),
        ("UTF-16 LE", wide(u16::to_le_bytes)),
        ("UTF-16 BE", wide(u16::to_be_bytes)),
        (
            "a lone surrogate",
            [MANIFEST.as_bytes(), b"x: \xed\xa0\x80"].concat(),
        ),
        (
            "an overlong slash",
            [MANIFEST.as_bytes(), b"x: \xc0\xaf"].concat(),
        ),
        ("a ZIP", b"PK\x03\x04\x14\0\0\0\x08\0".to_vec()),
        ("JSON, cut off", b"{\"version\": 1,".to_vec()),
        ("HTML", b"<!doctype html><p>Not found".to_vec()),
        (
            "an escape in a comment",
            with("# \u{1b}]52;c;cm0gLXJm\u{7}".to_owned()),
        ),
        (
            "65 deep",
            with(format!("x: {}1{}", "[".repeat(65), "]".repeat(65))),
        ),
        (
            "100,000 open brackets",
            with("x: ".to_owned() + &"[".repeat(100_000)),
        ),
        (
            "100,000 open braces",
            with("x: ".to_owned() + &"{a: ".repeat(100_000)),
        ),
        ("100,000 dashes", with("- ".repeat(100_000))),
        (
            "a key of 100,000 letters",
            with("k".repeat(100_000) + ": 1"),
        ),
        (
            "a value of a megabyte",
            with("fleet2: ".to_owned() + &"v".repeat(1 << 20)),
        ),
        (
            "1,000 unknown keys",
            with((0..1000).map(|n| format!("k{n}: 1\n")).collect()),
        ),
        ("an alias of itself", with("x: &x [*x]".to_owned())),
        ("a key that is a list", with("? [a, b]\n: 1".to_owned())),
        ("binary", with("x: !!binary R0lGODlhDAAMAIQAAP".to_owned())),
        ("a set", with("x: !!set {a, b}".to_owned())),
        (
            "code of another language",
            with("x: !!python/object/apply:os.system [ls]".to_owned()),
        ),
    ]
}

#[test]
fn a_manifest_that_is_cut_off_is_refused_or_is_a_manifest_still() {
    let mut desk = Desk::new("manifests-cut");
    let mut n_good = 0;
    for at in (CUT_EVERY..MANIFEST.len()).step_by(CUT_EVERY) {
        desk.put("fleet.yaml", &MANIFEST[..at]);
        let said = desk.run(&["validate"], &[]);
        if said.code == Some(0) {
            n_good += 1;
            desk.keep(&format!("the first {at} bytes"), &said);
        } else {
            desk.refused(&format!("the first {at} bytes"), 65, &said);
        }
    }
    assert!(n_good < 20, "{n_good} were taken for whole");
    desk.page_is("manifests-cut", 45);
}

#[test]
fn a_mistyped_manifest_is_refused_where_it_is_wrong() {
    let mut desk = Desk::new("manifests-mistyped");
    for (n, (good, bad)) in MISTYPED.iter().enumerate() {
        assert!(MANIFEST.contains(good), "{good}");
        desk.put("fleet.yaml", MANIFEST.replacen(good, bad, 1));
        let said = desk.run(&["validate"], &[]);
        let what = format!("{}. {good:?} becomes {bad:?}", n + 1);
        match said.code {
            Some(0) => desk.keep(&what, &said),
            _ => desk.refused(&what, 65, &said),
        }
    }
    desk.page_is("manifests-mistyped", MISTYPED.len());
}

#[test]
fn a_swollen_manifest_is_refused_before_it_costs_anything() {
    let mut desk = Desk::new("manifests-swollen");
    for (what, bytes) in swollen() {
        desk.put("fleet.yaml", bytes);
        let said = desk.run(&["validate"], &[]);
        desk.refused(what, 65, &said);
    }
    desk.page_is("manifests-swollen", 25);
}
