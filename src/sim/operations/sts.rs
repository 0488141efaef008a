//! The token service: who a key belongs to, and temporary keys for a role.

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::sim::operations::{Call, Identity};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::protocol::request::Params;
use crate::sim::scenario::Role;
use crate::sim::signature::sessions::role_id;
use crate::sim::time::to_the_second;
use crate::sim::world::World;

/// Shortest session that can be asked for, in seconds.
const SESSION_SECS_MIN: i64 = 900;

/// Lengths of an OIDC token.
const OIDC_TOKEN: std::ops::RangeInclusive<usize> = 4..=20_000;

/// GetCallerIdentity: needs no permission and tells whose key signed.
pub(crate) fn caller_identity(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let account = &world.settings.account;
    let identity = match call.identity {
        Identity::Account | Identity::Anyone => json!({
            "IdentityType": "Account",
            "AccountId": account,
            "PrincipalId": account,
            "UserId": account,
            "Arn": format!("acs:ram::{account}:root"),
        }),
        Identity::Role { role, session } => json!({
            "IdentityType": "AssumedRoleUser",
            "AccountId": account,
            "PrincipalId": format!("{}:{session}", role_id(role)),
            "RoleId": role_id(role),
            "Arn": assumed(account, role, session),
        }),
    };
    Ok(identity.as_object().cloned().unwrap_or_default())
}

/// AssumeRole: the keys of a role, for a while.
pub(crate) fn assume_role(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let wish = Wish::read(world, call.params)?;
    let external = call.params.get("ExternalId");
    if wish.role.external_id.is_some() && wish.role.external_id.as_deref() != external {
        return Err(Refusal::new(
            403,
            "NoPermission",
            "The role's trust policy asks for another ExternalId.",
        ));
    }
    Ok(wish.grant(world))
}

/// AssumeRoleWithOIDC: the same for a token of a foreign identity provider; nobody signs this call.
pub(crate) fn assume_role_with_oidc(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    let provider = call.params.required("OIDCProviderArn")?;
    let token = call.params.required("OIDCToken")?;
    let trusted = format!("acs:ram::{}:oidc-provider/", world.settings.account);
    if !provider.starts_with(&trusted) {
        return Err(Refusal::new(
            404,
            "EntityNotExist.OIDCProvider",
            "The account has no such OIDC provider.",
        ));
    }
    let wish = Wish::read(world, call.params)?;
    believe(token, &wish.role, world.now.wall)?;
    let mut fields = wish.grant(world);
    let subject = claims(token).and_then(|claims| claims["sub"].as_str().map(str::to_owned));
    let info = json!({
        "Subject": subject.unwrap_or_else(|| "unknown".to_owned()),
        "Issuer": "https://oidc.example.com",
        "ClientIds": "respec",
        "VerificationInfo": "Success",
    });
    fields.insert("OIDCTokenInfo".to_owned(), info);
    Ok(fields)
}

/// What is asked for: a role, for how long, under which name.
struct Wish {
    role: Role,
    session: String,
    lasts: SignedDuration,
}

impl Wish {
    fn read(world: &World, params: &Params) -> Result<Self, Refusal> {
        let arn = params.required("RoleArn")?;
        let session = params.required("RoleSessionName")?;
        if !is_session_name(session) {
            return Err(wrong("RoleSessionName", "2 to 64 letters, digits and .@-_"));
        }
        let role = find_role(world, arn)?;
        let most = i64::try_from(role.max_session.0.as_secs()).unwrap_or(i64::MAX);
        let secs = params.integer("DurationSeconds")?;
        let secs = secs.unwrap_or(3600.min(most));
        if !(SESSION_SECS_MIN..=most.max(SESSION_SECS_MIN)).contains(&secs) {
            return Err(wrong(
                "DurationSeconds",
                "900 up to the role's longest session",
            ));
        }
        let lasts = role.keys_last.map(|span| span.0.as_secs());
        let lasts = lasts.and_then(|secs| i64::try_from(secs).ok());
        Ok(Self {
            lasts: SignedDuration::from_secs(lasts.unwrap_or(secs)),
            session: session.to_owned(),
            role,
        })
    }

    fn grant(self, world: &mut World) -> Fields {
        let now = world.now.wall;
        let expires = now.saturating_add(self.lasts).unwrap_or(now);
        let (role, name) = (&self.role.name, &self.session);
        let key = world.sessions.begin(role, name, expires).key.clone();
        let user = json!({
            "Arn": assumed(&world.settings.account, role, name),
            "AssumedRoleId": format!("{}:{name}", role_id(role)),
        });
        Fields::from_iter([
            (
                "Credentials".to_owned(),
                json!({
                    "AccessKeyId": key.id,
                    "AccessKeySecret": key.secret,
                    "SecurityToken": key.token,
                    "Expiration": to_the_second(expires),
                }),
            ),
            ("AssumedRoleUser".to_owned(), user),
        ])
    }
}

/// The role an ARN names, if the account has it.
fn find_role(world: &World, arn: &str) -> Result<Role, Refusal> {
    let own = format!("acs:ram::{}:role/", world.settings.account);
    let name = arn.strip_prefix(&own).filter(|name| !name.is_empty());
    let known = &world.settings.roles;
    let role = match name {
        Some(name) if known.is_empty() => Some(Role::named(name)),
        Some(name) => known.iter().find(|role| role.name == name).cloned(),
        None if arn.starts_with("acs:ram::") => None,
        None => return Err(wrong("RoleArn", "acs:ram::<account>:role/<name>")),
    };
    role.ok_or_else(|| {
        Refusal::new(
            404,
            "EntityNotExist.Role",
            format!("There is no role {arn}."),
        )
    })
}

/// The simulator has no provider's keys to check a signature with; it believes what has not expired.
fn believe(token: &str, role: &Role, now: Timestamp) -> Result<(), Refusal> {
    let wrong_token = role
        .oidc_token
        .as_ref()
        .is_some_and(|believed| believed != token);
    if wrong_token || !OIDC_TOKEN.contains(&token.len()) {
        return Err(Refusal::new(
            400,
            "AuthenticationFail.OIDCToken.Invalid",
            "The OIDC token is not one the provider gave out.",
        ));
    }
    let ends = claims(token).and_then(|claims| claims["exp"].as_i64());
    if ends.is_some_and(|ends| ends <= now.as_second()) {
        return Err(Refusal::new(
            400,
            "AuthenticationFail.OIDCToken.Expired",
            "The OIDC token has expired.",
        ));
    }
    Ok(())
}

/// The claims of a JSON web token, if it is one.
fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload);
    serde_json::from_slice(&bytes.ok()?).ok()
}

fn assumed(account: &str, role: &str, session: &str) -> String {
    format!("acs:sts::{account}:assumed-role/{role}/{session}")
}

fn is_session_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".@-_".contains(c);
    (2..=64).contains(&name.len()) && name.chars().all(fits)
}

fn wrong(parameter: &str, form: &str) -> Refusal {
    Refusal::new(
        400,
        &format!("InvalidParameter.{parameter}"),
        format!("{parameter} is not of the form: {form}."),
    )
}
