//! The HTTP door: the same world behind a loopback address, in real time or faster.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request as HttpIn, Response, StatusCode};
use tokio::net::TcpListener;

use crate::clock::{Clock, SystemClock};
use crate::sim::protocol::reply::Reply;
use crate::sim::protocol::request::Request;
use crate::sim::time::Now;
use crate::sim::world::World;
use crate::wire::Method;

use super::reception::{self, Arrived, Ending};

/// Largest body that is read; a form of 100 ids and 20 tags takes about 10 kB.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// What every request needs.
#[derive(Clone)]
struct Served {
    world: Arc<Mutex<World>>,
    clock: SystemClock,
    /// Where the world's elapsed time stood when serving began.
    since: Duration,
    speed: u32,
}

/// Serves a world until `shutdown` resolves; every duration passes `speed` times faster.
///
/// # Errors
/// Whatever the socket says.
pub async fn serve(
    listener: TcpListener,
    world: Arc<Mutex<World>>,
    speed: u32,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let since = lock(&world).now().elapsed;
    let served = Served {
        world,
        clock: SystemClock::new(speed),
        since,
        speed: speed.max(1),
    };
    let router = axum::Router::new().fallback(receive).with_state(served);
    let server = axum::serve(listener, router);
    server.with_graceful_shutdown(shutdown).await
}

async fn receive(State(served): State<Served>, incoming: HttpIn<Body>) -> Response<Body> {
    let request = match read(incoming).await {
        Ok(request) => request,
        Err(status) => return bare(status),
    };
    // A task of its own: a client that hangs up does not stop what it has begun.
    let task = tokio::spawn(async move { served.answer(&request).await });
    task.await
        .map_or_else(|_| bare(StatusCode::INTERNAL_SERVER_ERROR), end)
}

impl Served {
    async fn answer(&self, request: &Request) -> Ending {
        let delay = lock(&self.world).answer_delay();
        tokio::time::sleep(delay / self.speed).await;
        let now = Now {
            wall: self.clock.wall(),
            elapsed: self.since + self.clock.elapsed(),
        };
        let params = &request.parameters();
        let call = Arrived { request, params };
        reception::attend(&mut lock(&self.world), call, now).ending
    }
}

/// A handler that died left the world as its last whole step made it.
fn lock(world: &Mutex<World>) -> std::sync::MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn read(incoming: HttpIn<Body>) -> Result<Request, StatusCode> {
    let (parts, body) = incoming.into_parts();
    let method = match parts.method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        _ => return Err(StatusCode::METHOD_NOT_ALLOWED),
    };
    let body = to_bytes(body, BODY_BYTES_MAX).await;
    let body = body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    Ok(Request {
        method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: read_headers(&parts.headers),
        body: body.to_vec(),
    })
}

/// A header that is no text cannot have been signed and is left out.
fn read_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let texts = headers.iter().filter_map(|(name, value)| {
        let value = value.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    });
    texts.collect()
}

/// A socket cannot refuse what it has read: the connection is closed without a word instead.
fn end(ending: Ending) -> Response<Body> {
    match ending {
        Ending::Answered(reply) => write(reply),
        Ending::Silent | Ending::NotSent => cut_off(),
    }
}

/// A body that fails at once: the server gives the connection up before anything is written.
fn cut_off() -> Response<Body> {
    let fault = std::io::Error::other("cut off by a fault of the scenario");
    Response::new(Body::from_stream(futures_util::stream::iter([Err::<
        Vec<u8>,
        _,
    >(fault)])))
}

fn write(reply: Reply) -> Response<Body> {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let written = response.body(Body::from(reply.body));
    written.unwrap_or_else(|_| bare(StatusCode::INTERNAL_SERVER_ERROR))
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
