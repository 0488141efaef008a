//! The rehearsal cloud: the ECS operations respec uses, with the states, checks, orders, delays and
//! error codes of the vendor's documents.
//!
//! In: HTTP requests, signed as for the real cloud. Out: HTTP replies, as the real cloud writes them.
//! The world itself is a pure value ([`World`]) that is told what time it is; the doors ([`SimWire`] in
//! process, [`serve`] over HTTP) do the waiting. It is an independent reading of the protocol: it must
//! never share code with the room that speaks to the real cloud, nor use the nouns of `model`.
//!
//! ```text
//!   SimWire ─┐                           ┌─ rules: may it be done?
//!            ├─► reception ─► gate ─► operations
//!   serve ───┘       │                   └─ effects: it is done
//!                    └─► /_sim, /_console
//! ```
//!
//! Read from the top: `time` and `money` are what the world counts in. `protocol` is what goes over the wire,
//! `machine` what a machine is, `scenario` how a cloud is written down before it begins, `signature` who is
//! asking. `world` is everything the cloud knows and what happens to it, `rules` what may happen,
//! `operations` what a client can call; `check` holds a scenario against all of them. `trouble` is what goes
//! wrong on purpose, `doors` is how requests come in, and `generate` makes up whole fleets.

mod time;
mod money;
mod protocol;
mod machine;
mod scenario;
mod signature;
mod world;
mod rules;
mod operations;
mod check;
mod trouble;
mod doors;
mod generate;

pub use doors::console::{ByHand, ConsoleError, Edit, LockAs, One, OneOrder, Sum};
pub use doors::serve::serve;
pub use doors::transcript::Transcript;
pub use doors::wire::{MutationHook, SimWire};
pub use generate::{GenerateOptions, Generated, MACHINES_MAX, generate, generate_values};
pub use machine::catalogue::TypeOffer;
pub use machine::described::{Described, Status};
pub use money::Money;
pub use operations::{Offered, operations};
pub use protocol::reply::{Effect, Reply};
pub use protocol::request::Request;
pub use scenario::{
    Balance, Choices, Delays, Disk, DiskKind, Guest, Image, Key, LowBalance, OnlineChange, Owner,
    Particulars, PeriodUnit, Permissions, Quota, Rate, Renewal, RenewalStatus, Role,
    SCENARIO_BYTES_MAX, SCENARIO_DEPTH_MAX, ScalingGroup, Scenario, ScenarioError, ScriptedFault,
    ShapeError, Site, When, scenario_schema,
};
pub use time::{Now, Span};
pub use trouble::faults::{Fault, FaultPlan, Faults, Listed, Scripted, Seeded, Struck};
pub use world::{World, WorldError};
