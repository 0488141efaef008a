//! Everything that reads bytes of somebody else.

use std::cell::RefCell;
use std::ffi::OsString;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use clap::Parser as _;
use respec::aliyun::Aliyun;
use respec::cli::args::Cli;
use respec::cli::args::habits::normalise;
use respec::manifest::{self, Source};
use respec::model::Severity;
use respec::plan::SavedPlan;
use respec::saga::{Entry, RunState};
use respec::sim::{Request, Scenario, World};
use respec::wire::{HttpReply, HttpRequest, Wire, WireError};

use crate::corpus::{one_run, yaml};
use crate::operations::{ALL, Operation};
use crate::rig::{Rig, paused};

const SMALL_CLOUD: &str = "instances:\n- {InstanceId: i-1, InstanceType: ecs.g7.large}\n";

const SMALL_FLEET: &str =
    "version: 1\nfleet: shop\nregion: cn-hangzhou\ninstances:\n  web: {id: i-1, spec: {}}\n";

/// Reads, and must come back.
type Eat = Box<dyn Fn(&[u8])>;

/// One reader.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Good inputs.
    pub(crate) bases: Vec<Vec<u8>>,
    /// Words that mean something to it.
    pub(crate) words: &'static [&'static str],
    /// Reads; must come back.
    pub(crate) eat: Eat,
}

/// All of them.
pub(crate) fn all() -> Vec<Target> {
    let (plan, journal) = one_run();
    vec![
        manifests(),
        scenarios(),
        plans(plan),
        journals(journal),
        replies(),
        signatures(),
        command_lines(),
    ]
}

fn manifests() -> Target {
    Target {
        name: "manifest",
        bases: [
            yaml("tests/manifests", ".yaml"),
            yaml("examples/shop", ".yaml"),
        ]
        .concat(),
        words: &[
            "&a ",
            "*a",
            "<<: ",
            "!!int ",
            "? ",
            "---\n",
            "groups:\n",
            "instances:\n",
            "select: ",
            "tags: ",
            "rollout: ",
            "batches: ",
            "gates: ",
            "window: ",
            "10%",
            "1h",
            "ecs.g7.large",
            "{",
            "[",
            "\"\\u0000\"",
        ],
        eat: Box::new(|bytes| {
            let source = Source {
                name: "fleet.yaml".to_owned(),
                bytes: bytes.to_vec(),
            };
            let reading = manifest::read(&[source]);
            let has_errors = reading
                .findings
                .iter()
                .any(|finding| finding.severity == Severity::Error);
            assert_eq!(
                reading.fleet.is_none(),
                has_errors,
                "a fleet comes without errors, and only then"
            );
        }),
    }
}

fn scenarios() -> Target {
    let examples = yaml("examples/shop", ".cloud.yaml");
    let hostile = yaml("tests/hostile", ".cloud.yaml");
    Target {
        name: "scenario",
        bases: [examples, hostile, vec![SMALL_CLOUD.as_bytes().to_vec()]].concat(),
        words: &[
            "faults: ",
            "keys: ",
            "catalogue: ",
            "throttle: ",
            "delays: ",
            "Status: Stopped",
            "particulars: ",
            "renewals: ",
            "-1",
            "9999-12-31T23:59:59Z",
            "&a ",
            "*a",
            "{",
            "[",
        ],
        eat: Box::new(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            if let Ok(scenario) = Scenario::read(&text) {
                let world = World::new(&scenario, scenario.start);
                assert!(
                    World::load(&world.save()).is_ok(),
                    "a world that was saved can be loaded"
                );
            }
        }),
    }
}

fn plans(plan: Vec<u8>) -> Target {
    let good = SavedPlan::open(&plan).unwrap();
    Target {
        name: "plan",
        bases: vec![plan],
        words: &[
            "null",
            "[]",
            "{}",
            "\"\"",
            "\"seal\":",
            "\"format_version\":1",
            "true",
        ],
        eat: Box::new(move |bytes| {
            if let Ok(opened) = SavedPlan::open(bytes) {
                assert_eq!(
                    opened, good,
                    "whatever else is sealed so is not what was sealed"
                );
            }
        }),
    }
}

fn journals(journal: Vec<u8>) -> Target {
    Target {
        name: "journal",
        bases: vec![journal],
        words: &[
            "null",
            "[]",
            "\n",
            "\"seq\":",
            "\"kind\":",
            "\"Closed\"",
            "\"Opened\"",
            "65535",
        ],
        eat: Box::new(|bytes| {
            let lines = bytes.split(|byte| *byte == b'\n');
            let entries: Vec<Entry> = lines
                .filter_map(|line| serde_json::from_slice(line).ok())
                .collect();
            // Legal or not: whichever entry is not legal is named, and nothing falls over.
            let _legal = RunState::replay(&entries);
        }),
    }
}

