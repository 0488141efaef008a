//! The environment's variables, and the many names that the vendor's tools give to one thing.

use std::collections::BTreeMap;

use super::error::CredentialsError;
use crate::aliyun::site::Site;
use crate::model::RegionId;

/// The variables of one way to write an access key.
pub(super) struct Family {
    pub(super) id: &'static str,
    pub(super) secret: &'static str,
    pub(super) token: &'static str,
}

const fn family(id: &'static str, secret: &'static str, token: &'static str) -> Family {
    Family { id, secret, token }
}

/// The vendor's libraries first, then the other spellings of its CLI and of the Terraform provider.
/// A key is taken from one family whole: an id of one with the secret of another is never right.
#[rustfmt::skip]
pub(super) const FAMILIES: &[Family] = &[
    family("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    family("ALIBABACLOUD_ACCESS_KEY_ID", "ALIBABACLOUD_ACCESS_KEY_SECRET", "ALIBABACLOUD_SECURITY_TOKEN"),
    family("ALICLOUD_ACCESS_KEY_ID", "ALICLOUD_ACCESS_KEY_SECRET", "ALICLOUD_SECURITY_TOKEN"),
    family("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
    family("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SECURITY_TOKEN"),
];

pub(super) const PROFILE: &[&str] = &[
    "ALIBABACLOUD_PROFILE",
    "ALIBABA_CLOUD_PROFILE",
    "ALICLOUD_PROFILE",
];
pub(super) const CONFIG_FILE: &[&str] = &[
    "ALIBABA_CLOUD_CONFIG_FILE",
    "ALICLOUD_SHARED_CREDENTIALS_FILE",
];
pub(super) const INI_FILE: &[&str] = &["ALIBABA_CLOUD_CREDENTIALS_FILE"];
pub(super) const PROFILES_OFF: &[&str] = &[
    "ALIBABA_CLOUD_CLI_PROFILE_DISABLED",
    "ALIBABA_CLOUD_IGNORE_PROFILE",
];
pub(super) const PROCESSES_OFF: &[&str] = &["ALIBABA_CLOUD_DISABLE_EXTERNAL_PROCESS"];
pub(super) const METADATA_OFF: &[&str] = &["ALIBABA_CLOUD_ECS_METADATA_DISABLED"];
pub(super) const METADATA_V1_OFF: &[&str] = &["ALIBABA_CLOUD_IMDSV1_DISABLED"];
pub(super) const METADATA_ROLE: &[&str] = &["ALIBABA_CLOUD_ECS_METADATA", "ALICLOUD_ECS_ROLE_NAME"];
pub(super) const CREDENTIALS_URI: &[&str] =
    &["ALIBABA_CLOUD_CREDENTIALS_URI", "ALICLOUD_CREDENTIALS_URI"];
pub(super) const OIDC_ROLE: &[&str] = &["ALIBABA_CLOUD_ROLE_ARN"];
pub(super) const OIDC_PROVIDER: &[&str] = &["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"];
pub(super) const OIDC_TOKEN_FILE: &[&str] = &["ALIBABA_CLOUD_OIDC_TOKEN_FILE"];
pub(super) const ASSUMED_ROLE: &[&str] = &["ALICLOUD_ASSUME_ROLE_ARN"];
pub(super) const SESSION_NAME: &[&str] = &[
    "ALIBABA_CLOUD_ROLE_SESSION_NAME",
    "ALICLOUD_ASSUME_ROLE_SESSION_NAME",
];
pub(super) const EXTERNAL_ID: &[&str] = &["ALIBABA_CLOUD_EXTERNAL_ID"];
pub(super) const STS_ENDPOINT: &[&str] = &["ALIBABA_CLOUD_STS_ENDPOINT"];
pub(super) const STS_REGION: &[&str] = &["ALIBABA_CLOUD_STS_REGION"];
pub(super) const STS_IN_VPC: &[&str] = &["ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"];
const ACCOUNT_TYPE: &[&str] = &["ALIBABA_CLOUD_ACCOUNT_TYPE"];
const REGION: &[&str] = &[
    "ALIBABA_CLOUD_REGION_ID",
    "ALIBABACLOUD_REGION_ID",
    "ALICLOUD_REGION_ID",
    "ALICLOUD_REGION",
    "ALIBABA_CLOUD_REGION",
    "REGION_ID",
    "REGION",
];

/// Variables whose value is more than empty.
#[derive(Clone, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    pub(super) fn new(env: &BTreeMap<String, String>) -> Self {
        let set = env.iter().filter(|(_, value)| !value.trim().is_empty());
        Self(set.map(|(n, v)| (n.clone(), v.clone())).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The first of these names that is set, with its value.
    pub(super) fn first<'a>(&'a self, names: &[&'static str]) -> Option<(&'static str, &'a str)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// The value of the first of these names that is set.
    pub(super) fn value(&self, names: &[&'static str]) -> Option<String> {
        self.first(names).map(|(_, value)| value.to_owned())
    }

    /// The first of these switches that is on: `true` in any case, or `1`.
    pub(super) fn switched_on(&self, names: &[&'static str]) -> Option<&'static str> {
        let is_on = |name: &&&'static str| {
            self.get(name)
                .is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
        };
        names.iter().find(is_on).copied()
    }

    /// The region to use when nothing else names one.
    pub(super) fn region(&self) -> Result<Option<RegionId>, CredentialsError> {
        region(self.first(REGION).map(|(_, value)| value))
    }

    /// The site that the account is on, in the words of the Terraform provider. Other words tell nothing.
    pub(super) fn site(&self) -> Option<Site> {
        let told = self.value(ACCOUNT_TYPE)?;
        match told.trim().to_ascii_lowercase().as_str() {
            "domestic" => Some(Site::China),
            "international" => Some(Site::International),
            _ => None,
        }
    }
}

/// A region's name, if there is one.
pub(super) fn region(name: Option<&str>) -> Result<Option<RegionId>, CredentialsError> {
    name.filter(|name| !name.is_empty())
        .map(RegionId::new)
        .transpose()
        .map_err(CredentialsError::InvalidRegion)
}
