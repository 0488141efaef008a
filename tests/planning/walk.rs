//! Every rule of the vendor, walked: where a plan can show it, a machine that meets it; elsewhere, why not.

use respec::guide::rules::{self, Stance};
use respec::plan::SavedPlan;

use crate::case::Case;

/// Where a rule shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// The machine is blocked by it.
    Blocked,
    /// A note or a check names it.
    Noted,
    /// A step is there, or is as it is, because of it.
    InAStep,
}

use Shown::{Blocked, InAStep, Noted};

/// A rule, where it shows, and a machine that shows it: what is wanted of it, how the cloud describes
/// it, and what else the scenario says.
type Row = (u8, Shown, &'static str, &'static str, &'static str);

const UP: &str = "spec: {instance_type: ecs.g6.xlarge}";
const DOWN: &str = "spec: {instance_type: ecs.g6.large}";
const PREPAID: &str =
    "InstanceType: ecs.g6.large, InstanceChargeType: PrePaid, ExpiredTime: '2027-01-01T00:00Z'";
const PREPAID_LARGE: &str =
    "InstanceType: ecs.g6.xlarge, InstanceChargeType: PrePaid, ExpiredTime: '2027-01-01T00:00Z'";
const OUT_5: &str = "spec: {internet: {max_bandwidth_out: 5}}";
const SMALL: &str = "InstanceType: ecs.g6.large";
const WITH_ADDRESS: &str = "InstanceType: ecs.g6.large, InternetMaxBandwidthOut: 20, PublicIpAddress: {IpAddress: [198.18.0.1]}";
const NARROW: &str = "catalogue: [{type: ecs.g6.xlarge, vcpus: 4, memory_gib: 16, price_hour: 1, bandwidth_max: 10}]";
const NO_STOCK: &str = "catalogue: [{type: ecs.g6.xlarge, vcpus: 4, memory_gib: 16, price_hour: 1, stock: {cn-hangzhou-h: 0}}]";
const ENTRY: &str = "catalogue: [{type: ecs.g6.xlarge, vcpus: 4, memory_gib: 16, price_hour: 1, InstanceFamilyLevel: EntryLevel}]";
const MUTE: &str = "faults: [{operation: DescribeResourcesModification, code: Forbidden.RAM}]";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (1, InAStep, UP, SMALL, ""),
    (2, InAStep, UP, SMALL, ""),
    (4, Noted, "spec: {instance_type: ecs.g6.xlarge, power: stopped}", SMALL, ""),
    (10, InAStep, UP, PREPAID, ""),
    (12, InAStep, UP, PREPAID, ""),
    (13, InAStep, DOWN, PREPAID_LARGE, ""),
    (14, Blocked, UP, "InstanceType: ecs.g6.large, InstanceChargeType: PrePaid, ExpiredTime: '2025-12-01T00:00Z'", ""),
    (15, Blocked, UP, PREPAID, MUTE),
    (22, Noted, UP, "InstanceType: ecs.g6.large, OSType: windows", ""),
    (23, Blocked, UP, "InstanceType: ecs.g6.large, Status: Starting", ""),
    (24, InAStep, OUT_5, PREPAID, ""),
    (25, InAStep, OUT_5, SMALL, ""),
    (26, InAStep, OUT_5, "InstanceType: ecs.g6.large, InstanceNetworkType: classic", ""),
    (27, Blocked, OUT_5, "InstanceType: ecs.g6.large, EipAddress: {AllocationId: eip-1, IpAddress: 198.18.0.9}", ""),
    (28, Blocked, UP, WITH_ADDRESS, NARROW),
    (29, Blocked, "spec: {internet: {max_bandwidth_in: 50}}", WITH_ADDRESS, ""),
    (30, Blocked, "temporary_bandwidth: {max_bandwidth_out: 100, start: 2026-01-10T22:40Z, end: 2026-01-11T22Z}", SMALL, ""),
    (32, InAStep, "spec: {internet: {max_bandwidth_out: 30}}", WITH_ADDRESS, ""),
    (33, Blocked, "spec: {internet: {max_bandwidth_out: 0}}", WITH_ADDRESS, ""),
    (34, InAStep, "spec: {internet: {charge_type: PayByBandwidth}}", WITH_ADDRESS, ""),
    (35, Noted, "spec: {internet: {charge_type: PayByTraffic}}", "InstanceType: ecs.g6.large, InternetChargeType: PayByBandwidth, InternetMaxBandwidthOut: 20, PublicIpAddress: {IpAddress: [198.18.0.1]}", ""),
    (37, InAStep, "spec: {internet: {max_bandwidth_out: 5}}", PREPAID, ""),
    (41, Noted, UP, SMALL, "balance: {available: -1}"),
    (42, InAStep, "payment: auto, spec: {instance_type: ecs.g6.xlarge}", PREPAID, ""),
    (43, InAStep, UP, PREPAID, ""),
    (44, InAStep, DOWN, PREPAID_LARGE, ""),
    (47, Noted, DOWN, PREPAID_LARGE, ""),
    (48, Noted, DOWN, PREPAID_LARGE, ""),
    (49, Noted, DOWN, PREPAID_LARGE, ""),
    (52, InAStep, "spec: {instance_type: ecs.g6.xlarge, internet: {max_bandwidth_out: 30}}", WITH_ADDRESS, ""),
    (57, Blocked, UP, "InstanceType: ecs.g6.large, LocalStorageAmount: 1, LocalStorageCapacity: 1788", ""),
    (58, Blocked, UP, "InstanceType: ecs.g6.large, DedicatedHostAttribute: {DedicatedHostId: dh-1}", ""),
    (59, Noted, UP, "InstanceType: ecs.g6.large, EipAddress: {AllocationId: eip-1, IpAddress: 198.18.0.9}", ""),
    (60, Blocked, "spec: {instance_type: ecs.x9.large}", SMALL, ""),
    (61, Blocked, UP, "InstanceType: ecs.g6.large, NetworkInterfaces: {NetworkInterface: [{NetworkInterfaceId: eni-1}, {NetworkInterfaceId: eni-2}, {NetworkInterfaceId: eni-3}, {NetworkInterfaceId: eni-4}, {NetworkInterfaceId: eni-5}]}", ""),
    (62, Noted, UP, SMALL, ENTRY),
    (63, Blocked, UP, SMALL, NO_STOCK),
    (64, Blocked, UP, SMALL, "quota: {vcpus: 3}"),
    (65, Blocked, UP, "InstanceType: ecs.g6.large, OperationLocks: {LockReason: [{LockReason: security}]}", ""),
    (66, Blocked, UP, "InstanceType: ecs.g6.large, InstanceChargeType: PrePaid, ExpiredTime: '2027-01-01T00:00Z', HibernationOptions: {Configured: true}", ""),
    (68, Noted, "change: {migrate_across_zone: true}, spec: {instance_type: ecs.g6.xlarge}", "InstanceType: ecs.g6.large, InstanceNetworkType: classic", ""),
    (69, Noted, "change: {system_disk_category: cloud_ssd}, spec: {instance_type: ecs.g6.xlarge}", SMALL, ""),
    (70, InAStep, UP, SMALL, ""),
];

