//! The vendor's rules, each a small function that names its number and answers yes or a refusal.
//!
//! In: the world, or one machine of it. Out: nothing, or the refusal of the error tables. A rule
//! never changes anything; what a yes leads to stands in `world/effects.rs`.

pub(crate) mod common;
pub(crate) mod closed;
pub(crate) mod account;
pub(crate) mod attached;
pub(crate) mod spec;
pub(crate) mod power;
pub(crate) mod prepay;
pub(crate) mod network;
pub(crate) mod temporary;

/// Which modify call is asking; the same situation has another code in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// ModifyInstanceSpec.
    Spec,
    /// ModifyPrepayInstanceSpec.
    Prepay,
    /// ModifyInstanceNetworkSpec.
    Network,
}

impl Caller {
    /// The modify call of this name; none for any other operation.
    pub(crate) fn of(action: &str) -> Option<Self> {
        match action {
            "ModifyInstanceSpec" => Some(Self::Spec),
            "ModifyPrepayInstanceSpec" => Some(Self::Prepay),
            "ModifyInstanceNetworkSpec" => Some(Self::Network),
            _ => None,
        }
    }

    /// The code for bandwidth that cannot be: one call tells the reasons apart, the other has one code for all.
    pub(crate) fn bandwidth_code(self, apart: &'static str) -> &'static str {
        match self {
            Self::Network => apart,
            Self::Spec | Self::Prepay => "InvalidParameter.Bandwidth",
        }
    }
}
