//! In whose name calls are made: the search for credentials, with this machine and its terminal.

use std::cell::RefCell;
use std::rc::Rc;

use crate::aliyun::{Credentials, Endpoints, Found, Means, Randomness, find};
use crate::clock::Clock;
use crate::report::words::terminal;
use crate::wire::Wire;

use super::args::Global;
use super::failure::Failure;
use super::machine::Machine;
use super::screen::Screen;
use super::surroundings::Surroundings;

/// Whether a command speaks to the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It does.
    Cloud,
    /// It only looks into the state: nobody has to be asked for a key.
    State,
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
    pub async fn run(self, need: Need) -> Result<Found, Failure> {
        if need == Need::State {
            return Ok(Found {
                credentials: Credentials::nobody(),
                region: None,
                sts: None,
                place: "nowhere",
            });
        }
        let screen = self.screen;
        let means = Means {
            wire: self.wire,
            clock: self.clock,
            host: Rc::new(Machine),
            randomness: Rc::new(RefCell::new(self.randomness)),
            endpoints: self.endpoints.clone(),
            metadata: None,
            tell: Rc::new(move |text| screen.talk(&format!("warning: {}\n", terminal(text)))),
        };
        find(&self.around.env, self.global.profile.as_deref(), means)
            .await
            .map_err(|error| Failure::credentials(&error))
    }
}
