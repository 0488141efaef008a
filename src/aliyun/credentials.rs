//! Whose name calls are made in: found in the environment or in the vendor CLI's profile file
//! (ecs-api 5.1, 5.2). Pure: the texts are read elsewhere and handed in. No error holds a secret.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

use crate::model::RegionId;

const ENV_ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const ENV_SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const ENV_TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
const ENV_REGION: &str = "ALIBABA_CLOUD_REGION_ID";
const ENV_PROFILE: &str = "ALIBABA_CLOUD_PROFILE";
const ENV_PROFILES_OFF: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";

/// Largest profile file that is read, in bytes; real ones hold a few profiles of some hundred bytes.
const CONFIG_BYTES_MAX: usize = 1024 * 1024;

/// An access key, temporary when it has a token. Printing it shows stars.
#[derive(Clone)]
pub struct AccessKey {
    /// The AccessKey ID.
    pub id: String,
    /// The AccessKey secret.
    pub secret: SecretString,
    /// The STS token of temporary keys.
    pub token: Option<SecretString>,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &"****")
            .field("secret", &"****")
            .field("token", &self.token.as_ref().map(|_| "****"))
            .finish()
    }
}

/// Where an access key was found, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialsSource {
    /// In environment variables.
    Environment,
    /// In this profile of the vendor CLI's file.
    Profile(String),
}

/// An access key with what was found beside it.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The key.
    pub access_key: AccessKey,
    /// The region to use when nothing else names one.
    pub region: Option<RegionId>,
    /// Where the key was found.
    pub source: CredentialsSource,
}

/// Why there is no access key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// Neither the environment nor a profile has any.
    #[error(
        "no credentials found: set {ENV_ID} and {ENV_SECRET}, or make a profile with the vendor's CLI"
    )]
    NotFound,
    /// Half of the pair is there.
    #[error("{present} is set but {missing} is not")]
    HalfPair {
        /// The variable that is set.
        present: &'static str,
        /// The variable that is missing.
        missing: &'static str,
    },
    /// The profile file is not what it should be. The text is not repeated: it holds secrets.
    #[error("the profile file cannot be read: {why}")]
    UnreadableConfig {
        /// Where it goes wrong.
        why: String,
    },
    /// A profile was asked for by name while profiles are switched off.
    #[error("profile `{name}` is asked for, but {ENV_PROFILES_OFF} switches profiles off")]
    ProfilesOff {
        /// The profile.
        name: String,
    },
    /// No such profile.
    #[error("there is no profile `{name}`")]
    NoSuchProfile {
        /// The profile.
        name: String,
    },
    /// The profile gets its credentials in a way this version does not know.
    #[error(
        "profile `{profile}` uses the mode `{mode}`, which is not supported yet; AK and StsToken are"
    )]
    UnsupportedMode {
        /// The profile.
        profile: String,
        /// Its mode.
        mode: String,
    },
    /// The profile lacks something its mode needs.
    #[error("profile `{profile}` has no `{field}`")]
    MissingField {
        /// The profile.
        profile: String,
        /// The field.
        field: &'static str,
    },
    /// The default region is not a region's name.
    #[error("the default region is not valid")]
    InvalidRegion(#[source] crate::model::InvalidId),
}

/// Finds the access key: a profile that is asked for by name, else the environment, else the profile
/// that the environment or the file itself names.
///
/// The vendor's libraries let the environment win over everything. A profile named on the command
/// line wins here, as it does in the vendor's CLI: ignoring it could change the wrong account.
///
/// # Errors
/// [`CredentialsError`], which never holds a secret.
pub fn resolve(
    env: &BTreeMap<String, String>,
    config: Option<&str>,
    profile: Option<&str>,
) -> Result<Credentials, CredentialsError> {
    let profiles_off = set(env, ENV_PROFILES_OFF).is_some_and(|v| v.eq_ignore_ascii_case("true"));
    match (profile, profiles_off) {
        (Some(name), true) => Err(CredentialsError::ProfilesOff {
            name: name.to_owned(),
        }),
        (Some(name), false) => from_config(env, config.unwrap_or("{}"), Some(name)),
        (None, off) => match (from_environment(env)?, config) {
            (Some(found), _) => Ok(found),
            (None, Some(text)) if !off => from_config(env, text, set(env, ENV_PROFILE)),
            (None, _) => Err(CredentialsError::NotFound),
        },
    }
}

