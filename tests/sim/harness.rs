//! A world, a clock of its own and a signer that shares nothing with the code under test.

use std::future::Future;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use respec::clock::{Clock as _, VirtualClock};
use respec::sim::{ByHand, Faults, MutationHook, Now, Scenario, SimWire, World};
use respec::wire::{HttpRequest, Method, Wire as _, WireError};
use serde_json::{Value, json};
use sha1::Sha1;

/// A simulated account and somebody with a key to it.
pub(crate) struct House {
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) wire: SimWire,
    clock: Rc<VirtualClock>,
    next_nonce: std::cell::Cell<u64>,
}

/// What came back: the status and the body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    /// The error code, or `OK`.
    pub(crate) fn code(&self) -> &str {
        match self.body["Code"].as_str() {
            None | Some("Success") => "OK",
            Some(code) => code,
        }
    }
}

/// Runs a story on one thread under paused time.
pub(crate) fn story<F: Future<Output = ()>>(scenario: &str, tell: impl FnOnce(House) -> F) {
    story_with(scenario, Faults::None, tell);
}

/// Runs a story in which things go wrong.
pub(crate) fn story_with<F: Future<Output = ()>>(
    scenario: &str,
    faults: Faults,
    tell: impl FnOnce(House) -> F,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        tell(House::build(scenario, faults)).await;
    });
}

impl House {
    fn build(scenario: &str, faults: Faults) -> Self {
        let scenario = Scenario::read(scenario).unwrap_or_else(|error| panic!("{error:?}"));
        let clock = Rc::new(VirtualClock::starting_at(scenario.start));
        let world = Arc::new(Mutex::new(World::new(&scenario, scenario.start)));
        let wire = SimWire::build(Arc::clone(&world), clock.clone(), None, faults);
        Self {
            world,
            wire,
            clock,
            next_nonce: std::cell::Cell::new(0),
        }
    }

    /// The same house, saved after every change.
    pub(crate) fn with_hook(self, hook: MutationHook) -> Self {
        let world = Arc::clone(&self.world);
        let wire = SimWire::build(world, self.clock.clone(), Some(hook), Faults::None);
        Self { wire, ..self }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.wall()
    }

    pub(crate) async fn wait(&self, secs: u64) {
        self.clock.sleep(Duration::from_secs(secs)).await;
    }

    /// Calls an ECS operation and expects an answer of some kind.
    pub(crate) async fn ecs(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        self.try_ecs(action, params).await.unwrap()
    }

    /// Calls a billing operation.
    pub(crate) async fn bss(&self, action: &str, params: &[(&str, &str)]) -> Answer {
        let mut all = self.common(action);
        all.retain(|(name, _)| name != "Version");
        all.push(("Version".to_owned(), "2017-12-14".to_owned()));
        all.extend(
            params
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
        );
        self.send(signed(all, "simulated-secret")).await.unwrap()
    }

    /// Calls an ECS operation on a wire that may fail.
    pub(crate) async fn try_ecs(
        &self,
        action: &str,
        params: &[(&str, &str)],
    ) -> Result<Answer, WireError> {
        let mut all = self.common(action);
        all.extend(
            params
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
        );
        self.send(signed(all, "simulated-secret")).await
    }

    /// The common parameters of a call, with a new nonce.
    pub(crate) fn common(&self, action: &str) -> Vec<(String, String)> {
        let nonce = self.next_nonce.get();
        self.next_nonce.set(nonce + 1);
        [
            ("Action", action),
            ("Version", "2014-05-26"),
            ("Format", "JSON"),
            ("RegionId", "cn-hangzhou"),
            ("AccessKeyId", "simulated"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", &format!("nonce-{nonce}")),
            (
                "Timestamp",
                &self.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    pub(crate) async fn send(&self, query: String) -> Result<Answer, WireError> {
        let reply = self.wire.send(request("/", query, Vec::new())).await?;
        Ok(Answer {
            status: reply.status,
            body: serde_json::from_slice(&reply.body).unwrap(),
        })
    }

    /// What is really true of one machine.
    pub(crate) fn truth(&self, id: &str) -> Value {
        let truth = self.settled_truth();
        let machines = truth["instances"].as_array().unwrap();
        let found = machines.iter().find(|machine| machine["InstanceId"] == id);
        found.cloned().unwrap_or(Value::Null)
    }

    /// The whole truth at this very moment.
    pub(crate) fn settled_truth(&self) -> Value {
        let mut world = self.world.lock().unwrap();
        let now = self.moment();
        // A hand that does nothing makes everything happen that is due.
        let nobody = br#"{"InstanceId":"nobody"}"#;
        let _refused = world.by_hand(&ByHand::read("unlock", nobody).unwrap(), now);
        world.truth()
    }

    /// Does something in the console.
    pub(crate) fn by_hand(&self, verb: &str, body: &Value) {
        let deed = ByHand::read(verb, body.to_string().as_bytes()).unwrap();
        self.world
            .lock()
            .unwrap()
            .by_hand(&deed, self.moment())
            .unwrap();
    }

    pub(crate) fn moment(&self) -> Now {
        Now {
            wall: self.clock.wall(),
            elapsed: self.clock.elapsed(),
        }
    }

    /// What DescribeInstances shows of one machine.
    pub(crate) async fn shown(&self, id: &str) -> Value {
        let ids = json!([id]).to_string();
        let answer = self
            .ecs("DescribeInstances", &[("InstanceIds", &ids)])
            .await;
        answer.body["Instances"]["Instance"][0].clone()
    }

    /// Stops a machine and waits until it is down.
    pub(crate) async fn bring_down(&self, id: &str) {
        let answer = self.ecs("StopInstance", &[("InstanceId", id)]).await;
        assert_eq!(answer.code(), "OK");
        self.wait(20).await;
    }
}

/// A POST as the client's wire carries it.
pub(crate) fn request(path: &str, query: String, body: Vec<u8>) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        origin: "https://ecs-cn-hangzhou.aliyuncs.com".to_owned(),
        path: path.to_owned(),
        query,
        headers: Vec::new(),
        body,
        timeout: Duration::from_secs(30),
    }
}

/// A query string signed with v1, as the documents of the vendor say.
pub(crate) fn signed(mut params: Vec<(String, String)>, secret: &str) -> String {
    params.sort();
    let pairs: Vec<String> = params
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    let query = pairs.join("&");
    let text = format!("POST&%2F&{}", encode(&query));
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{secret}&").as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    format!("{query}&Signature={}", encode(&signature))
}

fn encode(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    bytes.collect()
}
