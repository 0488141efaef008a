//! Scenarios of the simulator that are none.

use crate::desk::{CLOUD, Desk};

/// Bytes between two places where the good scenario is cut off.
const CUT_EVERY: usize = 23;

/// What of the good scenario is replaced by what.
const MISTYPED: &[(&str, &str)] = &[
    ("account: \"1234567890123456\"", "account: me"),
    ("region: cn-hangzhou", "region: ../x"),
    ("2026-11-22T02:00:00Z", "yesterday"),
    ("2026-11-22T02:00:00Z", "9999999-01-01T00:00:00Z"),
    ("2026-11-22T02:00:00Z", "-009999-01-01T00:00:00Z"),
    ("CNY", "gold"),
    ("20000", "lots"),
    ("20000", "1e999"),
    ("i-2,", "i-1,"),
    ("i-2,", "web-2,"),
    ("ecs.g7.large, Int", "g7.large, Int"),
    (
        "InternetMaxBandwidthOut: 5}",
        "InternetMaxBandwidthOut: -5}",
    ),
    (
        "InternetMaxBandwidthOut: 5}",
        "InternetMaxBandwidthOut: five}",
    ),
    ("InternetMaxBandwidthOut: 5}", "InternetMaxBandwithOut: 5}"),
    ("InternetMaxBandwidthOut: 5}", "Status: Resting}"),
    ("instances:", "instances: {}\nothers:"),
    ("instances:", "keys: []\ninstances:"),
    ("instances:", "keys: [{id: '', secret: ''}]\ninstances:"),
    ("instances:", "speed: 1e9\ninstances:"),
    ("instances:", "faults: [{operation: Nothing}]\ninstances:"),
    (
        "instances:",
        "faults: [{operation: StopInstances, code: Nobody.KnowsThis, share: 7}]\ninstances:",
    ),
    ("instances:", "latency: -5s\ninstances:"),
    (
        "instances:",
        "stock: [{type: ecs.g7.xlarge, zone: nowhere, left: -1}]\ninstances:",
    ),
];

#[test]
fn a_scenario_that_is_none_is_refused_by_name() {
    let mut desk = Desk::new("scenarios");
    let cut = (CUT_EVERY..CLOUD.len()).step_by(CUT_EVERY);
    let cut = cut.map(|at| (format!("the first {at} bytes"), CLOUD[..at].to_owned()));
    let mistyped = MISTYPED.iter().map(|(good, bad)| {
        assert!(CLOUD.contains(good), "{good}");
        (
            format!("{good:?} becomes {bad:?}"),
            CLOUD.replacen(good, bad, 1),
        )
    });
    let others = [
        ("nothing", String::new()),
        ("brackets", "[".repeat(100_000)),
        ("a bomb", format!("{CLOUD}x: &a [1]\ny: [*a, *a]\n")),
        ("a NUL", format!("{CLOUD}\0")),
    ];
    let others = others.map(|(what, text)| (what.to_owned(), text));
    let mut n_good = 0;
    for (what, text) in cut.chain(mistyped).chain(others) {
        desk.put("fleet.cloud.yaml", text);
        let said = desk.run(&["drift", "--simulate", "fleet.cloud.yaml"], &[]);
        if said.stderr.contains("fleet.cloud.yaml") {
            desk.refused(&what, 65, &said);
        } else {
            // Still a scenario, of a smaller cloud.
            n_good += 1;
            desk.keep(&what, &said);
        }
        assert!(desk.is_untouched(), "{what}");
    }
    assert!(n_good < 9, "{n_good} were taken for scenarios");
    desk.page_is("scenarios", 40);
}
