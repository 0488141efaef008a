//! What stands behind both doors: the vendor's protocol, and the unsigned paths of the simulator.

use serde_json::json;

use crate::sim::console::{ByHand, ConsoleError};
use crate::sim::letter::plain;
use crate::sim::reply::{Effect, Reply};
use crate::sim::request::Request;
use crate::sim::time::Now;
use crate::sim::world::{Deed, World, WorldError};
use crate::wire::Method;

/// Answers a request of any kind, and keeps it if it changed anything.
pub(crate) fn answer(world: &mut World, request: &Request, now: Now) -> Reply {
    let mischief = world.mischief;
    let reply = route(world, request, now);
    if reply.effect == Effect::Changed {
        let request = request.clone();
        world.last_deed = Some(Deed {
            now,
            mischief,
            request,
        });
    }
    reply
}

impl World {
    /// The last change as one line of JSON: what a log keeps where saving the whole world is too much.
    #[must_use]
    pub fn last_deed(&self) -> Option<Vec<u8>> {
        let deed = self.last_deed.as_ref()?;
        Some(serde_json::to_vec(deed).expect("a deed holds nothing JSON cannot write"))
    }

    /// Makes a change again, on the world as it was before.
    ///
    /// # Errors
    /// [`WorldError::Unreadable`] when the line is damaged.
    pub fn repeat(&mut self, line: &[u8]) -> Result<(), WorldError> {
        let deed: Deed = serde_json::from_slice(line)?;
        self.mischief = deed.mischief;
        answer(self, &deed.request, deed.now);
        self.forget_mischief();
        Ok(())
    }
}

fn route(world: &mut World, request: &Request, now: Now) -> Reply {
    if let Some(page) = request.path.strip_prefix("/_sim/") {
        world.advance(now);
        return page_of(world, page);
    }
    match request.path.strip_prefix("/_console/") {
        Some(verb) if request.method == Method::Post => by_hand(world, verb, request, now),
        Some(_) => plain(
            405,
            &json!({ "error": "the console takes POST" }),
            Effect::None,
        ),
        None => world.handle(request, now),
    }
}

fn page_of(world: &World, page: &str) -> Reply {
    match page {
        "world" => plain(200, &world.truth(), Effect::None),
        "calls" => plain(200, &world.call_counts(), Effect::None),
        _ => plain(
            404,
            &json!({ "error": "there are world and calls" }),
            Effect::None,
        ),
    }
}

fn by_hand(world: &mut World, verb: &str, request: &Request, now: Now) -> Reply {
    let done = ByHand::read(verb, &request.body).and_then(|deed| world.by_hand(&deed, now));
    match done {
        Ok(value) => plain(200, &value, Effect::Changed),
        Err(error) => {
            let body = json!({ "error": error.to_string() });
            plain(status_of(&error), &body, Effect::None)
        }
    }
}

fn status_of(error: &ConsoleError) -> u16 {
    match error {
        ConsoleError::NoSuchVerb(_) | ConsoleError::NotThere(_) => 404,
        ConsoleError::Unreadable(_) => 400,
        ConsoleError::Refused(_) => 409,
    }
}
