//! The role of the ECS machine this runs on, asked of its metadata service.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::zeroize::Zeroizing;

use super::Provider;
use super::answer::{self, Token, no_answer, no_key};
use super::error::NotProvided;
use crate::aliyun::key::Issued;
use crate::clock::Clock;
use crate::wire::{HttpReply, HttpRequest, Method, Wire};

/// The service's address on every ECS machine.
pub(super) const METADATA_ORIGIN: &str = "http://100.100.100.200";

const TOKEN_PATH: &str = "/latest/api/token";
const ROLE_PATH: &str = "/latest/meta-data/ram/security-credentials/";

/// How long one answer may take; it comes from the host below.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// How long a token of the service lasts, in seconds: the longest it gives.
const TOKEN_SECS: &str = "21600";

/// Longest name of a role (RAM's own limit).
const ROLE_CHARS_MAX: usize = 64;

/// What this place is called in messages.
const NAME: &str = "the ECS metadata service";

/// Asks the service.
pub(super) struct Metadata {
    pub(super) wire: Rc<dyn Wire>,
    pub(super) clock: Rc<dyn Clock>,
    pub(super) origin: String,
    /// The role, when somebody named it: then its absence is a failure.
    pub(super) role: Option<String>,
    pub(super) versions: Versions,
}

/// Which versions of the service may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Versions {
    /// With a token, and without one where none is given.
    Both,
    /// Only with a token.
    OnlyWithToken,
}

#[async_trait(?Send)]
impl Provider for Metadata {
    async fn provide(&self) -> Result<Issued, NotProvided> {
        let pass = self.pass().await?;
        let role = match &self.role {
            Some(role) => role.clone(),
            None => self.role_name(&pass).await?,
        };
        let reply = self.get(&format!("{ROLE_PATH}{role}"), &pass).await?;
        if reply.status != 200 {
            let why = format!("it knows no role {role} (HTTP status {})", reply.status);
            return Err(self.refusal(reply.status, why));
        }
        let body = Zeroizing::new(reply.body);
        Ok(answer::flat(&body, NAME, Token::Needed, self.clock.wall())?)
    }
}

/// The headers that let a request pass: the token's, or none.
type Pass = Vec<(String, String)>;

impl Metadata {
    /// The second version of the service wants a token; machines that have only the first give none.
    async fn pass(&self) -> Result<Pass, NotProvided> {
        let ttl = "x-aliyun-ecs-metadata-token-ttl-seconds";
        let asked = vec![(ttl.to_owned(), TOKEN_SECS.to_owned())];
        let lack = match self.send(Method::Put, TOKEN_PATH, asked).await {
            Ok(reply) if reply.status == 200 && is_token(&reply.body) => {
                let token = String::from_utf8_lossy(&reply.body).trim().to_owned();
                return Ok(vec![("x-aliyun-ecs-metadata-token".to_owned(), token)]);
            }
            Ok(reply) => {
                let why = format!("it gives no token (HTTP status {})", reply.status);
                self.refusal(reply.status, why)
            }
            Err(failed @ NotProvided::Failed(_)) => return Err(failed),
            Err(lack @ (NotProvided::Absent(_) | NotProvided::Unreached(_))) => lack,
        };
        match self.versions {
            Versions::Both => Ok(Vec::new()),
            Versions::OnlyWithToken => Err(lack),
        }
    }

    async fn role_name(&self, pass: &Pass) -> Result<String, NotProvided> {
        let reply = self.get(ROLE_PATH, pass).await?;
        let text = String::from_utf8_lossy(&reply.body);
        let name = text.lines().next().unwrap_or_default().trim();
        match reply.status {
            200 if is_role(name) => Ok(name.to_owned()),
            200 => Err(self.lack("it does not name a role".to_owned())),
            status => {
                let why = format!("this machine has no RAM role (HTTP status {status})");
                Err(self.refusal(status, why))
            }
        }
    }

    /// A token that the service does not take any more is left out, where that may be.
    async fn get(&self, path: &str, pass: &Pass) -> Result<HttpReply, NotProvided> {
        let reply = self.send(Method::Get, path, pass.clone()).await;
        let refused = reply.as_ref().is_ok_and(|reply| reply.status == 401);
        if refused && !pass.is_empty() && self.versions == Versions::Both {
            return self.send(Method::Get, path, Vec::new()).await;
        }
        reply
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: Pass,
    ) -> Result<HttpReply, NotProvided> {
        let request = HttpRequest {
            method,
            origin: self.origin.clone(),
            path: path.to_owned(),
            query: String::new(),
            headers,
            body: Vec::new(),
            timeout: ANSWER_WITHIN,
        };
        let reply = self.wire.send(request).await;
        reply.map_err(|_| self.silence(format!("{} does not answer", self.origin)))
    }

    /// A service that is in trouble says nothing about roles.
    fn refusal(&self, status: u16, why: String) -> NotProvided {
        match status {
            500.. => self.silence(why),
            _ => self.lack(why),
        }
    }

    /// Nobody is there, or nobody who can answer now.
    fn silence(&self, why: String) -> NotProvided {
        match &self.role {
            Some(_) => NotProvided::Failed(no_answer(NAME, why)),
            None => NotProvided::Unreached(why),
        }
    }

    /// Nobody set this up, unless a role was named.
    fn lack(&self, why: String) -> NotProvided {
        match &self.role {
            Some(_) => NotProvided::Failed(no_key(NAME, why)),
            None => NotProvided::Absent(why),
        }
    }
}

/// A token must fit into a header.
fn is_token(body: &[u8]) -> bool {
    let token = body.trim_ascii();
    !token.is_empty() && token.len() <= 1024 && token.iter().all(u8::is_ascii_graphic)
}

/// A name must fit into a path, and a page of a proxy is none.
pub(super) fn is_role(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'@');
    !name.is_empty() && name.len() <= ROLE_CHARS_MAX && name.bytes().all(allowed)
}
