//! The rehearsal cloud: the ECS operations respec uses, with the states, checks, orders, delays and
//! error codes of the vendor's documents.
//!
//! In: HTTP requests, signed as for the real cloud. Out: HTTP replies, as the real cloud writes them.
//! The world itself is a pure value ([`World`]) that is told what time it is; the doors ([`SimWire`] in
//! process, [`serve`] over HTTP) do the waiting. It is an independent reading of the protocol: it must
//! never share code with the room that speaks to the real cloud, nor use the nouns of `model`.
//!
//! ```text
//!   SimWire ─┐                        ┌─ rules: may it be done?
//!            ├─► door ─► handle ─► operations
//!   serve ───┘     │                  └─ effects: it is done
//!                  └─► /_sim, /_console
//! ```

mod time;
mod money;
mod reply;
mod request;
mod xml;
mod letter;
mod catalogue;
mod idle;
mod described;
mod card;
mod scenario;
mod schema;
mod sessions;
mod signature;
mod network;
mod instance;
mod agenda;
mod orders;
mod memory;
mod script;
mod world;
mod effects;
mod service;
mod upkeep;
mod rules;
mod moving;
mod payment;
mod paging;
mod filter;
mod operations;
mod check;
mod handle;
mod console;
mod truth;
mod transcript;
mod faults;
mod mischief;
mod door;
mod wire;
mod serve;
mod generate;

pub use catalogue::TypeOffer;
pub use console::{ByHand, ConsoleError, Edit, LockAs, One, OneOrder, Sum};
pub use described::{Described, Status};
pub use faults::{Fault, FaultPlan, Faults, Listed, Scripted, Seeded, Struck};
pub use generate::{GenerateOptions, Generated, MACHINES_MAX, generate, generate_values};
pub use money::Money;
pub use operations::{Offered, operations};
pub use reply::{Effect, Reply};
pub use request::Request;
pub use scenario::{
    Balance, Choices, Delays, Disk, DiskKind, Guest, Image, Key, LowBalance, OnlineChange, Owner,
    Particulars, PeriodUnit, Permissions, Quota, Rate, Renewal, RenewalStatus, Role,
    SCENARIO_BYTES_MAX, SCENARIO_DEPTH_MAX, ScalingGroup, Scenario, ScenarioError, ScriptedFault,
    ShapeError, Site, When,
};
pub use schema::scenario_schema;
pub use serve::serve;
pub use time::{Now, Span};
pub use transcript::Transcript;
pub use wire::{MutationHook, SimWire};
pub use world::{World, WorldError};
