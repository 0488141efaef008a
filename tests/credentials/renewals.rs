//! Keys that end while they are needed, in virtual time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use respec::aliyun::{AccessKey, Aliyun, AliyunConfig, Credentials, Endpoints, Means, find};
use respec::cli::context::machine::Machine;
use respec::clock::{Clock, VirtualClock};
use respec::cloud::{Cloud as _, CloudError, ErrorKind, PowerCall, PowerVerb};
use respec::model::{InstanceId, RegionId, StoppedMode};
use respec::sim::{Scenario, SimWire, World};
use respec::wire::{HttpReply, HttpRequest, Wire, WireError};

use crate::house::arn;

const CLOUD: &str = "
account: '1234567890123456'
keys: [{id: lasting-id, secret: lasting-secret}]
roles: [{name: short, keys_last: 15m}]
instances: [{InstanceId: i-1, InstanceType: ecs.g7.large}]
";

/// The same account with the one key that whoever is nearby gives out.
const WITH_A_HELPER: &str = "
account: '1234567890123456'
keys: [{id: STS.temp, secret: temp-secret, token: temp-token}]
";

/// What happens to requests for a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sts {
    Answers,
    /// It says that keys last much longer than they do.
    Flatters,
    /// It says that they last two minutes longer.
    Lags,
    Unreachable,
    NeverAnswers,
}

/// The simulated cloud, with an STS that can be lost on the way.
struct Road {
    cloud: SimWire,
    clock: Rc<dyn Clock>,
    sts: Cell<Sts>,
    /// Whether anybody answers at the machine's metadata service, and at a credentials URI.
    nearby: Cell<bool>,
}

#[async_trait(?Send)]
impl Wire for Road {
    async fn send(&self, request: HttpRequest) -> Result<HttpReply, WireError> {
        if !request.origin.ends_with("aliyuncs.com") {
            return self.ask_nearby(&request.path);
        }
        if !request.query.contains("Action=AssumeRole&") {
            return self.cloud.send(request).await;
        }
        match self.sts.get() {
            Sts::Answers => self.cloud.send(request).await,
            Sts::Flatters => {
                let end = |end: &str| format!("2099{}", &end[4..]);
                self.told_otherwise(request, end).await
            }
            Sts::Lags => {
                let end = |end: &str| {
                    let end: Timestamp = end.parse().unwrap();
                    (end + SignedDuration::from_mins(2)).to_string()
                };
                self.told_otherwise(request, end).await
            }
            Sts::Unreachable => Err(WireError::NotSent("no way".to_owned())),
            Sts::NeverAnswers => {
                self.clock.sleep(request.timeout).await;
                Err(WireError::Unanswered("timed out".to_owned()))
            }
        }
    }
}

impl Road {
    /// The answer of STS with another end of its key.
    async fn told_otherwise(
        &self,
        request: HttpRequest,
        end: fn(&str) -> String,
    ) -> Result<HttpReply, WireError> {
        let mut reply = self.cloud.send(request).await?;
        let text = String::from_utf8(reply.body).unwrap();
        let (before, after) = text.split_once("\"Expiration\":\"").unwrap();
        let (told, after) = after.split_once('"').unwrap();
        reply.body = format!("{before}\"Expiration\":\"{}\"{after}", end(told)).into_bytes();
        Ok(reply)
    }

    /// A key for a quarter of an hour, from whoever is asked.
    fn ask_nearby(&self, path: &str) -> Result<HttpReply, WireError> {
        if !self.nearby.get() {
            return Err(WireError::NotSent("no way".to_owned()));
        }
        let end = self.clock.wall() + SignedDuration::from_mins(15);
        let body = match path {
            "/latest/api/token" => "t1".to_owned(),
            "/latest/meta-data/ram/security-credentials/" => "web-role".to_owned(),
            _ => format!(
                r#"{{"Code":"Success","AccessKeyId":"STS.temp","AccessKeySecret":"temp-secret",
                "SecurityToken":"temp-token","Expiration":"{end}"}}"#
            ),
        };
        Ok(HttpReply {
            status: 200,
            headers: Vec::new(),
            body: body.into_bytes(),
        })
    }
}

struct House {
    road: Rc<Road>,
    world: Arc<Mutex<World>>,
    clock: Rc<dyn Clock>,
    told: Rc<RefCell<Vec<String>>>,
    numbers: Rc<Cell<u64>>,
}

/// Tells a story on one thread under paused time.
fn story(tell: impl AsyncFnOnce(House)) {
    story_in(CLOUD, tell);
}

fn story_in(cloud: &str, tell: impl AsyncFnOnce(House)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let scenario = Scenario::read(cloud).unwrap();
        let world = Arc::new(Mutex::new(World::new(&scenario, scenario.start)));
        let clock: Rc<dyn Clock> = Rc::new(VirtualClock::starting_at(scenario.start));
        let cloud = SimWire::new(world.clone(), clock.clone());
        let road = Rc::new(Road {
            cloud,
            clock: clock.clone(),
            sts: Cell::new(Sts::Answers),
            nearby: Cell::new(true),
        });
        tell(House {
            road,
            world,
            clock,
            told: Rc::default(),
            numbers: Rc::default(),
        })
        .await;
    });
}

