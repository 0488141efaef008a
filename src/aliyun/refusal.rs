//! Tells a refusal from an answer, and says what it means.

use std::time::Duration;

use super::lenient::{self, Unreadable};
use super::operation::{Operation, Repeat};
use super::verdict::{Code, Verdict};
use super::{codes, sign};
use crate::cloud::{CloudError, ErrorKind};
use crate::model::RequestId;
use crate::wire::{HttpReply, REPLY_BYTES_MAX, WireError};

/// Longest message that is kept, in characters; longer ones are server output run wild.
const MESSAGE_CHARS_MAX: usize = 500;

/// Longest code that is kept, in characters; the longest documented one has 62.
const CODE_CHARS_MAX: usize = 128;

/// Longest wait that a reply may ask for: the vendor's own CLI follows `x-acs-retry-after` so far.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// From here on the vendor repeats the signed request back, parameters and all.
const ECHO_MARKER: &str = "string to sign";

/// The refusal that a reply holds; none when it is an answer.
///
/// A code is believed whatever the status, a status without a code never says that a change was
/// certainly not made: whoever stands between here and the service may have sent it.
pub(super) fn refusal(
    operation: &Operation,
    reply: &HttpReply,
    sent: &sign::Signed,
) -> Option<CloudError> {
    if reply.body.len() > REPLY_BYTES_MAX {
        let why = format!("it is larger than {REPLY_BYTES_MAX} bytes");
        return Some(unreadable(operation, &Unreadable(why)));
    }
    let verdict = Verdict::read(&reply.body);
    let accepted = (200..300).contains(&reply.status);
    match &verdict.code {
        Code::Refuses(code) => Some(of_code(operation, reply, code, &verdict, sent)),
        Code::Unclear => {
            let why = "it holds a code that is no text, or more than one".to_owned();
            Some(unreadable(operation, &Unreadable(why)))
        }
        Code::None | Code::Fine if !accepted => Some(of_status(operation, reply, &verdict)),
        Code::None | Code::Fine if verdict.success == Some(false) => {
            Some(of_no_success(operation, reply, &verdict))
        }
        Code::None | Code::Fine if verdict.request_id.is_none() => {
            Some(unreadable(operation, &why_nameless(&reply.body)))
        }
        Code::None | Code::Fine => None,
    }
}

/// Why a body has no request id, which every reply of the vendor has.
fn why_nameless(body: &[u8]) -> Unreadable {
    match lenient::read::<Verdict>(body) {
        Err(why) => why,
        Ok(_) => {
            Unreadable("it has no RequestId, so it is not the service that answered".to_owned())
        }
    }
}

/// A request that brought no reply.
pub(super) fn of_wire(operation: &Operation, error: &WireError) -> CloudError {
    let kind = match error {
        WireError::NotSent(_) => ErrorKind::NotSent,
        WireError::Unanswered(_) => ErrorKind::Unanswered,
    };
    without_reply(operation, kind, &error.to_string())
}

/// A reply that cannot be understood. What changes something may have happened nevertheless; for
/// reading it is a failure of the service.
pub(super) fn unreadable(operation: &Operation, why: &Unreadable) -> CloudError {
    without_reply(
        operation,
        unclear(operation),
        &format!("the reply cannot be read: {why}"),
    )
}

/// A call that cannot be made at all.
pub(super) fn impossible(operation: &Operation, why: &str) -> CloudError {
    without_reply(operation, ErrorKind::Invalid, why)
}

/// The error of one machine in a batched answer.
pub(super) fn of_entry(
    operation: &Operation,
    code: Option<&str>,
    message: Option<&str>,
    request_id: &RequestId,
) -> CloudError {
    // The status spoke for the batch, so it says nothing about this machine.
    let kind = code.map_or(ErrorKind::Unanswered, |code| {
        codes::classify(operation.name, code, 0)
    });
    let reach = code.map_or(kind.reach(), |code| {
        codes::reach(operation.name, code, kind)
    });
    CloudError {
        reach,
        code: code.map(|code| cut(code, CODE_CHARS_MAX)),
        request_id: Some(request_id.clone()),
        ..without_reply(
            operation,
            kind,
            message.unwrap_or("the reply says nothing about this machine"),
        )
    }
}

fn without_reply(operation: &Operation, kind: ErrorKind, message: &str) -> CloudError {
    CloudError {
        operation: operation.name,
        kind,
        also: None,
        reach: kind.reach(),
        code: None,
        message: presentable(message),
        request_id: None,
        retry_after: None,
    }
}

fn unclear(operation: &Operation) -> ErrorKind {
    match operation.repeat {
        Repeat::Read => ErrorKind::Fault,
        Repeat::Tokened | Repeat::Blind => ErrorKind::Unanswered,
    }
}

fn of_code(
    operation: &Operation,
    reply: &HttpReply,
    code: &str,
    verdict: &Verdict,
    sent: &sign::Signed,
) -> CloudError {
    let told = verdict.message.as_deref().unwrap_or("no message");
    let message = if code.eq_ignore_ascii_case("SignatureDoesNotMatch") {
        signature_verdict(told, &sent.string_to_sign).to_owned()
    } else {
        told.to_owned()
    };
    let kind = match codes::classify(operation.name, code, reply.status) {
        // A code nobody knows beside a status that does not refuse: one of the two is wrong.
        ErrorKind::Unlisted if !(400..500).contains(&reply.status) => unclear(operation),
        kind => kind,
    };
    CloudError {
        also: codes::second_meaning(operation.name, code),
        reach: codes::reach(operation.name, code, kind),
        code: Some(cut(code, CODE_CHARS_MAX)),
        request_id: request_id(verdict),
        retry_after: retry_after(reply),
        ..without_reply(operation, kind, &message)
    }
}