/// A variable's value; an empty one counts as not set.
fn set<'a>(env: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    env.get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

fn from_environment(
    env: &BTreeMap<String, String>,
) -> Result<Option<Credentials>, CredentialsError> {
    let half = |present, missing| CredentialsError::HalfPair { present, missing };
    let (id, secret) = match (set(env, ENV_ID), set(env, ENV_SECRET)) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(half(ENV_ID, ENV_SECRET)),
        (None, Some(_)) => return Err(half(ENV_SECRET, ENV_ID)),
        (Some(id), Some(secret)) => (id, secret),
    };
    Ok(Some(Credentials {
        access_key: AccessKey {
            id: id.to_owned(),
            secret: SecretString::from(secret),
            token: set(env, ENV_TOKEN).map(SecretString::from),
        },
        region: region(set(env, ENV_REGION))?,
        source: CredentialsSource::Environment,
    }))
}

/// The vendor CLI's file, as far as it matters here.
#[derive(Deserialize)]
struct Config {
    current: Option<String>,
    #[serde(default)]
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    name: String,
    mode: Option<String>,
    access_key_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    access_key_secret: Option<SecretString>,
    #[serde(default, deserialize_with = "secret")]
    sts_token: Option<SecretString>,
    region_id: Option<String>,
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(SecretString::from))
}

fn from_config(
    env: &BTreeMap<String, String>,
    text: &str,
    name: Option<&str>,
) -> Result<Credentials, CredentialsError> {
    let config = read_config(text)?;
    let Some(name) = name.or(config.current.as_deref()) else {
        return Err(CredentialsError::NotFound);
    };
    let profile = config
        .profiles
        .iter()
        .find(|profile| profile.name == name)
        .ok_or_else(|| CredentialsError::NoSuchProfile {
            name: name.to_owned(),
        })?;
    Ok(Credentials {
        access_key: access_key(profile)?,
        region: region(set(env, ENV_REGION).or(profile.region_id.as_deref()))?,
        source: CredentialsSource::Profile(name.to_owned()),
    })
}

fn read_config(text: &str) -> Result<Config, CredentialsError> {
    if text.len() > CONFIG_BYTES_MAX {
        return Err(CredentialsError::UnreadableConfig {
            why: "it is larger than 1 MiB".to_owned(),
        });
    }
    // The parser's own words can quote a value, and the values are secrets: only the place is kept.
    serde_json::from_str(text).map_err(|error| CredentialsError::UnreadableConfig {
        why: format!("line {}, column {}", error.line(), error.column()),
    })
}

fn access_key(profile: &Profile) -> Result<AccessKey, CredentialsError> {
    let missing = |field| CredentialsError::MissingField {
        profile: profile.name.clone(),
        field,
    };
    let mode = profile.mode.as_deref().unwrap_or("AK");
    // Mode names are compared without case, as the vendor's CLI does.
    let token = match mode.to_ascii_lowercase().as_str() {
        "ak" => None,
        "ststoken" => Some(held(&profile.sts_token).ok_or_else(|| missing("sts_token"))?),
        _ => {
            return Err(CredentialsError::UnsupportedMode {
                profile: profile.name.clone(),
                mode: mode.chars().take(40).collect(),
            });
        }
    };
    Ok(AccessKey {
        id: profile
            .access_key_id
            .clone()
            .filter(|id| !id.is_empty())
            .ok_or_else(|| missing("access_key_id"))?,
        secret: held(&profile.access_key_secret).ok_or_else(|| missing("access_key_secret"))?,
        token,
    })
}