impl House {
    /// The client of somebody whose role lasts a quarter of an hour.
    async fn client(&self) -> Aliyun {
        let role = arn("short");
        let env = [
            ("ALICLOUD_ACCESS_KEY", "lasting-id"),
            ("ALICLOUD_SECRET_KEY", "lasting-secret"),
            ("ALICLOUD_ASSUME_ROLE_ARN", role.as_str()),
        ];
        self.client_in(&env).await
    }

    /// The client of somebody with this environment.
    async fn client_in(&self, env: &[(&str, &str)]) -> Aliyun {
        let told = self.told.clone();
        let means = Means {
            wire: self.road.clone(),
            clock: self.clock.clone(),
            host: Rc::new(Machine),
            randomness: Rc::new(RefCell::new(self.randomness())),
            endpoints: Endpoints::vendor(),
            metadata: None,
            tell: Rc::new(move |text| told.borrow_mut().push(text.to_owned())),
        };
        let env: BTreeMap<String, String> = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let found = find(&env, None, None, means).await.unwrap();
        self.client_of(found.credentials)
    }

    fn client_of(&self, credentials: Credentials) -> Aliyun {
        let config = AliyunConfig {
            credentials,
            endpoints: Endpoints::vendor(),
            region: region(),
        };
        let (wire, clock) = (self.road.clone(), self.clock.clone());
        Aliyun::new(config, wire, clock, self.randomness())
    }

    fn randomness(&self) -> Box<dyn FnMut() -> u64> {
        let numbers = self.numbers.clone();
        Box::new(move || {
            numbers.set(numbers.get() + 1);
            numbers.get()
        })
    }

    fn sts(&self, sts: Sts) {
        self.road.sts.set(sts);
    }

    async fn wait(&self, mins: u64) {
        self.wait_secs(60 * mins).await;
    }

    async fn wait_secs(&self, secs: u64) {
        self.clock.sleep(Duration::from_secs(secs)).await;
    }

    fn calls(&self, operation: &str) -> u64 {
        let counts = self.world.lock().unwrap().call_counts();
        counts[operation]["calls"].as_u64().unwrap_or_default()
    }

    fn refusals(&self) -> String {
        let counts = self.world.lock().unwrap().call_counts();
        let counts = counts.as_object().unwrap();
        let errors = counts.values().map(|of| of["errors"].to_string());
        errors.filter(|errors| errors.len() > 4).collect()
    }
}

fn region() -> RegionId {
    RegionId::new("cn-hangzhou").unwrap()
}

async fn stop(client: &Aliyun) -> Result<(), CloudError> {
    let call = PowerCall {
        region: region(),
        verb: PowerVerb::Stop(StoppedMode::KeepCharging),
        instances: vec![InstanceId::new("i-1").unwrap()],
    };
    client.power_one(&call).await.map(|_| ())
}

#[test]
fn a_key_is_renewed_before_it_ends_by_one_call_however_many_want_it() {
    story(async |house| {
        let client = house.client().await;
        for _ in 0..120 {
            let all = (0..20).map(|_| client.caller_identity());
            for answer in join_all(all).await {
                answer.unwrap();
            }
            house.wait(1).await;
        }
        // Two hours of keys that are renewed after twelve minutes and used once a minute.
        assert_eq!(house.calls("AssumeRole"), 10);
        assert_eq!(house.refusals(), "");
        assert_eq!(house.told.borrow().len(), 0);
    });
}

#[test]
fn a_renewal_that_fails_keeps_the_old_key_while_it_lasts_and_says_so_once() {
    story(async |house| {
        let client = house.client().await;
        house.sts(Sts::Unreachable);
        for _ in 0..14 {
            client.caller_identity().await.unwrap();
            house.wait(1).await;
        }
        {
            let told = house.told.borrow();
            assert_eq!(told.len(), 1, "{told:?}");
            for word in ["could not be renewed", "role/short", "no way", "last until"] {
                assert!(told[0].contains(word), "{told:?}");
            }
        }
        house.wait(1).await;
        let error = client.caller_identity().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotSent, "it passes when STS is back");
        house.sts(Sts::Answers);
        house.wait(1).await;
        client.caller_identity().await.unwrap();
        let told = house.told.borrow();
        assert_eq!(told.last().unwrap(), "the credentials are renewed");
        assert_eq!(house.refusals(), "");
    });
}

#[test]
fn nobody_waits_long_for_a_renewal_while_the_old_key_works() {
    story(async |house| {
        let client = house.client().await;
        house.wait(13).await;
        house.sts(Sts::NeverAnswers);
        let before = house.clock.elapsed();
        let all = (0..20).map(|_| client.caller_identity());
        for answer in join_all(all).await {
            answer.unwrap();
        }
        assert!(house.clock.elapsed() - before < Duration::from_secs(30));
    });
}

