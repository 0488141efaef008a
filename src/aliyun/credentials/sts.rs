//! Trades one identity for another at STS: AssumeRole, and AssumeRoleWithOIDC, which nobody signs.

use std::cell::RefCell;
use std::rc::Rc;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use super::answer;
use super::error::CredentialsError;
use super::variables::{STS_ENDPOINT, STS_IN_VPC, STS_REGION, Variables};
use crate::aliyun::endpoint::{Endpoints, STS_HOST};
use crate::aliyun::envelope::{Randomness, signable, unsigned};
use crate::aliyun::key::{AccessKey, Issued};
use crate::aliyun::operation::{ASSUME_ROLE, ASSUME_ROLE_WITH_OIDC, Operation};
use crate::aliyun::refusal;
use crate::aliyun::retry::{self, Jitter, Retry, Tried};
use crate::aliyun::sign::{Parameters, Signed, canonical_query, sign_with_form};
use crate::clock::Clock;
use crate::cloud::CloudError;
use crate::wire::{HttpRequest, Wire};

/// What a session is called when nobody says otherwise; it shows in the vendor's audit log.
pub(super) const SESSION_NAME_DEFAULT: &str = "respec";

/// How long a session lasts when nobody says otherwise, in seconds.
pub(super) const SESSION_SECS_DEFAULT: u64 = 3600;

/// Shorter sessions are refused by STS.
pub(super) const SESSION_SECS_MIN: u64 = 900;

/// A role, and how to take it on.
#[derive(Debug, Clone)]
pub(super) struct Role {
    /// `acs:ram::<account>:role/<name>`.
    pub(super) arn: String,
    /// What the session is called.
    pub(super) session: String,
    /// How long the session lasts.
    pub(super) secs: u64,
    /// Rights to give up for this session.
    pub(super) policy: Option<String>,
    /// What the role's owner asks others to show.
    pub(super) external_id: Option<String>,
}

impl Role {
    fn form(&self) -> Parameters {
        let mut form = Parameters::from([
            ("RoleArn".to_owned(), self.arn.clone()),
            ("RoleSessionName".to_owned(), self.session.clone()),
            ("DurationSeconds".to_owned(), self.secs.to_string()),
        ]);
        let policy = self.policy.clone().map(|it| ("Policy".to_owned(), it));
        form.extend(policy);
        form
    }
}

/// Which host of STS is meant, as profiles and variables say it.
#[derive(Debug, Clone, Default)]
pub(super) struct StsHost {
    /// A host or an address, with the name of the field it stands in.
    pub(super) endpoint: Option<(String, String)>,
    /// A region's own host.
    pub(super) region: Option<String>,
    /// Whether the caller is in a VPC.
    pub(super) network: Network,
}

/// From where STS is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Network {
    /// From anywhere.
    #[default]
    Public,
    /// From inside a VPC, without a way out.
    Vpc,
}

impl StsHost {
    /// What the environment says; a profile's own words come first.
    pub(super) fn or_from(self, env: &Variables) -> Self {
        let endpoint = env.first(STS_ENDPOINT);
        Self {
            endpoint: self
                .endpoint
                .or_else(|| endpoint.map(|(name, value)| (name.to_owned(), value.to_owned()))),
            region: self.region.or_else(|| env.value(STS_REGION)),
            network: match (self.network, env.switched_on(STS_IN_VPC)) {
                (Network::Public, None) => Network::Public,
                (Network::Vpc, _) | (Network::Public, Some(_)) => Network::Vpc,
            },
        }
    }

    /// Where the calls go: one address given for everything, else an address of STS, else a region's
    /// host, else the one host for all.
    pub(super) fn origin(&self, endpoints: &Endpoints) -> Result<String, CredentialsError> {
        if let Some(origin) = endpoints.custom_origin() {
            return Ok(origin.to_owned());
        }
        let (name, host) = match (&self.endpoint, &self.region, self.network) {
            (Some((name, given)), _, _) => (name.clone(), given.clone()),
            (None, Some(region), Network::Public) => named("sts_region", "sts", region),
            (None, Some(region), Network::Vpc) => named("sts_region", "sts-vpc", region),
            (None, None, _) => return Ok(format!("https://{STS_HOST}")),
        };
        let address =
            Endpoints::custom(&host).map_err(|error| CredentialsError::Address { name, error })?;
        Ok(address.custom_origin().unwrap_or_default().to_owned())
    }
}

fn named(field: &str, host: &str, region: &str) -> (String, String) {
    (field.to_owned(), format!("{host}.{region}.aliyuncs.com"))
}

/// A way to STS.
#[derive(Clone)]
pub(super) struct Sts {
    pub(super) wire: Rc<dyn Wire>,
    pub(super) clock: Rc<dyn Clock>,
    pub(super) randomness: Rc<RefCell<Randomness>>,
    pub(super) origin: String,
}

impl Sts {
    /// A session of this role for whoever holds this key.
    pub(super) async fn assume_role(
        &self,
        key: &AccessKey,
        role: &Role,
    ) -> Result<Issued, CredentialsError> {
        let operation = &ASSUME_ROLE;
        let mut form = role.form();
        let external_id = role.external_id.clone();
        form.extend(external_id.map(|it| ("ExternalId".to_owned(), it)));
        let secrets: Vec<&SecretString> = key.token.iter().chain([&key.secret]).collect();
        let call = || {
            let mut random = self.randomness.borrow_mut();
            let query = signable(operation, self.clock.wall(), key, &mut random);
            sign_with_form(operation.method, &query, &form, &key.secret)
        };
        let doing = format!("assume the role {}", role.arn);
        self.ask(operation, call, &form, &secrets, &doing).await
    }

