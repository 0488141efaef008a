//! The least RAM policy for a manifest.

use respec::manifest::{self, Source};
use respec::model::DesiredFleet;
use respec::report::Style;
use respec::report::policy::Policy;

use crate::snapshot::{fits, same};

/// A bit of everything, in two regions.
const MIXED: &str = "
account: '1234567890123456'
region: cn-hangzhou
groups:
  web:
    ids: [i-web1, i-web2]
    spec: {internet: {charge_type: PayByTraffic, max_bandwidth_out: 50, public_ip: true}}
instances:
  db: {id: i-db, spec: {instance_type: ecs.r7.large}, payment: auto}
  far: {id: i-far, region: cn-beijing, spec: {instance_type: ecs.g7.large}}
  night: {id: i-night, spec: {power: stopped}}
  seen: {id: i-seen, spec: {}}
";

fn fleet(rest: &str) -> DesiredFleet {
    let source = Source {
        name: "fleet.yaml".to_owned(),
        bytes: format!("version: 1\nfleet: shop\n{rest}").into_bytes(),
    };
    let reading = manifest::read(&[source]);
    let findings = reading.findings;
    reading.fleet.unwrap_or_else(|| panic!("{findings:?}"))
}

#[test]
fn a_policy_for_a_role_says_what_whoever_takes_it_on_needs() {
    let arn = "acs:ram::1234567890123456:role/ops";
    let mixed = MIXED.replace("'1234567890123456'", &format!("{{role: '{arn}'}}"));
    let notes = Policy::of(&fleet(&mixed)).notes().join("\n");
    assert!(
        notes.contains(&format!("sts:AssumeRole on {arn}")),
        "{notes}"
    );
    assert_eq!(
        Policy::of(&fleet(&mixed)).json(),
        Policy::of(&fleet(MIXED)).json()
    );
}

#[test]
fn a_policy_allows_each_machine_what_its_wishes_can_lead_to() {
    let fleet = fleet(MIXED);
    let policy = Policy::of(&fleet);
    let text = policy.text(&Style::plain());
    fits(80, &text);
    same("policy", &text);
    same("policy-json", &policy.json());
}

#[test]
fn a_fleet_that_is_only_switched_may_only_be_switched() {
    let fleet = fleet("region: cn-hangzhou\ninstances: {a: {id: i-a, spec: {power: running}}}");
    let policy = Policy::of(&fleet);
    same("policy-power-json", &policy.json());
    assert_eq!(policy.notes().len(), 1, "{:?}", policy.notes());
}

#[test]
fn more_machines_than_a_policy_can_name_are_allowed_by_region() {
    let ids: Vec<String> = (0..500).map(|n| format!("i-{n}")).collect();
    let groups = format!(
        "region: cn-hangzhou\ngroups: {{web: {{ids: [{}], spec: {{instance_type: ecs.g7.large}}}}}}",
        ids.join(", ")
    );
    let fleet = fleet(&groups);
    let policy = Policy::of(&fleet);
    let json = policy.json();
    assert!(
        json.len() < 6144 && json.contains("acs:ecs:cn-hangzhou:*:instance/*"),
        "{json}"
    );
    assert!(
        policy
            .notes()
            .iter()
            .any(|note| note.contains("500 machines"))
    );
}

/// Nobody knows yet whom a selector finds: the rights are for all who may be.
#[test]
fn whoever_a_selector_may_find_is_in_the_policy() {
    let written = "
groups:
  web:
    select: {tags: {role: web}, region: [cn-hangzhou, cn-beijing], expect: 12}
    spec: {instance_type: ecs.g7.large}
    payment: auto
instances:
  night: {id: i-night, region: cn-hangzhou, spec: {power: stopped}}
  # Where it is only its group knows, and that it is in the group only the cloud.
  odd: {id: i-odd, after: [night, web/i-other]}
";
    let source = Source {
        name: "fleet.yaml".to_owned(),
        bytes: format!("version: 1\nfleet: shop\n{written}").into_bytes(),
    };
    let fleet = manifest::read_with_stand_ins(&[source]).unwrap();
    let policy = Policy::of(&fleet);
    let json: serde_json::Value = serde_json::from_str(&policy.json()).unwrap();
    let statements = json["Statement"].as_array().unwrap();
    let allows = |action: &str, resource: &str| {
        let has = |list: &serde_json::Value, text: &str| {
            list.as_array().unwrap().iter().any(|it| it == text)
        };
        statements
            .iter()
            .any(|it| has(&it["Action"], action) && has(&it["Resource"], resource))
    };
    for region in ["cn-hangzhou", "cn-beijing"] {
        let all = format!("acs:ecs:{region}:*:instance/*");
        for action in ["ecs:ModifyInstanceSpec", "ecs:StopInstances"] {
            assert!(allows(action, &all), "{action} {region}: {json}");
        }
    }
    assert!(allows(
        "ecs:StopInstances",
        "acs:ecs:cn-hangzhou:*:instance/i-night"
    ));
    assert!(!policy.json().contains("i-stand-in"), "{json}");
    let notes = policy.notes().join("\n");
    assert!(notes.contains("Whom a selector finds"), "{notes}");
    let text = policy.text(&Style::plain());
    fits(80, &text);
    assert!(
        text.contains("1 machine, and where selectors look"),
        "{text}"
    );
}
