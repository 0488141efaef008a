//! Somebody's home folder and environment, and a simulated cloud that knows some keys.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use axum::Router;
use respec::aliyun::{
    Aliyun, AliyunConfig, CredentialsError, Endpoints, Found, Means, Randomness, find,
};
use respec::cli::context::machine::Machine;
use respec::clock::{Clock as _, SystemClock};
use respec::cloud::{Cloud as _, CloudError};
use respec::http::HttpWire;
use respec::model::RegionId;
use respec::sim::{Scenario, World, serve};
use respec::wire::Wire;
use tokio::net::TcpListener;

/// The keys of the simulated account, and its roles. `temp` is handed out by whoever plays a service.
pub(crate) const CLOUD: &str = "
account: '1234567890123456'
delays: {answer: 0s}
keys:
- {id: lasting-id, secret: lasting-secret}
- {id: STS.temp, secret: temp-secret, token: temp-token}
roles:
- {name: deploy, external_id: shibboleth}
- {name: plain}
- {name: runner, oidc_token: the-runners-token}
";

/// What a service answers that gives out `temp`.
pub(crate) const TEMP: &str = r#"{"Code":"Success","AccessKeyId":"STS.temp","AccessKeySecret":"temp-secret",
    "SecurityToken":"temp-token","Expiration":"2099-01-01T00:00:00Z"}"#;

/// Texts that no message may hold.
pub(crate) const SECRETS: [&str; 5] = [
    "lasting-secret",
    "temp-secret",
    "temp-token",
    "the-runners-token",
    "shibboleth",
];

pub(crate) fn arn(role: &str) -> String {
    format!("acs:ram::1234567890123456:role/{role}")
}

pub(crate) struct House {
    pub(crate) home: PathBuf,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) endpoint: String,
    pub(crate) metadata: String,
    pub(crate) told: Rc<RefCell<Vec<String>>>,
    pub(crate) world: Arc<Mutex<World>>,
}

impl House {
    /// An empty home, and the cloud served. No metadata service answers.
    pub(crate) async fn new(name: &str) -> Self {
        let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join("credentials")
            .join(name);
        if home.exists() {
            fs::remove_dir_all(&home).unwrap();
        }
        fs::create_dir_all(&home).unwrap();
        let scenario = Scenario::read(CLOUD).unwrap();
        let wall = SystemClock::new(1).wall();
        let world = Arc::new(Mutex::new(World::new(&scenario, wall)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let served = world.clone();
        tokio::spawn(serve(listener, served, 1, std::future::pending()));
        Self {
            env: BTreeMap::from([("HOME".to_owned(), home.display().to_string())]),
            home,
            endpoint,
            metadata: format!("http://{}", silent_port().await),
            told: Rc::default(),
            world,
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.env.insert(name.to_owned(), value.into());
        self
    }

    /// A file that only its owner can read.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.home.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) async fn find(&self, profile: Option<&str>) -> Result<Found, CredentialsError> {
        find(&self.env, profile, None, self.means()).await
    }

    fn means(&self) -> Means {
        let told = self.told.clone();
        Means {
            wire: wire(),
            clock: Rc::new(SystemClock::new(1)),
            host: Rc::new(Machine),
            randomness: Rc::new(RefCell::new(randomness())),
            endpoints: Endpoints::custom(&self.endpoint).unwrap(),
            metadata: Some(self.metadata.clone()),
            tell: Rc::new(move |text| told.borrow_mut().push(text.to_owned())),
        }
    }

    /// Finds a key, and has the cloud say whether it signs.
    #[track_caller]
    pub(crate) fn works(&self, profile: Option<&str>) -> impl Future<Output = &'static str> {
        let at = std::panic::Location::caller();
        async move {
            let found = self.find(profile).await;
            let found = found.unwrap_or_else(|error| panic!("{at}: {error} {error:?}"));
            let place = found.place;
            let answer = self.ask(found).await;
            answer.unwrap_or_else(|error| panic!("{at}: {error}"));
            place
        }
    }

    /// Calls in the name of what was found.
    pub(crate) async fn ask(&self, found: Found) -> Result<String, CloudError> {
        let config = AliyunConfig {
            credentials: found.credentials,
            endpoints: Endpoints::custom(&self.endpoint).unwrap(),
            region: RegionId::new("cn-beijing").unwrap(),
        };
        let clock = Rc::new(SystemClock::new(1));
        let aliyun = Aliyun::new(config, wire(), clock, randomness());
        Ok(aliyun.caller_identity().await?.to_string())
    }

    /// Why there is no key, with everything that could hold a secret.
    #[track_caller]
    pub(crate) fn refused(&self, profile: Option<&str>) -> impl Future<Output = String> {
        let at = std::panic::Location::caller();
        async move {
            let error = match self.find(profile).await {
                Ok(found) => panic!("{at}: found at {}", found.place),
                Err(error) => error,
            };
            let text = format!("{}\n{error:?}", with_causes(&error));
            for secret in SECRETS {
                assert!(!text.contains(secret), "{at}: {text}");
            }
            text
        }
    }

    /// How often an operation was called.
    pub(crate) fn calls(&self, operation: &str) -> u64 {
        let counts = self.world.lock().unwrap().call_counts();
        counts[operation]["calls"].as_u64().unwrap_or_default()
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(with_causes);
    format!("{error}: {}", cause.unwrap_or_default())
}

fn wire() -> Rc<dyn Wire> {
    Rc::new(HttpWire::new().unwrap())
}

/// Nonces may not come twice, so every client begins elsewhere.
fn randomness() -> Randomness {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Box::new(|| NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Serves on a port of its own for as long as the test runs.
pub(crate) async fn serve_http(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router).into_future());
    format!("http://{address}")
}

/// A port where nobody listens.
async fn silent_port() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}