/// A secret that is there and not empty.
fn held(secret: &Option<SecretString>) -> Option<SecretString> {
    use secrecy::ExposeSecret as _;
    secret.clone().filter(|s| !s.expose_secret().is_empty())
}

fn region(name: Option<&str>) -> Result<Option<RegionId>, CredentialsError> {
    name.filter(|name| !name.is_empty())
        .map(RegionId::new)
        .transpose()
        .map_err(CredentialsError::InvalidRegion)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    const CONFIG: &str = r#"{"current":"work","profiles":[
        {"name":"work","mode":"AK","access_key_id":"LTAIwork","access_key_secret":"hush","region_id":"cn-beijing"},
        {"name":"guest","mode":"StsToken","access_key_id":"STS.x","access_key_secret":"hush","sts_token":"t0k3n"},
        {"name":"role","mode":"RamRoleArn","access_key_id":"x","access_key_secret":"hush"},
        {"name":"half","mode":"AK","access_key_id":"x","access_key_secret":""}]}"#;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn the_environment_comes_before_the_profile_of_the_file() {
        let env = env(&[(ENV_ID, "LTAIenv"), (ENV_SECRET, "hush"), (ENV_TOKEN, "t")]);
        let found = resolve(&env, Some(CONFIG), None).unwrap();
        assert_eq!(found.access_key.id, "LTAIenv");
        assert!(found.access_key.token.is_some());
        assert_eq!(found.source, CredentialsSource::Environment);
    }

    #[test]
    fn a_profile_asked_for_by_name_comes_before_the_environment() {
        let env = env(&[(ENV_ID, "LTAIenv"), (ENV_SECRET, "hush")]);
        let found = resolve(&env, Some(CONFIG), Some("guest")).unwrap();
        assert_eq!(found.access_key.id, "STS.x");
        assert_eq!(found.access_key.token.unwrap().expose_secret(), "t0k3n");
    }

    #[test]
    fn the_files_current_profile_brings_its_region() {
        let found = resolve(&env(&[]), Some(CONFIG), None).unwrap();
        assert_eq!(found.access_key.id, "LTAIwork");
        assert_eq!(found.region.unwrap().as_str(), "cn-beijing");
        let other = resolve(&env(&[(ENV_PROFILE, "guest")]), Some(CONFIG), None).unwrap();
        assert_eq!(other.source, CredentialsSource::Profile("guest".to_owned()));
    }

    #[test]
    fn half_a_pair_names_the_other_half() {
        let error = resolve(&env(&[(ENV_ID, "LTAIenv")]), Some(CONFIG), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "ALIBABA_CLOUD_ACCESS_KEY_ID is set but ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"
        );
    }

    #[test]
    fn a_mode_that_is_not_supported_is_refused_by_name() {
        let error = resolve(&env(&[]), Some(CONFIG), Some("role")).unwrap_err();
        assert!(error.to_string().contains("RamRoleArn"), "{error}");
        let error = resolve(&env(&[]), Some(CONFIG), Some("half")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "profile `half` has no `access_key_secret`"
        );
    }

    #[test]
    fn profiles_can_be_switched_off() {
        let off = env(&[(ENV_PROFILES_OFF, "true")]);
        assert_eq!(
            resolve(&off, Some(CONFIG), None).unwrap_err(),
            CredentialsError::NotFound
        );
        assert!(matches!(
            resolve(&off, Some(CONFIG), Some("work")).unwrap_err(),
            CredentialsError::ProfilesOff { .. }
        ));
    }

    #[test]
    fn neither_errors_nor_debug_show_a_secret() {
        let broken = r#"{"profiles":[{"name":"a","access_key_secret":["hush-hush"]}]}"#;
        let error = resolve(&env(&[]), Some(broken), Some("a")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
        let found = resolve(&env(&[]), Some(CONFIG), Some("guest")).unwrap();
        let shown = format!("{found:?}");
        assert!(!shown.contains("hush") && !shown.contains("t0k3n") && !shown.contains("STS.x"));
    }
}
