//! Something between the program and the cloud that passes requests on, and spoils some of the replies.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::raw::{PATIENCE, read_head};

/// What to spoil.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meddling {
    /// Requests of this operation.
    pub(crate) action: &'static str,
    /// So many of them, the first ones.
    pub(crate) times: usize,
    /// What they are answered instead.
    pub(crate) reply: &'static [u8],
    /// Whether the cloud hears of them.
    pub(crate) passed: Passed,
}

/// Whether a spoiled request goes on to the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    /// It is answered here.
    No,
    /// It goes on; only its answer is replaced.
    On,
}

/// The meddler, until the test is over.
pub(crate) struct Meddler {
    pub(crate) url: String,
    n_spoiled: Arc<AtomicUsize>,
}

impl Meddler {
    /// Stands before the cloud at this URL.
    pub(crate) fn start(cloud: &str, meddling: Meddling) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let cloud = cloud.strip_prefix("http://").unwrap().to_owned();
        let n_spoiled = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&n_spoiled);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (cloud, counter) = (cloud.clone(), Arc::clone(&counter));
                thread::spawn(move || {
                    // Whoever hangs up has had enough.
                    let _hung_up = pass_on(socket, &cloud, meddling, &counter);
                });
            }
        });
        Self { url, n_spoiled }
    }

    /// How many replies were spoiled so far.
    pub(crate) fn n_spoiled(&self) -> usize {
        self.n_spoiled.load(Ordering::SeqCst)
    }
}

/// One request a connection.
fn pass_on(
    mut client: TcpStream,
    cloud: &str,
    meddling: Meddling,
    n_spoiled: &AtomicUsize,
) -> std::io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let head = read_head(&mut client)?;
    let spoils = speaks_of(&head, meddling.action)
        && n_spoiled
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| {
                (n < meddling.times).then_some(n + 1)
            })
            .is_ok();
    let answer = match (spoils, meddling.passed) {
        (true, Passed::No) => meddling.reply.to_vec(),
        (true, Passed::On) => {
            ask(cloud, &head)?;
            meddling.reply.to_vec()
        }
        (false, _) => ask(cloud, &head)?,
    };
    client.write_all(&answer)
}

fn speaks_of(head: &[u8], action: &str) -> bool {
    let text = String::from_utf8_lossy(head);
    let line = text.lines().next().unwrap_or_default();
    line.contains(&format!("Action={action}&"))
}

/// Asks the cloud over a connection of its own, and reads until it closes.
fn ask(cloud: &str, head: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut socket = TcpStream::connect(cloud)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let head = String::from_utf8_lossy(head);
    let closing = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    socket.write_all(closing.as_bytes())?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    Ok(answer)
}
