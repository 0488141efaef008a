//! One call from its parameters to its reply: paced, signed, sent, judged, and sent again where that
//! is safe.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::credentials::{Credentials, CredentialsError, told};
use super::endpoint::Endpoints;
use super::envelope::{Randomness, signable};
use super::key::AccessKey;
use super::lenient::Unreadable;
use super::operation::{Operation, Repeat};
use super::refusal;
use super::retry::{self, Jitter, Retry, Tried};
use super::sign::{self, Parameters};
use super::site::{AccountSite, Site};
use super::throttle::Throttle;
use crate::clock::Clock;
use crate::cloud::{CloudError, ErrorKind, Outcome, Rate, Reach};
use crate::model::RegionId;
use crate::wire::{HttpReply, HttpRequest, Wire};

/// What a client has to know.
#[derive(Debug, Clone)]
pub struct AliyunConfig {
    /// Who calls.
    pub credentials: Credentials,
    /// Where calls go.
    pub endpoints: Endpoints,
    /// The region of calls that are about none.
    pub region: RegionId,
}

/// Alibaba Cloud over some wire.
pub struct Aliyun {
    config: AliyunConfig,
    wire: Rc<dyn Wire>,
    clock: Rc<dyn Clock>,
    randomness: RefCell<Randomness>,
    throttle: Throttle,
    /// Where the account's books are kept, as far as is known.
    site: Cell<AccountSite>,
    calls: RefCell<BTreeMap<&'static str, u64>>,
    /// How far our calendar is ahead of the one that the last answer was dated by.
    ahead: Cell<SignedDuration>,
}

/// A call before it is signed: what stays the same from attempt to attempt.
pub(super) struct Call<'a> {
    /// Which operation.
    pub(super) operation: &'static Operation,
    /// Where.
    pub(super) region: &'a RegionId,
    /// Its own parameters, the client token among them.
    pub(super) parameters: Parameters,
    /// Whose books are asked; every other service is the same for both sites.
    pub(super) site: Site,
}

impl<'a> Call<'a> {
    /// A call that is not about books.
    pub(super) fn plain(
        operation: &'static Operation,
        region: &'a RegionId,
        parameters: Parameters,
    ) -> Self {
        Self {
            operation,
            region,
            parameters,
            site: Site::China,
        }
    }
}

impl Aliyun {
    /// A client. It sends nothing yet.
    #[must_use]
    pub fn new(
        config: AliyunConfig,
        wire: Rc<dyn Wire>,
        clock: Rc<dyn Clock>,
        randomness: Randomness,
    ) -> Self {
        Self {
            site: Cell::new(config.endpoints.account_site()),
            config,
            wire,
            throttle: Throttle::new(Rc::clone(&clock)),
            clock,
            randomness: RefCell::new(randomness),
            calls: RefCell::default(),
            ahead: Cell::default(),
        }
    }

