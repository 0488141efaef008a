//! The door in process: requests of the client's own wire, answered by the world in virtual time.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::sim::protocol::reply::{Effect, Refusal, Reply};
use crate::sim::protocol::request::{Params, Request};
use crate::sim::time::Now;
use crate::sim::trouble::faults::{Fault, Faults, Struck};
use crate::sim::world::World;
use crate::wire::{HttpReply, HttpRequest, Wire, WireError};

use super::reception::{self, Arrived, Ending};
use super::transcript::{Place, Transcript};

/// Called with the world after each change and before its answer; used to save the world.
///
/// An error means the answer is not given: the client must take the call as unanswered.
pub type MutationHook = Rc<dyn Fn(&World) -> Result<(), String>>;

/// The simulated cloud as a wire. Must be used inside a `LocalSet`.
///
/// Each request is carried out by a task of its own, so a client that gives up, or is dropped, does
/// not stop what it has begun.
pub struct SimWire {
    server: Rc<Server>,
    faults: RefCell<Faults>,
}

struct Server {
    world: Arc<Mutex<World>>,
    clock: Rc<dyn Clock>,
    /// The world's elapsed time when this clock began.
    since: Duration,
    /// The clock's elapsed time when this wire was made.
    clock_since: Duration,
    on_mutation: Option<MutationHook>,
    transcript: RefCell<Transcript>,
}

impl SimWire {
    /// A wire to a world; its durations go on where the world stands.
    #[must_use]
    pub fn new(world: Arc<Mutex<World>>, clock: Rc<dyn Clock>) -> Self {
        Self::build(world, clock, None, Faults::None)
    }

    /// A wire to a world that is saved after every change, and on which things may go wrong.
    #[must_use]
    pub fn build(
        world: Arc<Mutex<World>>,
        clock: Rc<dyn Clock>,
        on_mutation: Option<MutationHook>,
        faults: Faults,
    ) -> Self {
        let since = lock(&world).now().elapsed;
        let server = Server {
            clock_since: clock.elapsed(),
            world,
            clock,
            since,
            on_mutation,
            transcript: RefCell::default(),
        };
        Self {
            server: Rc::new(server),
            faults: RefCell::new(faults),
        }
    }

    /// The faults that were drawn so far.
    #[must_use]
    pub fn struck(&self) -> Vec<Struck> {
        self.faults.borrow().struck()
    }

    /// Every call so far, one line each.
    #[must_use]
    pub fn transcript(&self) -> String {
        self.server.transcript.borrow().to_string()
    }
}

#[async_trait(?Send)]
impl Wire for SimWire {
    async fn send(&self, sent: HttpRequest) -> Result<HttpReply, WireError> {
        let call = Incoming::read(&sent);
        let fault = match sent.path.as_str() {
            "/" => self.faults.borrow_mut().draw(&call.action),
            _ => None,
        };
        let place = self.server.note_sent(&call);
        if fault == Some(Fault::NotSent) {
            self.server.note_end(place, "not-sent".to_owned());
            return Err(not_sent());
        }
        let (tell, told) = oneshot::channel();
        let server = Rc::clone(&self.server);
        tokio::task::spawn_local(async move { server.attend(call, fault, place, tell).await });
        match tokio::time::timeout(sent.timeout, told).await {
            Ok(Ok(answer)) => answer.map(|reply| self.server.dated(reply)),
            Ok(Err(_)) | Err(_) => Err(WireError::Unanswered("timed out".to_owned())),
        }
    }
}

/// A request with what the transcript and the fault script need to know of it.
struct Incoming {
    request: Request,
    read: Result<Params, Refusal>,
    action: String,
    timeout: Duration,
}

impl Incoming {
    fn read(sent: &HttpRequest) -> Self {
        let request = Request::from(sent);
        let read = request.parameters();
        let params = read.as_ref().ok();
        let action = params.map_or_else(|| request.header("x-acs-action"), |p| request.action(p));
        Self {
            action: action.unwrap_or(&request.path).to_owned(),
            read,
            request,
            timeout: sent.timeout,
        }
    }

    /// A parameter that was sent and could be read.
    fn get(&self, name: &str) -> &str {
        let params = self.read.as_ref().ok();
        params
            .and_then(|params| params.get(name))
            .unwrap_or_default()
    }
}

type Tell = oneshot::Sender<Result<HttpReply, WireError>>;

impl Server {
    async fn attend(&self, call: Incoming, fault: Option<Fault>, place: Place, tell: Tell) {
        let delay = lock(&self.world).answer_delay();
        self.clock.sleep(delay).await;
        match fault {
            None => self.finish(&call, place, "", tell).await,
            Some(fault) => self.attend_badly(&call, fault, place, tell).await,
        }
    }

