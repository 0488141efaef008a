//! The wire over sockets: HTTP and HTTPS by reqwest.
//!
//! In: an [`HttpRequest`]. Out: its reply, or a [`WireError`] that tells a request that never left from
//! one that may have arrived. It sends each request once, follows no redirect, keeps no cookies, uses
//! no proxy, verifies every certificate, and reads no more than [`REPLY_BYTES_MAX`].

use std::cell::OnceCell;
use std::error::Error as _;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Response};

use crate::wire::{HttpReply, HttpRequest, Method, REPLY_BYTES_MAX, Wire, WireError};

/// How long a connection, TLS included, may take to come up; the vendor's own client waits as
/// long.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How long an idle connection is kept. Shorter than what gateways allow, so that a request seldom
/// meets a connection that the other side is just closing: that would leave its outcome unknown.
const IDLE_MAX: Duration = Duration::from_secs(15);

/// Idle connections kept for one host; more would only wait to be closed.
const IDLE_CONNECTIONS_MAX: usize = 32;

const USER_AGENT: &str = concat!("respec/", env!("CARGO_PKG_VERSION"));

/// Sends requests over sockets.
///
/// The client for HTTPS is made at the first HTTPS request: it reads the machine's root certificates,
/// which a machine that only speaks to a simulator need not have.
#[derive(Debug)]
pub struct HttpWire {
    plain: Client,
    secure: OnceCell<Client>,
}

/// Why no HTTP client can be made.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client can be made")]
pub struct HttpError(#[source] reqwest::Error);

impl HttpWire {
    /// A wire without any connection yet.
    ///
    /// # Errors
    /// [`HttpError`] when the TLS library cannot be set up.
    pub fn new() -> Result<Self, HttpError> {
        // Fails only when somebody was faster, and then there is a provider just the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Plain HTTP needs no roots, and with none given no certificate is ever believed.
        let plain = builder().tls_certs_only([]).build().map_err(HttpError)?;
        Ok(Self {
            plain,
            secure: OnceCell::new(),
        })
    }

    fn client_for(&self, origin: &str) -> Result<&Client, WireError> {
        if origin.starts_with("http://") {
            return Ok(&self.plain);
        }
        if let Some(client) = self.secure.get() {
            return Ok(client);
        }
        let client = builder().https_only(true).build().map_err(not_sent)?;
        Ok(self.secure.get_or_init(|| client))
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .connect_timeout(CONNECT_WITHIN)
        // One call a connection: a connection that breaks puts one call in doubt, not all in flight.
        .http1_only()
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
        .user_agent(USER_AGENT)
}

#[async_trait(?Send)]
impl Wire for HttpWire {
    async fn send(&self, request: HttpRequest) -> Result<HttpReply, WireError> {
        let client = self.client_for(&request.origin)?;
        let request = translate(client, request)?;
        let response = client.execute(request).await.map_err(classify)?;
        let status = response.status().as_u16();
        let headers = readable(response.headers());
        Ok(HttpReply {
            status,
            headers,
            body: read_body(response).await?,
        })
    }
}

fn translate(client: &Client, request: HttpRequest) -> Result<reqwest::Request, WireError> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
    };
    let mut url = format!("{}{}", request.origin, request.path);
    if !request.query.is_empty() {
        url = format!("{url}?{}", request.query);
    }
    client
        .request(method, url)
        .headers(headers(&request.headers)?)
        .timeout(request.timeout)
        .body(request.body)
        .build()
        .map_err(not_sent)
}

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, WireError> {
    let mut headers = HeaderMap::new();
    // What is read is what was sent: no decompression, so no bomb.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    for (name, value) in pairs {
        let refused = |_| WireError::NotSent(format!("the header `{name}` cannot be sent"));
        let value = HeaderValue::from_str(value).map_err(|_| refused(()))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused(()))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// The headers of a reply; those that are no text are left out.
fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect()
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, WireError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unanswered)? {
        if body.len() + chunk.len() > REPLY_BYTES_MAX {
            let why = format!("the reply is larger than {REPLY_BYTES_MAX} bytes");
            return Err(WireError::Unanswered(why));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Without a connection nothing was sent; with one, anything may have been.
fn classify(error: reqwest::Error) -> WireError {
    if error.is_builder() || error.is_connect() {
        not_sent(error)
    } else {
        unanswered(error)
    }
}

fn not_sent(error: reqwest::Error) -> WireError {
    WireError::NotSent(describe(error))
}

fn unanswered(error: reqwest::Error) -> WireError {
    WireError::Unanswered(describe(error))
}

/// The error with its causes, and without the address: its query holds a signature.
fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Several layers repeat the words of the one below.
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
