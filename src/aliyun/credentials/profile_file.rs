//! The vendor CLI's `config.json`, as far as it matters here.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::answer::secret;
use super::error::CredentialsError;
use super::sts::{Network, StsHost};

/// The file.
#[derive(Deserialize)]
pub(super) struct ProfileFile {
    pub(super) current: Option<String>,
    #[serde(default)]
    profiles: Vec<Profile>,
}

/// One profile; which fields count depends on its mode.
#[derive(Deserialize)]
pub(super) struct Profile {
    #[serde(default)]
    pub(super) name: String,
    pub(super) mode: Option<String>,
    pub(super) access_key_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) access_key_secret: Option<SecretString>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) sts_token: Option<SecretString>,
    /// In seconds since 1970; 0 stands for none.
    pub(super) sts_expiration: Option<i64>,
    pub(super) region_id: Option<String>,
    pub(super) ram_role_name: Option<String>,
    pub(super) ram_role_arn: Option<String>,
    pub(super) ram_session_name: Option<String>,
    pub(super) expired_seconds: Option<u64>,
    pub(super) policy: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) source_profile: Option<String>,
    pub(super) oidc_provider_arn: Option<String>,
    pub(super) oidc_token_file: Option<String>,
    pub(super) credentials_uri: Option<String>,
    pub(super) process_command: Option<String>,
    sts_region: Option<String>,
    sts_endpoint: Option<String>,
    enable_vpc: Option<bool>,
}

impl ProfileFile {
    pub(super) fn read(text: &SecretString, path: &str) -> Result<Self, CredentialsError> {
        // The parser's own words can quote a value, and the values are secrets: only the place is kept.
        serde_json::from_str(text.expose_secret()).map_err(|error| {
            CredentialsError::UnreadableFile {
                path: path.to_owned(),
                why: format!("line {}, column {}", error.line(), error.column()),
            }
        })
    }

    pub(super) fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }
}

impl Profile {
    /// Whether the CLI made it and nobody ever filled it in.
    pub(super) fn is_blank(&self) -> bool {
        let empty = |text: &Option<String>| text.as_deref().unwrap_or_default().is_empty();
        let is_key = matches!(self.mode.as_deref(), None | Some("" | "AK"));
        is_key && empty(&self.access_key_id) && self.access_key_secret.is_none()
    }

    pub(super) fn sts_host(&self) -> StsHost {
        let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        StsHost {
            endpoint: some(&self.sts_endpoint).map(|host| ("sts_endpoint".to_owned(), host)),
            region: some(&self.sts_region),
            network: match self.enable_vpc {
                Some(true) => Network::Vpc,
                Some(false) | None => Network::Public,
            },
        }
    }
}