/// The answer contradicts itself, so a change may have happened or not.
fn of_no_success(operation: &Operation, reply: &HttpReply, verdict: &Verdict) -> CloudError {
    let told = verdict.message.as_deref().unwrap_or("no message");
    CloudError {
        request_id: request_id(verdict),
        retry_after: retry_after(reply),
        ..without_reply(
            operation,
            unclear(operation),
            &format!("the reply says that it did not succeed: {told}"),
        )
    }
}

fn of_status(operation: &Operation, reply: &HttpReply, verdict: &Verdict) -> CloudError {
    let kind = match (operation.repeat, reply.status) {
        (Repeat::Read, 429) => ErrorKind::Throttled,
        (_, 500..) => ErrorKind::Fault,
        (_, _) => unclear(operation),
    };
    CloudError {
        request_id: request_id(verdict),
        retry_after: retry_after(reply),
        ..without_reply(
            operation,
            kind,
            &format!(
                "HTTP status {} without an error code, as a proxy or a gateway sends it",
                reply.status
            ),
        )
    }
}

fn request_id(verdict: &Verdict) -> Option<RequestId> {
    RequestId::new(verdict.request_id.clone()?).ok()
}

/// `x-acs-retry-after`, in milliseconds.
fn retry_after(reply: &HttpReply) -> Option<Duration> {
    let millis = reply.header("x-acs-retry-after")?.trim().parse().ok()?;
    Some(Duration::from_millis(millis).min(RETRY_AFTER_MAX))
}

/// Where both sides signed the same text, only the key can differ.
fn signature_verdict(told: &str, ours: &str) -> &'static str {
    if told.contains(ours) {
        "the access key secret is wrong"
    } else {
        "the service signed a different text: something between here and there changed the request"
    }
}

/// A message as it may be kept: without the echo of a signed request, and not endless.
fn presentable(message: &str) -> String {
    let end = message.to_ascii_lowercase().find(ECHO_MARKER);
    cut(
        message[..end.unwrap_or(message.len())].trim_end(),
        MESSAGE_CHARS_MAX,
    )
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aliyun::operation::{DESCRIBE_INSTANCES, MODIFY_INSTANCE_SPEC};

    fn signed() -> sign::Signed {
        sign::Signed {
            query: String::new(),
            string_to_sign: "GET&%2F&AccessKeyId%3Dours".to_owned(),
        }
    }

    fn judged(operation: &Operation, status: u16, body: &str) -> Option<CloudError> {
        let reply = HttpReply {
            status,
            headers: vec![("x-acs-retry-after".to_owned(), "90000".to_owned())],
            body: body.as_bytes().to_vec(),
        };
        refusal(operation, &reply, &signed())
    }

    #[test]
    fn an_error_body_is_a_refusal_even_with_status_200() {
        let body = r#"{"RequestId":"R","Code":"OperationDenied.NoStock","Message":"none left"}"#;
        let error = judged(&MODIFY_INSTANCE_SPEC, 200, body).unwrap();
        assert_eq!(error.kind, ErrorKind::NoStock);
        assert_eq!(error.request_id.unwrap().as_str(), "R");
        assert!(
            judged(
                &MODIFY_INSTANCE_SPEC,
                200,
                r#"{"RequestId":"R","Code":"Success"}"#
            )
            .is_none()
        );
        assert!(judged(&MODIFY_INSTANCE_SPEC, 200, r#"{"RequestId":"R"}"#).is_none());
    }

    #[test]
    fn a_page_of_a_proxy_is_no_answer_to_a_change_and_a_fault_to_a_look() {
        let html = "<html>login here</html>";
        let change = judged(&MODIFY_INSTANCE_SPEC, 302, html).unwrap();
        assert_eq!(change.kind, ErrorKind::Unanswered);
        let look = judged(&DESCRIBE_INSTANCES, 302, html).unwrap();
        assert_eq!(look.kind, ErrorKind::Fault);
        let gateway = judged(&MODIFY_INSTANCE_SPEC, 502, html).unwrap();
        assert_eq!(gateway.kind, ErrorKind::Fault);
    }

    #[test]
    fn the_wait_asked_for_is_bounded() {
        let error = judged(&DESCRIBE_INSTANCES, 429, "{}").unwrap();
        assert_eq!(error.kind, ErrorKind::Throttled);
        assert_eq!(error.retry_after, Some(RETRY_AFTER_MAX));
    }

    #[test]
    fn the_echo_of_a_signed_request_is_never_kept() {
        let body = |signed: &str| {
            format!(
                r#"{{"Code":"SignatureDoesNotMatch","Message":"differs. server string to sign is:{signed}"}}"#
            )
        };
        let ours = judged(
            &DESCRIBE_INSTANCES,
            400,
            &body("GET&%2F&AccessKeyId%3Dours"),
        )
        .unwrap();
        assert_eq!(ours.message, "the access key secret is wrong");
        let theirs = judged(&DESCRIBE_INSTANCES, 400, &body("GET&%2F&AccessKeyId%3Dx")).unwrap();
        assert!(
            !theirs.message.contains("AccessKeyId"),
            "{}",
            theirs.message
        );
        let other =
            r#"{"Code":"IncompleteSignature","Message":"Bad. Server String To Sign is:GET&x"}"#;
        let other = judged(&DESCRIBE_INSTANCES, 400, other).unwrap();
        assert_eq!(other.message, "Bad. Server");
    }

    #[test]
    fn a_message_without_end_is_cut() {
        let body = format!(r#"{{"Code":"X","Message":"{}"}}"#, "é".repeat(10_000));
        let error = judged(&DESCRIBE_INSTANCES, 400, &body).unwrap();
        assert_eq!(error.message.chars().count(), MESSAGE_CHARS_MAX + 1);
    }
}
