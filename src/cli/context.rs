//! Which cloud, which clock, which store: alone in naming `aliyun`, `http` and `sim`.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;

use crate::aliyun::{AccessKey, Aliyun, AliyunConfig, Endpoints, Randomness};
use crate::clock::{Clock, SystemClock, VirtualClock};
use crate::cloud::Payer;
use crate::http::HttpWire;
use crate::model::{Digest, FleetName, Lineage, RegionId};
use crate::probe::Prober;
use crate::rehearse::SimulatedProber;
use crate::report::words::terminal;
use crate::runner::Runner;
use crate::sim::{SCENARIO_BYTES_MAX, Scenario, SimWire, World};
use crate::store::{Access, Body, Holder, Mended, Store, StoreDir, StoreOptions};
use crate::wire::Wire;

use super::args::Global;
use super::failure::{Failure, Situation};
use super::identity::{Need, Search};
use super::screen::Screen;
use super::surroundings::{Surroundings, read_bounded};

/// The region that calls about no region go to when nobody says otherwise.
const DEFAULT_REGION: &str = "cn-hangzhou";

/// The folder of the state when nobody says otherwise.
const DEFAULT_STATE: &str = "state";

/// Largest speed that `RESPEC_SPEED` may ask for.
const SPEED_MAX: u32 = 10_000;

/// Everything a command needs of the world.
pub struct Context {
    /// The cloud.
    pub cloud: Rc<Aliyun>,
    /// What looks at machines and runs their owner's commands.
    pub prober: Rc<dyn Prober>,
    /// The time.
    pub clock: Rc<dyn Clock>,
    /// The folder whose subfolders are fleets.
    pub home: PathBuf,
    /// On which thread the store works.
    pub body: Body,
    /// Who pays orders through the API, where that is configured.
    pub payer: Option<Payer>,
    /// Whether the cloud is the embedded simulator.
    pub simulated: bool,
    /// Who runs this, for the journal and for whoever finds the state locked.
    pub holder: Holder,
    screen: Screen,
    world: Option<SavedWorld>,
}

impl Context {
    /// Builds it as the options say.
    ///
    /// # Errors
    /// [`Failure`] for options, credentials or scenarios that cannot be used; nothing was sent.
    pub async fn build(
        global: &Global,
        around: &Surroundings,
        screen: &Screen,
        command: &str,
        need: Need,
    ) -> Result<Self, Failure> {
        match &global.simulate {
            Some(scenario) => Self::simulated(global, around, screen, scenario, command),
            None => Self::real(global, around, screen, command, need).await,
        }
    }

    async fn real(
        global: &Global,
        around: &Surroundings,
        screen: &Screen,
        command: &str,
        need: Need,
    ) -> Result<Self, Failure> {
        let endpoints = match global.endpoint.as_deref().or(around.get("RESPEC_ENDPOINT")) {
            Some(url) => Endpoints::custom(url).map_err(|error| {
                Failure::from_error(Situation::Usage, "use the endpoint", &error)
            })?,
            None => Endpoints::vendor(),
        };
        let clock: Rc<dyn Clock> = Rc::new(SystemClock::new(speed(around, &endpoints)?));
        // What is wrong on the command line is said before anybody is asked for a key.
        let (home, payer) = (state_home(global, around)?, payer(around)?);
        region(global, None)?;
        let wire = HttpWire::new()
            .map_err(|error| Failure::from_error(Situation::Other, "set up HTTP", &error))?;
        let wire: Rc<dyn Wire> = Rc::new(wire);
        let search = Search {
            global,
            around,
            screen: *screen,
            endpoints: &endpoints,
            wire: wire.clone(),
            clock: clock.clone(),
            randomness: randomness()?,
        };
        let found = search.run(need).await?;
        let config = AliyunConfig {
            credentials: found.credentials,
            region: region(global, found.region)?,
            endpoints: endpoints.with_sts(found.sts),
        };
        let cloud = Aliyun::new(config, wire, clock.clone(), randomness()?);
        Ok(Self {
            cloud: Rc::new(cloud),
            prober: Rc::new(Runner::new(&around.env)),
            holder: holder(around, clock.as_ref(), command),
            clock,
            home,
            body: Body::Threaded,
            simulated: false,
            payer,
            screen: *screen,
            world: None,
        })
    }

