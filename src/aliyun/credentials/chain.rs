//! Every place where credentials may be, in the order of the vendor's libraries; the first that has any is
//! kept.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Provider;
use super::error::{CredentialsError, Looked, NotProvided};
use super::fixed::{Environment, Fixed};
use super::ini::IniProfile;
use super::kit::{Kit, Means, RoleFields};
use super::metadata::is_role;
use super::oidc::Oidc;
use super::profile::CliProfile;
use super::renewal::Credentials;
use super::role::AssumedRole;
use super::sts::StsHost;
use super::uri::Uri;
use super::variables::{
    ASSUMED_ROLE, CONFIG_FILE, CREDENTIALS_URI, EXTERNAL_ID, INI_FILE, METADATA_OFF, METADATA_ROLE,
    OIDC_PROVIDER, OIDC_ROLE, OIDC_TOKEN_FILE, PROFILE, PROFILES_OFF, Variables,
};
use crate::aliyun::key::{AccessKey, Issued};
use crate::aliyun::site::Site;
use crate::model::{RegionId, WorkingRole};

/// Where the home folder keeps them.
const CONFIG_BELOW_HOME: &str = ".aliyun/config.json";
const INI_BELOW_HOME: &str = ".alibabacloud/credentials";

/// Credentials with what was found beside them.
#[derive(Debug)]
pub struct Found {
    /// The credentials.
    pub credentials: Credentials,
    /// The region to use when nothing else names one.
    pub region: Option<RegionId>,
    /// Scheme, host and port of the STS that can be reached from here, as far as anybody says.
    pub sts: Option<String>,
    /// The site that the account is on, if the environment tells it. A profile's own `site` does not count: the vendor's
    /// CLI writes `china` there, whoever the account is.
    pub site: Option<Site>,
    /// Where they were found, for people.
    pub place: &'static str,
}

/// Looks for credentials: a profile that is asked for by name, else every place in turn.
///
/// The vendor's libraries let the environment win over everything, and go on to the next place when one
/// fails. Here a profile named on the command line wins, and a place that is set up but does not work
/// ends the search: going on could change the wrong account.
///
/// # Errors
/// [`CredentialsError`], which never holds a secret.
pub async fn find(
    env: &BTreeMap<String, String>,
    profile: Option<&str>,
    role: Option<&WorkingRole>,
    means: Means,
) -> Result<Found, CredentialsError> {
    let kit = Kit {
        means,
        env: Variables::new(env),
    };
    let region = kit.env.region()?;
    let sts = StsHost::default().or_from(&kit.env);
    let sts = sts.origin(&kit.means.endpoints)?;
    // The environment may speak of another account than a profile that is named by hand.
    let site = match profile {
        Some(_) => None,
        None => kit.env.site(),
    };
    let places = match profile {
        Some(name) => named_profile(&kit, name)?,
        None => all_places(&kit)?,
    };
    let mut looked = Vec::new();
    for (place, slot) in places {
        let why = match first_key(&kit, profile, slot).await {
            Ok((provider, issued)) => {
                let (provider, issued) = by_role(&kit, role, provider, issued).await?;
                return Ok(Found {
                    region: region.or_else(|| issued.region.clone()),
                    sts: issued.sts.clone().or(Some(sts)),
                    site,
                    credentials: Credentials::renewed(
                        provider,
                        issued,
                        kit.means.clock,
                        kit.means.tell,
                    ),
                    place,
                });
            }
            Err(NotProvided::Failed(error)) => return Err(error),
            Err(NotProvided::Absent(why) | NotProvided::Unreached(why)) => why,
        };
        looked.push(Looked { place, why });
    }
    Err(CredentialsError::NotFound { looked })
}

/// The role of a manifest, taken on with a key that is there already.
///
/// # Errors
/// [`CredentialsError`], which never holds a secret.
pub async fn assume(
    key: AccessKey,
    role: &WorkingRole,
    means: Means,
) -> Result<Credentials, CredentialsError> {
    let env = Variables::new(&BTreeMap::new());
    let kit = Kit { means, env };
    let issued = Issued::lasting(key);
    let source = Rc::new(Fixed(issued.clone()));
    let (provider, issued) = by_role(&kit, Some(role), source, issued).await?;
    let (clock, tell) = (kit.means.clock, kit.means.tell);
    Ok(Credentials::renewed(provider, issued, clock, tell))
}

/// The manifest's role comes last: whoever was found takes it on.
async fn by_role(
    kit: &Kit,
    role: Option<&WorkingRole>,
    source: Rc<dyn Provider>,
    issued: Issued,
) -> Result<(Rc<dyn Provider>, Issued), CredentialsError> {
    let Some(role) = role else {
        return Ok((source, issued));
    };
    let fields = RoleFields {
        arn: Some(role.arn.to_string()),
        session: role.session_name.as_ref().map(ToString::to_string),
        external_id: role.external_id.as_ref().map(ToString::to_string),
        ..RoleFields::default()
    };
    let provider: Rc<dyn Provider> = Rc::new(AssumedRole {
        source,
        role: kit
            .role(fields)
            .map_err(|why| misset("the manifest's `account`", why))?,
        sts: kit.sts(StsHost::default())?,
    });
    let from = "the manifest's `account`";
    let assumed = provider.provide().await;
    let assumed = assumed.map_err(|lack| lack.into_error(from))?;
    Ok((provider, assumed))
}

/// What stands at a place: somebody to ask, or why there is nobody.
type Slot = Result<Rc<dyn Provider>, String>;

