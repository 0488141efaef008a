//! Every operation against every reply.

use std::time::Duration;

use futures_util::future::join_all;
use respec::cloud::{CloudError, ErrorKind, Outcome};
use respec::wire::REPLY_BYTES_MAX;

use crate::operations::{ALL, Operation, awake, client};
use crate::raw::RawServer;
use crate::replies::{BAD, HUGE, ODD_BUT_GOOD, Reply};

/// Longest wait for a bad reply, as the table has it. The endless ones take less, the slow ones more.
const LONGEST: Duration = Duration::from_millis(700);

/// Longest wait for a good one, which is there at once wherever nothing else is to be done.
const LONGEST_GOOD: Duration = Duration::from_secs(20);

/// What may lie between the server's last write and the client's last read, where the client is slow: the kernel's
/// buffers, 16 MiB of the receiver's 32 and 4 MiB of the sender's, with something to spare.
const KERNEL_BUFFERS: usize = 24 * 1024 * 1024;

/// Longest message of an error, in characters: 500, and what tells that it was cut.
const MESSAGE_CHARS_MAX: usize = 501;

/// How one operation came out, and what it cost.
struct Came {
    operation: Operation,
    result: Result<(), CloudError>,
    bytes_per_request: usize,
}

/// All operations at once against servers that answer like this, and are waited for so long.
fn all_against(reply: &Reply, longest: Duration) -> Vec<Came> {
    awake(join_all(ALL.iter().map(|operation| async {
        let server = RawServer::start((reply.manner)(&operation.good_body()));
        let client = client(&server.origin, longest);
        let result = operation.call(&client).await;
        Came {
            operation: *operation,
            result,
            bytes_per_request: server.n_bytes() / server.n_requests().max(1),
        }
    })))
}

#[test]
fn a_bad_reply_is_never_an_answer_and_never_a_certain_refusal() {
    let mut findings = Vec::new();
    for reply in BAD {
        for came in all_against(reply, LONGEST) {
            let place = format!("{:?}, {}", came.operation, reply.name);
            findings.extend(faults_of(&came).map(|what| format!("{place}: {what}")));
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    const { assert!(HUGE > 3 * (REPLY_BYTES_MAX + KERNEL_BUFFERS)) }
}

/// What is wrong about how an operation took a bad reply.
fn faults_of(came: &Came) -> impl Iterator<Item = String> {
    let mut faults = Vec::new();
    if came.bytes_per_request > REPLY_BYTES_MAX + KERNEL_BUFFERS {
        faults.push(format!("{} bytes were read", came.bytes_per_request));
    }
    match &came.result {
        Ok(()) => faults.push("taken for an answer".to_owned()),
        Err(error) => faults.extend(faults_of_error(came.operation, error)),
    }
    faults.into_iter()
}

fn faults_of_error(operation: Operation, error: &CloudError) -> Option<String> {
    let kinds = [ErrorKind::Fault, ErrorKind::Unanswered];
    let doubtful = error.outcome() == Outcome::Unknown
        && (!operation.only_reads() || kinds.contains(&error.kind));
    let text = error.to_string();
    let names_it = text.starts_with(error.operation);
    let short = error.message.chars().count() <= MESSAGE_CHARS_MAX;
    let secrets = ["hush-hush", "t0k3n", "LTAItest", "Signature="];
    let silent = !secrets.iter().any(|secret| text.contains(secret));
    (!(doubtful && names_it && short && silent)).then(|| format!("{error:?}"))
}

#[test]
fn an_odd_reply_that_is_good_is_an_answer() {
    for reply in ODD_BUT_GOOD {
        for came in all_against(reply, LONGEST_GOOD) {
            let place = format!("{:?}, {}", came.operation, reply.name);
            came.result
                .unwrap_or_else(|error| panic!("{place}: {error:?}"));
        }
    }
}