    async fn attend_badly(&self, call: &Incoming, fault: Fault, place: Place, tell: Tell) {
        match fault {
            Fault::NotSent => {}
            Fault::LostBefore => {
                self.note_end(place, "lost-before".to_owned());
                hold(tell, call.timeout).await;
            }
            Fault::LostAfter => {
                let _lost = self.carry_out(call, place, "lost-after:");
                hold(tell, call.timeout).await;
            }
            Fault::Late(after) => {
                hold(tell, call.timeout).await;
                self.clock.sleep(after).await;
                let _lost = self.carry_out(call, place, "late:");
            }
            Fault::InternalAfter => {
                let _replaced = self.carry_out(call, place, "internal-after:");
                let reply = lock(&self.world).internal_error(&call.request);
                answer(tell, Ok(reply));
            }
            Fault::InternalBefore => self.refuse(call, place, tell, World::internal_error),
            Fault::Unavailable => self.refuse(call, place, tell, World::unavailable),
            Fault::Throttled(wait) => {
                self.refuse(call, place, tell, |w, r| w.throttled_by_fault(r, wait));
            }
            Fault::Stale(age) => {
                lock(&self.world).next_read_is_stale(age);
                self.finish(call, place, "stale:", tell).await;
            }
            Fault::Unlisted => {
                lock(&self.world).next_list_is_empty();
                self.finish(call, place, "unlisted:", tell).await;
            }
            Fault::StockGone => {
                self.sell_out(call);
                self.finish(call, place, "stock-gone:", tell).await;
            }
            Fault::PowerHangs => {
                lock(&self.world).next_power_call_hangs();
                self.finish(call, place, "hangs:", tell).await;
            }
        }
    }

    async fn finish(&self, call: &Incoming, place: Place, mark: &str, tell: Tell) {
        match self.carry_out(call, place, mark) {
            Ok(Ending::Answered(reply)) => answer(tell, Ok(reply)),
            Ok(Ending::Silent) => hold(tell, call.timeout).await,
            Ok(Ending::NotSent) => answer(tell, Err(not_sent())),
            Err(error) => answer(tell, Err(error)),
        }
    }

    fn refuse(
        &self,
        call: &Incoming,
        place: Place,
        tell: Tell,
        refusal: impl FnOnce(&mut World, &Request) -> Reply,
    ) {
        let reply = refusal(&mut lock(&self.world), &call.request);
        self.note_end(place, format!("fault:{}", reply.outcome));
        answer(tell, Ok(reply));
    }

    /// Lets the world do what was asked, and the hook save it.
    fn carry_out(&self, call: &Incoming, place: Place, mark: &str) -> Result<Ending, WireError> {
        let mut world = lock(&self.world);
        let arrived = Arrived {
            request: &call.request,
            params: &call.read,
        };
        let attended = reception::attend(&mut world, arrived, self.now());
        world.forget_mischief();
        self.note_end(place, format!("{mark}{}", attended.outcome));
        match (&self.on_mutation, attended.effect) {
            (Some(hook), Effect::Changed) => {
                hook(&world).map_err(WireError::Unanswered)?;
            }
            (None, Effect::Changed) | (_, Effect::None) => {}
        }
        Ok(attended.ending)
    }

    /// The wanted type is gone in the zone of the machine that wants it.
    fn sell_out(&self, call: &Incoming) {
        lock(&self.world).sell_out(call.get("InstanceId"), call.get("InstanceType"));
    }

    /// Every answer says when it was given, as those of a web server do.
    fn dated(&self, mut reply: HttpReply) -> HttpReply {
        let date = http_date(self.clock.wall());
        reply.headers.push(("date".to_owned(), date));
        reply
    }

    fn now(&self) -> Now {
        Now {
            wall: self.clock.wall(),
            elapsed: self.since + (self.clock.elapsed() - self.clock_since),
        }
    }

    fn note_sent(&self, call: &Incoming) -> Place {
        let mut transcript = self.transcript.borrow_mut();
        let none = Params::default();
        let params = call.read.as_ref().unwrap_or(&none);
        transcript.sent(self.now().elapsed, &call.action, params)
    }

    fn note_end(&self, place: Place, outcome: String) {
        self.transcript.borrow_mut().ended(place, outcome);
    }
}

/// `Thu, 01 Jan 2026 00:00:00 GMT`
fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn not_sent() -> WireError {
    WireError::NotSent("connection refused".to_owned())
}

/// Keeps the client waiting until it gives up by itself.
async fn hold(tell: Tell, timeout: Duration) {
    tokio::time::sleep(timeout).await;
    drop(tell);
}

/// A client that is gone does not hear the answer.
fn answer(tell: Tell, reply: Result<Reply, WireError>) {
    let reply = reply.map(|reply| HttpReply {
        status: reply.status,
        headers: reply.headers,
        body: reply.body,
    });
    let _gone = tell.send(reply);
}

/// A task that died left the world as its last whole step made it.
fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
