//! The table against a list of its own making: every code with its statuses, calls and class.

use super::reaches::REACHES;
use super::table::CODES;
use super::{classify, reach, second_meaning};
use crate::cloud::ErrorKind;

/// Code, status, calls (N network, P prepay, S spec), class, as the reference pages give them.
const DOCUMENTED: &str = "
Account.Arrearage 400 NPS billing-balance
BandIncreaseNotSupportIsp 403 N network-or-ip
BandwidthUpgradeDenied.EipBoundInstance 400 NS network-or-ip
BillingMethodNotFound 404 P billing-permission
CategoryViolation 403 S unsupported-target
ChargeTypeViolation 400 N unsupported-target
ChargeTypeViolation 403 NS unsupported-target
DecreasedBandwidthNotAllowed 400 N unsupported-target
DependencyViolation.InstanceType 400 S unsupported-target
Downgrade.NotSupported 400 S unsupported-target
HibernationConfigured.InstanceOperationForbidden 403 P unsupported-target
IdempotenceParamNotMatch 400 PS idempotency
Image.OrderFailed 500 N service-fault
ImageNotSupportInstanceType 403 PS unsupported-target
ImageOrderFailed 500 P service-fault
IncorrectInstanceStatus 400 N wrong-instance-state
IncorrectInstanceStatus 403 NP wrong-instance-state
InstanceDowngrade.QuotaExceed 400 NP quota
InstanceDowngrade.QuotaExceed 403 N quota
InstanceExpiredOrInArrears 403 N locked-or-expired
InstanceLockedForSecurity 403 NS locked-or-expired
InstanceSpecModification.NotEffective 403 S billing-order
InstanceType.Offline 403 PS unsupported-target
InstanceTypeNotSupported.TooManyDisksAttached 400 P unsupported-target
InternalError 500 NPS service-fault
InvalidAccountStatus.NotEnoughBalance 403 NS billing-balance
InvalidAction 400 NS invalid-parameter
InvalidAction 400 P invalid-parameter
InvalidAction.NotSupport 400 S unsupported-target
InvalidAction.WithActiveElasticUpgrade 400 NP conflict-in-progress
InvalidBandwidth.ValueNotSupported 400 N invalid-parameter
InvalidBandwidthOut.LessThanZero 400 N conflicting-parameters
InvalidBillingMethod.ValueNotSupported 400 P unsupported-target
InvalidClientToken.ValueNotSupported 400 NS idempotency
InvalidDataDiskCategory.ValueNotSupported 403 P unsupported-target
InvalidDisk.DetachedSystemDisk 403 P wrong-instance-state
InvalidEndTime.BeyondLifeCycle 400 N invalid-parameter
InvalidEndTime.ValueNotSupported 400 N invalid-parameter
InvalidInstance.EipNotSupport 403 NPS network-or-ip
InvalidInstance.InstanceNotSupported 403 N network-or-ip
InvalidInstance.NatPortMapNotSupport 403 N network-or-ip
InvalidInstance.NotFoundSystemDisk 403 P wrong-instance-state
InvalidInstance.PreInstanceExpired 403 P locked-or-expired
InvalidInstance.PurchaseNotFound 400 P billing-order
InvalidInstance.UnPaidOrder 400 N billing-order
InvalidInstance.UnPaidOrder 403 N billing-order
InvalidInstance.UnpaidOrder 400 P billing-order
InvalidInstanceChargeType.NotFound 404 S invalid-parameter
InvalidInstanceChargeType.ValueNotSupported 400 P unsupported-target
InvalidInstanceChargeType.ValueNotSupported 403 N unsupported-target
InvalidInstanceId.NotFound 400 P not-found
InvalidInstanceId.NotFound 404 NPS not-found
InvalidInstanceStatus 400 NP wrong-instance-state
InvalidInstanceStatus 403 NP wrong-instance-state
InvalidInstanceStatus.NotStopped 400 NS wrong-instance-state
InvalidInstanceType.NotSupportDiskCategory 403 P unsupported-target
InvalidInstanceType.NotSupported 400 P unsupported-target
InvalidInstanceType.ValueNotSupported 400 PS unsupported-target
InvalidInstanceType.ValueNotSupported 403 S unsupported-target
InvalidInstanceType.ValueNotSupported 403 P unsupported-target
InvalidInstanceType.ValueUnauthorized 400 PS permission
InvalidInternetChargeType.ValueNotSupported 400 NS invalid-parameter
InvalidInternetMaxBandwidthIn.ValueNotSupported 400 N invalid-parameter
InvalidInternetMaxBandwidthOut.ValueNotSupported 400 N invalid-parameter
InvalidIspBandwidthOut 403 N network-or-ip
InvalidIspType.ValueNotSupported 403 N network-or-ip
InvalidIspUID 403 N network-or-ip
InvalidMarketImageStatus.NotSupported 400 S unsupported-target
InvalidNetworkType.ValueNotSupported 403 N network-or-ip
InvalidOperation.EniCountExceeded 403 P unsupported-target
InvalidOperation.ExceedInstanceTypeQueueNumber 403 P unsupported-target
InvalidOperation.InstanceRenewWithDowngradeInPlan 400 P billing-order
InvalidOperation.InstanceStatusUnsupported 400 N wrong-instance-state
InvalidOperation.InstanceWithEipNotSupport 403 S network-or-ip
InvalidOperation.InternetMaxBandwidthOutUnsupported 400 N unsupported-target
InvalidOperation.Ipv4CountExceeded 403 PS unsupported-target
InvalidOperation.Ipv4NotSupport 403 P unsupported-target
InvalidOperation.Ipv6CountExceeded 403 PS unsupported-target
InvalidOperation.Ipv6NotSupport 403 PS unsupported-target
InvalidOperation.MaxEniQueueNumberExceeded 403 P unsupported-target
InvalidOperation.MaxModifyOnlineNumberExceeded 403 P wrong-instance-state
InvalidOperation.NetworkTypeUnsupported 403 N network-or-ip
InvalidOperation.OSTypeNotSupported 403 P unsupported-target
InvalidOperation.OnlineModificationUnsupported 400 P wrong-instance-state
InvalidOperation.PublicIpAddressNoStock 403 N out-of-stock
InvalidOperation.RebootingRequired 403 P wrong-instance-state
InvalidOperation.StarterPackage 403 NP unsupported-target
InvalidOperation.VpcHasEnabledAdvancedNetworkFeature 400 PS unsupported-target
InvalidParam.AllocatePublicIp 400 N invalid-parameter
InvalidParam.SystemDiskCategory 400 S invalid-parameter
InvalidParameter 400 S invalid-parameter
InvalidParameter 400 P invalid-parameter
InvalidParameter.AllowMigrateAcrossZone 400 S invalid-parameter
InvalidParameter.Bandwidth 400 NS invalid-parameter
InvalidParameter.BandwidthBiggerThanBaseBandwidth 400 N invalid-parameter
InvalidParameter.CloudboxNotSupported 400 N unsupported-target
InvalidParameter.Conflict 400 N conflicting-parameters
InvalidParameter.Conflict 400 S unsupported-target
InvalidParameter.DedicatedRegionNotSupported 400 N network-or-ip
InvalidParameter.DiskCategory 400 P invalid-parameter
InvalidParameter.InstanceId 403 P invalid-parameter
InvalidParameter.InvalidEniQueueNumber 403 P unsupported-target
InvalidParameter.Mismatch 400 S conflicting-parameters
InvalidParameter.NotMatch 403 S conflicting-parameters
InvalidPayMethod.SyncPaymentNotSupport 400 N billing-order
InvalidPerformanceLevel.Malformed 400 P invalid-parameter
InvalidRebootTime.MalFormed 400 P invalid-parameter
InvalidRebootTime.ValueNotSupported 400 P invalid-parameter
InvalidRegionId.NotFound 404 P not-found
InvalidResourceType.NotSupported 403 P unsupported-target
InvalidStartTime.BeyondLifeCycle 400 N invalid-parameter
InvalidStartTime.ValueNotSupported 400 N invalid-parameter
InvalidStatus.NotStopped 400 P wrong-instance-state
InvalidStatus.ValueNotSupported 403 S wrong-instance-state
InvalidSystemDiskCategory.NotMatchInstanceType 400 P unsupported-target
InvalidTemporary.EndTime 400 S invalid-parameter
InvalidTemporary.StartTime 400 S invalid-parameter
InvalidUser.PassRoleForbidden 403 P permission
IpAllocationError 400 N network-or-ip
LastOrderProcessing 400 NP conflict-in-progress
LastRequestProcessing 400 N conflict-in-progress
LastTokenProcessing 403 S idempotency
Mayi.InternalError 403 N service-fault
MissingParameter.DiskCategory 400 P conflicting-parameters
MissingTemporary.EndTime 404 S invalid-parameter
MissingTemporary.StartTime 404 S invalid-parameter
NAT_PUBLIC_IP_BINDING_FAILED 403 N network-or-ip
NoPermission.Price 400 NP billing-permission
NoPermission.Refund 400 NP billing-permission
OperationConflict 409 N conflict-in-progress
OperationDenied 400 N network-or-ip
OperationDenied 400 P permission
OperationDenied 403 N unsupported-target
OperationDenied 403 S out-of-stock
OperationDenied 403 P permission
OperationDenied.ImageNotValid 403 NP permission
OperationDenied.LocalDiskUnsupported 403 P unsupported-target
OperationDenied.NoStock 403 PS out-of-stock
OperationDenied.UnpaidOrder 403 NP billing-order
OrderCreationFailed 400 P billing-order
Price.PricePlanResultNotFound 400 S invalid-parameter
QuotaExceed.DiskCapacity 400 P quota
QuotaExceed.ElasticQuota 403 PS quota
QuotaExceed.RufundVcpu 400 P quota
QuotaExceeded.InternetBandwidth 400 N quota
SecurityRisk.3DVerification 403 NS billing-permission
TaskConflict 400 N conflict-in-progress
Throttling 400 NS throttled
Throttling 400 P throttled
Throttling 403 N throttled
Throttling 403 P throttled
UnsupportedChangeIsp 403 N network-or-ip
UnsupportedIspChargeType 403 N network-or-ip
UnsupportedIspClassicNetwork 403 N network-or-ip
UnsupportedIspNetworkChargeType 400 N conflicting-parameters
UnsupportedIspRegion 403 N network-or-ip
";