    /// A session of this role for whoever holds this token of an identity provider.
    pub(super) async fn assume_role_with_oidc(
        &self,
        provider_arn: &str,
        token: &SecretString,
        role: &Role,
    ) -> Result<Issued, CredentialsError> {
        let operation = &ASSUME_ROLE_WITH_OIDC;
        let mut form = role.form();
        form.insert("OIDCProviderArn".to_owned(), provider_arn.to_owned());
        form.insert("OIDCToken".to_owned(), token.expose_secret().to_owned());
        let call = || Signed {
            query: canonical_query(&unsigned(operation, self.clock.wall())),
            string_to_sign: String::new(),
        };
        let doing = format!("assume the role {} with the OIDC token", role.arn);
        self.ask(operation, call, &form, &[token], &doing).await
    }

    /// Sends it until it is answered or the policy for reads gives up: nothing is changed by asking.
    async fn ask(
        &self,
        operation: &'static Operation,
        call: impl Fn() -> Signed,
        form: &Parameters,
        secrets: &[&SecretString],
        doing: &str,
    ) -> Result<Issued, CredentialsError> {
        let policy = retry::policy(operation.repeat);
        let began = self.clock.elapsed();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let mut error = match self.attempt(operation, &call(), form).await {
                Ok(body) => {
                    return Ok(Issued {
                        sts: Some(self.origin.clone()),
                        ..answer::wrapped(&body, "STS", self.clock.wall())?
                    });
                }
                Err(error) => error,
            };
            error.message = answer::without(&error.message, secrets);
            let tried = Tried {
                attempts,
                elapsed: self.clock.elapsed().saturating_sub(began),
            };
            let jitter = Jitter::of(self.randomness.borrow_mut()());
            match retry::decide(policy, tried, &error, jitter) {
                Retry::After(wait) => self.clock.sleep(wait).await,
                Retry::GiveUp => {
                    return Err(CredentialsError::Refused {
                        doing: doing.to_owned(),
                        error: Box::new(error),
                    });
                }
            }
        }
    }

    async fn attempt(
        &self,
        operation: &'static Operation,
        signed: &Signed,
        form: &Parameters,
    ) -> Result<Zeroizing<Vec<u8>>, CloudError> {
        let request = HttpRequest {
            method: operation.method,
            origin: self.origin.clone(),
            path: "/".to_owned(),
            query: signed.query.clone(),
            headers: vec![(
                "content-type".to_owned(),
                "application/x-www-form-urlencoded".to_owned(),
            )],
            body: canonical_query(form).into_bytes(),
            timeout: operation.answer_within,
        };
        let reply = self.wire.send(request).await;
        let reply = reply.map_err(|error| refusal::of_wire(operation, &error))?;
        match refusal::refusal(operation, &reply, signed) {
            None => Ok(Zeroizing::new(reply.body)),
            Some(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn origin(host: StsHost, env: &[(&str, &str)], endpoints: &Endpoints) -> String {
        let env: BTreeMap<String, String> = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let origin = host.or_from(&Variables::new(&env)).origin(endpoints);
        origin.unwrap_or_else(|error| error.to_string())
    }

    #[test]
    fn the_host_of_sts_is_the_nearest_that_anybody_names() {
        let vendor = Endpoints::vendor();
        let of = |env: &[(&str, &str)]| origin(StsHost::default(), env, &vendor);
        assert_eq!(of(&[]), "https://sts.aliyuncs.com");
        let region = ("ALIBABA_CLOUD_STS_REGION", "cn-beijing");
        assert_eq!(of(&[region]), "https://sts.cn-beijing.aliyuncs.com");
        let vpc = ("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "true");
        assert_eq!(
            of(&[region, vpc]),
            "https://sts-vpc.cn-beijing.aliyuncs.com"
        );
        assert_eq!(of(&[vpc]), "https://sts.aliyuncs.com");
        let named = ("ALIBABA_CLOUD_STS_ENDPOINT", "sts.example.com");
        assert_eq!(of(&[region, vpc, named]), "https://sts.example.com");
        let wrong = ("ALIBABA_CLOUD_STS_ENDPOINT", "http://sts.example.com");
        assert!(of(&[wrong]).starts_with("ALIBABA_CLOUD_STS_ENDPOINT is no address"));
    }

    #[test]
    fn a_profile_stands_above_the_environment_and_one_address_for_all_above_both() {
        let host = || StsHost {
            region: Some("cn-hongkong".to_owned()),
            ..StsHost::default()
        };
        let env = [("ALIBABA_CLOUD_STS_REGION", "cn-beijing")];
        let vendor = origin(host(), &env, &Endpoints::vendor());
        assert_eq!(vendor, "https://sts.cn-hongkong.aliyuncs.com");
        let custom = Endpoints::custom("http://127.0.0.1:8080").unwrap();
        assert_eq!(origin(host(), &env, &custom), "http://127.0.0.1:8080");
    }
}
