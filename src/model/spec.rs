//! What an instance is made of, in the vendor's own words.

use serde::{Deserialize, Serialize};

/// Public bandwidth in Mbit/s.
pub type Mbps = u32;

/// How the instance is paid for (`InstanceChargeType`). It decides which calls may change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BillingMethod {
    /// Subscription: changes make orders.
    PrePaid,
    /// Pay-as-you-go: changes are billed by use.
    PostPaid,
}

impl BillingMethod {
    /// The vendor's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PrePaid => "PrePaid",
            Self::PostPaid => "PostPaid",
        }
    }
}

/// How public traffic is paid for (`InternetChargeType`, in requests `NetworkChargeType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NetworkBilling {
    /// A fixed, guaranteed bandwidth.
    PayByBandwidth,
    /// By volume; the bandwidth is a ceiling, not a guarantee (R35).
    PayByTraffic,
}

impl NetworkBilling {
    /// The vendor's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PayByBandwidth => "PayByBandwidth",
            Self::PayByTraffic => "PayByTraffic",
        }
    }

    /// The largest outbound bandwidth the API takes, in Mbit/s (R28). The instance type may allow less.
    #[must_use]
    pub fn bandwidth_out_max(self, billing: BillingMethod) -> Mbps {
        match (self, billing) {
            (Self::PayByBandwidth, BillingMethod::PrePaid) => 200,
            (Self::PayByBandwidth, BillingMethod::PostPaid) | (Self::PayByTraffic, _) => 100,
        }
    }
}

/// The power state the manifest asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Power {
    /// To run.
    Running,
    /// To be stopped.
    Stopped,
    /// As it was found; the same as leaving it unwritten, but said aloud.
    Keep,
}

impl Power {
    /// The manifest's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Keep => "keep",
        }
    }
}

/// What a stopped pay-as-you-go instance goes on costing (`StoppedMode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StoppedMode {
    /// Billing goes on, capacity and address stay.
    KeepCharging,
    /// Capacity and static address are given up (R70).
    StopCharging,
}

impl StoppedMode {
    /// The vendor's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeepCharging => "KeepCharging",
            Self::StopCharging => "StopCharging",
        }
    }
}

/// A field that a manifest can manage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `instance_type`.
    InstanceType,
    /// `internet.charge_type`.
    ChargeType,
    /// `internet.max_bandwidth_out`, Mbit/s.
    MaxBandwidthOut,
    /// `internet.max_bandwidth_in`, Mbit/s.
    MaxBandwidthIn,
    /// `internet.public_ip`.
    PublicIp,
    /// `power`.
    Power,
    /// `stopped_mode`.
    StoppedMode,
    /// `temporary_bandwidth`, which stands beside the spec: it is bought once and never compared.
    TemporaryBandwidth,
}

impl Field {
    /// The path of the field in a manifest's `spec`.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::InstanceType => "instance_type",
            Self::ChargeType => "internet.charge_type",
            Self::MaxBandwidthOut => "internet.max_bandwidth_out",
            Self::MaxBandwidthIn => "internet.max_bandwidth_in",
            Self::PublicIp => "internet.public_ip",
            Self::Power => "power",
            Self::StoppedMode => "stopped_mode",
            Self::TemporaryBandwidth => "temporary_bandwidth",
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.path())
    }
}