    /// How many requests were sent for each operation so far, repeated ones included.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.calls.borrow().clone()
    }

    /// How far our calendar is ahead of the cloud's, as far as the last answer told; not at all where it did not.
    pub(super) fn ahead(&self) -> SignedDuration {
        self.ahead.get()
    }

    /// The region of calls that are about none.
    pub(super) fn home(&self) -> &RegionId {
        &self.config.region
    }

    /// How often the operation may be called at present.
    pub(super) fn pace(&self, operation: &'static Operation, region: &RegionId) -> Rate {
        self.throttle.rate(operation, region)
    }

    /// What is known of the site whose books are the account's.
    pub(super) fn site(&self) -> AccountSite {
        self.site.get()
    }

    /// Keeps what was learned of it. What somebody else has proven meanwhile stays.
    pub(super) fn learn(&self, site: AccountSite) {
        match self.site.get() {
            AccountSite::Guessed(_) => self.site.set(site),
            AccountSite::Proven(_) => {}
        }
    }

    /// Makes the call, up to as many times as its policy allows.
    pub(super) async fn call<T>(
        &self,
        call: &Call<'_>,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, CloudError> {
        let policy = retry::policy(call.operation.repeat);
        self.throttle.admit(call.operation, call.region).await;
        let began = (self.clock.elapsed(), self.clock.wall());
        let mut doubt = Doubt::None;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match self.attempt(call, &read).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let tried = Tried {
                attempts,
                elapsed: self.since(began),
            };
            let Retry::After(wait) = retry::decide(policy, tried, &error, self.jitter()) else {
                return Err(doubt.shade(call.operation, error));
            };
            doubt = doubt.after(&error);
            self.clock.sleep(wait).await;
            self.throttle.admit(call.operation, call.region).await;
            // The queue may have taken its time: late is not better than not at all.
            if !retry::still_begins_in_time(policy, self.since(began)) {
                return Err(doubt.shade(call.operation, error));
            }
        }
    }

    /// Sends the request once, or twice when the key turns out to have ended: that refusal stands before
    /// everything else the service does, so the first request had no effect.
    async fn attempt<T>(
        &self,
        call: &Call<'_>,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, CloudError> {
        let credentials = &self.config.credentials;
        let key = credentials.key().await;
        let key = key.map_err(|error| nobody(call.operation, &error))?;
        let error = match self.attempt_as(&key, call, &read).await {
            Err(error) if is_about_an_ended_key(&error) => error,
            outcome => return outcome,
        };
        match credentials.instead_of(&key).await {
            Ok(Some(other)) => {
                self.throttle.admit(call.operation, call.region).await;
                self.attempt_as(&other, call, &read).await
            }
            Err(lack) if lack.passes() => Err(nobody(call.operation, &lack)),
            Ok(None) | Err(_) => Err(error),
        }
    }

    /// Sends the request once, under a nonce, a time and a signature of its own.
    async fn attempt_as<T>(
        &self,
        key: &AccessKey,
        call: &Call<'_>,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, CloudError> {
        let operation = call.operation;
        let signed = self.sign(call, key);
        *self.calls.borrow_mut().entry(operation.name).or_default() += 1;
        let reply = self
            .wire
            .send(self.request(call, &signed))
            .await
            .map_err(|error| refusal::of_wire(operation, &error))?;
        self.ahead.set(self.ahead_of(&reply));
        match refusal::refusal(operation, &reply, &signed) {
            None => {
                self.throttle.speed_up(operation, call.region);
                read(&reply.body).map_err(|why| refusal::unreadable(operation, &why))
            }
            Some(error) => {
                // 429 speaks of the call rate whoever sends it, though not of what became of the call.
                if error.kind == ErrorKind::Throttled || reply.status == 429 {
                    self.throttle
                        .slow_down(operation, call.region, error.retry_after);
                }
                Err(error)
            }
        }
    }

    /// Every answer is dated (`Date`, RFC 9110 6.6.1).
    fn ahead_of(&self, reply: &HttpReply) -> SignedDuration {
        let date = reply.header("date");
        let date = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        date.map_or(SignedDuration::ZERO, |date| {
            self.clock.wall().duration_since(date.timestamp())
        })
    }

    fn request(&self, call: &Call<'_>, signed: &sign::Signed) -> HttpRequest {
        let endpoints = &self.config.endpoints;
        HttpRequest {
            method: call.operation.method,
            origin: endpoints.origin(call.operation.service, call.region, call.site),
            path: "/".to_owned(),
            query: signed.query.clone(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: call.operation.answer_within,
        }
    }

    fn sign(&self, call: &Call<'_>, key: &AccessKey) -> sign::Signed {
        let mut random = self.randomness.borrow_mut();
        let mut parameters = call.parameters.clone();
        let envelope = signable(call.operation, self.clock.wall(), key, &mut random);
        parameters.extend(envelope);
        sign::sign(call.operation.method, &parameters, &key.secret)
    }

    fn jitter(&self) -> Jitter {
        Jitter::of(self.randomness.borrow_mut()())
    }

    /// By whichever clock says more: elapsed time stands still while the machine sleeps, and the cloud goes on.
    fn since(&self, (elapsed, wall): (Duration, Timestamp)) -> Duration {
        let by_calendar = Duration::try_from(self.clock.wall().duration_since(wall));
        let by_elapsed = self.clock.elapsed().saturating_sub(elapsed);
        by_elapsed.max(by_calendar.unwrap_or_default())
    }
}

/// The code for a temporary key that has ended.
const ENDED_KEY: &str = "InvalidSecurityToken.Expired";

fn is_about_an_ended_key(error: &CloudError) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    code.eq_ignore_ascii_case(ENDED_KEY)
}

/// Without a key nothing is sent. Where only the way to a new one is blocked, that passes by itself.
fn nobody(operation: &Operation, error: &CredentialsError) -> CloudError {
    let cause = match error {
        CredentialsError::Refused { error, .. } => Some(error.as_ref()),
        CredentialsError::NotFound { .. }
        | CredentialsError::Incomplete { .. }
        | CredentialsError::UnreadableFile { .. }
        | CredentialsError::ProfilesOff { .. }
        | CredentialsError::UnusableProfile { .. }
        | CredentialsError::NoKey { .. }
        | CredentialsError::NoAnswer { .. }
        | CredentialsError::Expired { .. }
        | CredentialsError::Address { .. }
        | CredentialsError::InvalidRegion(_) => None,
    };
    let kind = if error.passes() {
        ErrorKind::NotSent
    } else {
        ErrorKind::Credentials
    };
    CloudError {
        operation: operation.name,
        kind,
        also: None,
        reach: kind.reach(),
        code: cause.and_then(|cause| cause.code.clone()),
        message: told(error),
        request_id: cause.and_then(|cause| cause.request_id.clone()),
        retry_after: None,
    }
}

/// Whether an earlier attempt of the same call may have had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    None,
    EarlierAttempt,
}

impl Doubt {
    fn after(self, error: &CloudError) -> Self {
        match error.outcome() {
            Outcome::Unknown => Self::EarlierAttempt,
            Outcome::NotDone => self,
        }
    }

    /// A refusal speaks for its own attempt only. When an earlier one may have acted, or may act yet,
    /// a change that was refused afterwards is still in doubt.
    fn shade(self, operation: &Operation, error: CloudError) -> CloudError {
        match (self, operation.repeat, error.outcome()) {
            (Self::EarlierAttempt, Repeat::Tokened | Repeat::Blind, Outcome::NotDone) => {
                CloudError {
                    kind: ErrorKind::Unanswered,
                    also: None,
                    reach: Reach::Machine,
                    message: format!(
                        "an earlier attempt may have had its effect; then: {}",
                        error.message
                    ),
                    ..error
                }
            }
            (Self::None | Self::EarlierAttempt, Repeat::Read, _)
            | (Self::None, Repeat::Tokened | Repeat::Blind, _)
            | (Self::EarlierAttempt, Repeat::Tokened | Repeat::Blind, Outcome::Unknown) => error,
        }
    }
}
