//! What can be asked of a cloud, and how it may refuse.
//!
//! In: typed calls. Out: typed replies, or a [`CloudError`] whose kind says what it means for the
//! machine. Retries, throttle and signatures are the implementor's business; whoever calls sees one
//! attempt that either happened, did not happen, or may have happened.
//!
//! One trait a product of the vendor: [`Cloud`] for machines, [`Billing`] for orders and money;
//! beside them [`Prices`], what changing machines would cost.

mod reach;
mod error;
mod rate;
mod call;
mod limits;
mod rights;
mod billing;
mod prices;

use std::time::Duration;

use async_trait::async_trait;

use crate::model::{AccountId, ClientToken, InstanceId, ModifyCall, RegionId, RequestId};

pub use billing::{Balance, Billing, ORDERS_MAX, ORDERS_PER_PAGE, OrderQuery, Payer};
pub use call::{
    IDS_PER_CALL_MAX, InstancePage, InstanceQuery, InstanceTypeFacts, ModificationQuery,
    ModifyReply, Offer, OperationType, PowerAnswer, PowerCall, PowerVerb, RegionFacts,
};
pub use error::{CloudError, ErrorKind, Outcome};
pub use limits::{Limits, TYPES_PER_CALL_MAX};
pub use prices::{PriceReply, Prices};
pub use rate::{Bucket, Rate};
pub use reach::Reach;
pub use rights::{Right, Rights};

/// How far a machine's clock may be from the cloud's. The cloud takes requests of clocks that are fifteen minutes off;
/// but how old a token is, and which order is ours, is told by two machines' clocks, and twice fifteen is too much.
pub const CLOCK_OFF_MAX: Duration = Duration::from_secs(5 * 60 + 30);

/// The cloud: one method for each API operation, typed both ways.
#[async_trait(?Send)]
pub trait Cloud: Limits + Rights {
    /// `GetCallerIdentity`: whose credentials these are. Needs no permission.
    ///
    /// # Errors
    /// [`CloudError`], of kind `Credentials` when they are refused, or when this machine's clock is further off than
    /// [`CLOCK_OFF_MAX`]: signatures hang on it.
    async fn caller_identity(&self) -> Result<AccountId, CloudError>;

    /// One page of `DescribeInstances`.
    ///
    /// # Errors
    /// [`CloudError`]. Reading has no effect, so an unknown outcome may simply be asked again.
    async fn describe_instances(&self, query: &InstanceQuery) -> Result<InstancePage, CloudError>;

    /// `DescribeResourcesModification`: what the machine can become.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn describe_modification(
        &self,
        query: &ModificationQuery,
    ) -> Result<Vec<Offer>, CloudError>;

    /// `DescribeRegions`.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn describe_regions(&self) -> Result<Vec<RegionFacts>, CloudError>;

    /// `DescribeInstanceTypes`, every page.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn describe_instance_types(
        &self,
        region: &RegionId,
    ) -> Result<Vec<InstanceTypeFacts>, CloudError>;

    /// `StartInstances`, `StopInstances` or `RebootInstances` for up to 100 machines with
    /// SuccessFirst: one answer for each machine, in the order asked. A machine the reply does not
    /// mention is answered as unknown.
    ///
    /// # Errors
    /// [`CloudError`] when the call as a whole was refused or lost.
    async fn power(&self, call: &PowerCall) -> Result<Vec<PowerAnswer>, CloudError>;

    /// `StartInstance`, `StopInstance` or `RebootInstance` for the first machine of the call.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn power_one(&self, call: &PowerCall) -> Result<RequestId, CloudError>;

    /// One of the three modify calls. The same token and the same call may be sent again.
    ///
    /// # Errors
    /// [`CloudError`]; look at [`CloudError::outcome`] before anything else.
    async fn modify(
        &self,
        region: &RegionId,
        instance: &InstanceId,
        call: &ModifyCall,
        token: &ClientToken,
    ) -> Result<ModifyReply, CloudError>;

    /// How often such a change may be asked for at present: whoever takes machines down for it need not be
    /// faster. Asks nobody.
    fn rate_of(&self, region: &RegionId, call: &ModifyCall) -> Rate;

    /// `AllocatePublicIpAddress`; answers the address. Asking again answers the same one.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn allocate_public_ip(
        &self,
        region: &RegionId,
        instance: &InstanceId,
    ) -> Result<String, CloudError>;
}
