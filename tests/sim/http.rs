//! The same world behind a socket.

use std::sync::{Arc, Mutex};

use crate::harness::signed;
use respec::clock::{Clock as _, SystemClock};
use respec::sim::{Scenario, World, serve};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Speaks just enough HTTP to ask one thing.
async fn ask(address: std::net::SocketAddr, line: &str, body: &str) -> (u16, Value) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    socket.read_to_string(&mut reply).await.unwrap();
    let status = reply.split(' ').nth(1).unwrap().parse().unwrap();
    let body = reply.split("\r\n\r\n").nth(1).unwrap_or_default();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn sockets_and_unsigned_doors_see_one_world() {
    let text = "delays: {answer: 0s}\ninstances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]";
    let scenario = Scenario::read(text).unwrap();
    let wall = SystemClock::new(1).wall();
    let world = Arc::new(Mutex::new(World::new(&scenario, wall)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, world, 1000, async {
        let _ = stopped.await;
    }));

    let stamp = wall.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let params = [
        ("Action", "StopInstance"),
        ("Version", "2014-05-26"),
        ("AccessKeyId", "simulated"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", "n"),
        ("Timestamp", stamp.as_str()),
        ("InstanceId", "i-1"),
    ];
    let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let query = signed(params.to_vec(), "simulated-secret");
    let (status, body) = ask(address, &format!("POST /?{query}"), "").await;
    assert_eq!(status, 200, "{body}");

    let (status, calls) = ask(address, "GET /_sim/calls", "").await;
    assert_eq!(
        (status, &calls["StopInstance"]["calls"]),
        (200, &Value::from(1))
    );
    let (status, _) = ask(address, "POST /_console/lock", "{\"InstanceId\":\"i-1\"}").await;
    assert_eq!(status, 200);
    let (_, truth) = ask(address, "GET /_sim/world", "").await;
    assert_eq!(truth["instances"][0]["Locks"][0]["LockReason"], "security");
    for (line, status) in [
        ("GET /_console/lock", 405),
        ("POST /_console/dance", 404),
        ("POST /_console/stop", 400),
        ("GET /_sim/nothing", 404),
        ("GET /elsewhere", 404),
        ("GET /", 400),
        ("PUT /", 405),
    ] {
        assert_eq!(ask(address, line, "").await.0, status, "{line}");
    }
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

/// The answer to one signed call as raw text; empty when the connection was closed without one.
async fn stop_by_socket(scenario: &str) -> (String, Value) {
    let scenario = Scenario::read(scenario).unwrap();
    let wall = SystemClock::new(1).wall();
    let world = Arc::new(Mutex::new(World::new(&scenario, wall)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(serve(listener, world, 1000, std::future::pending()));
    let stamp = wall.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let params = [
        ("Action", "StopInstance"),
        ("Version", "2014-05-26"),
        ("AccessKeyId", "simulated"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", "n"),
        ("Timestamp", stamp.as_str()),
        ("InstanceId", "i-1"),
    ];
    let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let query = signed(params.to_vec(), "simulated-secret");
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /?{query} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    socket.read_to_string(&mut reply).await.unwrap();
    let (_, truth) = ask(address, "GET /_sim/world", "").await;
    server.abort();
    (reply, truth["instances"][0]["Status"].clone())
}

#[tokio::test]
async fn a_socket_that_is_struck_is_closed_without_a_word() {
    for (fault, answered, status) in [
        ("{when: no_answer_before}", "", "Running"),
        ("{when: no_answer_after}", "", "Stopping"),
        ("{when: not_sent}", "", "Running"),
        (
            "{code: OperationConflict}",
            "HTTP/1.1 409 Conflict",
            "Running",
        ),
        (
            "{code: InternalError, when: after}",
            "HTTP/1.1 500 Internal",
            "Stopping",
        ),
    ] {
        let scenario = format!(
            "delays: {{answer: 0s, stop: 1h}}\nfaults: [{fault}]\n\
             instances: [{{InstanceId: i-1, InstanceType: ecs.g7.large}}]"
        );
        let (reply, truth) = stop_by_socket(&scenario).await;
        assert!(reply.starts_with(answered), "{fault}: {reply}");
        assert_eq!(reply.is_empty(), answered.is_empty(), "{fault}: {reply}");
        assert_eq!(truth, status, "{fault}");
    }
}
