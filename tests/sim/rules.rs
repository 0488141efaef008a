//! Every rule of the vendor, broken once: a small scenario, the call that breaks it, and what comes back.
//!
//! Rules that answer nothing stand in [`SILENT`], with the reason.

use std::collections::BTreeSet;

use crate::harness::{House, story};
use respec::guide::rules;

/// One rule broken: its number, what stands in the scenario beside the machine `i-1`, fields of that
/// machine, the call with its parameters, and the answer.
pub(crate) struct Broken {
    rule: u8,
    pub(crate) scenario: &'static str,
    pub(crate) machine: &'static str,
    pub(crate) call: (&'static str, &'static str),
    answer: (u16, &'static str),
}

pub(crate) const SPEC: &str = "ModifyInstanceSpec";
pub(crate) const PREPAY: &str = "ModifyPrepayInstanceSpec";
pub(crate) const NETWORK: &str = "ModifyInstanceNetworkSpec";

pub(crate) const UP: &str = "InstanceType=ecs.g7.xlarge";
pub(crate) const DOWN: &str = "InstanceType=ecs.c7.large";
pub(crate) const FIVE: &str = "InternetMaxBandwidthOut=5";

pub(crate) const STOPPED: &str = "Status: Stopped";
pub(crate) const PAID: &str = "InstanceChargeType: PrePaid";
pub(crate) const PAID_STOPPED: &str = "InstanceChargeType: PrePaid, Status: Stopped";

const fn broken(
    rule: u8,
    scenario: &'static str,
    machine: &'static str,
    call: (&'static str, &'static str),
    answer: (u16, &'static str),
) -> Broken {
    Broken {
        rule,
        scenario,
        machine,
        call,
        answer,
    }
}

#[rustfmt::skip]
pub(crate) const BROKEN: &[Broken] = &[
    broken(1, "", PAID_STOPPED, (SPEC, UP), (403, "ChargeTypeViolation")),
    broken(2, "", "", (SPEC, UP), (400, "InvalidInstanceStatus.NotStopped")),
    broken(3, "", STOPPED, (SPEC, "InstanceType=ecs.g7.xlarge InternetMaxBandwidthOut=5"), (400, "InvalidParameter.Mismatch")),
    broken(7, "", STOPPED, (SPEC, "InstanceType=ecs.g7.xlarge DryRun=true"), (412, "DryRunOperation")),
    broken(8, "", "Status: Stopping", (SPEC, FIVE), (403, "InvalidStatus.ValueNotSupported")),
    broken(9, "", "", (SPEC, "InternetMaxBandwidthOut=101"), (400, "InvalidParameter")),
    broken(10, "", STOPPED, (PREPAY, UP), (400, "InvalidBillingMethod.ValueNotSupported")),
    broken(12, "", "InstanceChargeType: PrePaid, Status: Starting", (PREPAY, UP), (403, "IncorrectInstanceStatus")),
    broken(13, "", PAID, (PREPAY, DOWN), (400, "InvalidStatus.NotStopped")),
    broken(14, "", "InstanceChargeType: PrePaid, ExpiredTime: 2025-12-01T00:00Z", (PREPAY, UP), (403, "InvalidInstance.PreInstanceExpired")),
    broken(14, "", "InstanceChargeType: PrePaid, ExpiredTime: 2025-12-01T00:00Z", (NETWORK, FIVE), (403, "InstanceExpiredOrInArrears")),
    broken(14, "", "OperationLocks: {LockReason: [{LockReason: financial}]}", (SPEC, FIVE), (403, "InvalidStatus.ValueNotSupported")),
    broken(15, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge OperatorType=downgrade"), (400, "InvalidInstanceType.ValueNotSupported")),
    broken(17, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge RebootTime=soon"), (400, "InvalidRebootTime.MalFormed")),
    broken(17, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge RebootTime=2025-12-01T00:00Z"), (400, "InvalidRebootTime.ValueNotSupported")),
    broken(17, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge RebootTime=2027-02-01T00:00Z"), (400, "InvalidRebootTime.ValueNotSupported")),
    broken(18, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge EndTime=2026-02-01T00:00Z"), (400, "InvalidParameter")),
    broken(20, "particulars: {i-1: {booked_change: true}}", PAID, (PREPAY, UP), (400, "InvalidOperation.InstanceRenewWithDowngradeInPlan")),
    broken(20, "particulars: {i-1: {booked_change: true}}", STOPPED, (SPEC, UP), (403, "InstanceSpecModification.NotEffective")),
    broken(21, "particulars: {i-1: {online_change: cpu_topology}}", PAID, (PREPAY, UP), (400, "InvalidOperation.OnlineModificationUnsupported")),
    broken(21, "particulars: {i-1: {online_change: too_many}}", PAID, (PREPAY, UP), (403, "InvalidOperation.MaxModifyOnlineNumberExceeded")),
    broken(21, "choices: {online_changes: 0}", PAID, (PREPAY, UP), (403, "InvalidOperation.MaxModifyOnlineNumberExceeded")),
    broken(21, "particulars: {i-1: {online_change: reboot_first}}", PAID, (PREPAY, UP), (403, "InvalidOperation.RebootingRequired")),
    broken(21, "particulars: {i-1: {online_change: operating_system}}", PAID, (PREPAY, UP), (403, "InvalidOperation.OSTypeNotSupported")),
    broken(23, "", "Status: Stopping", (NETWORK, FIVE), (400, "IncorrectInstanceStatus")),
    broken(25, "", "", (NETWORK, "AllocatePublicIp=true InternetMaxBandwidthOut=0"), (400, "InvalidParam.AllocatePublicIp")),
    broken(25, "", "", ("AllocatePublicIpAddress", ""), (400, "AllocateIpInvalidInstanceBandwidth")),
    broken(26, "", "InstanceNetworkType: classic", (NETWORK, FIVE), (400, "InvalidInstanceStatus.NotStopped")),
    broken(26, "", "InstanceNetworkType: classic", (SPEC, FIVE), (400, "InvalidInstanceStatus.NotStopped")),
    broken(27, "", EIP, (NETWORK, FIVE), (403, "InvalidInstance.EipNotSupport")),
    broken(27, "", EIP_PAID, (NETWORK, FOR_A_WHILE), (400, "BandwidthUpgradeDenied.EipBoundInstance")),
    broken(28, "", "", (NETWORK, "InternetMaxBandwidthOut=101"), (400, "InvalidInternetMaxBandwidthOut.ValueNotSupported")),
    broken(28, "catalogue: [{type: ecs.g7.large, vcpus: 2, memory_gib: 8, price_hour: 0.5, bandwidth_max: 2}]", "", (NETWORK, FIVE), (400, "InvalidParameter.BandwidthBiggerThanBaseBandwidth")),
    broken(28, "catalogue: [{type: ecs.g7.large, vcpus: 2, memory_gib: 8, price_hour: 0.5, bandwidth_max: 2}]", "", (SPEC, FIVE), (400, "InvalidParameter.Bandwidth")),
    broken(29, "", "", (NETWORK, "InternetMaxBandwidthOut=5 InternetMaxBandwidthIn=11"), (400, "InvalidInternetMaxBandwidthIn.ValueNotSupported")),
    broken(29, "", "", (SPEC, "InternetMaxBandwidthOut=5 InternetMaxBandwidthIn=11"), (400, "InvalidParameter.Bandwidth")),
    broken(30, "", "", (NETWORK, FOR_A_WHILE), (400, "ChargeTypeViolation")),
    broken(30, "", FIXED_PAID, (NETWORK, "InternetMaxBandwidthOut=5 StartTime=2026-01-02T00:00Z"), (400, "InvalidEndTime.ValueNotSupported")),
    broken(30, "", FIXED_PAID, (NETWORK, "InternetMaxBandwidthOut=5 StartTime=2025-12-31T00:00Z EndTime=2026-01-03T00Z"), (400, "InvalidStartTime.ValueNotSupported")),
    broken(34, "", "", (NETWORK, "NetworkChargeType=PayByMoon"), (400, "InvalidInternetChargeType.ValueNotSupported")),
    broken(36, "", "", (NETWORK, "InternetMaxBandwidthOut=5 ISP=BGP"), (403, "InvalidIspUID")),
    broken(36, "", "", (NETWORK, "ISP=BGP"), (400, "InvalidBandwidthOut.LessThanZero")),
    broken(38, "particulars: {i-1: {cloud_box: true}}", "", (NETWORK, FIVE), (400, "InvalidParameter.CloudboxNotSupported")),
    broken(38, "choices: {dedicated_regions: [cn-hangzhou]}", "", (NETWORK, FIVE), (400, "InvalidParameter.DedicatedRegionNotSupported")),
    broken(38, "particulars: {i-1: {cloud_box: true}}", "", (SPEC, FIVE), (400, "InvalidParameter.Bandwidth")),
    broken(38, "choices: {dedicated_regions: [cn-hangzhou]}", "", (SPEC, FIVE), (400, "InvalidParameter.Bandwidth")),
    broken(39, "particulars: {i-1: {nat_port_maps: true}}", "", (NETWORK, FIVE), (403, "InvalidInstance.NatPortMapNotSupport")),
    broken(40, "choices: {public_addresses: 0}", PAID, (NETWORK, FIVE), (403, "InvalidOperation.PublicIpAddressNoStock")),
    broken(40, "choices: {public_addresses: 0}", "InternetMaxBandwidthOut: 5", ("AllocatePublicIpAddress", ""), (403, "NAT_PUBLIC_IP_ALLOCATE_FAILED")),
    broken(41, "balance: {available: -1}", STOPPED, (SPEC, UP), (400, "Account.Arrearage")),
    broken(42, "balance: {available: 0}\nlow_balance: not_enough_balance", FIXED_PAID, (NETWORK, FIVE), (403, "InvalidAccountStatus.NotEnoughBalance")),
    broken(43, "keys: [{id: simulated, secret: simulated-secret, permissions: {deny: [price]}}]", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge AutoPay=false"), (400, "NoPermission.Price")),
    broken(47, "keys: [{id: simulated, secret: simulated-secret, permissions: {deny: [refund]}}]", PAID_STOPPED, (PREPAY, DOWN), (400, "NoPermission.Refund")),
    broken(48, "choices: {downgrades_per_month: 0}", PAID_STOPPED, (PREPAY, DOWN), (400, "InstanceDowngrade.QuotaExceed")),
    broken(50, "choices: {charged_at_once: false}", FIXED_PAID, (NETWORK, FIVE), (400, "InvalidPayMethod.SyncPaymentNotSupport")),
    broken(51, "choices: {card_unconfirmed: true}", "", (NETWORK, FIVE), (403, "SecurityRisk.3DVerification")),
    broken(51, "choices: {card_unconfirmed: true}", STOPPED, (SPEC, UP), (403, "SecurityRisk.3DVerification")),
    broken(53, "choices: {fixed_bandwidth_max: 4}", "InternetChargeType: PayByBandwidth", (NETWORK, FIVE), (400, "QuotaExceeded.InternetBandwidth")),
    broken(53, "choices: {fixed_bandwidth_max: 4}", "InternetChargeType: PayByBandwidth", (SPEC, FIVE), (400, "InvalidParameter.Bandwidth")),
    broken(54, "throttle: {ModifyPrepayInstanceSpec: {calls: 0, per: 60s}}", PAID, (PREPAY, UP), (400, "Throttling.User")),
    broken(56, "", STOPPED, (SPEC, "InstanceType=ecs.g7.xlarge ClientToken=größe"), (400, "InvalidClientToken.ValueNotSupported")),
    broken(56, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge ClientToken=größe"), (400, "InvalidParameter")),
    broken(57, "", "Status: Stopped, LocalStorageAmount: 1", (SPEC, UP), (403, "CategoryViolation")),
    broken(57, "", "InstanceChargeType: PrePaid, LocalStorageAmount: 1", (PREPAY, UP), (403, "OperationDenied.LocalDiskUnsupported")),
    broken(58, "", "Status: Stopped, DedicatedHostAttribute: {DedicatedHostId: dh-1}", (SPEC, UP), (400, "InvalidAction.NotSupport")),
    broken(59, "eip_blocks_type_change: [i-1]", EIP_STOPPED, (SPEC, UP), (403, "InvalidInstance.EipNotSupport")),
    broken(60, "", STOPPED, (SPEC, "InstanceType=ecs.none.large"), (400, "InvalidInstanceType.ValueUnauthorized")),
    broken(60, "", STOPPED, (SPEC, "InstanceType=ecs.g7.large"), (403, "InvalidInstanceType.ValueNotSupported")),
    broken(60, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, Generation: ecs-1}]", STOPPED, (SPEC, NEW), (403, "InstanceType.Offline")),
    broken(60, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, CpuArchitecture: ARM}]", STOPPED, (SPEC, NEW), (403, "ImageNotSupportInstanceType")),
    broken(60, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, bandwidth_max: 1}]", "Status: Stopped, InternetMaxBandwidthOut: 5", (SPEC, NEW), (400, "DependencyViolation.InstanceType")),
    broken(60, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, bandwidth_max: 1}]", "InstanceChargeType: PrePaid, InternetMaxBandwidthOut: 5", (PREPAY, NEW), (400, "InvalidInstanceType.NotSupported")),
    broken(61, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, DiskQuantity: 1}]\nparticulars: {i-1: {disks: [{DiskId: d-1, Type: system}, {DiskId: d-2}]}}", PAID, (PREPAY, NEW), (400, "InstanceTypeNotSupported.TooManyDisksAttached")),
    broken(61, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, DiskQuantity: 1}]\nparticulars: {i-1: {disks: [{DiskId: d-1, Type: system}, {DiskId: d-2}]}}", STOPPED, (SPEC, NEW), (400, "DependencyViolation.InstanceType")),
    broken(61, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, EniQuantity: 1}]", TWO_ENIS_PAID, (PREPAY, NEW), (403, "InvalidOperation.EniCountExceeded")),
    broken(61, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, EniPrivateIpAddressQuantity: 1}]", TWO_ENIS_STOPPED, (SPEC, NEW), (403, "InvalidOperation.Ipv4CountExceeded")),
    broken(61, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, EniIpv6AddressQuantity: 0}]", TWO_ENIS_STOPPED, (SPEC, NEW), (403, "InvalidOperation.Ipv6NotSupport")),
    broken(61, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, EniIpv6AddressQuantity: 1}]", TWO_ENIS_STOPPED, (SPEC, NEW), (403, "InvalidOperation.Ipv6CountExceeded")),
    broken(61, "particulars: {i-1: {queues: {eni-1: 9}}}", TWO_ENIS_PAID, (PREPAY, UP), (403, "InvalidOperation.MaxEniQueueNumberExceeded")),
    broken(61, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, TotalEniQueueQuantity: 9}]\nparticulars: {i-1: {queues: {eni-1: 8, eni-2: 2}}}", TWO_ENIS_PAID, (PREPAY, NEW), (403, "InvalidOperation.ExceedInstanceTypeQueueNumber")),
    broken(62, "choices: {advanced_vpcs: [vpc-1]}\ncatalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, InstanceFamilyLevel: EntryLevel}]", "Status: Stopped, VpcAttributes: {VpcId: vpc-1}", (SPEC, NEW), (400, "InvalidOperation.VpcHasEnabledAdvancedNetworkFeature")),
    broken(63, "catalogue: [{type: ecs.new.large, vcpus: 2, memory_gib: 8, price_hour: 1, stock: {cn-hangzhou-h: 0}}]", STOPPED, (SPEC, NEW), (403, "OperationDenied.NoStock")),
    broken(64, "quota: {vcpus: 3}", STOPPED, (SPEC, UP), (403, "QuotaExceed.ElasticQuota")),
    broken(65, "", "Status: Stopped, OperationLocks: {LockReason: [{LockReason: security}]}", ("StartInstance", ""), (403, "InstanceLockedForSecurity")),
    broken(65, "", "OperationLocks: {LockReason: [{LockReason: financial}]}", ("StopInstance", ""), (403, "InstanceExpiredOrInArrears")),
    broken(66, "particulars: {i-1: {starter_package: true}}", PAID, (PREPAY, UP), (403, "InvalidOperation.StarterPackage")),
    broken(66, "particulars: {i-1: {starter_package: true}}", "", (NETWORK, FIVE), (403, "InvalidOperation.StarterPackage")),
    broken(66, "", "InstanceChargeType: PrePaid, HibernationOptions: {Configured: true}", (PREPAY, UP), (403, "HibernationConfigured.InstanceOperationForbidden")),
    broken(67, "particulars: {i-1: {image: not_allowed}}", STOPPED, (SPEC, UP), (400, "InvalidMarketImageStatus.NotSupported")),
    broken(67, "particulars: {i-1: {image: not_allowed}}", PAID, (PREPAY, UP), (403, "OperationDenied.ImageNotValid")),
    broken(67, "particulars: {i-1: {image: order_fails}}", PAID, (PREPAY, UP), (500, "ImageOrderFailed")),
    broken(67, "particulars: {i-1: {image: order_fails}}", "", (NETWORK, FIVE), (500, "Image.OrderFailed")),
    broken(68, "", STOPPED, (SPEC, "InstanceType=ecs.g7.xlarge AllowMigrateAcrossZone=perhaps"), (400, "InvalidParameter.AllowMigrateAcrossZone")),
    broken(69, "", STOPPED, (SPEC, "InstanceType=ecs.g7.xlarge SystemDisk.Category=cloud_ssd"), (400, "InvalidParam.SystemDiskCategory")),
    broken(69, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge SystemDisk.Category=cloud_ssd"), (400, "InvalidSystemDiskCategory.NotMatchInstanceType")),
    broken(71, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge ModifyMode=Online"), (400, "OperationDenied")),
    broken(71, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge Disk.1.DiskId=d-1"), (400, "MissingParameter.DiskCategory")),
    broken(71, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge Disk.1.Category=stone"), (400, "InvalidParameter.DiskCategory")),
    broken(71, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge Disk.1.Category=cloud_essd Disk.1.PerformanceLevel=PL9"), (400, "InvalidPerformanceLevel.Malformed")),
    broken(71, "", PAID, (PREPAY, "InstanceType=ecs.g7.xlarge Disk.129.Category=cloud_essd"), (400, "InvalidParameter")),
    broken(71, "", STOPPED, (SPEC, "InstanceType=ecs.g7.xlarge Disk.1.Category=cloud_essd"), (400, "InvalidParameter")),
    broken(71, "", STOPPED, (SPEC, "InstanceType=ecs.g7.xlarge Disk.1.DiskId=d-1"), (400, "InvalidParameter")),
];

const NEW: &str = "InstanceType=ecs.new.large";
const EIP: &str = "EipAddress: {IpAddress: 203.0.113.5}";
const EIP_PAID: &str = "InstanceChargeType: PrePaid, InternetChargeType: PayByBandwidth, EipAddress: {IpAddress: 203.0.113.5}";
const EIP_STOPPED: &str = "Status: Stopped, EipAddress: {IpAddress: 203.0.113.5}";
pub(crate) const FIXED_PAID: &str =
    "InstanceChargeType: PrePaid, InternetChargeType: PayByBandwidth, InternetMaxBandwidthOut: 1";
const FOR_A_WHILE: &str =
    "InternetMaxBandwidthOut=5 StartTime=2026-01-02T00:00Z EndTime=2026-01-03T00Z";
const TWO_ENIS_PAID: &str = "InstanceChargeType: PrePaid, NetworkInterfaces: {NetworkInterface: [
    {NetworkInterfaceId: eni-1, Type: Primary}, {NetworkInterfaceId: eni-2, Type: Secondary}]}";
const TWO_ENIS_STOPPED: &str = "Status: Stopped, NetworkInterfaces: {NetworkInterface: [
    {NetworkInterfaceId: eni-1, Type: Primary}, {NetworkInterfaceId: eni-2, Type: Secondary,
     PrivateIpSets: {PrivateIpSet: [{PrivateIpAddress: 10.0.0.2, Primary: true}, {PrivateIpAddress: 10.0.0.3}]},
     Ipv6Sets: {Ipv6Set: [{Ipv6Address: \"2001:db8::1\"}, {Ipv6Address: \"2001:db8::2\"}]}}]}";

/// Rules that no single call breaks, and why; the guide names a story for each.
const SILENT: &[(u8, &str)] = &[
    (4, "says when a type counts"),
    (5, "says what the answer carries"),
    (6, "says when the answer comes"),
    (11, "says when the change follows"),
    (16, "asks for a reboot, which is never refused"),
    (19, "says how long a type stays"),
    (22, "lies in the guest, which no call looks into"),
    (24, "gives an address unasked"),
    (31, "needs an upgrade in force first"),
    (32, "says when bandwidth counts"),
    (33, "takes an address unasked"),
    (35, "says what a figure means"),
    (37, "says what the answer carries"),
    (44, "says what AutoPay does not count for"),
    (45, "needs an order first"),
    (46, "needs an order first"),
    (49, "needs a downgrade first"),
    (52, "needs a change first"),
    (55, "needs a change first"),
    (70, "says what a stop costs"),
    (72, "says what readers see"),
];

/// A scenario with the machine `i-1`, whose further fields are named.
pub(crate) fn scenario_of(scenario: &str, machine: &str) -> String {
    let comma = if machine.is_empty() { "" } else { ", " };
    let machine = format!("{{InstanceId: i-1, InstanceType: ecs.g7.large{comma}{machine}}}");
    format!("{scenario}\ninstances:\n- {machine}\n")
}

async fn is_refused(house: &House, case: &Broken) {
    let mut params = vec![("InstanceId", "i-1")];
    let rest = case.call.1.split_whitespace();
    params.extend(rest.map(|pair| pair.split_once('=').unwrap()));
    let before = house.settled_truth();
    let answer = house.ecs(case.call.0, &params).await;
    let name = format!("R{}: {} {}", case.rule, case.call.0, case.call.1);
    let found = (answer.status, answer.code());
    assert_eq!(found, case.answer, "{name}: {}", answer.body);
    let after = house.settled_truth();
    for key in ["instances", "orders", "balance"] {
        assert_eq!(before[key], after[key], "{name} changed something");
    }
}

#[test]
fn every_rule_that_can_be_broken_is_answered_for_and_nothing_happens() {
    for case in BROKEN {
        let scenario = scenario_of(case.scenario, case.machine);
        story(&scenario, |house| async move {
            is_refused(&house, case).await;
        });
    }
}

/// The answers that a text of the guide names, each as a status and the code behind it.
fn named(text: &str) -> Vec<(u16, &str)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words.windows(2).filter_map(|pair| {
        let code = pair[1].trim_end_matches(['.', ',', ';']);
        let is_code = code.starts_with(|c: char| c.is_ascii_uppercase());
        let status = pair[0].parse::<u16>().ok()?;
        is_code.then_some((status, code))
    });
    pairs.collect()
}

#[test]
fn what_the_guide_says_a_rule_is_answered_with_is_the_answer() {
    let silent: BTreeSet<u8> = SILENT.iter().map(|(rule, _)| *rule).collect();
    for rule in rules::all().filter(|rule| !silent.contains(&rule.number)) {
        let cases = || BROKEN.iter().filter(|case| case.rule == rule.number);
        for answer in named(rule.sim) {
            assert!(
                cases().any(|case| case.answer == answer),
                "R{}: nothing is answered with {answer:?}",
                rule.number
            );
        }
    }
}

#[test]
fn every_rule_has_an_answer_or_a_reason_for_none() {
    let broken = BROKEN.iter().map(|case| case.rule);
    let silent: BTreeSet<u8> = SILENT.iter().map(|(rule, _)| *rule).collect();
    let shown: BTreeSet<u8> = broken.clone().chain(silent.iter().copied()).collect();
    let all: BTreeSet<u8> = rules::all().map(|rule| rule.number).collect();
    assert_eq!(shown, all);
    for rule in broken {
        assert!(!silent.contains(&rule), "R{rule} is said to be silent");
    }
    for (number, reason) in SILENT {
        let rule = rules::all().find(|rule| rule.number == *number).unwrap();
        let story = rule
            .tests()
            .iter()
            .any(|name| name.matches("::").count() == 2);
        assert!(story, "R{number} {reason}, and no story shows it");
    }
}
