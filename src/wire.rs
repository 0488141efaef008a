//! The wire as a port: one HTTP request out, one reply back, and how a missing reply is told apart.
//!
//! Nothing here knows what is being said. Signing, retries, throttle and meaning live above, in
//! `aliyun`; sockets live below, in `http`; the simulator answers the same requests in process.

use std::time::Duration;

use async_trait::async_trait;

/// The two methods the RPC style uses, and the one that asks the metadata service for its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Everything in the query string.
    Get,
    /// Parameters in the query string, in a form body, or in both.
    Post,
    /// Only ever sent to the metadata service.
    Put,
}

impl Method {
    /// The method as it stands in a request line and in a signature.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// One HTTP request, already signed.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Scheme, host and port, without a path: `https://ecs.cn-hangzhou.aliyuncs.com`.
    pub origin: String,
    /// The path, `/` for every RPC call.
    pub path: String,
    /// The raw query string, percent-encoded, without the question mark; may be empty.
    pub query: String,
    /// Header names in lower case with their values.
    pub headers: Vec<(String, String)>,
    /// The body; empty for most calls.
    pub body: Vec<u8>,
    /// How long to wait for the whole reply, in real time.
    pub timeout: Duration,
}

// Requests carry access key ids, tokens and signatures: they are never printed whole.
impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "HttpRequest({} {}{} …)",
            self.method.as_str(),
            self.origin,
            self.path
        )
    }
}

/// One HTTP reply, read to its end and within the size limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// The status code.
    pub status: u16,
    /// Header names in lower case with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpReply {
    /// The first value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

/// Why there is no reply. The difference decides whether a call may have had an effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The request never left this machine: refused connection, bad name, bad certificate.
    #[error("request not sent: {0}")]
    NotSent(String),
    /// The request may have arrived, but no complete reply came back.
    #[error("no answer: {0}")]
    Unanswered(String),
}

/// Largest reply that is read, after decompression.
///
/// A full DescribeInstances page is about 0.4 MB.
pub const REPLY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Sends one request and waits for its reply. Never retries, never follows a redirect.
#[async_trait(?Send)]
pub trait Wire {
    /// One attempt.
    ///
    /// # Errors
    /// [`WireError::NotSent`] when nothing can have happened, [`WireError::Unanswered`] when it may.
    async fn send(&self, request: HttpRequest) -> Result<HttpReply, WireError>;
}
