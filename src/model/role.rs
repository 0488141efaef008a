//! The role by which a fleet is worked on.

use serde::{Deserialize, Serialize};

use super::id::{ExternalId, RoleArn, SessionName};

/// A role that is taken on before anything is asked (`account: {role: …}`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkingRole {
    /// Which one.
    pub arn: RoleArn,
    /// What its session is called; `respec` when unwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_name: Option<SessionName>,
    /// What its owner asks to be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
}

impl std::fmt::Display for WorkingRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.arn)?;
        if let Some(session) = &self.session_name {
            write!(f, ", session_name {session}")?;
        }
        if let Some(external) = &self.external_id {
            write!(f, ", external_id {external}")?;
        }
        Ok(())
    }
}
