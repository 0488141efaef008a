//! In whose name calls are made: the search for credentials, with this machine and its terminal.

use std::cell::RefCell;
use std::rc::Rc;

use crate::aliyun::{AccessKey, Credentials, Endpoints, Found, Means, Randomness, assume, find};
use crate::clock::Clock;
use crate::model::WorkingRole;
use crate::report::words::terminal;
use crate::wire::Wire;

use super::machine::Machine;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::screen::Screen;
use crate::cli::surroundings::Surroundings;

/// Whether a command speaks to the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It does.
    Cloud,
    /// It only looks into the state: nobody has to be asked for a key.
    State,
}

/// In whose name a command works.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// Whether anybody's name is needed.
    pub need: Need,
    /// The role that is taken on, where the manifest names one.
    pub role: Option<&'a WorkingRole>,
}

/// What the search needs.
pub struct Search<'a> {
    /// `--profile`.
    pub global: &'a Global,
    /// The environment.
    pub around: &'a Surroundings,
    /// Where warnings go.
    pub screen: Screen,
    /// Where STS is, when one address was given for everything.
    pub endpoints: &'a Endpoints,
    /// The way to STS and others.
    pub wire: Rc<dyn Wire>,
    /// When keys end.
    pub clock: Rc<dyn Clock>,
    /// For nonces.
    pub randomness: Randomness,
}

impl Search<'_> {
    /// Finds them.
    ///
    /// # Errors
    /// [`Failure`] with every place that was looked at, or with what is wrong at one of them.
    pub async fn run(self, caller: Caller<'_>) -> Result<Found, Failure> {
        if caller.need == Need::State {
            return Ok(Found {
                credentials: Credentials::nobody(),
                region: None,
                sts: None,
                site: None,
                place: "nowhere",
            });
        }
        let (around, global) = (self.around, self.global);
        let profile = global.profile.as_deref();
        find(&around.env, profile, caller.role, self.means())
            .await
            .map_err(|error| Failure::credentials(&error))
    }

    /// The credentials of somebody who holds this key.
    ///
    /// # Errors
    /// [`Failure`] when the role of the manifest may not be taken on.
    pub async fn holding(self, key: AccessKey, caller: Caller<'_>) -> Result<Credentials, Failure> {
        match (caller.need, caller.role) {
            (Need::Cloud, Some(role)) => assume(key, role, self.means())
                .await
                .map_err(|error| Failure::credentials(&error)),
            (Need::Cloud, None) | (Need::State, _) => Ok(key.into()),
        }
    }

    fn means(self) -> Means {
        let screen = self.screen;
        Means {
            wire: self.wire,
            clock: self.clock,
            host: Rc::new(Machine),
            randomness: Rc::new(RefCell::new(self.randomness)),
            endpoints: self.endpoints.clone(),
            metadata: None,
            tell: Rc::new(move |text| screen.talk(&format!("warning: {}\n", terminal(text)))),
        }
    }
}
