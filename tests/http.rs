//! The wire over real sockets on loopback: what arrives, and how a missing reply is told apart.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::rc::Rc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::routing::any;
use respec::aliyun::{AccessKey, Aliyun, AliyunConfig, Endpoints};
use respec::clock::SystemClock;
use respec::cloud::Cloud;
use respec::http::HttpWire;
use respec::model::RegionId;
use respec::wire::{HttpReply, HttpRequest, Method, REPLY_BYTES_MAX, Wire, WireError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Serves a router on a free port; answers its origin.
async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

/// Reads one request and answers these bytes, whatever they are, then hangs up.
async fn serve_raw(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(answer).await;
        }
    });
    origin
}

/// A port where nobody listens.
async fn silent_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

async fn get(origin: &str) -> Result<HttpReply, WireError> {
    let request = HttpRequest {
        method: Method::Get,
        origin: origin.to_owned(),
        path: "/".to_owned(),
        query: "Action=x&Signature=s3cr3t%3D".to_owned(),
        headers: vec![("x-trace".to_owned(), "7".to_owned())],
        body: Vec::new(),
        // Longer than what a connection may take: where names are asked for in vain, that has to run out first.
        timeout: Duration::from_secs(30),
    };
    HttpWire::new().unwrap().send(request).await
}

#[tokio::test]
async fn what_arrives_is_what_was_signed() {
    let echo = |request: Request| async move {
        let header = |name| request.headers()[name].to_str().unwrap().to_owned();
        format!(
            "{} {} {} {} {}",
            request.method(),
            request.uri(),
            header("x-trace"),
            header("accept-encoding"),
            header("user-agent")
        )
    };
    let origin = serve(Router::new().fallback(any(echo))).await;
    let reply = get(&origin).await.unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        String::from_utf8(reply.body).unwrap(),
        format!("GET /?Action=x&Signature=s3cr3t%3D 7 identity respec/{version}")
    );
}

#[tokio::test]
async fn a_redirect_is_a_reply_and_not_an_order() {
    let elsewhere = || async {
        Response::builder()
            .status(302)
            .header("location", "/trap")
            .body(Body::from("moved"))
            .unwrap()
    };
    let trap = || async { "trapped" };
    let router = Router::new()
        .route("/", any(elsewhere))
        .route("/trap", any(trap));
    let reply = get(&serve(router).await).await.unwrap();
    assert_eq!((reply.status, &reply.body[..]), (302, &b"moved"[..]));
    assert_eq!(reply.header("location"), Some("/trap"));
}

#[tokio::test]
async fn a_port_where_nobody_listens_gets_nothing() {
    let error = get(&format!("http://127.0.0.1:{}", silent_port().await)).await;
    assert!(matches!(error, Err(WireError::NotSent(_))), "{error:?}");
}

#[tokio::test]
async fn a_name_that_nobody_has_gets_nothing() {
    let error = get("http://nobody.invalid").await;
    assert!(matches!(error, Err(WireError::NotSent(_))), "{error:?}");
}

#[tokio::test]
async fn a_header_or_an_address_that_cannot_be_sent_is_not_sent() {
    let error = get("http://no such host").await;
    assert!(matches!(error, Err(WireError::NotSent(_))), "{error:?}");
}

#[tokio::test]
async fn a_server_without_tls_gets_nothing_over_https() {
    let origin = serve_raw(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let error = get(&origin.replace("http://", "https://")).await;
    assert!(matches!(error, Err(WireError::NotSent(_))), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_leaves_doubt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let request = HttpRequest {
        method: Method::Post,
        origin: format!("http://{}", listener.local_addr().unwrap()),
        path: "/".to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout: Duration::from_millis(100),
    };
    // The kernel takes the connection; nobody ever reads from it.
    let error = HttpWire::new().unwrap().send(request).await;
    assert!(matches!(error, Err(WireError::Unanswered(_))), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_cut_or_no_http_leaves_doubt_and_shows_no_signature() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"RequestId\""[..],
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"SSH-2.0-OpenSSH_9.7\r\n",
        b"",
    ] {
        let error = get(&serve_raw(answer).await).await.unwrap_err();
        assert!(matches!(error, WireError::Unanswered(_)), "{error:?}");
        assert!(!error.to_string().contains("s3cr3t"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let huge = || async { " ".repeat(REPLY_BYTES_MAX + 1) };
    let error = get(&serve(Router::new().fallback(any(huge))).await).await;
    assert!(matches!(error, Err(WireError::Unanswered(_))), "{error:?}");
    let full = || async { " ".repeat(REPLY_BYTES_MAX) };
    let reply = get(&serve(Router::new().fallback(any(full))).await).await;
    assert_eq!(reply.unwrap().body.len(), REPLY_BYTES_MAX);
}

#[tokio::test]
async fn a_client_speaks_over_it_to_whoever_answers() {
    let account = || async { r#"{"RequestId":"R-1","AccountId":"1234567890"}"# };
    let origin = serve(Router::new().route("/", any(account))).await;
    let config = AliyunConfig {
        credentials: AccessKey {
            id: "LTAItest".to_owned(),
            secret: "hush".into(),
            token: None,
        }
        .into(),
        endpoints: Endpoints::custom(&origin).unwrap(),
        region: RegionId::new("cn-beijing").unwrap(),
    };
    let wire = Rc::new(HttpWire::new().unwrap());
    let aliyun = Aliyun::new(config, wire, Rc::new(SystemClock::new(1)), Box::new(|| 4));
    assert_eq!(
        aliyun.caller_identity().await.unwrap().as_str(),
        "1234567890"
    );
}
