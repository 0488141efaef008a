//! Refusals in disguise: with status 200, with names in lower case, with a code given twice, in a batch.

use std::time::Duration;

use respec::cloud::{ErrorKind, Outcome};

use crate::operations::{ALL, Operation, awake, client};
use crate::raw::{Act, Ending, Manner, RawServer};

const LONGEST: Duration = Duration::from_secs(5);

/// Asks once for each operation, and answers all of them like this.
fn told(status: &str, body: &str) -> Vec<(Operation, Option<ErrorKind>, Option<Outcome>)> {
    let length = body.len();
    let reply = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
    let server = RawServer::start(Manner {
        acts: vec![Act::Say(reply.into_bytes())],
        ending: Ending::Close,
    });
    let told = ALL.map(|operation| {
        let result = awake(async { operation.call(&client(&server.origin, LONGEST)).await });
        let error = result.err();
        (
            operation,
            error.as_ref().map(|e| e.kind),
            error.map(|e| e.outcome()),
        )
    });
    told.to_vec()
}

#[test]
fn a_code_that_is_known_is_believed_whatever_the_status() {
    let body = r#"{"RequestId":"R-1","Code":"InvalidInstanceId.NotFound","Message":"no"}"#;
    let lower = r#"{"requestId":"R-1","code":"InvalidInstanceId.NotFound","message":"no"}"#;
    let mangled =
        r#"{"RequestId":"R-1","Code":"InvalidInstanceId.NotFound","Message":{"zh":"无"}}"#;
    let twice = r#"{"Code":"InvalidInstanceId.NotFound","RequestId":"R-1","Code":"InvalidInstanceId.NotFound"}"#;
    for status in [
        "200 OK",
        "404 Not Found",
        "500 Internal Server Error",
        "302 Found",
    ] {
        for body in [body, lower, mangled, twice] {
            for (operation, kind, _) in told(status, body) {
                assert_eq!(
                    kind,
                    Some(ErrorKind::NotFound),
                    "{operation:?} {status} {body}"
                );
            }
        }
    }
}

#[test]
fn a_code_nobody_knows_is_certain_only_behind_a_status_that_refuses() {
    let body = r#"{"RequestId":"R-1","Code":"Brand.NewCode","Message":"no"}"#;
    for (operation, kind, _) in told("400 Bad Request", body) {
        assert_eq!(kind, Some(ErrorKind::Unlisted), "{operation:?}");
    }
    for status in ["200 OK", "302 Found", "500 Internal Server Error"] {
        for (operation, kind, outcome) in told(status, body) {
            assert_eq!(
                outcome,
                Some(Outcome::Unknown),
                "{operation:?} {status}: {kind:?}"
            );
        }
    }
}

#[test]
fn codes_that_contradict_each_other_or_are_no_text_are_doubt() {
    for body in [
        r#"{"RequestId":"R-1","Code":"200","Code":"InternalError","InstanceResponses":{}}"#,
        r#"{"RequestId":"R-1","Code":"OperationDenied.NoStock","code":"200"}"#,
        r#"{"RequestId":"R-1","Code":["OperationDenied.NoStock"]}"#,
        r#"{"RequestId":"R-1","Code":{"value":"OperationDenied.NoStock"}}"#,
        r#"{"RequestId":"R-1","Code":403,"Message":"no"}"#,
        r#"{"RequestId":"R-1","Code":true}"#,
    ] {
        for status in ["200 OK", "403 Forbidden"] {
            for (operation, kind, outcome) in told(status, body) {
                assert_eq!(
                    outcome,
                    Some(Outcome::Unknown),
                    "{operation:?} {status} {body}: {kind:?}"
                );
            }
        }
    }
}
