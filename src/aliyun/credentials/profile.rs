//! A profile of the vendor CLI, in any of its modes.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Provider;
use super::error::{CredentialsError, NotProvided};
use super::external::External;
use super::fixed::Fixed;
use super::kit::{Kit, RoleFields, filled};
use super::metadata::is_role;
use super::oidc::Oidc;
use super::profile_file::{Profile, ProfileFile};
use super::role::AssumedRole;
use super::sts::Role;
use super::uri::Uri;
use super::variables::{PROCESSES_OFF, region};
use crate::aliyun::key::{AccessKey, Issued};

/// Longest way from a profile through the profiles that its roles are assumed with.
const SOURCES_MAX: usize = 5;

/// Reads the file and does as its profile says, each time anew: somebody may have signed in again
/// meanwhile. Which profile it is stays as it was found first.
pub(super) struct CliProfile {
    kit: Kit,
    path: PathBuf,
    name: RefCell<Option<String>>,
}

#[async_trait(?Send)]
impl Provider for CliProfile {
    async fn provide(&self) -> Result<Issued, NotProvided> {
        let path = self.path.display();
        let absent = |why: String| Err(NotProvided::Absent(why));
        let Some(text) = self.kit.secret_file(&self.path)? else {
            return absent(format!("{path} does not exist"));
        };
        let file = ProfileFile::read(&text, &path.to_string())?;
        let named = self.name.borrow().clone();
        let Some(name) = named.clone().or_else(|| filled(file.current.clone())) else {
            return absent(format!("{path} names no current profile"));
        };
        match file.profile(&name) {
            None => return absent(format!("{path} has no profile `{name}`")),
            Some(profile) if named.is_none() && profile.is_blank() => {
                return absent(format!("profile `{name}` in {path} holds no key"));
            }
            Some(_) => *self.name.borrow_mut() = Some(name.clone()),
        }
        let modes = Modes {
            kit: &self.kit,
            path: &self.path,
            file: &file,
        };
        let provider = modes.provider(&name, SOURCES_MAX)?;
        let from = format!("profile `{name}`");
        let issued = provider.provide().await;
        Ok(Issued {
            region: region(file.profile(&name).and_then(|it| it.region_id.as_deref()))?,
            ..issued.map_err(|lack| lack.into_error(&from))?
        })
    }
}

impl CliProfile {
    /// The profile of this name, or the file's current one.
    pub(super) fn new(kit: Kit, path: PathBuf, name: Option<String>) -> Self {
        Self {
            kit,
            path,
            name: RefCell::new(name),
        }
    }
}

/// The modes of one file's profiles.
struct Modes<'a> {
    kit: &'a Kit,
    path: &'a Path,
    file: &'a ProfileFile,
}

type Made = Result<Rc<dyn Provider>, CredentialsError>;

