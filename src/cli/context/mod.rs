//! Which cloud, which clock, which store: where a command gets them from.
//!
//! In: options, environment, machine. Out: a [`Context`], with which a command need not know whether its cloud is the real one.
//! `identity` finds somebody to work as, `settings` what the environment says, `simulated` the world of `--simulate`.

pub mod machine;
pub mod settings;
pub mod identity;
pub mod simulated;

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::PoisonError;
use std::time::Duration;

use secrecy::SecretString;

use crate::aliyun::{AccessKey, Aliyun, AliyunConfig, Endpoints, Site};
use crate::clock::{Clock, SystemClock, VirtualClock};
use crate::cloud::Cloud as _;
use crate::cloud::Payer;
use crate::http::HttpWire;
use crate::model::{AccountId, FleetName, Lineage, WorkingRole};
use crate::probe::Prober;
use crate::rehearse::SimulatedProber;
use crate::report::words::terminal;
use crate::runner::Runner;
use crate::sim::{SimWire, World};
use crate::store::{Access, Body, Holder, Mended, Store, StoreDir, StoreOptions};
use crate::wire::Wire;

use super::args::Global;
use super::failure::{Failure, Situation};
use super::private_files::make_private;
use super::screen::Screen;
use super::surroundings::Surroundings;

use identity::{Caller, Search};
use settings::{holder, payer, randomness, region, speed, state_home};
use simulated::{SavedWorld, open_world};

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
    /// The role by which it speaks to the cloud, where the manifest names one.
    pub role: Option<WorkingRole>,
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
        caller: Caller<'_>,
    ) -> Result<Self, Failure> {
        let mut context = match &global.simulate {
            Some(scenario) => {
                Self::simulated(global, around, screen, scenario, (command, caller)).await?
            }
            None => Self::real(global, around, screen, command, caller).await?,
        };
        context.role = caller.role.cloned();
        Ok(context)
    }

    async fn real(
        global: &Global,
        around: &Surroundings,
        screen: &Screen,
        command: &str,
        caller: Caller<'_>,
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
        let found = search.run(caller).await?;
        let config = AliyunConfig {
            credentials: found.credentials,
            region: region(global, found.region)?,
            endpoints: endpoints.with_sts(found.sts).with_site(found.site),
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
            role: None,
            screen: *screen,
            world: None,
        })
    }

    async fn simulated(
        global: &Global,
        around: &Surroundings,
        screen: &Screen,
        scenario: &Path,
        (command, caller): (&str, Caller<'_>),
    ) -> Result<Self, Failure> {
        let (home, world) = open_world(&state_home(global, around)?, scenario)?;
        let key = world.keys().first().cloned();
        let key = key.expect("a scenario without keys is refused");
        let clock: Rc<dyn Clock> = Rc::new(VirtualClock::starting_at(world.now().wall));
        let site = world.is_found_at_first().then_some(Site::China);
        let saved = SavedWorld::new(world, &home);
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
        let wire: Rc<dyn Wire> = Rc::new(wire);
        let endpoints = Endpoints::vendor().with_site(site);
        let search = Search {
            global,
            around,
            screen: *screen,
            endpoints: &endpoints,
            wire: wire.clone(),
            clock: clock.clone(),
            randomness: randomness()?,
        };
        let config = AliyunConfig {
            credentials: search.holding(access_key, caller).await?,
            region: region(global, None)?,
            endpoints,
        };
        let cloud = Aliyun::new(config, wire, clock.clone(), randomness()?);
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
            role: None,
            screen: *screen,
            world: Some(saved),
        })
    }

    /// The account that the credentials belong to.
    ///
    /// # Errors
    /// [`Failure`] when the cloud does not say.
    pub async fn account(&self) -> Result<AccountId, Failure> {
        let account = self.cloud.caller_identity().await;
        account.map_err(|error| Failure::cloud("learn whose credentials these are", &error))
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
        self.open_with(fleet, lineage, self.access(lock_timeout))
    }

    /// The same, to carry a run on, or to begin one: also on a full disk, in the room of the reserve.
    ///
    /// # Errors
    /// As [`Context::open_store`].
    pub fn open_store_to_carry_on(
        &self,
        fleet: &FleetName,
        lineage: Lineage,
        lock_timeout: Duration,
    ) -> Result<Store, Failure> {
        let access = Access {
            carries_on: true,
            ..self.access(lock_timeout)
        };
        self.open_with(fleet, lineage, access)
    }

    fn open_with(
        &self,
        fleet: &FleetName,
        lineage: Lineage,
        access: Access,
    ) -> Result<Store, Failure> {
        self.make_home()?;
        let options = StoreOptions { access, lineage };
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

    /// How a state is held by whoever carries no run on.
    #[must_use]
    pub fn access(&self, lock_timeout: Duration) -> Access {
        Access {
            holder: self.holder.clone(),
            lock_timeout,
            body: self.body,
            carries_on: false,
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
