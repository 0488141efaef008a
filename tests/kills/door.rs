//! The only way to the cloud: counts what goes through, and does something bad at one call.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Longest head of a request that is read.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Longest that anything here blocks.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    /// Those that may change something.
    Changing,
    /// All of them.
    Any,
}

/// When, relative to the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// The cloud has not heard of it.
    Before,
    /// The cloud has done it, and the answer is on its way.
    Between,
    /// The answer is there.
    After,
}

/// What is done there.
pub(crate) type Deed = Arc<dyn Fn(u32) + Send + Sync>;

/// One bad thing, at the `nth` call.
#[derive(Clone)]
pub(crate) struct Trap {
    pub(crate) calls: Calls,
    pub(crate) nth: usize,
    pub(crate) when: When,
    /// Gets the process.
    pub(crate) deed: Deed,
}

impl Trap {
    pub(crate) fn signal(calls: Calls, nth: usize, when: When, signal: Signal) -> Self {
        let deed = move |process| send(process, signal);
        Self {
            calls,
            nth,
            when,
            deed: Arc::new(deed),
        }
    }
}

/// Sends a signal to a process of ours; one that is over already is none the worse.
pub(crate) fn send(process: u32, signal: Signal) {
    let id = i32::try_from(process).ok().and_then(Pid::from_raw);
    let _over_already = kill_process(id.unwrap(), signal);
}

#[derive(Default)]
struct State {
    traps: Vec<Trap>,
    process: Option<u32>,
    n_any: usize,
    n_changing: usize,
    tokens: Vec<String>,
}

/// The door, until its round is over.
pub(crate) struct Door {
    pub(crate) url: String,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Door {
    pub(crate) fn before(cloud: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let cloud = cloud.strip_prefix("http://").unwrap().to_owned();
        let shared = Arc::<(Mutex<State>, Condvar)>::default();
        let inside = Arc::clone(&shared);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (cloud, shared) = (cloud.clone(), Arc::clone(&inside));
                thread::spawn(move || {
                    // Whoever was killed hangs up.
                    let _hung_up = pass(socket, &cloud, &shared);
                });
            }
        });
        Self { url, shared }
    }

    /// Sets traps for the next process; calls are counted from here.
    pub(crate) fn arm(&self, traps: Vec<Trap>) {
        let mut state = self.shared.0.lock().unwrap();
        *state = State {
            traps,
            tokens: std::mem::take(&mut state.tokens),
            ..State::default()
        };
    }

    /// Names the process that the traps are for.
    pub(crate) fn aim(&self, process: u32) {
        self.shared.0.lock().unwrap().process = Some(process);
        self.shared.1.notify_all();
    }

    /// The client tokens of all calls that went to the cloud.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.shared.0.lock().unwrap().tokens.clone()
    }

    /// Calls since it was armed that may have changed something.
    pub(crate) fn n_changing(&self) -> usize {
        self.shared.0.lock().unwrap().n_changing
    }

    /// All calls since it was armed.
    pub(crate) fn n_any(&self) -> usize {
        self.shared.0.lock().unwrap().n_any
    }
}

/// One request a connection.
fn pass(
    mut client: TcpStream,
    cloud: &str,
    shared: &(Mutex<State>, Condvar),
) -> std::io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let head = read_head(&mut client)?;
    let traps = sprung(&head, shared);
    let spring = |when| {
        for (trap, process) in traps.iter().filter(|(trap, _)| trap.when == when) {
            (trap.deed)(*process);
        }
    };
    spring(When::Before);
    if let Some(token) = query(&head, "ClientToken") {
        shared.0.lock().unwrap().tokens.push(token);
    }
    let answer = ask(cloud, &head)?;
    spring(When::Between);
    client.write_all(&answer)?;
    drop(client);
    spring(When::After);
    Ok(())
}

/// Counts the call; says which traps it springs.
fn sprung(head: &str, shared: &(Mutex<State>, Condvar)) -> Vec<(Trap, u32)> {
    let mut state = shared.0.lock().unwrap();
    state.n_any += 1;
    let changing = is_changing(head);
    state.n_changing += usize::from(changing);
    let sprung = |trap: &&Trap| match trap.calls {
        Calls::Any => trap.nth == state.n_any,
        Calls::Changing => changing && trap.nth == state.n_changing,
    };
    let sprung: Vec<Trap> = state.traps.iter().filter(sprung).cloned().collect();
    if sprung.is_empty() {
        return Vec::new();
    }
    let unnamed = |state: &mut State| state.process.is_none();
    let state = shared.1.wait_while(state, unnamed).unwrap();
    let process = state.process.unwrap();
    sprung.into_iter().map(|trap| (trap, process)).collect()
}

fn is_changing(head: &str) -> bool {
    let reads = ["Describe", "Get", "Query", "List"];
    let is_read = |name: String| reads.iter().any(|read| name.starts_with(read));
    let dry = query(head, "DryRun").is_some_and(|dry| dry == "true");
    !dry && !query(head, "Action").is_none_or(is_read)
}

/// A parameter in the request's first line.
fn query(head: &str, name: &str) -> Option<String> {
    let target = head.lines().next()?.split(' ').nth(1)?;
    let (_, query) = target.split_once('?')?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn read_head(socket: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
        socket.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Asks the cloud over a connection of its own, and reads until it closes.
fn ask(cloud: &str, head: &str) -> std::io::Result<Vec<u8>> {
    let mut socket = TcpStream::connect(cloud)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let closing = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    socket.write_all(closing.as_bytes())?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    Ok(answer)
}
