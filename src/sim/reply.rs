//! What the simulated cloud says: answers, refusals, and how both look on the wire.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// The fields of a successful answer, without its request id.
pub(crate) type Fields = Map<String, Value>;

/// Whether a call changed the world; changed worlds are saved before the answer goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing but counters moved.
    None,
    /// Instances, orders, balance or memory of tokens changed.
    Changed,
}

/// One finished HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Header names in lower case with their values.
    pub headers: Vec<(String, String)>,
    /// The JSON body.
    pub body: Vec<u8>,
    /// The error code, or `OK`; what transcripts and counters show.
    pub outcome: String,
    /// Whether the call changed anything.
    pub effect: Effect,
}

/// Why the cloud said no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Sent as `x-acs-retry-after`, in milliseconds (section 1.6).
    pub(crate) retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal with its code and HTTP status, in the simulator's own words.
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            retry_after: None,
        }
    }

    /// A required parameter is absent (section 1.5).
    pub(crate) fn missing(name: &str) -> Self {
        Self::new(
            400,
            "MissingParameter",
            format!("The parameter {name} is required and was not sent."),
        )
    }

    /// A parameter has a value that cannot be read or lies outside its range (section 1.5).
    pub(crate) fn invalid(name: &str, why: &str) -> Self {
        Self::new(
            400,
            "InvalidParameter",
            format!("The parameter {name} {why}."),
        )
    }

    /// The checks of a dry run passed (R7, section 2.14). The status is open point 1.
    pub(crate) fn dry_run_passed(code: &str) -> Self {
        Self::new(
            412,
            code,
            "The request would have succeeded; it was a dry run.",
        )
    }
}

/// Who is speaking, for the error body: request id, host and product.
pub(crate) struct Letterhead<'a> {
    pub(crate) request_id: &'a str,
    pub(crate) host: &'a str,
    pub(crate) product: &'a str,
}

/// Writes a success: the operation's fields plus the request id.
pub(crate) fn answer(mut fields: Fields, head: &Letterhead<'_>, effect: Effect) -> Reply {
    fields.insert("RequestId".to_owned(), head.request_id.into());
    finish(200, "OK".to_owned(), &Value::Object(fields), effect)
}

/// Writes a refusal as the JSON body of section 1.5.
pub(crate) fn refuse(refusal: Refusal, head: &Letterhead<'_>) -> Reply {
    let body = json!({
        "RequestId": head.request_id,
        "HostId": head.host,
        "Code": refusal.code,
        "Message": refusal.message,
        "Recommend": format!(
            "https://api.aliyun.com/troubleshoot?q={}&product={}&requestId={}",
            refusal.code, head.product, head.request_id
        ),
    });
    let mut reply = finish(refusal.status, refusal.code, &body, Effect::None);
    if let Some(wait) = refusal.retry_after {
        let header = ("x-acs-retry-after".to_owned(), wait.as_millis().to_string());
        reply.headers.push(header);
    }
    reply
}

/// Writes any JSON value, for the doors that are not part of the vendor's protocol.
pub(crate) fn plain(status: u16, body: &Value, effect: Effect) -> Reply {
    let outcome = if status == 200 { "OK" } else { "Refused" };
    finish(status, outcome.to_owned(), body, effect)
}

fn finish(status: u16, outcome: String, body: &Value, effect: Effect) -> Reply {
    Reply {
        status,
        headers: vec![(
            "content-type".to_owned(),
            "application/json;charset=utf-8".to_owned(),
        )],
        body: body.to_string().into_bytes(),
        outcome,
        effect,
    }
}
