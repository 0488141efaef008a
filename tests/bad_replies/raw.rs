//! A server that knows nothing of HTTP: it reads a request's head and then does as it is told.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Longest head of a request; the longest one of the table has a few hundred bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Longest that anything here blocks.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// One thing to do with a connection.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Write these bytes.
    Say(Vec<u8>),
    /// Write these bytes so many times.
    Repeat(Vec<u8>, usize),
    /// Write these bytes one at a time, with this pause behind each.
    Drip(Vec<u8>, Duration),
    /// Read nothing and write nothing until the other side gives up.
    Sit,
}

/// How to treat everybody who connects.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// What to do once the request is there.
    pub(crate) acts: Vec<Act>,
    /// Whether the connection breaks at the end instead of being closed.
    pub(crate) ending: Ending,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is closed.
    Close,
    /// It is reset: bytes of the request are left unread, which the kernel answers so.
    Reset,
    /// It stays open for the next request.
    KeepOpen,
}

/// A server that answers until the test is over.
pub(crate) struct RawServer {
    pub(crate) origin: String,
    n_bytes: Arc<AtomicUsize>,
    n_requests: Arc<AtomicUsize>,
}

impl RawServer {
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (n_bytes, n_requests) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let server = Self {
            origin,
            n_bytes: Arc::clone(&n_bytes),
            n_requests: Arc::clone(&n_requests),
        };
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let manner = manner.clone();
                let (n_bytes, n_requests) = (Arc::clone(&n_bytes), Arc::clone(&n_requests));
                thread::spawn(move || {
                    // The other side may hang up at any moment, and some of these tests want it to.
                    let _hung_up = converse(socket, &manner, &n_bytes, &n_requests);
                });
            }
        });
        server
    }

    /// Bytes that the kernel took from this server so far.
    pub(crate) fn n_bytes(&self) -> usize {
        self.n_bytes.load(Ordering::SeqCst)
    }

    /// Requests that came so far.
    pub(crate) fn n_requests(&self) -> usize {
        self.n_requests.load(Ordering::SeqCst)
    }
}

fn converse(
    mut socket: TcpStream,
    manner: &Manner,
    n_bytes: &AtomicUsize,
    n_requests: &AtomicUsize,
) -> std::io::Result<()> {
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    loop {
        if manner.ending == Ending::Reset {
            socket.read_exact(&mut [0; 1])?;
        } else {
            read_head(&mut socket)?;
        }
        n_requests.fetch_add(1, Ordering::SeqCst);
        for act in &manner.acts {
            perform(act, &mut socket, n_bytes)?;
        }
        if manner.ending != Ending::KeepOpen {
            return Ok(());
        }
    }
}

/// Reads up to the empty line behind a request's headers.
pub(crate) fn read_head(socket: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0; 1];
    while !head.ends_with(b"\r\n\r\n") {
        assert!(head.len() < HEAD_BYTES_MAX, "a request without end");
        socket.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(head)
}

fn perform(act: &Act, socket: &mut TcpStream, n_bytes: &AtomicUsize) -> std::io::Result<()> {
    match act {
        Act::Say(bytes) => say(bytes, socket, n_bytes),
        Act::Repeat(bytes, times) => (0..*times).try_for_each(|_| say(bytes, socket, n_bytes)),
        Act::Drip(bytes, pause) => bytes.iter().try_for_each(|byte| {
            wait_for_nothing(socket, *pause)?;
            say(&[*byte], socket, n_bytes)
        }),
        Act::Sit => socket.read_exact(&mut [0; 1]),
    }
}

fn say(bytes: &[u8], socket: &mut TcpStream, n_bytes: &AtomicUsize) -> std::io::Result<()> {
    socket.write_all(bytes)?;
    n_bytes.fetch_add(bytes.len(), Ordering::SeqCst);
    socket.flush()
}

/// Lets this long pass, unless the other side hangs up before.
fn wait_for_nothing(socket: &mut TcpStream, pause: Duration) -> std::io::Result<()> {
    socket.set_read_timeout(Some(pause))?;
    match socket.read(&mut [0; 1]) {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(ErrorKind::ConnectionAborted.into()),
    }
}
