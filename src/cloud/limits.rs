//! What a plan asks about limits before it is made: how wide, how large, how many.

use async_trait::async_trait;

use super::error::CloudError;
use crate::model::{BandwidthKey, RegionId, TypeName, TypeShape, VcpuQuota, Widest};

/// Most types that one call takes.
pub const TYPES_PER_CALL_MAX: usize = 10;

/// The limits the cloud keeps. Reading only: an unknown outcome may simply be asked again.
#[async_trait(?Send)]
pub trait Limits {
    /// `DescribeBandwidthLimitation`, asked as for a new machine: the answer speaks of the type alone.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn bandwidth_limitation(&self, key: &BandwidthKey) -> Result<Widest, CloudError>;

    /// `DescribeInstanceTypes` for up to [`TYPES_PER_CALL_MAX`] types; one that does not exist is
    /// simply not in the answer.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn type_shapes(
        &self,
        region: &RegionId,
        types: &[TypeName],
    ) -> Result<Vec<(TypeName, TypeShape)>, CloudError>;

    /// `DescribeAccountAttributes`: the vCPUs of pay-as-you-go machines. None where the account has
    /// no such figure for the region as a whole.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn vcpu_quota(&self, region: &RegionId) -> Result<Option<VcpuQuota>, CloudError>;
}
