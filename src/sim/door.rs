//! What stands behind both doors: the vendor's protocol, and the unsigned paths of the simulator.

use serde_json::json;

use crate::sim::console::{ByHand, ConsoleError};
use crate::sim::reply::{Effect, Reply, plain};
use crate::sim::request::Request;
use crate::sim::time::Now;
use crate::sim::world::World;
use crate::wire::Method;

/// Answers a request of any kind.
pub(crate) fn answer(world: &mut World, request: &Request, now: Now) -> Reply {
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