fn operation(letter: char) -> &'static str {
    match letter {
        'N' => "ModifyInstanceNetworkSpec",
        'P' => "ModifyPrepayInstanceSpec",
        'S' => "ModifyInstanceSpec",
        other => panic!("no operation {other}"),
    }
}

/// The kinds that codes of a class may have.
fn kinds_of(class: &str) -> &'static [ErrorKind] {
    match class {
        "billing-balance" => &[ErrorKind::Money],
        "billing-order" => &[
            ErrorKind::UnpaidOrder,
            ErrorKind::NotOrdered,
            ErrorKind::Money,
            ErrorKind::Unsupported,
        ],
        "billing-permission" => &[ErrorKind::Denied, ErrorKind::Money],
        "conflict-in-progress" => &[ErrorKind::Busy, ErrorKind::Unsupported],
        "conflicting-parameters" | "invalid-parameter" => &[ErrorKind::Invalid],
        "idempotency" => &[
            ErrorKind::TokenMismatch,
            ErrorKind::Pending,
            ErrorKind::Invalid,
        ],
        "locked-or-expired" => &[ErrorKind::Locked],
        "network-or-ip" => &[ErrorKind::Unsupported, ErrorKind::Fault],
        "not-found" => &[ErrorKind::NotFound, ErrorKind::Invalid],
        "out-of-stock" => &[ErrorKind::NoStock],
        "permission" => &[ErrorKind::Denied, ErrorKind::Unsupported],
        "quota" => &[ErrorKind::Quota],
        "service-fault" => &[ErrorKind::Fault],
        "throttled" => &[ErrorKind::Throttled, ErrorKind::CoolingDown],
        "unsupported-target" => &[ErrorKind::Unsupported],
        // Where only a person can mend the state, waiting for it would keep the machine down for nothing.
        "wrong-instance-state" => &[ErrorKind::WrongState, ErrorKind::Unsupported],
        other => panic!("no class {other}"),
    }
}

