//! A key that is held, and renewed before it ends.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use jiff::SignedDuration;
use tokio::sync::Mutex;

use super::Provider;
use super::error::{CredentialsError, NotProvided};
use super::kit::Tell;
use crate::aliyun::key::{AccessKey, Issued};
use crate::clock::Clock;

/// A key with no more than this left is renewed; the vendor's libraries do it as early.
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_secs(180);

/// How long after a renewal that failed the next one is tried: a dozen tries before the old key ends.
const PAUSE: Duration = Duration::from_secs(15);

/// How long a call waits for a renewal while the old key still works. A machine may be down meanwhile.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whose name calls are made in. Clones share one key.
#[derive(Clone)]
pub struct Credentials(Rc<Held>);

enum Held {
    Fixed(AccessKey),
    Nobody,
    Renewed(Box<Renewed>),
}

impl From<AccessKey> for Credentials {
    fn from(key: AccessKey) -> Self {
        Self(Rc::new(Held::Fixed(key)))
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(****)")
    }
}

impl Credentials {
    /// Nobody's: for what needs no cloud. Every call is refused before it is sent.
    #[must_use]
    pub fn nobody() -> Self {
        Self(Rc::new(Held::Nobody))
    }

    /// A key that was just issued, and who issues the next one.
    pub(super) fn renewed(
        provider: Rc<dyn Provider>,
        first: Issued,
        clock: Rc<dyn Clock>,
        tell: Tell,
    ) -> Self {
        Self(Rc::new(Held::Renewed(Box::new(Renewed {
            provider,
            clock,
            tell,
            state: RefCell::new(State {
                issued: first,
                failed: None,
                refused: false,
            }),
            turn: Mutex::new(()),
        }))))
    }

    /// The key to sign with now.
    pub(in crate::aliyun) async fn key(&self) -> Result<AccessKey, CredentialsError> {
        match self.0.as_ref() {
            Held::Fixed(key) => Ok(key.clone()),
            Held::Nobody => Err(CredentialsError::NotFound { looked: Vec::new() }),
            Held::Renewed(renewed) => renewed.key().await,
        }
    }

    /// Another key than this one, which the cloud says has ended; none when there is no other.
    ///
    /// # Errors
    /// Why there is no other yet, where this one is at its end by our clock too.
    pub(in crate::aliyun) async fn instead_of(
        &self,
        refused: &AccessKey,
    ) -> Result<Option<AccessKey>, CredentialsError> {
        match self.0.as_ref() {
            Held::Fixed(_) | Held::Nobody => Ok(None),
            Held::Renewed(renewed) => renewed.instead_of(refused).await,
        }
    }
}

struct Renewed {
    provider: Rc<dyn Provider>,
    clock: Rc<dyn Clock>,
    tell: Tell,
    state: RefCell<State>,
    /// Held by whoever renews: one at a time.
    turn: Mutex<()>,
}

struct State {
    issued: Issued,
    /// When a renewal last failed, and why; forgotten when one succeeds.
    failed: Option<(Duration, CredentialsError)>,
    /// Whether another key was asked for since the cloud refused this one.
    refused: bool,
}

/// How long the key in hand is still good.
enum Age {
    Fresh,
    Due,
    Over,
}

impl Renewed {
    async fn key(&self) -> Result<AccessKey, CredentialsError> {
        match self.age() {
            Age::Due => self.renew_early().await,
            Age::Fresh | Age::Over => {}
        }
        // The old key may have ended while its renewal was waited for.
        match self.age() {
            Age::Over => self.renew_late().await?,
            Age::Fresh | Age::Due => {}
        }
        Ok(self.state.borrow().issued.key.clone())
    }

    /// While the old key works nobody waits for long, nor behind somebody who renews already.
    async fn renew_early(&self) {
        let Ok(_turn) = self.turn.try_lock() else {
            return;
        };
        if self.recent_failure().is_some() {
            return;
        }
        let renewal = self.provider.provide();
        let patience = self.clock.sleep(PATIENCE);
        let outcome = match select(renewal, patience).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(((), _)) => {
                let why = format!("no key came within {} s", PATIENCE.as_secs());
                Err(NotProvided::Unreached(why))
            }
        };
        let _told = self.take(outcome);
    }

    async fn renew_late(&self) -> Result<(), CredentialsError> {
        let _turn = self.turn.lock().await;
        match (self.age(), self.recent_failure()) {
            (Age::Fresh | Age::Due, _) => Ok(()),
            (Age::Over, Some(error)) => Err(error),
            (Age::Over, None) => self.take(self.provider.provide().await),
        }
    }

    /// A refusal is news: the first one is followed by a try, whatever failed a moment ago.
    async fn instead_of(&self, ended: &AccessKey) -> Result<Option<AccessKey>, CredentialsError> {
        let _turn = self.turn.lock().await;
        let is_refused = || self.state.borrow().issued.key.is(ended);
        let is_known = self.state.borrow().refused;
        if is_refused() && (!is_known || self.recent_failure().is_none()) {
            self.state.borrow_mut().refused = true;
            let _told = self.take(self.provider.provide().await);
        }
        if !is_refused() {
            return Ok(Some(self.state.borrow().issued.key.clone()));
        }
        match (self.age(), self.recent_failure()) {
            (Age::Due | Age::Over, Some(lack)) => Err(lack),
            (Age::Fresh, _) | (Age::Due | Age::Over, None) => Ok(None),
        }
    }

    /// Keeps what came, or says why nothing did.
    fn take(&self, outcome: Result<Issued, NotProvided>) -> Result<(), CredentialsError> {
        let outcome = outcome.map_err(|lack| lack.into_error("the credentials"));
        let now = self.clock.wall();
        let mut state = self.state.borrow_mut();
        match outcome {
            Ok(issued) => {
                if state.failed.take().is_some() {
                    (self.tell)("the credentials are renewed");
                }
                state.issued = issued;
                state.refused = false;
                Ok(())
            }
            Err(error) => {
                if state.failed.is_none() {
                    (self.tell)(&complaint(&state.issued, &error, now));
                }
                state.failed = Some((self.clock.elapsed(), error.clone()));
                Err(error)
            }
        }
    }

    fn age(&self) -> Age {
        let Some(end) = self.state.borrow().issued.expires else {
            return Age::Fresh;
        };
        let left = end.duration_since(self.clock.wall());
        if left > RENEWED_BEFORE {
            Age::Fresh
        } else if left > SignedDuration::ZERO {
            Age::Due
        } else {
            Age::Over
        }
    }

    fn recent_failure(&self) -> Option<CredentialsError> {
        let state = self.state.borrow();
        let (at, error) = state.failed.as_ref()?;
        let since = self.clock.elapsed().saturating_sub(*at);
        (since < PAUSE).then(|| error.clone())
    }
}

fn complaint(held: &Issued, error: &CredentialsError, now: jiff::Timestamp) -> String {
    let why = chain(error);
    match held.expires {
        Some(end) if end > now => format!(
            "the credentials could not be renewed ({why}); those in hand last until {end}, and it is tried again"
        ),
        Some(_) | None => format!("the credentials have ended and could not be renewed ({why})"),
    }
}

/// An error with what caused it, in one line.
pub(in crate::aliyun) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
