//! Roles that can be assumed, and what their temporary keys are like.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::scenario::permissions::Permissions;
use crate::sim::time::Span;

/// A RAM role of the simulated account. Without any, every role name of the account can be assumed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The last part of its ARN, `deploy` of `acs:ram::1234567890123456:role/deploy`.
    pub name: String,
    /// The longest session that can be asked for.
    #[serde(default = "an_hour")]
    pub max_session: Span,
    /// How long keys really last, whatever was asked for: short-lived keys make renewals visible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_last: Option<Span>,
    /// The external id that must come with AssumeRole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The one OIDC token that is believed; absent, every token that has not expired is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc_token: Option<String>,
    /// What whoever assumed it may not do.
    #[serde(default, skip_serializing_if = "Permissions::is_empty")]
    pub permissions: Permissions,
}

// Simulated or not, a secret is never printed.
impl std::fmt::Debug for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Role({} …)", self.name)
    }
}

impl Role {
    /// A role nobody described: the vendor's defaults.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            max_session: an_hour(),
            keys_last: None,
            external_id: None,
            oidc_token: None,
            permissions: Permissions::default(),
        }
    }
}

/// The vendor's default for the longest session of a role.
fn an_hour() -> Span {
    Span::secs(3600)
}