/// Rules that no plan of one machine can show, each with the reason.
#[rustfmt::skip]
const ELSEWHERE: &[(u8, &str)] = &[
    (3, "never sent together: the laws look at every call"),
    (5, "no order comes of it: the laws look who pays"),
    (6, "Async is never sent"), (7, "DryRun of the modify call is never sent"),
    (8, "bandwidth goes another way"), (9, "bandwidth goes another way"),
    (11, "in apply: waits until the change shows"), (16, "never sent"), (17, "never sent"),
    (18, "never sent"), (19, "nothing to do"),
    (20, "no reading call tells"), (21, "no reading call tells"),
    (31, "bought before: the case temporary-in-force"),
    (36, "never sent"), (38, "no reading call tells"),
    (39, "no reading call tells"), (40, "no reading call tells"),
    (46, "in apply: asks again"),
    (50, "no reading call tells"), (51, "no reading call tells"),
    (45, "an order made before: the case unpaid-order"),
    (53, "a sum of many machines: a test of its own"),
    (54, "in apply: the throttle"), (55, "the laws look at the needs of every step"),
    (56, "in apply: the token"), (67, "no reading call tells"),
    (71, "never sent"),
    (72, "in apply: a start follows"),
];

#[test]
fn every_rule_is_shown_by_a_plan_or_has_a_reason() {
    for rule in rules::all() {
        let row = ROWS.iter().find(|row| row.0 == rule.number);
        let elsewhere = ELSEWHERE.iter().any(|(number, _)| *number == rule.number);
        assert!(row.is_some() != elsewhere, "R{}", rule.number);
        match (rule.stance, row.map(|row| row.1)) {
            (Stance::Blocks, shown) => assert!(
                matches!(shown, Some(Blocked)) || [31, 45].contains(&rule.number),
                "R{} is said to block",
                rule.number
            ),
            (Stance::Notes, shown) => assert!(
                matches!(shown, Some(Noted)) || rule.number == 53,
                "R{} is said to be noted",
                rule.number
            ),
            (Stance::Brackets, shown) => assert_eq!(shown, Some(InAStep), "R{}", rule.number),
            (Stance::NeverSends | Stance::Runs | Stance::NotYet | Stance::Fact, shown) => {
                assert_eq!(shown, None, "R{}", rule.number);
            }
            (Stance::Chooses | Stance::Sequences, _) => {}
        }
    }
}

