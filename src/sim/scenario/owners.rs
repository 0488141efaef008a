//! Who owns machines besides the account's people: services that release what is not running.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::time::Span;

/// A service that looks after its machines, and releases one that stays stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScalingGroup {
    /// The group's or node pool's id, as its members carry it in their tag.
    pub id: String,
    /// Which service it belongs to.
    #[serde(default)]
    pub owner: Owner,
    /// How long a member may be stopped before it is released.
    #[serde(default = "a_minute")]
    pub releases_after: Span,
}

/// A service that owns machines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Auto Scaling, whose health check takes a stopped machine for a broken one.
    #[default]
    Ess,
    /// A node pool of the container service.
    Ack,
}

impl Owner {
    /// The tag its members carry; the value is the group's id.
    pub(crate) fn tag_key(self) -> &'static str {
        match self {
            Self::Ess => "acs:autoscaling:scalingGroupId",
            Self::Ack => "ack.alibabacloud.com/nodepool-id",
        }
    }
}

fn a_minute() -> Span {
    Span::secs(60)
}
