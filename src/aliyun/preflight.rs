//! The questions before a run: limits and rights.

use async_trait::async_trait;

use super::client::{Aliyun, Call};
use super::operation::{self, Operation};
use super::query::preflight as query;
use super::reply;
use super::sign::Parameters;
use crate::cloud::{
    CloudError, ErrorKind, InstanceQuery, Limits, PowerCall, PowerVerb, Right, Rights,
};
use crate::model::{BandwidthKey, RegionId, TypeName, TypeShape, VcpuQuota, Widest};

/// What a dry run that passed ends with; a batched call has a word of its own.
const PASSED: [&str; 2] = ["DryRunOperation", "DRYRUN.SUCCESS"];

#[async_trait(?Send)]
impl Limits for Aliyun {
    async fn bandwidth_limitation(&self, key: &BandwidthKey) -> Result<Widest, CloudError> {
        let call = Call::plain(
            &operation::DESCRIBE_BANDWIDTH_LIMITATION,
            &key.region,
            query::bandwidth_limitation(key),
        );
        self.call(&call, reply::widest).await
    }

    async fn type_shapes(
        &self,
        region: &RegionId,
        types: &[TypeName],
    ) -> Result<Vec<(TypeName, TypeShape)>, CloudError> {
        // Without names the operation would answer with every type there is.
        if types.is_empty() {
            return Ok(Vec::new());
        }
        let call = Call::plain(
            &operation::DESCRIBE_INSTANCE_TYPES,
            region,
            query::type_shapes(region, types),
        );
        self.call(&call, reply::shapes).await
    }

    async fn vcpu_quota(&self, region: &RegionId) -> Result<Option<VcpuQuota>, CloudError> {
        let call = Call::plain(
            &operation::DESCRIBE_ACCOUNT_ATTRIBUTES,
            region,
            query::vcpu_quota(region),
        );
        self.call(&call, reply::vcpu_quota).await
    }
}

#[async_trait(?Send)]
impl Rights for Aliyun {
    async fn may_switch(&self, call: &PowerCall) -> Result<Right, CloudError> {
        let operation = match call.verb {
            PowerVerb::Start => &operation::DRY_START_INSTANCES,
            PowerVerb::Stop(_) | PowerVerb::ForceStop(_) => &operation::DRY_STOP_INSTANCES,
            PowerVerb::Reboot => {
                return Err(super::refusal::impossible(
                    &operation::REBOOT_INSTANCES,
                    "nothing is ever rebooted, so nobody asks for that right",
                ));
            }
        };
        self.dry_run(operation, &call.region, query::switch(call))
            .await
    }

    async fn may_look(&self, region: &RegionId) -> Result<Right, CloudError> {
        let query = InstanceQuery::All {
            region: region.clone(),
            next_token: None,
        };
        let parameters = query::dry(super::query::describe_instances(&query));
        self.dry_run(&operation::DESCRIBE_INSTANCES, region, parameters)
            .await
    }
}

impl Aliyun {
    async fn dry_run(
        &self,
        operation: &'static Operation,
        region: &RegionId,
        parameters: Parameters,
    ) -> Result<Right, CloudError> {
        let call = Call::plain(operation, region, parameters);
        match self.call(&call, |_| Ok(())).await {
            Ok(()) => Ok(Right::Proven),
            Err(error) if error.kind == ErrorKind::Credentials => Err(error),
            Err(error) => Ok(right(error)),
        }
    }
}

/// What the refusal of a dry run says about the right. Permission is looked at before the machine, so
/// whatever is said of a machine's state proves it.
fn right(error: CloudError) -> Right {
    let passed = |code: &String| PASSED.iter().any(|word| word.eq_ignore_ascii_case(code));
    if error.code.as_ref().is_some_and(passed) {
        return Right::Proven;
    }
    match error.kind {
        ErrorKind::Denied => Right::Denied(error),
        ErrorKind::WrongState
        | ErrorKind::CoolingDown
        | ErrorKind::Busy
        | ErrorKind::Pending
        | ErrorKind::NoStock
        | ErrorKind::Quota
        | ErrorKind::Money
        | ErrorKind::UnpaidOrder
        | ErrorKind::Locked
        | ErrorKind::Unsupported => Right::Proven,
        ErrorKind::Throttled
        | ErrorKind::NotOrdered
        | ErrorKind::Credentials
        | ErrorKind::NotFound
        | ErrorKind::Invalid
        | ErrorKind::TokenMismatch
        | ErrorKind::Unlisted
        | ErrorKind::Fault
        | ErrorKind::Unanswered
        | ErrorKind::NotSent => Right::Unclear(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: ErrorKind, code: &str) -> Right {
        right(CloudError {
            operation: "StopInstances",
            kind,
            also: None,
            reach: kind.reach(),
            code: Some(code.to_owned()),
            message: String::new(),
            request_id: None,
            retry_after: None,
        })
    }

    #[test]
    fn a_dry_run_that_passed_and_a_state_that_forbids_prove_the_right() {
        for (kind, code) in [
            (ErrorKind::Invalid, "DryRunOperation"),
            (ErrorKind::Unlisted, "dryrun.success"),
            (ErrorKind::WrongState, "IncorrectInstanceStatus"),
            (ErrorKind::Locked, "InstanceLockedForSecurity"),
        ] {
            assert_eq!(told(kind, code), Right::Proven, "{code}");
        }
        assert!(matches!(
            told(ErrorKind::Denied, "Forbidden.RAM"),
            Right::Denied(_)
        ));
        // A parameter that was refused, or a machine that was not found, came before or instead.
        for (kind, code) in [
            (ErrorKind::Invalid, "InvalidParameter"),
            (ErrorKind::NotFound, "InvalidInstanceId.NotFound"),
            (ErrorKind::Fault, "InternalError"),
        ] {
            assert!(matches!(told(kind, code), Right::Unclear(_)), "{code}");
        }
    }
}
