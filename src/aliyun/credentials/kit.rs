//! What providers are made of: ways out of the program, the environment, and what follows from both.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use secrecy::SecretString;

use super::error::CredentialsError;
use super::host::{Host, Readers};
use super::metadata::{METADATA_ORIGIN, Metadata, Versions};
use super::sts::{
    Role, SESSION_NAME_DEFAULT, SESSION_SECS_DEFAULT, SESSION_SECS_MIN, Sts, StsHost,
};
use super::variables::{METADATA_V1_OFF, SESSION_NAME, Variables};
use crate::aliyun::endpoint::Endpoints;
use crate::aliyun::envelope::Randomness;
use crate::clock::Clock;
use crate::wire::Wire;

/// Largest file of profiles that is read, in bytes; real ones hold a few profiles of some hundred bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Says something to whoever runs the program, while it goes on.
pub type Tell = Rc<dyn Fn(&str)>;

/// The ways out of the program that credentials take.
#[derive(Clone)]
pub struct Means {
    /// To STS, the metadata service and a credentials URI.
    pub wire: Rc<dyn Wire>,
    /// When keys end.
    pub clock: Rc<dyn Clock>,
    /// Files, and other programs.
    pub host: Rc<dyn Host>,
    /// For nonces.
    pub randomness: Rc<RefCell<Randomness>>,
    /// One address given for every service is the address of STS as well.
    pub endpoints: Endpoints,
    /// Where the metadata service answers, when not at its own address.
    pub metadata: Option<String>,
    /// Warnings.
    pub tell: Tell,
}

/// Means and environment together.
#[derive(Clone)]
pub(super) struct Kit {
    pub(super) means: Means,
    pub(super) env: Variables,
}

/// A role as it is written somewhere, not yet checked.
#[derive(Default)]
pub(super) struct RoleFields {
    pub(super) arn: Option<String>,
    pub(super) session: Option<String>,
    pub(super) secs: Option<u64>,
    pub(super) policy: Option<String>,
    pub(super) external_id: Option<String>,
}

impl Kit {
    /// A way to STS.
    pub(super) fn sts(&self, host: StsHost) -> Result<Sts, CredentialsError> {
        Ok(Sts {
            wire: self.means.wire.clone(),
            clock: self.means.clock.clone(),
            randomness: self.means.randomness.clone(),
            origin: host.or_from(&self.env).origin(&self.means.endpoints)?,
        })
    }

    /// The metadata service, asked for this role or for the machine's own.
    pub(super) fn metadata(&self, role: Option<String>) -> Metadata {
        let origin = self.means.metadata.clone();
        Metadata {
            wire: self.means.wire.clone(),
            clock: self.means.clock.clone(),
            origin: origin.unwrap_or_else(|| METADATA_ORIGIN.to_owned()),
            role,
            versions: match self.env.switched_on(METADATA_V1_OFF) {
                None => Versions::Both,
                Some(_) => Versions::OnlyWithToken,
            },
        }
    }

    /// The role that these fields name; else what is wrong with them.
    pub(super) fn role(&self, fields: RoleFields) -> Result<Role, String> {
        let arn = filled(fields.arn).ok_or("has no role to assume")?;
        if !(arn.starts_with("acs:ram::") && arn.contains(":role/")) {
            return Err("the role is not of the form acs:ram::<account>:role/<name>".to_owned());
        }
        let session = filled(fields.session).or_else(|| self.env.value(SESSION_NAME));
        let session = session.unwrap_or_else(|| SESSION_NAME_DEFAULT.to_owned());
        if !is_session_name(&session) {
            let rule = "a session name has 2 to 64 letters, digits or . @ - _";
            return Err(rule.to_owned());
        }
        let secs = match fields.secs {
            None | Some(0) => SESSION_SECS_DEFAULT,
            Some(secs) if secs < SESSION_SECS_MIN => {
                return Err(format!("a session lasts {SESSION_SECS_MIN} s at least"));
            }
            Some(secs) => secs,
        };
        Ok(Role {
            arn,
            session,
            secs,
            policy: filled(fields.policy),
            external_id: filled(fields.external_id),
        })
    }

    /// The text of a file that holds secrets, with a word about who else may read it.
    pub(super) fn secret_file(
        &self,
        path: &std::path::Path,
    ) -> Result<Option<SecretString>, CredentialsError> {
        let read = self.means.host.read(path, FILE_BYTES_MAX);
        let file = read.map_err(|why| CredentialsError::UnreadableFile {
            path: path.display().to_string(),
            why,
        })?;
        let Some(file) = file else { return Ok(None) };
        if let Readers::Others(mode) = file.readers {
            let path = path.display();
            (self.means.tell)(&format!(
                "{path} holds secrets and others may read it (mode {mode:04o}): chmod 600 {path}"
            ));
        }
        Ok(Some(file.text))
    }

    /// A file that a variable names, or that lies here below the home folder.
    pub(super) fn path(&self, names: &[&'static str], below_home: &str) -> Option<PathBuf> {
        let home = || Some(PathBuf::from(self.env.get("HOME")?).join(below_home));
        self.env.value(names).map(PathBuf::from).or_else(home)
    }
}

/// A text that is there and not empty.
pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// As STS takes them.
fn is_session_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'@' | b'-' | b'_');
    (2..=64).contains(&name.len()) && name.bytes().all(allowed)
}
