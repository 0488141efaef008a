//! The nouns of the house: what a fleet is made of, and nothing that happens to it.
//!
//! Three fleets are told apart by type: [`DesiredFleet`] (the manifest), [`ObservedFleet`] (the cloud,
//! now) and [`AppliedFleet`] (what respec last recorded). Everything here is plain data: it is parsed
//! once at the border and trusted afterwards. No I/O, no clock, no randomness.

pub mod exit;
mod id;
mod digest;
mod money;
mod spec;
mod order;
mod temporary;
mod note;
mod policy;
mod role;
mod schedule;
mod window;
mod facts;
mod health;
mod rollout;
mod call;
mod asked;
mod observed;
mod retired;
mod selection;
mod desired;
mod limits;
mod offers;
mod price;
mod books;
mod applied;
mod beneath;

pub use applied::{AppliedFleet, AppliedInstance, Lineage, ManagedFields, RestartDue, Stamp};
pub use asked::AskedFor;
pub use books::{AutoRenew, Books, Funds, MoneyQuestions, Pricing, UnpaidOrder};
pub use call::{ModifyCall, NetworkChange, PrepayChange, SpecChange};
pub use desired::{DesiredFleet, DesiredInstance, DesiredInternet, DesiredSpec, Group, Unit};
pub use digest::{Digest, canonical_json};
pub use facts::{FACT_WORDS, Facts, MissingFact, Template};
pub use health::{Check, Command, Health, Hook, Hooks, HttpProbe, Moment, Probe};
pub use id::{
    AccountId, ClientToken, ExternalId, FleetName, GroupName, InstanceId, InstanceName, InvalidId,
    OrderId, RegionId, RequestId, RoleArn, RunId, SessionName, TypeName, ZoneId,
};
pub use limits::{Answer, BandwidthKey, LimitQuestions, Limits, TypeShape, VcpuQuota, Widest};
pub use money::{Currency, Money, MoneyError};
pub use note::{Finding, Place, Severity, Suggestion};
pub use observed::{
    Eip, InstanceStatus, NetworkKind, ObservedFleet, ObservedInstance, Particulars,
};
pub use offers::{Listing, OfferKey, Offers, Shift, Targets};
pub use order::{Order, OrderDetail, OrderKind, OrderOwner, PaymentStatus};
pub use policy::{BalanceCheck, Budget, ChangeOptions, Owner, Payment, PrepaidUpgrade, Share};
pub use price::{
    HOURS_OF_A_MONTH, NoQuote, PriceKey, Quote, ShapeKey, Term, UpgradeKey, UpgradeTarget,
};
pub use retired::Sale;
pub use role::WorkingRole;
pub use rollout::{Approval, Batches, Course, Crowd, Gate, GateAfter, OnFailure, Rollout, Spread};
pub use schedule::{InvalidSchedule, Schedule};
pub use selection::{Availability, Pattern, Promise, Selection, Selector};
pub use spec::{BillingMethod, Field, Mbps, NetworkBilling, Power, StoppedMode};
pub use temporary::{Raised, TemporaryBandwidth, Upgrade, UpgradeOrder, minute};
pub use window::{Freeze, Opening, UnknownZone, Window, ZoneName, later};