impl Modes<'_> {
    fn provider(&self, name: &str, sources_left: usize) -> Made {
        let Some(profile) = self.file.profile(name) else {
            return Err(self.unusable(name, "it does not exist".to_owned()));
        };
        let mode = profile.mode.as_deref().unwrap_or("AK");
        // Mode names are compared without case, as the vendor's CLI does.
        match mode.to_ascii_lowercase().as_str() {
            "" | "ak" => self.fixed(self.key(profile, Kind::Lasting)?, None),
            "ststoken" => self.fixed(self.key(profile, Kind::Temporary)?, end(profile)),
            "ramrolearn" => self.assumed(profile, self.fixed(self.any_key(profile)?, None)?),
            "chainableramrolearn" => self.chained(profile, sources_left),
            "ecsramrole" => self.machine_role(profile),
            "oidc" => self.oidc(profile),
            "credentialsuri" => self.uri(profile),
            "external" => self.external(profile),
            "cloudsso" | "oauth" => self.signed_in(profile, mode),
            other => Err(self.unusable(name, way_out(other, mode))),
        }
    }

    fn fixed(&self, key: AccessKey, expires: Option<Timestamp>) -> Made {
        Ok(Rc::new(Fixed(Issued {
            expires,
            ..Issued::lasting(key)
        })))
    }

    fn chained(&self, profile: &Profile, sources_left: usize) -> Made {
        let name = &profile.name;
        let Some(source) = filled(profile.source_profile.clone()) else {
            return Err(self.missing(profile, "source_profile"));
        };
        let Some(left) = sources_left.checked_sub(1) else {
            let why = format!("more than {SOURCES_MAX} profiles stand behind one another");
            return Err(self.unusable(name, why));
        };
        self.assumed(profile, self.provider(&source, left)?)
    }

    fn assumed(&self, profile: &Profile, source: Rc<dyn Provider>) -> Made {
        let role = self.role(profile)?;
        let sts = self.kit.sts(profile.sts_host())?;
        Ok(Rc::new(AssumedRole { source, role, sts }))
    }

    fn machine_role(&self, profile: &Profile) -> Made {
        let role = filled(profile.ram_role_name.clone());
        match role {
            Some(role) if !is_role(&role) => {
                let why = "its ram_role_name is not the name of a role".to_owned();
                Err(self.unusable(&profile.name, why))
            }
            role => Ok(Rc::new(self.kit.metadata(role))),
        }
    }

    fn oidc(&self, profile: &Profile) -> Made {
        let needed = |field: &Option<String>, name| {
            filled(field.clone()).ok_or_else(|| self.missing(profile, name))
        };
        Ok(Rc::new(Oidc {
            provider_arn: needed(&profile.oidc_provider_arn, "oidc_provider_arn")?,
            token_file: needed(&profile.oidc_token_file, "oidc_token_file")?.into(),
            role: self.role(profile)?,
            sts: self.kit.sts(profile.sts_host())?,
            host: self.kit.means.host.clone(),
        }))
    }

    fn uri(&self, profile: &Profile) -> Made {
        self.others_may_be_asked(profile)?;
        let Some(uri) = filled(profile.credentials_uri.clone()) else {
            return Err(self.missing(profile, "credentials_uri"));
        };
        let means = &self.kit.means;
        let (wire, clock) = (means.wire.clone(), means.clock.clone());
        Ok(Rc::new(Uri::new(&uri, "credentials_uri", wire, clock)?))
    }

    fn external(&self, profile: &Profile) -> Made {
        self.others_may_be_asked(profile)?;
        let command = filled(profile.process_command.clone());
        let command = command.ok_or_else(|| self.missing(profile, "process_command"))?;
        let words = shlex::split(&command).filter(|words| !words.is_empty());
        let Some(words) = words else {
            let why = "its process_command has a quote that does not end".to_owned();
            return Err(self.unusable(&profile.name, why));
        };
        Ok(Rc::new(External {
            words,
            host: self.kit.means.host.clone(),
            clock: self.kit.means.clock.clone(),
        }))
    }

    /// Signing in takes a browser; what it left behind is good for as long as it lasts.
    fn signed_in(&self, profile: &Profile, mode: &str) -> Made {
        let name = &profile.name;
        let now = self.kit.means.clock.wall();
        match (self.key(profile, Kind::Temporary), end(profile)) {
            (Ok(key), Some(end)) if end > now => self.fixed(key, Some(end)),
            (Ok(_) | Err(_), _) => {
                let why = format!(
                    "its sign-in has ended; sign in again: aliyun configure --profile {name} --mode {mode}"
                );
                Err(self.unusable(name, why))
            }
        }
    }

    fn role(&self, profile: &Profile) -> Result<Role, CredentialsError> {
        let fields = RoleFields {
            arn: profile.ram_role_arn.clone(),
            session: profile.ram_session_name.clone(),
            secs: profile.expired_seconds,
            policy: profile.policy.clone(),
            external_id: profile.external_id.clone(),
        };
        let role = self.kit.role(fields);
        role.map_err(|why| self.unusable(&profile.name, why))
    }

    /// The key that a role is assumed with may be of either kind.
    fn any_key(&self, profile: &Profile) -> Result<AccessKey, CredentialsError> {
        let kind = match profile.sts_token {
            Some(_) => Kind::Temporary,
            None => Kind::Lasting,
        };
        self.key(profile, kind)
    }

    fn key(&self, profile: &Profile, kind: Kind) -> Result<AccessKey, CredentialsError> {
        let token = match (kind, &profile.sts_token) {
            (Kind::Lasting, _) => None,
            (Kind::Temporary, Some(token)) => Some(token.clone()),
            (Kind::Temporary, None) => return Err(self.missing(profile, "sts_token")),
        };
        let id = filled(profile.access_key_id.clone());
        let secret = profile.access_key_secret.clone();
        Ok(AccessKey {
            id: id.ok_or_else(|| self.missing(profile, "access_key_id"))?,
            secret: secret.ok_or_else(|| self.missing(profile, "access_key_secret"))?,
            token,
        })
    }

    fn others_may_be_asked(&self, profile: &Profile) -> Result<(), CredentialsError> {
        match self.kit.env.switched_on(PROCESSES_OFF) {
            None => Ok(()),
            Some(switch) => {
                let mode = profile.mode.as_deref().unwrap_or_default();
                let why = format!("{switch} forbids the mode {mode}");
                Err(self.unusable(&profile.name, why))
            }
        }
    }

    fn missing(&self, profile: &Profile, field: &str) -> CredentialsError {
        self.unusable(&profile.name, format!("it has no `{field}`"))
    }

    fn unusable(&self, name: &str, why: String) -> CredentialsError {
        CredentialsError::UnusableProfile {
            profile: name.to_owned(),
            path: self.path.display().to_string(),
            why,
        }
    }
}

/// Which key a profile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lasting,
    Temporary,
}

/// When the profile's own temporary key ends, if it says so.
fn end(profile: &Profile) -> Option<Timestamp> {
    let second = profile.sts_expiration.filter(|second| *second > 0)?;
    Timestamp::from_second(second).ok()
}

/// Modes that are known and not taken, each with what to use instead.
fn way_out(mode: &str, written: &str) -> String {
    match mode {
        "ramrolearnwithrolename" => {
            "the mode RamRoleArnWithRoleName is given up by the vendor; make an EcsRamRole profile and a \
             ChainableRamRoleArn profile whose source_profile it is"
                .to_owned()
        }
        "rsakeypair" => {
            "the mode RsaKeyPair is given up by the vendor; use AK, RamRoleArn or OIDC".to_owned()
        }
        "bearertoken" | "anonymous" => {
            format!("the mode {written} cannot sign calls about machines; use AK, RamRoleArn or OIDC")
        }
        _ => {
            let shown: String = written.chars().take(40).collect();
            format!("the mode `{shown}` is not known; docs/credentials.md lists those that are")
        }
    }
}
