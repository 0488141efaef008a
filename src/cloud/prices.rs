//! What things cost, and when they are paid for again. Reads only.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::error::CloudError;
use crate::model::{AutoRenew, InstanceId, Money, RegionId, ShapeKey, UpgradeKey};

/// A price as it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceReply {
    /// After discounts (`TradePrice`).
    pub price: Money,
    /// What of a marketplace image is to be paid beside it (`MarketplaceImagePrice`).
    pub marketplace_image: Option<Money>,
}

/// Prices and renewals of machines.
#[async_trait(?Send)]
pub trait Prices {
    /// `DescribeInstanceModificationPrice`: what an upgrade of this subscription costs at once, for what
    /// is left of its term.
    ///
    /// # Errors
    /// [`CloudError`]; downgrades have no price to be asked for.
    async fn upgrade_price(
        &self,
        instance: &InstanceId,
        upgrade: &UpgradeKey,
    ) -> Result<PriceReply, CloudError>;

    /// `DescribePrice`: what an hour or a month of a new machine of this shape costs.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn shape_price(&self, shape: &ShapeKey) -> Result<PriceReply, CloudError>;

    /// `DescribeInstanceAutoRenewAttribute` for at most [`super::IDS_PER_CALL_MAX`] subscriptions of a
    /// region. A machine of which nothing is known is not in the answer.
    ///
    /// # Errors
    /// [`CloudError`].
    async fn auto_renewals(
        &self,
        region: &RegionId,
        instances: &[InstanceId],
    ) -> Result<BTreeMap<InstanceId, AutoRenew>, CloudError>;
}
