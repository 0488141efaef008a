//! The world: everything the simulated cloud knows, as one value that can be saved.
//!
//! In: a scenario, and later what operations and hands have decided. Out: the [`World`], told what time it
//! is, in which all that is due has happened. It never asks whether something may be done: that is
//! for the rules, and what they let through stands in `effects`.
//!
//! First stand its parts (what is due, its machines, orders, what it remembers of calls, the faults of its
//! scenario), then what happens to it: by order of somebody (`effects`, `moving`) and by itself (`upkeep`),
//! and what others see of it (`service`).

mod agenda;
pub(crate) mod instance;
pub(crate) mod orders;
pub(crate) mod memory;
pub(crate) mod script;
pub(crate) mod effects;
mod moving;
mod service;
mod upkeep;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::sim::machine::catalogue::Catalogue;
use crate::sim::machine::described::{ChargeType, Described, Status, StoppedMode};
use crate::sim::machine::network::inbound_for;
use crate::sim::protocol::request::Request;
use crate::sim::scenario::{
    Balance, Choices, Delays, Key, LowBalance, Quota, Rate, Renewal, Role, ScalingGroup, Scenario,
    Site,
};
use crate::sim::signature::sessions::Sessions;
use crate::sim::time::{Now, Span, to_the_minute};

use agenda::Agenda;
use instance::Instance;
use memory::{Nonces, Throttle, Tokens};
use orders::Orders;
use script::{Script, Tally};

/// The form of a saved world; another number is refused.
const FORMAT: u32 = 1;

/// The simulated account: a pure state machine without I/O, tasks or clocks of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct World {
    format: u32,
    pub(crate) now: Now,
    pub(crate) settings: Settings,
    pub(crate) balance: Balance,
    pub(crate) catalogue: Catalogue,
    pub(crate) instances: BTreeMap<String, Instance>,
    /// What was said about the ends of subscriptions.
    #[serde(default)]
    pub(crate) renewals: BTreeMap<String, Renewal>,
    pub(crate) orders: Orders,
    pub(crate) agenda: Agenda,
    #[serde(default)]
    pub(crate) sessions: Sessions,
    pub(crate) nonces: Nonces,
    pub(crate) tokens: Tokens,
    pub(crate) throttle: Throttle,
    pub(crate) calls: BTreeMap<String, Calls>,
    /// Public addresses handed out so far; none is handed out twice.
    pub(crate) addresses_given: u32,
    /// Requests answered so far; request ids are made of it.
    pub(crate) requests: u64,
    /// The faults of the scenario, and how far they have come.
    #[serde(default, skip_serializing_if = "Script::is_empty")]
    pub(crate) script: Script,
    /// What a fault script wants of the next call; never saved.
    #[serde(skip)]
    pub(crate) mischief: Mischief,
    /// The last change, for those who keep a log instead of the whole world; never saved.
    #[serde(skip)]
    pub(crate) last_deed: Option<Deed>,
}

/// What a fault script wants of the next call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mischief {
    /// The next start, stop or reboot takes far longer than it should.
    pub(crate) power_hangs: bool,
    /// The next read is this much older than it should be.
    pub(crate) reads_lag_by: Duration,
    /// The next list of machines is empty.
    #[serde(default)]
    pub(crate) lists_nobody: bool,
}

/// One change with everything needed to make it again.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Deed {
    pub(crate) now: Now,
    pub(crate) mischief: Mischief,
    /// How far the faults of the scenario had come, this call included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tallies: Vec<Tally>,
    pub(crate) request: Request,
}

// Requests carry signatures and tokens: they are never printed whole.
impl std::fmt::Debug for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Deed({:?} …)", self.now)
    }
}

/// The settings of the scenario that stay as they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) account: String,
    #[serde(default)]
    pub(crate) site: Site,
    pub(crate) region: String,
    pub(crate) keys: Vec<Key>,
    #[serde(default)]
    pub(crate) roles: Vec<Role>,
    pub(crate) delays: Delays,
    pub(crate) cool_down: Span,
    pub(crate) token_memory: Span,
    pub(crate) low_balance: LowBalance,
    pub(crate) throttle: BTreeMap<String, Rate>,
    pub(crate) quota: Quota,
    #[serde(default)]
    pub(crate) choices: Choices,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) scaling_groups: Vec<ScalingGroup>,
}

/// How often an operation was called, and what it answered other than success.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Calls {
    pub(crate) calls: u64,
    /// Those among them that asked not to be carried out.
    #[serde(default)]
    pub(crate) dry_runs: u64,
    pub(crate) errors: BTreeMap<String, u64>,
    /// What was sent along that the operation does not know; looked for in the modify calls only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) unknown_parameters: BTreeMap<String, u64>,
}

/// Why a saved world cannot be taken up again.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// Not a saved world, or damaged.
    #[error("read the saved world")]
    Unreadable(#[from] serde_json::Error),
    /// Saved by another version of this program.
    #[error("read the saved world: format {found}, this program reads {FORMAT}")]
    OtherFormat {
        /// The format it was saved in.
        found: u32,
    },
}

