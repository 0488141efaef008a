//! The three calls that change a machine, as values: a plan holds them, the cloud port sends them.

use serde::{Deserialize, Serialize};

use super::id::TypeName;
use super::spec::{Mbps, NetworkBilling};
use super::temporary::TemporaryBandwidth;

/// `ModifyInstanceSpec`: another type for a pay-as-you-go machine that is stopped (R1, R2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecChange {
    /// The target type.
    pub instance_type: TypeName,
    /// `AllowMigrateAcrossZone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_migrate_across_zone: Option<bool>,
    /// `SystemDisk.Category`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_disk_category: Option<String>,
}

/// `ModifyPrepayInstanceSpec`: another type for a subscription machine; makes an order (R10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrepayChange {
    /// The target type.
    pub instance_type: TypeName,
    /// `AutoPay`, always stated; the API's default would pay (R42), and a downgrade ignores it (R44).
    pub auto_pay: bool,
    /// `MigrateAcrossZone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrate_across_zone: Option<bool>,
    /// `SystemDisk.Category`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_disk_category: Option<String>,
}

/// `ModifyInstanceNetworkSpec`: bandwidth, network billing and public address, for both billing methods.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkChange {
    /// `NetworkChargeType` (R34).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_type: Option<NetworkBilling>,
    /// `InternetMaxBandwidthOut`, Mbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bandwidth_out: Option<Mbps>,
    /// `InternetMaxBandwidthIn`, Mbit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bandwidth_in: Option<Mbps>,
    /// `AllocatePublicIp` (R25); sent only when it asks for an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocate_public_ip: Option<bool>,
    /// `AutoPay`; stated for subscription machines, which get an order (R37), absent for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_pay: Option<bool>,
    /// `StartTime` and `EndTime` (R30): the bandwidth is for a while only. Its own figure is the one above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary: Option<TemporaryBandwidth>,
}

/// One of the three.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModifyCall {
    /// `ModifyInstanceSpec`.
    Spec(SpecChange),
    /// `ModifyPrepayInstanceSpec`.
    Prepay(PrepayChange),
    /// `ModifyInstanceNetworkSpec`.
    Network(NetworkChange),
}

impl ModifyCall {
    /// The operation's name in the API.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Spec(_) => "ModifyInstanceSpec",
            Self::Prepay(_) => "ModifyPrepayInstanceSpec",
            Self::Network(_) => "ModifyInstanceNetworkSpec",
        }
    }

    /// Whether the call makes an order: it does for subscription machines only (R5, R37).
    #[must_use]
    pub fn makes_order(&self) -> bool {
        match self {
            Self::Spec(_) => false,
            Self::Prepay(_) => true,
            Self::Network(change) => change.auto_pay.is_some(),
        }
    }
}
