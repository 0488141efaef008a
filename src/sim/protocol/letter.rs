//! How an answer looks on the wire: its letterhead, as JSON or as XML.

use serde_json::{Value, json};

use super::reply::{Body, Effect, Refusal, Reply};
use super::request::{Params, Request};
use super::xml;

/// Who is speaking, and in which form the other side reads.
pub(crate) struct Letterhead<'a> {
    request_id: &'a str,
    host: &'a str,
    product: &'a str,
    action: String,
    form: Form,
}

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Xml,
}

/// The product whose answers say in a field of their own whether they succeeded.
const SAYS_SUCCESS: &str = "BssOpenApi";

impl<'a> Letterhead<'a> {
    /// The letterhead of the answer to a request.
    pub(crate) fn to(
        request: &'a Request,
        params: &Params,
        request_id: &'a str,
        product: &'a str,
    ) -> Self {
        let action = request.action(params);
        Self {
            request_id,
            host: request.host(),
            product,
            action: action.unwrap_or_default().to_owned(),
            form: Form::wanted(request, params),
        }
    }

    /// Writes a success: what the operation answers plus the request id.
    pub(crate) fn answer(&self, body: Body, effect: Effect) -> Reply {
        let mut fields = match (body, self.form) {
            (Body::Written(object), Form::Json) => {
                let body = self.with_request_id(&object);
                return reply(200, "OK", JSON, body, effect);
            }
            (Body::Written(object), Form::Xml) => {
                serde_json::from_slice(&object).expect("it was written here as an object")
            }
            (Body::Fields(fields), _) => fields,
        };
        fields.insert("RequestId".to_owned(), self.request_id.into());
        let root = format!("{}Response", self.action);
        self.finish(200, "OK", &root, &Value::Object(fields), effect)
    }

    /// The request id becomes the first field of a written object that has others.
    fn with_request_id(&self, object: &[u8]) -> Vec<u8> {
        let first = format!("{{\"RequestId\":\"{}\",", self.request_id);
        [first.as_bytes(), &object[1..]].concat()
    }

    /// Writes a refusal as the body of an answer.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> Reply {
        let mut body = json!({
            "RequestId": self.request_id,
            "HostId": self.host,
            "Code": refusal.code,
            "Message": refusal.message,
            "Recommend": format!(
                "https://api.aliyun.com/troubleshoot?q={}&product={}&requestId={}",
                refusal.code, self.product, self.request_id
            ),
        });
        if self.product == SAYS_SUCCESS {
            body["Success"] = false.into();
        }
        if let Some(detail) = &refusal.detail {
            body["AccessDeniedDetail"] = detail.clone();
        }
        let code = &refusal.code;
        let mut reply = self.finish(refusal.status, code, "Error", &body, Effect::None);
        if let Some(wait) = refusal.retry_after {
            let header = ("x-acs-retry-after".to_owned(), wait.as_millis().to_string());
            reply.headers.push(header);
        }
        reply
    }

    fn finish(
        &self,
        status: u16,
        outcome: &str,
        root: &str,
        body: &Value,
        effect: Effect,
    ) -> Reply {
        let (kind, body) = match self.form {
            Form::Json => (JSON, written(body)),
            Form::Xml => ("text/xml", xml::document(root, body)),
        };
        reply(status, outcome, kind, body, effect)
    }
}

impl Form {
    /// By `Format`, in any case; XML when it is absent. The newer protocol has no such parameter and
    /// goes by `accept`, where JSON is the default (sections 1.2 and 1.4).
    fn wanted(request: &Request, params: &Params) -> Self {
        let newer = request.header("x-acs-action").is_some() && params.get("Action").is_none();
        let xml = match params.get("Format") {
            Some(format) => !format.eq_ignore_ascii_case("JSON"),
            None if newer => request
                .header("accept")
                .is_some_and(|kinds| kinds.contains("xml")),
            None => true,
        };
        if xml { Self::Xml } else { Self::Json }
    }
}

/// Writes any JSON value, for the doors that are not part of the vendor's protocol.
pub(crate) fn plain(status: u16, body: &Value, effect: Effect) -> Reply {
    let outcome = if status == 200 { "OK" } else { "Refused" };
    reply(status, outcome, JSON, written(body), effect)
}

fn written(body: &Value) -> Vec<u8> {
    serde_json::to_vec(body).expect("a tree of JSON can be written")
}

fn reply(status: u16, outcome: &str, kind: &str, body: Vec<u8>, effect: Effect) -> Reply {
    Reply {
        status,
        headers: content_type(kind),
        body,
        outcome: outcome.to_owned(),
        effect,
    }
}

const JSON: &str = "application/json";

fn content_type(kind: &str) -> Vec<(String, String)> {
    let value = format!("{kind};charset=utf-8");
    vec![("content-type".to_owned(), value)]
}