#[test]
fn every_documented_code_means_what_its_class_says() {
    let mut n_seen = 0;
    for row in DOCUMENTED.lines().filter(|row| !row.is_empty()) {
        let [code, status, calls, class] = row.split(' ').collect::<Vec<_>>()[..] else {
            panic!("not a row: {row}");
        };
        for letter in calls.chars() {
            let kind = classify(operation(letter), code, status.parse().unwrap());
            assert!(
                kinds_of(class).contains(&kind),
                "{row}: {letter} is {kind:?}"
            );
            n_seen += 1;
        }
    }
    assert_eq!(n_seen, 197, "one for each operation, status and code");
}

#[test]
fn the_table_is_sorted_and_names_no_code_twice() {
    assert!(CODES.is_sorted_by(|a, b| a.0.to_ascii_lowercase() < b.0.to_ascii_lowercase()));
}

#[test]
fn a_throttled_change_is_a_cool_down_and_any_other_throttling_is_the_call_rate() {
    let kind = |operation, code| classify(operation, code, 400);
    assert_eq!(
        kind("ModifyInstanceSpec", "Throttling"),
        ErrorKind::CoolingDown
    );
    assert_eq!(
        kind("ModifyInstanceSpec", "throttling"),
        ErrorKind::CoolingDown
    );
    assert_eq!(
        kind("ModifyInstanceSpec", "Throttling.User"),
        ErrorKind::Throttled
    );
    assert_eq!(
        kind("ModifyPrepayInstanceSpec", "Throttling"),
        ErrorKind::Throttled
    );
    assert_eq!(
        kind("DescribeInstances", "Throttling"),
        ErrorKind::Throttled
    );
}

