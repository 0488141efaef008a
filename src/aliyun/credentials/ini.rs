//! The INI file that the vendor's libraries share.

use std::path::PathBuf;
use std::rc::Rc;

use async_trait::async_trait;
use configparser::ini::Ini;
use secrecy::{ExposeSecret as _, SecretString};

use super::Provider;
use super::error::{CredentialsError, NotProvided};
use super::fixed::Fixed;
use super::kit::{Kit, RoleFields, filled};
use super::metadata::is_role;
use super::role::AssumedRole;
use super::sts::StsHost;
use crate::aliyun::key::{AccessKey, Issued};

/// The section when nobody names one.
const DEFAULT_SECTION: &str = "default";

/// Reads the file and does as its section says, each time anew.
pub(super) struct IniProfile {
    pub(super) kit: Kit,
    pub(super) path: PathBuf,
    /// The section; none for the default one.
    pub(super) name: Option<String>,
}

#[async_trait(?Send)]
impl Provider for IniProfile {
    async fn provide(&self) -> Result<Issued, NotProvided> {
        let path = self.path.display();
        let Some(text) = self.kit.secret_file(&self.path)? else {
            return Err(NotProvided::Absent(format!("{path} does not exist")));
        };
        let mut ini = Ini::new_cs();
        // The parser's own words can quote a line, and the lines hold secrets.
        let parsed = ini.read(text.expose_secret().to_owned());
        parsed.map_err(|_| CredentialsError::UnreadableFile {
            path: path.to_string(),
            why: "it is not an INI file".to_owned(),
        })?;
        let name = self.name.as_deref().unwrap_or(DEFAULT_SECTION);
        if !ini.sections().iter().any(|section| section == name) {
            return Err(NotProvided::Absent(format!("{path} has no [{name}]")));
        }
        let section = Section {
            kit: &self.kit,
            ini: &ini,
            name,
            path: path.to_string(),
        };
        let issued = section.provider()?.provide().await;
        let from = format!("[{name}] in {path}");
        Ok(issued.map_err(|lack| lack.into_error(&from))?)
    }
}

struct Section<'a> {
    kit: &'a Kit,
    ini: &'a Ini,
    name: &'a str,
    path: String,
}

impl Section<'_> {
    fn provider(&self) -> Result<Rc<dyn Provider>, CredentialsError> {
        match self.needed("type")?.as_str() {
            "access_key" => Ok(Rc::new(self.key()?)),
            "ecs_ram_role" => match self.value("role_name") {
                Some(role) if !is_role(&role) => {
                    Err(self.unusable("its role_name is not the name of a role".to_owned()))
                }
                role => Ok(Rc::new(self.kit.metadata(role))),
            },
            "ram_role_arn" => self.assumed(),
            other => {
                let shown: String = other.chars().take(40).collect();
                let known = "access_key, ecs_ram_role and ram_role_arn are";
                Err(self.unusable(format!("the type `{shown}` is not known; {known}")))
            }
        }
    }

    fn assumed(&self) -> Result<Rc<dyn Provider>, CredentialsError> {
        let fields = RoleFields {
            arn: Some(self.needed("role_arn")?),
            session: self.value("role_session_name"),
            policy: self.value("policy"),
            ..RoleFields::default()
        };
        Ok(Rc::new(AssumedRole {
            source: Rc::new(self.key()?),
            role: self.kit.role(fields).map_err(|why| self.unusable(why))?,
            sts: self.kit.sts(StsHost::default())?,
        }))
    }

    fn key(&self) -> Result<Fixed, CredentialsError> {
        Ok(Fixed(Issued::lasting(AccessKey {
            id: self.needed("access_key_id")?,
            secret: SecretString::from(self.needed("access_key_secret")?),
            token: None,
        })))
    }

    fn value(&self, key: &str) -> Option<String> {
        filled(self.ini.get(self.name, key))
    }

    fn needed(&self, key: &str) -> Result<String, CredentialsError> {
        self.value(key)
            .ok_or_else(|| self.unusable(format!("it has no `{key}`")))
    }

    fn unusable(&self, why: String) -> CredentialsError {
        CredentialsError::UnusableProfile {
            profile: self.name.to_owned(),
            path: self.path.clone(),
            why,
        }
    }
}
