//! A key from an address that somebody serves, mostly a helper on this machine.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::zeroize::Zeroizing;

use super::Provider;
use super::answer::{self, Token, no_answer, no_key};
use super::error::{CredentialsError, NotProvided};
use crate::aliyun::endpoint::Endpoints;
use crate::aliyun::key::Issued;
use crate::clock::Clock;
use crate::wire::{HttpRequest, Method, Wire};

/// How long the answer may take, as for a call of STS.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What this place is called in messages; the address itself can hold a secret.
const NAME: &str = "the credentials URI";

/// Asks an address.
pub(super) struct Uri {
    wire: Rc<dyn Wire>,
    clock: Rc<dyn Clock>,
    origin: String,
    path: String,
    query: String,
}

impl Uri {
    /// `https://host[:port]/path?query`, or `http://` for a loopback address: a key that travels in the
    /// clear belongs to everybody on the way.
    pub(super) fn new(
        text: &str,
        named: &str,
        wire: Rc<dyn Wire>,
        clock: Rc<dyn Clock>,
    ) -> Result<Self, CredentialsError> {
        let after_scheme = text.find("://").map_or(0, |at| at + 3);
        let end = text[after_scheme..].find(['/', '?', '#']);
        let (origin, rest) = text.split_at(end.map_or(text.len(), |at| after_scheme + at));
        let rest = rest.split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let address = Endpoints::custom(origin).map_err(|error| CredentialsError::Address {
            name: named.to_owned(),
            error,
        })?;
        Ok(Self {
            wire,
            clock,
            origin: address.custom_origin().unwrap_or_default().to_owned(),
            path: if path.is_empty() { "/" } else { path }.to_owned(),
            query: query.to_owned(),
        })
    }
}

#[async_trait(?Send)]
impl Provider for Uri {
    async fn provide(&self) -> Result<Issued, NotProvided> {
        let request = HttpRequest {
            method: Method::Get,
            origin: self.origin.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: ANSWER_WITHIN,
        };
        let silent = |_| no_answer(NAME, format!("{} does not answer", self.origin));
        let reply = self.wire.send(request).await.map_err(silent)?;
        let body = Zeroizing::new(reply.body);
        if reply.status != 200 {
            let why = format!("it answers with HTTP status {}", reply.status);
            let lack = match reply.status {
                500.. => no_answer(NAME, why),
                _ => no_key(NAME, why),
            };
            return Err(lack.into());
        }
        Ok(answer::flat(&body, NAME, Token::Needed, self.clock.wall())?)
    }
}