#[test]
fn on_a_subscription_the_plain_code_may_be_the_cool_down_as_well() {
    let prepay = "ModifyPrepayInstanceSpec";
    let rests = Some(ErrorKind::CoolingDown);
    assert_eq!(second_meaning(prepay, "Throttling"), rests);
    assert_eq!(second_meaning(prepay, "throttling"), rests);
    assert_eq!(second_meaning(prepay, "Throttling.User"), None);
    assert_eq!(second_meaning("DescribeInstances", "Throttling"), None);
}

#[test]
fn a_denied_operation_means_something_else_on_every_call() {
    let kind = |operation| classify(operation, "OperationDenied", 403);
    assert_eq!(kind("ModifyInstanceSpec"), ErrorKind::NoStock);
    assert_eq!(kind("ModifyPrepayInstanceSpec"), ErrorKind::Denied);
    assert_eq!(kind("ModifyInstanceNetworkSpec"), ErrorKind::Unsupported);
}

/// Operation (letters as above, `*` for any), code, whom it speaks for.
const SPOKEN_FOR: &str = "
NPS Account.Arrearage Account
N InvalidAccountStatus.NotEnoughBalance PaidOrders
S InvalidAccountStatus.NotEnoughBalance SameCall
N InvalidPayMethod.SyncPaymentNotSupport PaidOrders
P BillingMethodNotFound SameCall
NS SecurityRisk.3DVerification Account
NP NoPermission.Price OrdersLeft
NP NoPermission.Refund Refunds
* NoPermission.Price SameCall
P InvalidUser.PassRoleForbidden Machine
* Forbidden.RiskControl Account
* RiskControl.Refused Account
NP InstanceDowngrade.QuotaExceed Refunds
P QuotaExceed.RufundVcpu RefundedVcpus
PS QuotaExceed.ElasticQuota Vcpus
P QuotaExceed.DiskCapacity Machine
N QuotaExceeded.InternetBandwidth Machine
P QuotaExceed.NotKnownYet Machine
N InvalidOperation.PublicIpAddressNoStock Machine
N OperationDenied.NoStock Machine
PS OperationDenied.NoStock SameType
S OperationDenied SameType
P OperationDenied SameCall
N OperationDenied Machine
* Forbidden.RAM SameCall
* InvalidSecurityToken.Expired Account
NP InvalidInstance.UnPaidOrder Machine
P OrderCreationFailed Machine
NPS InternalError Machine
";

#[test]
fn a_refusal_speaks_for_whom_its_page_says() {
    for row in SPOKEN_FOR.lines().filter(|row| !row.is_empty()) {
        let [calls, code, whom] = row.split(' ').collect::<Vec<_>>()[..] else {
            panic!("not a row: {row}");
        };
        for letter in calls.chars() {
            let on = match letter {
                '*' => "DescribeInstanceModificationPrice",
                letter => operation(letter),
            };
            let spoken_for = reach(on, code, classify(on, code, 400));
            assert_eq!(format!("{spoken_for:?}"), whom, "{on}: {row}");
        }
    }
}

#[test]
fn whom_a_code_about_money_or_an_allowance_speaks_for_is_written_down() {
    for (code, kind) in CODES {
        let is_written = REACHES.iter().any(|(listed, _, _)| listed == code);
        let must = matches!(kind, ErrorKind::Money | ErrorKind::Quota);
        assert!(is_written || !must, "{code} is {kind:?}");
    }
    for (code, _, _) in REACHES {
        let kind = classify("", code, 400);
        assert_ne!(kind, ErrorKind::Unlisted, "{code} is misspelt");
    }
}

#[test]
fn families_catch_what_the_table_does_not_list() {
    let kind = |code| classify("DescribeInstances", code, 403);
    assert_eq!(kind("Forbidden.RAM"), ErrorKind::Denied);
    assert_eq!(kind("Forbidden.InstanceNotFound"), ErrorKind::NotFound);
    assert_eq!(kind("NoPermission.Whatever"), ErrorKind::Denied);
    assert_eq!(kind("InvalidAccessKeyId.NotFound"), ErrorKind::Credentials);
    assert_eq!(kind("InvalidSecurityToken.Expired"), ErrorKind::Credentials);
    assert_eq!(kind("MissingInstanceId"), ErrorKind::Invalid);
}

#[test]
fn a_replayed_nonce_may_mean_that_the_first_copy_arrived() {
    assert_eq!(
        classify("StopInstances", "SignatureNonceUsed", 400),
        ErrorKind::Unanswered
    );
}

#[test]
fn an_unknown_code_is_a_refusal_unless_the_status_speaks_of_a_fault() {
    let kind = |status| classify("ModifyInstanceSpec", "Brand.NewCode", status);
    assert_eq!(kind(400), ErrorKind::Unlisted);
    assert_eq!(kind(403), ErrorKind::Unlisted);
    assert_eq!(kind(429), ErrorKind::Throttled);
    assert_eq!(kind(500), ErrorKind::Fault);
}
