//! The codes that any call or a power call can be refused with, one by one.

use respec::aliyun::classify;
use respec::cloud::ErrorKind;
use respec::guide::errors;

/// Operation (`*` for any), code, status, and what it means.
const DOCUMENTED: &str = "
* MissingParameter 400 Invalid
* MissingInstanceId 400 Invalid
* InvalidParameter 400 Invalid
* InvalidParameter.Format 400 Invalid
* InvalidAction.NotFound 404 Invalid
* InvalidApi.NotFound 404 Invalid
* InvalidVersion 400 Invalid
* NoSuchVersion 400 Invalid
* InvalidAccessKeyId.NotFound 404 Credentials
* InvalidAccessKeyId.NotFound 400 Credentials
* InvalidAccessKeyId.Inactive 400 Credentials
* InvalidAccessKeyId.Inactive 403 Credentials
* Forbidden.AccessKeyDisabled 403 Credentials
* SignatureDoesNotMatch 400 Credentials
* SignatureDoesNotMatch 403 Credentials
* IncompleteSignature 400 Credentials
* SignatureNonceUsed 400 Unanswered
* InvalidTimeStamp.Expired 400 Credentials
* InvalidTimeStamp.Format 400 Credentials
* IllegalTimestamp 400 Credentials
* MissingSecurityToken 400 Credentials
* InvalidSecurityToken.Malformed 400 Credentials
* InvalidSecurityToken.MismatchWithAccessKey 400 Credentials
* InvalidSecurityToken.Expired 400 Credentials
* Forbidden.RAM 403 Denied
* NoPermission 403 Denied
* Forbidden 403 Denied
* Forbidden.NotSupportRAM 403 Denied
* Forbidden.SubUser 403 Denied
* Forbidden.InstanceNotFound 404 NotFound
* Forbidden.RiskControl 403 Denied
* RiskControl.Refused 400 Denied
* Throttling.User 400 Throttled
* Throttling.User 429 Throttled
* Throttling.User 503 Throttled
* Throttling.Api 400 Throttled
* Throttling.ConcurrentLimitExceeded 400 Throttled
* Rejected.Throttling 400 Throttled
* Rejected.Throttling 503 Throttled
* ServiceUnavailable 503 Fault
* ServiceUnavailable 500 Fault
* InternalError 500 Fault
* UnknownError 500 Fault
* UnsupportedHTTPMethod 403 Invalid
* UnsupportedParameter 400 Invalid
* InvalidProtocol.NeedSsl 400 Invalid
* IdempotentParameterMismatch 400 TokenMismatch
* IdempotentParameterMismatch 403 TokenMismatch
* InvalidIdempotenceParameter.Mismatch 403 TokenMismatch
* IdempotentProcessing 403 Pending
StopInstances IncorrectInstanceStatus 403 WrongState
StopInstances InstanceExpiredOrInArrears 403 Locked
StopInstances InvalidInstanceId.NotSupport 403 Unsupported
StopInstances InstanceType.ParameterMismatch 403 Invalid
StopInstances InstanceLockedForSecurity 403 Locked
StartInstances IncorrectInstanceStatus 403 WrongState
StartInstances DiskError 403 WrongState
StartInstances InstanceExpired 403 Locked
StartInstances InstanceNotReady 403 WrongState
StartInstances InvalidParameter.KMSKeyId.KMSUnauthorized 403 Unsupported
StartInstances InstanceLockedForSecurity 403 Locked
StartInstances OperationDenied.NoStock 403 NoStock
StartInstances InvalidOperation.Conflict 403 Busy
RebootInstances IncorrectInstanceStatus 403 WrongState
RebootInstances DiskError 403 WrongState
RebootInstances InstanceExpiredOrInArrears 403 Locked
RebootInstances InstanceLockedForSecurity 403 Locked
StopInstance DryRunOperation 412 Invalid
StopInstances DRYRUN.SUCCESS 400 Invalid
AllocatePublicIpAddress AllocateIpInvalidInstanceBandwidth 400 WrongState
AllocatePublicIpAddress OperationDenied 400 Unsupported
AllocatePublicIpAddress InstanceExpiredOrInArrears 403 Locked
AllocatePublicIpAddress NAT_PUBLIC_IP_BINDING_FAILED 403 Fault
AllocatePublicIpAddress NAT_PUBLIC_IP_ALLOCATE_FAILED 403 Fault
AllocatePublicIpAddress AllocatedAlready 403 WrongState
";

#[test]
fn every_code_of_gateways_and_power_calls_has_its_meaning_and_its_page() {
    for row in DOCUMENTED.lines().filter(|row| !row.is_empty()) {
        let [operation, code, status, kind] = row.split(' ').collect::<Vec<_>>()[..] else {
            panic!("not a row: {row}");
        };
        let status = status.parse().unwrap();
        // A code of any call means the same on each; one of each sort is asked for.
        let operations = match operation {
            "*" => vec!["DescribeInstances", "StopInstances", "ModifyInstanceSpec"],
            one => vec![one],
        };
        for operation in operations {
            let found = classify(operation, code, status);
            assert_eq!(format!("{found:?}"), kind, "{operation}: {row}");
            let pages = errors::find(Some(operation), code);
            assert!(!pages.is_empty(), "{operation}: {code} is not explained");
        }
    }
}

#[test]
fn a_state_that_only_a_person_can_mend_is_not_waited_for() {
    for code in [
        "InvalidDisk.DetachedSystemDisk",
        "InvalidInstance.NotFoundSystemDisk",
        "InvalidOperation.OnlineModificationUnsupported",
        "InvalidOperation.MaxModifyOnlineNumberExceeded",
        "InvalidOperation.RebootingRequired",
        "InvalidOperation.InstanceRenewWithDowngradeInPlan",
        "InvalidAction.WithActiveElasticUpgrade",
        "InstanceSpecModification.NotEffective",
    ] {
        let kind = classify("ModifyPrepayInstanceSpec", code, 400);
        assert_eq!(kind, ErrorKind::Unsupported, "{code}");
    }
}
