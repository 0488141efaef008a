//! What stands behind both doors: the vendor's protocol, and the unsigned paths of the simulator.

use serde_json::json;

use crate::sim::protocol::letter::plain;
use crate::sim::protocol::reply::{Effect, Refusal, Reply};
use crate::sim::protocol::request::{Params, Request};
use crate::sim::time::Now;
use crate::sim::world::script::{Moment, Strike};
use crate::sim::world::{Deed, World, WorldError};
use crate::wire::Method;

use super::console::{ByHand, ConsoleError};

/// A request of any kind with its parameters, which were read once.
#[derive(Clone, Copy)]
pub(crate) struct Arrived<'a> {
    pub(crate) request: &'a Request,
    pub(crate) params: &'a Result<Params, Refusal>,
}

/// How a request ends for whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    Answered(Reply),
    /// It was taken, and nobody hears what came of it.
    Silent,
    /// It never arrived.
    NotSent,
}

/// An ending, with what the transcript calls it and whether the world changed.
pub(crate) struct Attended {
    pub(crate) ending: Ending,
    pub(crate) outcome: String,
    pub(crate) effect: Effect,
}

/// Answers a request of any kind, unless a fault of the scenario strikes it.
pub(crate) fn attend(world: &mut World, call: Arrived<'_>, now: Now) -> Attended {
    match world.strike(call.request) {
        None => {
            let reply = answer(world, call, now);
            Attended {
                outcome: reply.outcome.clone(),
                effect: reply.effect,
                ending: Ending::Answered(reply),
            }
        }
        Some((strike, action)) => struck(world, call, now, strike, action),
    }
}

fn struck(
    world: &mut World,
    call: Arrived<'_>,
    now: Now,
    strike: Strike,
    action: String,
) -> Attended {
    let nothing = |ending, outcome: String| Attended {
        ending,
        outcome,
        effect: Effect::None,
    };
    match strike {
        Strike::NotSent => nothing(Ending::NotSent, "not-sent".to_owned()),
        Strike::Silent(Moment::Before) => nothing(Ending::Silent, "lost-before".to_owned()),
        Strike::Silent(Moment::After) => {
            let real = answer(world, call, now);
            Attended {
                ending: Ending::Silent,
                outcome: format!("lost-after:{}", real.outcome),
                effect: real.effect,
            }
        }
        Strike::Refused(Moment::Before, refusal) => {
            let reply = world.refuse_by_script(call.request, action, refusal);
            let outcome = format!("fault:{}", reply.outcome);
            nothing(Ending::Answered(reply), outcome)
        }
        Strike::Refused(Moment::After, refusal) => {
            let real = answer(world, call, now);
            let reply = world.refuse_by_fault(call.request, refusal);
            Attended {
                outcome: format!("{}-after:{}", reply.outcome, real.outcome),
                ending: Ending::Answered(reply),
                effect: real.effect,
            }
        }
    }
}

/// Answers a request of any kind, and keeps it if it changed anything.
fn answer(world: &mut World, call: Arrived<'_>, now: Now) -> Reply {
    let mischief = world.mischief;
    let reply = route(world, call, now);
    if reply.effect == Effect::Changed {
        let request = call.request.clone();
        world.last_deed = Some(Deed {
            now,
            mischief,
            tallies: world.script.tallies().to_vec(),
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
        self.script.take_up(&deed.tallies);
        let params = deed.request.parameters();
        let call = Arrived {
            request: &deed.request,
            params: &params,
        };
        answer(self, call, deed.now);
        self.forget_mischief();
        Ok(())
    }
}

fn route(world: &mut World, call: Arrived<'_>, now: Now) -> Reply {
    let request = call.request;
    if let Some(instance_id) = request.path.strip_prefix("/_sim/health/") {
        return health(world, instance_id, now);
    }
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
        None => world.handle_read(request, call.params, now),
    }
}

fn page_of(world: &World, page: &str) -> Reply {
    match page {
        "world" => plain(200, &world.truth(), Effect::None),
        "calls" => plain(200, &world.call_counts(), Effect::None),
        _ => plain(
            404,
            &json!({ "error": "there are world, calls and health/INSTANCE-ID" }),
            Effect::None,
        ),
    }
}

/// What a machine's own service would answer.
fn health(world: &mut World, instance_id: &str, now: Now) -> Reply {
    match world.service_answers(instance_id, now) {
        Ok(()) => plain(200, &json!({ "status": "ok" }), Effect::None),
        Err(why) => plain(
            503,
            &json!({ "status": "not ready", "it": why }),
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