    fn simulated(
        global: &Global,
        around: &Surroundings,
        screen: &Screen,
        scenario: &Path,
        command: &str,
    ) -> Result<Self, Failure> {
        let (home, world) = open_world(&state_home(global, around)?, scenario)?;
        let key = world.keys().first().cloned();
        let key = key.expect("a scenario without keys is refused");
        let clock: Rc<dyn Clock> = Rc::new(VirtualClock::starting_at(world.now().wall));
        let saved = SavedWorld {
            world: Arc::new(Mutex::new(world)),
            path: home.join("world.json"),
        };
        let hook = {
            let saved = saved.clone();
            Rc::new(move |world: &World| {
                saved
                    .write(world)
                    .map_err(|failure| failure.chain.join(": "))
            })
        };
        let wire = SimWire::build(
            saved.world.clone(),
            clock.clone(),
            Some(hook),
            crate::sim::Faults::None,
        );
        let access_key = AccessKey {
            id: key.id,
            secret: SecretString::from(key.secret),
            token: key.token.map(SecretString::from),
        };
        let region = region(global, None)?;
        let config = AliyunConfig {
            credentials: access_key.into(),
            endpoints: Endpoints::vendor(),
            region,
        };
        let cloud = Aliyun::new(config, Rc::new(wire), clock.clone(), randomness()?);
        let prober = SimulatedProber::new(saved.world.clone(), clock.clone());
        Ok(Self {
            cloud: Rc::new(cloud),
            prober: Rc::new(prober),
            holder: holder(around, clock.as_ref(), command),
            clock,
            home,
            body: Body::Inline,
            simulated: true,
            payer: payer(around)?,
            screen: *screen,
            world: Some(saved),
        })
    }

    /// The folder of a fleet's state.
    #[must_use]
    pub fn store_dir(&self, fleet: &FleetName) -> StoreDir {
        StoreDir::new(&self.home, fleet)
    }

    /// Opens the state for writing, as its one writer.
    ///
    /// # Errors
    /// [`Failure`]: held by somebody else, damaged, or not ours.
    pub fn open_store(
        &self,
        fleet: &FleetName,
        lineage: Lineage,
        lock_timeout: Duration,
    ) -> Result<Store, Failure> {
        self.make_home()?;
        let options = StoreOptions {
            access: self.access(lock_timeout),
            lineage,
        };
        let store = Store::open(&self.store_dir(fleet), options)
            .map_err(|error| Failure::store("open the state", &error))?;
        self.tell_mended(store.mended());
        Ok(store)
    }

    /// Opens a state that is there, whosever it is; none when there never was one.
    ///
    /// # Errors
    /// As [`Context::open_store`].
    pub fn open_existing(
        &self,
        fleet: &FleetName,
        lock_timeout: Duration,
    ) -> Result<Option<Store>, Failure> {
        let access = self.access(lock_timeout);
        let store = Store::open_existing(&self.store_dir(fleet), &access)
            .map_err(|error| Failure::store("open the state", &error))?;
        self.tell_mended(store.as_ref().map_or(&[], Store::mended));
        Ok(store)
    }

    /// The folder of all states, made when it is not there.
    ///
    /// # Errors
    /// [`Failure`] when the disk refuses.
    pub fn make_home(&self) -> Result<(), Failure> {
        make_private(&self.home)
    }

    /// How a state is held.
    #[must_use]
    pub fn access(&self, lock_timeout: Duration) -> Access {
        Access {
            holder: self.holder.clone(),
            lock_timeout,
            body: self.body,
        }
    }

    /// Whoever owns a state is told what had to be mended.
    pub fn tell_mended(&self, mended: &[Mended]) {
        for what in mended {
            let text = format!("note: {what}");
            self.screen.talk(&format!("{}\n", terminal(&text)));
        }
    }

    /// The embedded simulated cloud as it is now; none where the cloud is somewhere else.
    #[must_use]
    pub fn simulated_world(&self) -> Option<World> {
        let saved = self.world.as_ref()?;
        let world = saved.world.lock().unwrap_or_else(PoisonError::into_inner);
        Some(world.clone())
    }

    /// Keeps the simulated world as it is now; nothing to do with a real cloud.
    ///
    /// # Errors
    /// [`Failure`] when the disk refuses.
    pub fn save_world(&self) -> Result<(), Failure> {
        let Some(saved) = &self.world else {
            return Ok(());
        };
        let world = saved.world.lock().unwrap_or_else(PoisonError::into_inner);
        saved.write(&world)
    }
}

/// A simulated world and the file it is kept in.
#[derive(Clone)]
struct SavedWorld {
    world: Arc<Mutex<World>>,
    path: PathBuf,
}

impl SavedWorld {
    fn write(&self, world: &World) -> Result<(), Failure> {
        let temporary = self.path.with_extension("json.new");
        write_private(&temporary, &world.save())?;
        std::fs::rename(&temporary, &self.path).map_err(|error| writing(&self.path, &error))
    }
}

