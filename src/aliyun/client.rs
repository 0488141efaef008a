//! One call from its parameters to its reply: paced, signed, sent, judged, and sent again where that
//! is safe.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::credentials::AccessKey;
use super::endpoint::{Endpoints, Site};
use super::lenient::Unreadable;
use super::operation::{Operation, Repeat};
use super::refusal;
use super::retry::{self, Jitter, Retry, Tried};
use super::sign::{self, Parameters};
use super::throttle::Throttle;
use crate::clock::Clock;
use crate::cloud::{CloudError, ErrorKind, Outcome};
use crate::model::RegionId;
use crate::wire::{HttpRequest, Wire};

/// Gives random numbers, for nonces and for spreading retries. Real ones outside of tests: a nonce
/// that comes twice within the vendor's memory is refused.
pub type Randomness = Box<dyn FnMut() -> u64>;

/// What a client has to know.
#[derive(Debug, Clone)]
pub struct AliyunConfig {
    /// Who calls.
    pub access_key: AccessKey,
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
    site: Cell<Site>,
    calls: RefCell<BTreeMap<&'static str, u64>>,
}

/// A call before it is signed: what stays the same from attempt to attempt.
pub(super) struct Call<'a> {
    /// Which operation.
    pub(super) operation: &'static Operation,
    /// Where.
    pub(super) region: &'a RegionId,
    /// Its own parameters, the client token among them.
    pub(super) parameters: Parameters,
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
            config,
            wire,
            throttle: Throttle::new(Rc::clone(&clock)),
            clock,
            randomness: RefCell::new(randomness),
            site: Cell::new(Site::China),
            calls: RefCell::default(),
        }
    }

    /// How many requests were sent for each operation so far, repeated ones included.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<&'static str, u64> {
        self.calls.borrow().clone()
    }

    /// The region of calls that are about none.
    pub(super) fn home(&self) -> &RegionId {
        &self.config.region
    }

    /// The site whose books are asked.
    pub(super) fn site(&self) -> Site {
        self.site.get()
    }

    /// From now on asks the other site's books, whoever else found this one to be wrong meanwhile.
    pub(super) fn leave_site(&self, wrong: Site) {
        self.site.set(wrong.other());
    }

    /// Makes the call, up to as many times as its policy allows.
    pub(super) async fn call<T>(
        &self,
        call: &Call<'_>,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, CloudError> {
        let policy = retry::policy(call.operation.repeat);
        self.throttle.admit(call.operation, call.region).await;
        let began = self.clock.elapsed();
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

    /// Sends the request once, under a nonce, a time and a signature of its own.
    async fn attempt<T>(
        &self,
        call: &Call<'_>,
        read: impl Fn(&[u8]) -> Result<T, Unreadable>,
    ) -> Result<T, CloudError> {
        let operation = call.operation;
        let signed = self.sign(call);
        *self.calls.borrow_mut().entry(operation.name).or_default() += 1;
        let reply = self
            .wire
            .send(self.request(call, &signed))
            .await
            .map_err(|error| refusal::of_wire(operation, &error))?;
        match refusal::refusal(operation, &reply, &signed) {
            None => {
                self.throttle.speed_up(operation, call.region);
                read(&reply.body).map_err(|why| refusal::unreadable(operation, &why))
            }
            Some(error) => {
                if error.kind == ErrorKind::Throttled {
                    self.throttle
                        .slow_down(operation, call.region, error.retry_after);
                }
                Err(error)
            }
        }
    }

    fn request(&self, call: &Call<'_>, signed: &sign::Signed) -> HttpRequest {
        HttpRequest {
            method: call.operation.method,
            origin: self.config.endpoints.origin(
                call.operation.service,
                call.region,
                self.site.get(),
            ),
            path: "/".to_owned(),
            query: signed.query.clone(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: call.operation.answer_within,
        }
    }

    /// Adds what every request carries (ecs-api 1.2) and signs the whole.
    fn sign(&self, call: &Call<'_>) -> sign::Signed {
        let key = &self.config.access_key;
        let mut parameters = call.parameters.clone();
        let mut add = |name: &str, value: &str| {
            parameters.insert(name.to_owned(), value.to_owned());
        };
        add("Action", call.operation.name);
        add("Version", call.operation.service.version());
        add("Format", "JSON");
        add("AccessKeyId", &key.id);
        add("SignatureMethod", "HMAC-SHA1");
        add("SignatureVersion", "1.0");
        add("SignatureNonce", &self.nonce());
        add("Timestamp", &self.timestamp());
        if let Some(token) = &key.token {
            add("SecurityToken", token.expose_secret());
        }
        sign::sign(call.operation.method, &parameters, &key.secret)
    }

    fn timestamp(&self) -> String {
        self.clock.wall().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    fn nonce(&self) -> String {
        let mut random = self.randomness.borrow_mut();
        format!("{:016x}{:016x}", random(), random())
    }

    fn jitter(&self) -> Jitter {
        Jitter::of(self.randomness.borrow_mut()())
    }

    fn since(&self, began: Duration) -> Duration {
        self.clock.elapsed().saturating_sub(began)
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