impl World {
    /// The world as a scenario describes it, at a moment of the calendar.
    ///
    /// Virtual time begins at `scenario.start`; a world served over HTTP begins at the real time.
    #[must_use]
    pub fn new(scenario: &Scenario, wall: Timestamp) -> Self {
        let mut world = Self {
            format: FORMAT,
            now: Now {
                wall,
                elapsed: Duration::ZERO,
            },
            settings: Settings::of(scenario),
            balance: scenario.balance.clone(),
            catalogue: Catalogue::with(&scenario.catalogue),
            instances: BTreeMap::new(),
            renewals: scenario.renewals.clone(),
            orders: Orders::default(),
            agenda: Agenda::default(),
            sessions: Sessions::default(),
            nonces: Nonces::default(),
            tokens: Tokens::default(),
            throttle: Throttle::default(),
            calls: BTreeMap::new(),
            addresses_given: 0,
            requests: 0,
            script: Script::new(scenario.fault_seed, &scenario.faults),
            mischief: Mischief::default(),
            last_deed: None,
        };
        for (number, described) in (1_u32..).zip(&scenario.instances) {
            let mut instance = Instance::new(world.complete(described.clone(), number));
            let id = instance.truth.instance_id.clone();
            instance.eip_blocks_type_change = scenario.eip_blocks_type_change.contains(&id);
            instance.particulars = scenario.particulars.get(&id).cloned().map(Box::new);
            world.instances.insert(id, instance);
        }
        world.foresee();
        world
    }

    /// The moment the world was last asked anything.
    #[must_use]
    pub fn now(&self) -> Now {
        self.now
    }

    /// The moment whose state readers are shown, before their lag.
    pub(crate) fn reading_moment(&self) -> Duration {
        self.now.elapsed.saturating_sub(self.mischief.reads_lag_by)
    }

    /// How long an answer takes; the doors wait for it, the world does not.
    #[must_use]
    pub fn answer_delay(&self) -> Duration {
        self.settings.delays.answer.0
    }

    /// The key pairs that may sign.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.settings.keys
    }

    /// Whether the account is on the China site, where clients ask first, and the other one says that it does not know
    /// it: nothing about the site is left to be found out.
    #[must_use]
    pub fn is_found_at_first(&self) -> bool {
        self.settings.site == Site::China && !self.settings.choices.other_site_is_empty
    }

    /// The whole world as JSON.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a world holds nothing JSON cannot write")
    }

    /// Takes up a world that was saved.
    ///
    /// # Errors
    /// [`WorldError`] when the bytes are damaged or of another format.
    pub fn load(saved: &[u8]) -> Result<Self, WorldError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let found = serde_json::from_slice::<Version>(saved)?.format;
        if found != FORMAT {
            return Err(WorldError::OtherFormat { found });
        }
        Ok(serde_json::from_slice(saved)?)
    }

    /// Fills in what the scenario left out.
    fn complete(&mut self, mut machine: Described, number: u32) -> Described {
        let settings = &self.settings;
        let or = |field: &mut String, default: String| {
            if field.is_empty() {
                *field = default;
            }
        };
        or(&mut machine.region_id, settings.region.clone());
        or(&mut machine.zone_id, format!("{}-h", machine.region_id));
        or(&mut machine.instance_name, machine.instance_id.clone());
        or(&mut machine.creation_time, to_the_minute(self.now.wall));
        or(&mut machine.start_time, machine.creation_time.clone());
        let expiry = default_expiry(&machine, self.now.wall);
        or(&mut machine.expired_time, expiry);
        let private = &mut machine.vpc_attributes.private_ip_address.ip_address;
        if private.is_empty() {
            let [_, high, middle, low] = number.to_be_bytes();
            private.push(format!("10.{high}.{middle}.{low}"));
        }
        if machine.internet_max_bandwidth_in == 0 {
            machine.internet_max_bandwidth_in = inbound_for(machine.internet_max_bandwidth_out);
        }
        if machine.status == Status::Stopped && machine.stopped_mode == StoppedMode::NotApplicable {
            machine.stopped_mode = StoppedMode::KeepCharging;
        }
        self.fill_in_type(&mut machine);
        machine
    }

    /// The fields of an instance that follow from its type.
    pub(crate) fn fill_in_type(&self, machine: &mut Described) {
        if let Some(offer) = self.catalogue.get(&machine.instance_type) {
            machine.instance_type_family = offer.family().to_owned();
            machine.cpu = offer.vcpus;
            machine.memory = offer.memory_mib();
        }
    }
}

/// The end a pay-as-you-go machine shows, which means nothing.
pub(crate) const NO_END: &str = "2099-12-31T15:59Z";

/// A subscription without a written end has a year to go.
fn default_expiry(machine: &Described, wall: Timestamp) -> String {
    match machine.instance_charge_type {
        ChargeType::PostPaid => NO_END.to_owned(),
        ChargeType::PrePaid => {
            to_the_minute(wall.saturating_add((365 * 24).hours()).unwrap_or(wall))
        }
    }
}

impl Settings {
    fn of(scenario: &Scenario) -> Self {
        Self {
            account: scenario.account.clone(),
            site: scenario.site,
            region: scenario.region.clone(),
            keys: scenario.keys.clone(),
            roles: scenario.roles.clone(),
            delays: scenario.delays.clone(),
            cool_down: scenario.cool_down,
            token_memory: scenario.token_memory,
            low_balance: scenario.low_balance,
            throttle: scenario.throttle.clone(),
            quota: scenario.quota.clone(),
            choices: scenario.choices.clone(),
            scaling_groups: scenario.scaling_groups.clone(),
        }
    }
}
