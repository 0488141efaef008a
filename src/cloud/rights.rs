//! What these credentials may do, learned without doing it.

use async_trait::async_trait;

use super::call::PowerCall;
use super::error::{CloudError, Outcome};
use crate::model::RegionId;

/// What a dry run told about a right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// The cloud would do it, or refuses for a reason that comes after the permission.
    Proven,
    /// The cloud says that these credentials may not.
    Denied(CloudError),
    /// No answer, or one that says nothing about the permission.
    Unclear(CloudError),
}

impl Right {
    /// Whether a list may be believed that lacks machines which were asked for: without the permission to look it is
    /// empty, and nobody is refused.
    ///
    /// # Errors
    /// [`CloudError`] when looking is not allowed, or when nobody answered and asking again may tell.
    pub fn believes_a_list(self) -> Result<(), CloudError> {
        match self {
            Self::Denied(error) => Err(error),
            Self::Unclear(error) if error.passes() || error.outcome() == Outcome::Unknown => {
                Err(error)
            }
            // An answer that says nothing about the permission will not do so the next time either.
            Self::Proven | Self::Unclear(_) => Ok(()),
        }
    }
}

/// Asks for permissions without using them.
#[async_trait(?Send)]
pub trait Rights {
    /// A dry run of `StartInstances` or `StopInstances` over up to 100 machines, AllTogether.
    ///
    /// # Errors
    /// [`CloudError`] when the credentials themselves are refused.
    async fn may_switch(&self, call: &PowerCall) -> Result<Right, CloudError>;

    /// A dry run of `DescribeInstances`: without the permission the real call is answered with an
    /// empty list, and not with a refusal.
    ///
    /// # Errors
    /// [`CloudError`] when the credentials themselves are refused.
    async fn may_look(&self, region: &RegionId) -> Result<Right, CloudError>;
}