#[test]
fn a_key_that_ends_while_its_renewal_hangs_is_not_sent_any_more() {
    story(async |house| {
        let client = house.client().await;
        house.wait_secs(15 * 60 - 10).await;
        house.sts(Sts::NeverAnswers);
        let error = client.caller_identity().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotSent, "{error}");
        let why = "no key came within 20 s";
        assert!(error.message.contains(why), "{error}");
        // Whoever comes right behind is told the same.
        let error = stop(&client).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotSent, "{error}");
        house.sts(Sts::Answers);
        house.wait(1).await;
        stop(&client).await.unwrap();
        assert_eq!(house.refusals(), "");
    });
}

#[test]
fn whoever_gives_out_keys_is_waited_for_while_nobody_answers_there() {
    let uri = "http://127.0.0.1:7777/keys";
    let metadata_off = ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true");
    for env in [
        &[("ALIBABA_CLOUD_ECS_METADATA", "web-role")][..],
        &[],
        &[("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")],
        &[metadata_off, ("ALIBABA_CLOUD_CREDENTIALS_URI", uri)],
    ] {
        story_in(WITH_A_HELPER, async |house| {
            let client = house.client_in(env).await;
            house.road.nearby.set(false);
            house.wait(16).await;
            let error = client.caller_identity().await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::NotSent, "{env:?}: {error}");
            let why = "does not answer";
            assert!(error.message.contains(why), "{env:?}: {error}");
            house.road.nearby.set(true);
            house.wait(1).await;
            client.caller_identity().await.unwrap();
        });
    }
}

#[test]
fn a_key_that_the_cloud_ends_first_is_replaced_whatever_failed_a_moment_ago() {
    for is_back in [true, false] {
        story(async |house| {
            house.sts(Sts::Lags);
            let client = house.client().await;
            house.wait_secs(15 * 60 - 10).await;
            house.sts(Sts::Unreachable);
            client.caller_identity().await.unwrap();
            house.wait_secs(5).await;
            if is_back {
                house.sts(Sts::Answers);
                client.caller_identity().await.unwrap();
            } else {
                let error = client.caller_identity().await.unwrap_err();
                assert_eq!(error.kind, ErrorKind::NotSent, "{error}");
            }
            assert!(house.refusals().contains("InvalidSecurityToken.Expired"));
            house.sts(Sts::Answers);
            house.wait(1).await;
            stop(&client).await.unwrap();
        });
    }
}

#[test]
fn a_call_refused_because_its_key_has_ended_is_sent_once_more_with_a_new_one() {
    story(async |house| {
        house.sts(Sts::Flatters);
        let client = house.client().await;
        house.wait(20).await;
        stop(&client).await.unwrap();
        assert_eq!(house.calls("AssumeRole"), 2);
        assert_eq!(client.calls()["StopInstance"], 2);
        assert!(house.refusals().contains("InvalidSecurityToken.Expired"));

        house.wait(20).await;
        house.sts(Sts::Unreachable);
        let error = client.caller_identity().await.unwrap_err();
        assert_eq!(error.code.as_deref(), Some("InvalidSecurityToken.Expired"));
        assert_eq!(error.kind, ErrorKind::Credentials);
    });
}

#[test]
fn many_calls_refused_together_are_helped_by_one_renewal() {
    story(async |house| {
        house.sts(Sts::Flatters);
        let client = house.client().await;
        house.wait(20).await;
        let all = (0..20).map(|_| client.caller_identity());
        for answer in join_all(all).await {
            answer.unwrap();
        }
        assert_eq!(house.calls("AssumeRole"), 2);
    });
}

#[test]
fn a_key_that_nobody_can_renew_is_not_sent_again() {
    story(async |house| {
        house.client().await;
        let session = house.world.lock().unwrap().save();
        let saved: serde_json::Value = serde_json::from_slice(&session).unwrap();
        let key = find_key(&saved).unwrap();
        let client = house.client_of(key.into());
        client.caller_identity().await.unwrap();
        house.wait(20).await;
        let error = client.caller_identity().await.unwrap_err();
        assert_eq!(error.code.as_deref(), Some("InvalidSecurityToken.Expired"));
        assert_eq!(client.calls()["GetCallerIdentity"], 2);
    });
}

/// The temporary key that the saved world knows.
fn find_key(world: &serde_json::Value) -> Option<AccessKey> {
    match world {
        serde_json::Value::Object(fields) => {
            let text = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
            match (text("id"), text("secret"), text("token")) {
                (Some(id), Some(secret), Some(token)) => Some(AccessKey {
                    id,
                    secret: secret.into(),
                    token: Some(token.into()),
                }),
                _ => fields.values().find_map(find_key),
            }
        }
        serde_json::Value::Array(entries) => entries.iter().find_map(find_key),
        _ => None,
    }
}
