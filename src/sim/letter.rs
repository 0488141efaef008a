//! How an answer looks on the wire: its letterhead, as JSON or as XML.

use serde_json::{Value, json};

use crate::sim::reply::{Effect, Fields, Refusal, Reply};
use crate::sim::request::{Params, Request};
use crate::sim::xml;

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
    pub(crate) fn to(request: &'a Request, request_id: &'a str, product: &'a str) -> Self {
        let params = request.parameters().unwrap_or_default();
        let action = request.action(&params);
        Self {
            request_id,
            host: request.host(),
            product,
            action: action.unwrap_or_default().to_owned(),
            form: Form::wanted(request, &params),
        }
    }

    /// Writes a success: the operation's fields plus the request id.
    pub(crate) fn answer(&self, mut fields: Fields, effect: Effect) -> Reply {
        fields.insert("RequestId".to_owned(), self.request_id.into());
        let root = format!("{}Response", self.action);
        self.finish(200, "OK", &root, &Value::Object(fields), effect)
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
            Form::Json => (JSON, body.to_string().into_bytes()),
            Form::Xml => ("text/xml", xml::document(root, body)),
        };
        Reply {
            status,
            headers: content_type(kind),
            body,
            outcome: outcome.to_owned(),
            effect,
        }
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
    Reply {
        status,
        headers: content_type(JSON),
        body: body.to_string().into_bytes(),
        outcome: outcome.to_owned(),
        effect,
    }
}

const JSON: &str = "application/json";

fn content_type(kind: &str) -> Vec<(String, String)> {
    let value = format!("{kind};charset=utf-8");
    vec![("content-type".to_owned(), value)]
}
