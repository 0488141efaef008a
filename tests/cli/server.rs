//! `respec sim serve` as a child, and its unsigned doors.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::Value;

use crate::process::DEADLINE;

/// A simulated cloud that answers on a port of its own until it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) key_id: String,
    pub(crate) key_secret: String,
}

impl Server {
    pub(crate) fn start(cloud: &Path, speed: u32) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_respec"))
            .args(["sim", "serve", "--speed", &speed.to_string(), "--cloud"])
            .arg(cloud)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let line = first_line(child.stdout.take().unwrap());
        let Ok(line) = line.recv_timeout(DEADLINE) else {
            let _over_already = child.kill();
            panic!("`respec sim serve` says nothing");
        };
        let said: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        Self {
            child,
            url: text("url"),
            key_id: text("access_key_id"),
            key_secret: text("access_key_secret"),
        }
    }

    /// What is true now, without lag.
    pub(crate) fn world(&self) -> World {
        World(self.ask("GET", "/_sim/world", ""))
    }

    /// Calls for each operation.
    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        self.counted(|of| of["calls"].as_u64().unwrap())
    }

    fn counted(&self, count: fn(&Value) -> u64) -> BTreeMap<String, u64> {
        let counts = self.ask("GET", "/_sim/calls", "");
        let counts = counts.as_object().unwrap().iter();
        counts.map(|(name, of)| (name.clone(), count(of))).collect()
    }

    /// All calls together.
    pub(crate) fn n_calls(&self) -> u64 {
        self.calls().values().sum()
    }

    /// Calls that may change something; a dry run changes nothing. A call whose signature is wrong
    /// counts as `unread`.
    pub(crate) fn n_changing_calls(&self) -> u64 {
        let reads = ["Describe", "Get", "Query", "unread"];
        let changing = |name: &str| !reads.iter().any(|read| name.starts_with(read));
        let meant = |of: &Value| of["calls"].as_u64().unwrap() - of["dry_runs"].as_u64().unwrap();
        let calls = self.counted(meant);
        let changing = calls.iter().filter(|(name, _)| changing(name));
        changing.map(|(_, n)| n).sum()
    }

    /// A hand in the console.
    pub(crate) fn by_hand(&self, verb: &str, body: &Value) {
        self.ask("POST", &format!("/_console/{verb}"), &body.to_string());
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close");
        let request = format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}");
        socket.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        socket.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {reply}");
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _over_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The first line that a child says, once it does.
fn first_line(from: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut line = String::new();
        let _cut_short = BufReader::new(from).read_line(&mut line);
        let _nobody_asked = sender.send(line);
    });
    receiver
}

/// The answer of `/_sim/world`.
pub(crate) struct World(Value);

impl World {
    pub(crate) fn machines(&self) -> &[Value] {
        self.0["instances"].as_array().unwrap()
    }

    pub(crate) fn machine(&self, id: &str) -> &Value {
        let mut all = self.machines().iter();
        all.find(|machine| machine["InstanceId"] == id).unwrap()
    }

    /// One field of one machine, as text.
    pub(crate) fn field(&self, id: &str, name: &str) -> String {
        text(&self.machine(id)[name])
    }

    pub(crate) fn orders(&self) -> &[Value] {
        self.0["orders"].as_array().unwrap()
    }

    /// The ids of the machines in this status.
    pub(crate) fn with_status(&self, status: &str) -> Vec<String> {
        let there = self.machines().iter();
        let there = there.filter(|machine| machine["Status"] == status);
        there.map(|machine| text(&machine["InstanceId"])).collect()
    }

    /// What a manifest could want of each machine.
    pub(crate) fn specs(&self) -> Vec<String> {
        let spec = |machine: &Value| {
            let fields = [
                "InstanceId",
                "Status",
                "ConfiguredType",
                "EffectiveType",
                "InternetChargeType",
                "InternetMaxBandwidthOut",
            ];
            fields.map(|field| text(&machine[field])).join(" ")
        };
        self.machines().iter().map(spec).collect()
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
