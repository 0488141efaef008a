//! A little server that answers health checks, each machine as a story has it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a machine's service does when it is asked for the n-th time, from 1.
pub(crate) type Manner = fn(n: usize) -> Answer;

/// One answer.
pub(crate) enum Answer {
    /// A status and a body.
    Says(u16, &'static str),
    /// Nothing, and the connection stays open.
    Keeps,
}

/// Answers at `/INSTANCE-ID` until the test ends.
pub(crate) struct Clinic {
    pub(crate) url: String,
    patients: Arc<Mutex<Patients>>,
}

/// Who has which trouble, and how often each was asked.
struct Patients {
    manners: BTreeMap<String, Manner>,
    asked: BTreeMap<String, usize>,
}

impl Clinic {
    /// Opens; whoever has no manner of its own is well.
    pub(crate) fn open(manners: &[(&str, Manner)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let manners = manners.iter();
        let patients = Arc::new(Mutex::new(Patients {
            manners: manners.map(|(id, it)| ((*id).to_owned(), *it)).collect(),
            asked: BTreeMap::new(),
        }));
        let seen = Arc::clone(&patients);
        thread::spawn(move || {
            let mut kept = Vec::new();
            for socket in listener.incoming().flatten() {
                kept.extend(attend(socket, &seen));
            }
        });
        Self { url, patients }
    }

    /// How often a machine was asked.
    pub(crate) fn asked(&self, id: &str) -> usize {
        *self.patients.lock().unwrap().asked.get(id).unwrap_or(&0)
    }

    /// From now on the machine is well.
    pub(crate) fn heal(&self, id: &str) {
        self.patients.lock().unwrap().manners.remove(id);
    }
}

impl Patients {
    fn answer(&mut self, id: &str) -> Answer {
        let n = self.asked.entry(id.to_owned()).or_default();
        *n += 1;
        let manner = self.manners.get(id);
        manner.map_or(Answer::Says(200, "ok"), |manner| manner(*n))
    }
}

/// Answers, or gives the connection back to be kept open.
fn attend(socket: TcpStream, patients: &Mutex<Patients>) -> Option<TcpStream> {
    let mut line = String::new();
    let mut reader = BufReader::new(socket);
    reader.read_line(&mut line).ok()?;
    let id = line.split_whitespace().nth(1)?.trim_start_matches('/');
    let mut head = String::new();
    while head != "\r\n" {
        head.clear();
        reader.read_line(&mut head).ok().filter(|n| *n > 0)?;
    }
    let answer = patients.lock().unwrap().answer(id);
    let mut socket = reader.into_inner();
    match answer {
        Answer::Keeps => Some(socket),
        Answer::Says(status, body) => {
            let length = body.len();
            let reply = format!(
                "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            let _gone_already = socket.write_all(reply.as_bytes());
            None
        }
    }
}