/// A wire that says one thing only.
struct Parrot(RefCell<HttpReply>);

#[async_trait(?Send)]
impl Wire for Parrot {
    async fn send(&self, _request: HttpRequest) -> Result<HttpReply, WireError> {
        Ok(self.0.borrow().clone())
    }
}

/// The first byte chooses the operation and the second the status; the body follows.
fn replies() -> Target {
    let bases = (0u8..)
        .zip(ALL)
        .map(|(n, operation)| [&[n, 200], operation.good_body().as_bytes()].concat());
    Target {
        name: "reply",
        bases: bases.collect(),
        words: &[
            "null",
            "[]",
            "{}",
            "\"Code\":\"200\",",
            "\"Code\":\"Throttling\",",
            "\"Success\":false,",
            "\"InstanceId\":",
            "\"OrderId\":",
            "\"Running\"",
            "\"true\"",
            "<html>",
        ],
        eat: Box::new(|bytes| {
            let (Some(&which), Some(&status)) = (bytes.first(), bytes.get(1)) else {
                return;
            };
            let operation = ALL[usize::from(which) % ALL.len()];
            ask(operation, u16::from(status), &bytes[2..]);
        }),
    }
}

fn ask(operation: Operation, status: u16, body: &[u8]) {
    paused(async {
        let rig = Rig::new(SMALL_FLEET, SMALL_CLOUD, 0);
        let reply = HttpReply {
            status: if status == 200 {
                200
            } else {
                400 + status % 200
            },
            headers: Vec::new(),
            body: body.to_vec(),
        };
        let cloud: Rc<Aliyun> = rig.client(Rc::new(Parrot(RefCell::new(reply))));
        let _answer = operation.call(&cloud).await;
    });
}

/// A wire that keeps what was sent.
#[derive(Default)]
struct Recorder(RefCell<Vec<HttpRequest>>);

#[async_trait(?Send)]
impl Wire for Recorder {
    async fn send(&self, request: HttpRequest) -> Result<HttpReply, WireError> {
        self.0.borrow_mut().push(request);
        Err(WireError::NotSent("kept".to_owned()))
    }
}

/// The query of a signed request, changed: nobody gets in who does not hold the key.
fn signatures() -> Target {
    let signed = paused(async {
        let rig = Rig::new(SMALL_FLEET, SMALL_CLOUD, 0);
        let recorder = Rc::new(Recorder::default());
        let cloud = rig.client(recorder.clone());
        let _not_sent = Operation::CallerIdentity.call(&cloud).await;
        recorder.0.borrow().first().unwrap().clone()
    });
    let scenario = Scenario::read(SMALL_CLOUD).unwrap();
    let world = Arc::new(Mutex::new(World::new(&scenario, scenario.start)));
    let now = world.lock().unwrap().now();
    Target {
        name: "signature",
        bases: vec![signed.query.clone().into_bytes()],
        words: &[
            "&",
            "=",
            "%",
            "%00",
            "Signature=",
            "Action=",
            "AccessKeyId=",
            "SignatureMethod=HMAC-SHA256&",
            "+",
        ],
        eat: Box::new(move |bytes| {
            let request = Request {
                method: signed.method,
                path: signed.path.clone(),
                query: String::from_utf8_lossy(bytes).into_owned(),
                headers: signed.headers.clone(),
                body: Vec::new(),
            };
            let mut world = world.lock().unwrap().clone();
            let _answer = world.handle(&request, now);
        }),
    }
}

fn command_lines() -> Target {
    let lines = [
        "plan -f fleet.yaml -out plan.json -detailed-exitcode",
        "apply -auto-approve -max-spend 100CNY -wait-payment 30m",
        "rehearse -faults 100 -seed 7 --simulate cloud.yaml",
        "orders pay 123 -json --endpoint=http://127.0.0.1:1",
        "sim generate --count 10 --out .",
    ];
    Target {
        name: "command-line",
        bases: lines.map(|line| line.as_bytes().to_vec()).to_vec(),
        words: &[
            " -", " --", "=", " -json", " plan", " apply", " -f", " --chdir", "\u{1b}", " \"\" ",
            "é",
        ],
        eat: Box::new(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            let words = std::iter::once("respec").chain(text.split(' '));
            let words: Vec<OsString> = words.map(OsString::from).collect();
            let _parsed = Cli::try_parse_from(normalise(words));
        }),
    }
}
