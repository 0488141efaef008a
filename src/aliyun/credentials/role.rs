//! A role taken on with another key: `RamRoleArn` and `ChainableRamRoleArn` profiles, and Terraform's
//! `ALICLOUD_ASSUME_ROLE_ARN`.

use std::rc::Rc;

use async_trait::async_trait;

use super::Provider;
use super::error::NotProvided;
use super::sts::{Role, Sts};
use crate::aliyun::key::Issued;

/// Assumes a role with whatever key its source gives.
pub(super) struct AssumedRole {
    pub(super) source: Rc<dyn Provider>,
    pub(super) role: Role,
    pub(super) sts: Sts,
}

#[async_trait(?Send)]
impl Provider for AssumedRole {
    async fn provide(&self) -> Result<Issued, NotProvided> {
        let source = self.source.provide().await?;
        let session = self.sts.assume_role(&source.key, &self.role).await?;
        Ok(Issued {
            region: source.region,
            ..session
        })
    }
}