async fn first_key(
    kit: &Kit,
    profile: Option<&str>,
    slot: Slot,
) -> Result<(Rc<dyn Provider>, Issued), NotProvided> {
    let source = slot.map_err(NotProvided::Absent)?;
    let issued = source.provide().await?;
    // Terraform's variable is part of the environment, which a profile named by hand stands above.
    match (profile, kit.env.value(ASSUMED_ROLE)) {
        (None, Some(arn)) => {
            let provider = assumed(kit, arn, source)?;
            let issued = provider.provide().await?;
            Ok((provider, issued))
        }
        (Some(_), _) | (None, None) => Ok((source, issued)),
    }
}

fn assumed(
    kit: &Kit,
    arn: String,
    source: Rc<dyn Provider>,
) -> Result<Rc<dyn Provider>, CredentialsError> {
    let fields = RoleFields {
        arn: Some(arn),
        external_id: kit.env.value(EXTERNAL_ID),
        ..RoleFields::default()
    };
    Ok(Rc::new(AssumedRole {
        source,
        role: kit
            .role(fields)
            .map_err(|why| misset(ASSUMED_ROLE[0], why))?,
        sts: kit.sts(StsHost::default())?,
    }))
}

fn named_profile(kit: &Kit, name: &str) -> Result<Vec<(&'static str, Slot)>, CredentialsError> {
    if let Some(switch) = kit.env.switched_on(PROFILES_OFF) {
        return Err(CredentialsError::ProfilesOff {
            name: name.to_owned(),
            switch,
        });
    }
    Ok(profiles(kit, Some(name.to_owned())))
}

/// Where the environment names a profile, nothing behind the profiles is asked: a machine's own role is
/// not what was meant.
fn all_places(kit: &Kit) -> Result<Vec<(&'static str, Slot)>, CredentialsError> {
    let named = kit.env.value(PROFILE);
    let mut places: Vec<(&'static str, Slot)> = vec![
        ("environment", Ok(Rc::new(Environment(kit.env.clone())))),
        ("OIDC token", oidc(kit)?),
    ];
    places.extend(profiles(kit, named.clone()));
    if named.is_none() {
        places.push(("ECS metadata", metadata(kit)?));
        places.push(("credentials URI", uri(kit)?));
    }
    Ok(places)
}

fn profiles(kit: &Kit, name: Option<String>) -> Vec<(&'static str, Slot)> {
    let homeless = || "HOME is not set".to_owned();
    let cli: Slot = match kit.env.switched_on(PROFILES_OFF) {
        Some(switch) => Err(format!("{switch} switches it off")),
        None => match kit.path(CONFIG_FILE, CONFIG_BELOW_HOME) {
            Some(path) => Ok(Rc::new(CliProfile::new(kit.clone(), path, name.clone()))),
            None => Err(homeless()),
        },
    };
    let ini: Slot = match kit.path(INI_FILE, INI_BELOW_HOME) {
        Some(path) => Ok(Rc::new(IniProfile {
            kit: kit.clone(),
            path,
            name,
        })),
        None => Err(homeless()),
    };
    vec![("CLI profile", cli), ("credentials file", ini)]
}

/// Three variables that belong together. The role alone is also used by others, so it means nothing yet.
fn oidc(kit: &Kit) -> Result<Slot, CredentialsError> {
    let all = [OIDC_ROLE, OIDC_PROVIDER, OIDC_TOKEN_FILE].map(|names| kit.env.first(names));
    let [role, provider, file] = all;
    match (role, provider, file) {
        (Some((_, role)), Some((_, provider)), Some((_, file))) => Ok(Ok(Rc::new(Oidc {
            provider_arn: provider.to_owned(),
            token_file: file.into(),
            role: kit
                .role(RoleFields {
                    arn: Some(role.to_owned()),
                    ..RoleFields::default()
                })
                .map_err(|why| misset(OIDC_ROLE[0], why))?,
            sts: kit.sts(StsHost::default())?,
            host: kit.means.host.clone(),
        }))),
        (_, None, None) => Ok(Err(format!("{} is not set", OIDC_TOKEN_FILE[0]))),
        (_, _, _) => {
            let names = [OIDC_ROLE[0], OIDC_PROVIDER[0], OIDC_TOKEN_FILE[0]];
            let (set, unset): (Vec<&str>, Vec<&str>) = names
                .into_iter()
                .partition(|name| kit.env.get(name).is_some());
            Err(CredentialsError::Incomplete {
                present: set.join(" and "),
                missing: unset.join(" and "),
            })
        }
    }
}

/// A machine's own role is for the real cloud: with an endpoint on this machine it has to be named.
fn metadata(kit: &Kit) -> Result<Slot, CredentialsError> {
    match (
        kit.env.switched_on(METADATA_OFF),
        kit.env.first(METADATA_ROLE),
    ) {
        (Some(switch), _) => Ok(Err(format!("{switch} switches it off"))),
        (None, Some((name, role))) if !is_role(role) => {
            Err(misset(name, "it is not the name of a role".to_owned()))
        }
        (None, None) if kit.means.endpoints.is_loopback() => {
            let why = "not asked: the endpoint is on this machine";
            Ok(Err(why.to_owned()))
        }
        (None, role) => {
            let role = role.map(|(_, role)| role.to_owned());
            Ok(Ok(Rc::new(kit.metadata(role))))
        }
    }
}

fn uri(kit: &Kit) -> Result<Slot, CredentialsError> {
    let Some((name, text)) = kit.env.first(CREDENTIALS_URI) else {
        return Ok(Err(format!("{} is not set", CREDENTIALS_URI[0])));
    };
    let (wire, clock) = (kit.means.wire.clone(), kit.means.clock.clone());
    Ok(Ok(Rc::new(Uri::new(text, name, wire, clock)?)))
}

fn misset(variable: &str, why: String) -> CredentialsError {
    CredentialsError::NoKey {
        from: variable.to_owned(),
        why,
    }
}