#[test]
fn what_meets_a_rule_is_planned_by_it() {
    for row in ROWS {
        let (number, shown, wish, seen, more) = *row;
        let plan = plan(&format!("R{number}"), wish, seen, more);
        let name = format!("R{number}");
        assert!(shows(&plan, shown, &name), "{row:?}\n{plan:#?}");
        if shown == Blocked {
            assert!(
                plan.sagas.is_empty(),
                "a blocked machine has no step: {plan:#?}"
            );
            let blocked = plan.sheet.blocked.values().next().unwrap();
            assert!(!blocked.way_out.is_empty());
        }
    }
}

#[test]
fn the_sum_of_a_region_is_noted() {
    let numbers = 1..=6;
    let wishes: String = numbers
        .clone()
        .map(|n| format!("  m-{n}: {{id: i-{n}, spec: {{}}}}\n"))
        .collect();
    let seen: String = numbers
        .map(|n| format!("- {{InstanceId: i-{n}, InstanceType: ecs.g6.large, ZoneId: cn-hangzhou-h, InternetMaxBandwidthOut: 1000}}\n"))
        .collect();
    let text = format!(
        "version: 1\nfleet: told\nregion: cn-hangzhou\ninstances:\n{wishes}---\ninstances:\n{seen}"
    );
    let (plan, _) = Case::read("sum", &text).plan();
    assert!(shows(&plan, Noted, "R53"), "{plan:#?}");
}

fn plan(name: &str, wish: &str, seen: &str, more: &str) -> SavedPlan {
    let text = format!(
        "version: 1
fleet: told
region: cn-hangzhou
instances:
  it: {{id: i-it, {wish}}}
---
{more}
instances:
- {{InstanceId: i-it, ZoneId: cn-hangzhou-h, {seen}}}
"
    );
    Case::read(name, &text).plan().0
}

fn shows(plan: &SavedPlan, shown: Shown, rule: &str) -> bool {
    let named = |words: &str| {
        let words = words.split(|c: char| !c.is_ascii_alphanumeric());
        words.into_iter().any(|word| word == rule)
    };
    let sheet = &plan.sheet;
    match shown {
        Blocked => sheet.blocked.values().any(|b| b.because.rule == rule),
        Noted => {
            sheet.notes.iter().any(|note| note.because.rule == rule)
                || sheet.checks.iter().any(|check| named(&check.words))
        }
        InAStep => plan
            .sagas
            .values()
            .flat_map(|saga| &saga.steps)
            .flat_map(|step| &step.because)
            .any(|because| because.rule == rule || named(&because.why)),
    }
}
