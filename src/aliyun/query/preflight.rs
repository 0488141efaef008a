//! The parameters of what is asked before a run.

use super::{PAGE_SIZE, bare, manner, pair, with};
use crate::aliyun::sign::Parameters;
use crate::cloud::PowerCall;
use crate::model::{BandwidthKey, RegionId, TypeName};

/// The attributes of an account that a plan has to do with (R64).
pub(in crate::aliyun) const VCPUS_MAX: &str = "max-postpaid-instance-vcpu-count";
pub(in crate::aliyun) const VCPUS_USED: &str = "used-postpaid-instance-vcpu-count";

/// `DescribeBandwidthLimitation`. As for a new machine: asked about one that is there, the answer may
/// begin at what that one has, and would not hold for the next.
pub(in crate::aliyun) fn bandwidth_limitation(key: &BandwidthKey) -> Parameters {
    with(
        bare(&key.region),
        [
            pair("InstanceType", key.instance_type.as_str()),
            pair("InstanceChargeType", key.billing.as_str()),
            pair("OperationType", "Create"),
        ],
    )
}

/// `DescribeInstanceTypes` for some types.
pub(in crate::aliyun) fn type_shapes(region: &RegionId, types: &[TypeName]) -> Parameters {
    let names = types.iter().zip(1..);
    let names = names.map(|(name, n)| pair(&format!("InstanceTypes.{n}"), name.as_str()));
    with(with(bare(region), names), [pair("MaxResults", PAGE_SIZE)])
}

/// `DescribeAccountAttributes` for the vCPUs of pay-as-you-go machines.
pub(in crate::aliyun) fn vcpu_quota(region: &RegionId) -> Parameters {
    with(
        bare(region),
        [
            pair("AttributeName.1", VCPUS_MAX),
            pair("AttributeName.2", VCPUS_USED),
        ],
    )
}

/// A dry run of a batched power call. AllTogether: with SuccessFirst every dry run passes.
pub(in crate::aliyun) fn switch(call: &PowerCall) -> Parameters {
    let ids = call.instances.iter().zip(1..);
    let ids = ids.map(|(id, n)| pair(&format!("InstanceId.{n}"), id.as_str()));
    let parameters = with(with(bare(&call.region), ids), manner(call.verb));
    dry(with(parameters, [pair("BatchOptimization", "AllTogether")]))
}

/// The same call, not to be carried out.
pub(in crate::aliyun) fn dry(parameters: Parameters) -> Parameters {
    with(parameters, [pair("DryRun", "true")])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::PowerVerb;
    use crate::model::{InstanceId, StoppedMode};

    #[test]
    fn a_dry_stop_is_the_stop_that_will_be_sent_and_never_carried_out() {
        let parameters = switch(&PowerCall {
            region: RegionId::new("cn-hangzhou").unwrap(),
            verb: PowerVerb::Stop(StoppedMode::KeepCharging),
            instances: vec![InstanceId::new("i-1").unwrap()],
        });
        let pairs: Vec<String> = parameters.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(
            pairs.join(" "),
            "BatchOptimization=AllTogether DryRun=true InstanceId.1=i-1 RegionId=cn-hangzhou \
             StoppedMode=KeepCharging"
        );
    }
}
