//! A role taken on with the token of an identity provider, as CI runners and Kubernetes hand it out.

use std::path::PathBuf;
use std::rc::Rc;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};

use super::Provider;
use super::error::{CredentialsError, NotProvided};
use super::host::Host;
use super::sts::{Role, Sts};
use crate::aliyun::key::Issued;

/// Largest token that STS takes, in bytes.
const TOKEN_BYTES_MAX: u64 = 20_000;

/// Assumes a role with a token from a file. The file is read each time: its token is renewed there.
pub(super) struct Oidc {
    pub(super) provider_arn: String,
    pub(super) token_file: PathBuf,
    pub(super) role: Role,
    pub(super) sts: Sts,
    pub(super) host: Rc<dyn Host>,
}

#[async_trait(?Send)]
impl Provider for Oidc {
    async fn provide(&self) -> Result<Issued, NotProvided> {
        let token = self.token()?;
        let session = self
            .sts
            .assume_role_with_oidc(&self.provider_arn, &token, &self.role);
        Ok(session.await?)
    }
}

impl Oidc {
    fn token(&self) -> Result<SecretString, CredentialsError> {
        let unreadable = |why: String| CredentialsError::UnreadableFile {
            path: self.token_file.display().to_string(),
            why,
        };
        let file = self.host.read(&self.token_file, TOKEN_BYTES_MAX);
        let file = file
            .map_err(unreadable)?
            .ok_or_else(|| unreadable("the file of the OIDC token does not exist".to_owned()))?;
        match file.text.expose_secret().trim() {
            "" => Err(unreadable("the file of the OIDC token is empty".to_owned())),
            token => Ok(SecretString::from(token)),
        }
    }
}
