//! One GET request, and whether its answer is the wanted one.

use std::cell::OnceCell;
use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderValue};
use reqwest::{Client, ClientBuilder, Response};

use crate::model::HttpProbe;
use crate::probe::Sight;

/// Bytes of a body in which a text is looked for; what is beyond is not read.
const BODY_BYTES_MAX: usize = 64 * 1024;

const USER_AGENT: &str = concat!("respec/", env!("CARGO_PKG_VERSION"), " (health)");

/// Asks machines. Its clients are made when the first machine is asked: that for HTTPS reads the root
/// certificates, which a runner need not have.
#[derive(Debug, Default)]
pub(super) struct Asker {
    plain: OnceCell<Client>,
    secure: OnceCell<Client>,
}

impl Asker {
    /// Asks once.
    pub(super) async fn ask(&self, url: &str, wanted: &HttpProbe, within: Duration) -> Sight {
        let client = match self.client_for(url) {
            Ok(client) => client,
            Err(error) => return Sight::Bad(format!("cannot be asked: {}", describe(error))),
        };
        let request = client
            .get(url)
            // What is read is what was sent: no decompression, so no bomb.
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
            .timeout(within);
        match request.send().await {
            Ok(response) => judge(response, wanted).await,
            Err(error) if error.is_timeout() => {
                Sight::Bad(format!("does not answer within {} s", within.as_secs()))
            }
            Err(error) => Sight::Bad(format!("does not answer: {}", describe(error))),
        }
    }

    fn client_for(&self, url: &str) -> Result<&Client, reqwest::Error> {
        // Fails only when somebody was faster, and then there is a provider just the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let is_plain = url.starts_with("http://");
        let cell = if is_plain { &self.plain } else { &self.secure };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = if is_plain {
            // Plain HTTP needs no roots, and with none given no certificate is ever believed.
            builder().tls_certs_only([]).build()?
        } else {
            builder().https_only(true).build()?
        };
        Ok(cell.get_or_init(|| client))
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .http1_only()
        // Whether it accepts new connections is part of the question.
        .pool_max_idle_per_host(0)
        .user_agent(USER_AGENT)
}

async fn judge(response: Response, wanted: &HttpProbe) -> Sight {
    let status = response.status().as_u16();
    let is_good = wanted
        .status
        .map_or((200..300).contains(&status), |good| good == status);
    if !is_good {
        let redirects = (300..400).contains(&status);
        let why = if redirects {
            ", which is not followed"
        } else {
            ""
        };
        return Sight::Bad(format!("answers {status}{why}"));
    }
    let Some(text) = &wanted.body else {
        return Sight::Good(format!("answers {status}"));
    };
    match read_body(response).await {
        Ok(body) if holds(&body, text.as_bytes()) => {
            Sight::Good(format!("answers {status} with {text:?}"))
        }
        Ok(_) => Sight::Bad(format!("answers {status} without {text:?}")),
        Err(error) => Sight::Bad(format!(
            "stops in the middle of its answer: {}",
            describe(error)
        )),
    }
}

async fn read_body(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() >= BODY_BYTES_MAX {
            body.truncate(BODY_BYTES_MAX);
            break;
        }
    }
    Ok(body)
}

fn holds(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

/// The innermost cause, which is what tells a closed port from a wrong certificate.
fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}