/// The world of a scenario as it was left, or as the scenario begins.
///
/// The folder carries a digest of the scenario: an edited scenario is another world.
fn open_world(home: &Path, scenario: &Path) -> Result<(PathBuf, World), Failure> {
    let bytes = read_bounded(scenario, SCENARIO_BYTES_MAX as u64)?;
    let stem = scenario
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let stem = stem.unwrap_or_default();
    let stem = stem
        .split('.')
        .next()
        .filter(|stem| !stem.is_empty())
        .unwrap_or("world")
        .to_owned();
    let digest = Digest::of_bytes(&bytes);
    let folder = home
        .join("simulated")
        .join(format!("{stem}-{}", digest.short(8)));
    let unusable = |error: &dyn std::error::Error| {
        Failure::from_error(
            Situation::BadInput,
            &format!("use {}", scenario.display()),
            error,
        )
    };
    let path = folder.join("world.json");
    let world = if path.exists() {
        let saved = read_bounded(&path, SCENARIO_BYTES_MAX as u64)?;
        World::load(&saved).map_err(|error| {
            Failure::from_error(
                Situation::BadInput,
                &format!("read {}", path.display()),
                &error,
            )
            .hint(format!(
                "remove {} to begin that world anew",
                folder.display()
            ))
        })?
    } else {
        let text = String::from_utf8(bytes).map_err(|error| unusable(&error))?;
        let scenario = Scenario::read(&text).map_err(|error| unusable(&error))?;
        let begin = scenario.start;
        World::new(&scenario, begin)
    };
    make_private(&folder)?;
    Ok((folder, world))
}

fn speed(around: &Surroundings, endpoints: &Endpoints) -> Result<u32, Failure> {
    let Some(text) = around.get("RESPEC_SPEED") else {
        return Ok(1);
    };
    let speed: u32 = text
        .parse()
        .ok()
        .filter(|n| (1..=SPEED_MAX).contains(n))
        .ok_or_else(|| {
            Failure::new(
                Situation::Usage,
                format!("RESPEC_SPEED is a number from 1 to {SPEED_MAX}"),
            )
        })?;
    if speed > 1 && !endpoints.is_loopback() {
        return Err(Failure::new(
            Situation::Usage,
            "RESPEC_SPEED is for simulators on loopback only",
        ));
    }
    Ok(speed)
}

fn region(global: &Global, found: Option<RegionId>) -> Result<RegionId, Failure> {
    match (global.region.as_deref(), found) {
        (Some(name), _) => RegionId::new(name)
            .map_err(|error| Failure::from_error(Situation::Usage, "use the region", &error)),
        (None, Some(region)) => Ok(region),
        (None, None) => Ok(RegionId::new(DEFAULT_REGION).expect("a well-formed constant")),
    }
}

/// The folder behind `--state`; other kinds of state are not supported yet and are refused by name.
fn state_home(global: &Global, around: &Surroundings) -> Result<PathBuf, Failure> {
    let named = global.state.as_deref().or(around.get("RESPEC_STATE"));
    let text = named.unwrap_or(DEFAULT_STATE);
    let path = text.strip_prefix("file:").unwrap_or(text);
    if path.is_empty() {
        return Err(Failure::new(Situation::Usage, "the state is a folder")
            .hint("give one: --state ./state"));
    }
    match path.split_once("://") {
        Some((scheme, _)) => Err(Failure::new(
            Situation::Usage,
            format!("state of the kind `{scheme}://` is not supported yet"),
        )
        .hint("give a folder: --state ./state")),
        None => Ok(PathBuf::from(path)),
    }
}

/// Who pays orders by a call, variable by variable.
pub const PAYER_VARIABLES: [&str; 4] = [
    "RESPEC_PAYER_BUYER_ID",
    "RESPEC_PAYER_PAYER_ID",
    "RESPEC_PAYER_SUBMIT_UID",
    "RESPEC_PAYER_TOKEN",
];

/// `RESPEC_PAYER_…`: all of them or none. Experimental: the vendor has not documented where they come from.
fn payer(around: &Surroundings) -> Result<Option<Payer>, Failure> {
    let values = PAYER_VARIABLES.map(|name| around.get(name));
    match values {
        [None, None, None, None] => Ok(None),
        [Some(buyer), Some(payer), Some(submitter), Some(token)] => Ok(Some(Payer {
            buyer_id: buyer.to_owned(),
            payer_id: payer.to_owned(),
            pay_submit_uid: submitter.to_owned(),
            token: SecretString::from(token.to_owned()),
        })),
        _ => Err(Failure::new(
            Situation::Usage,
            "RESPEC_PAYER_BUYER_ID, _PAYER_ID, _SUBMIT_UID and _TOKEN are set together or not at all",
        )),
    }
}

fn holder(around: &Surroundings, clock: &dyn Clock, command: &str) -> Holder {
    Holder {
        pid: std::process::id(),
        host: around.host(),
        user: around.user().to_owned(),
        command: command.to_owned(),
        since: clock.wall(),
    }
}

/// Numbers for nonces and jitter: seeded once from the system.
fn randomness() -> Result<Randomness, Failure> {
    use rand::{Rng as _, SeedableRng as _};
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::new(Situation::Other, format!("no random numbers: {error}")))?;
    let mut numbers = rand_chacha::ChaCha20Rng::from_seed(seed);
    Ok(Box::new(move || numbers.next_u64()))
}

fn make_private(folder: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| writing(folder, &error))
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// [`Failure`] when the disk refuses.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let open = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    let mut file = open.map_err(|error| writing(path, &error))?;
    file.write_all(bytes).map_err(|error| writing(path, &error))
}

fn writing(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        Situation::Other,
        format!("failed to write {}: {error}", path.display()),
    )
}
