//! A key that stands where it is written: `AK` and `StsToken` profiles, and variables of the environment.

use async_trait::async_trait;
use secrecy::SecretString;

use super::Provider;
use super::error::{CredentialsError, NotProvided};
use super::variables::{FAMILIES, Family, Variables};
use crate::aliyun::key::{AccessKey, Issued};

/// A key that was read already.
pub(super) struct Fixed(pub(super) Issued);

#[async_trait(?Send)]
impl Provider for Fixed {
    async fn provide(&self) -> Result<Issued, NotProvided> {
        Ok(self.0.clone())
    }
}

/// The key of the environment's variables.
pub(super) struct Environment(pub(super) Variables);

#[async_trait(?Send)]
impl Provider for Environment {
    async fn provide(&self) -> Result<Issued, NotProvided> {
        let mut families = FAMILIES.iter();
        match families.find_map(|family| self.key(family).transpose()) {
            Some(key) => Ok(Issued::lasting(key?)),
            None => Err(NotProvided::Absent(format!(
                "{} is not set, nor any of its other names",
                FAMILIES[0].id
            ))),
        }
    }
}

impl Environment {
    fn key(&self, family: &Family) -> Result<Option<AccessKey>, CredentialsError> {
        let half = |present: &str, missing: &str| CredentialsError::Incomplete {
            present: present.to_owned(),
            missing: missing.to_owned(),
        };
        match (self.0.get(family.id), self.0.get(family.secret)) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(half(family.id, family.secret)),
            (None, Some(_)) => Err(half(family.secret, family.id)),
            (Some(id), Some(secret)) => Ok(Some(AccessKey {
                id: id.to_owned(),
                secret: SecretString::from(secret),
                token: self.0.get(family.token).map(SecretString::from),
            })),
        }
    }
}
