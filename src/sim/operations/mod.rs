//! The operations, one small file for each family, and the one table that finds them.
//!
//! In: the world and a call whose signature holds. Out: the fields of the answer or a refusal. Checks
//! come in the order in which the vendor seems to make them: parameters, token, instance, lock and expiry, billing method,
//! orders, cool-down, state, attachments, target and stock, balance; then the effect.
//!
//! `reading` looks, `changing` changes machines, `billing` is about money. What none of them is about lies
//! beside them: which regions there are, what the caller may do, what a call does not know, who the caller is
//! and where to call.

mod regions;
pub(crate) mod billing;
pub(crate) mod permission;
pub(crate) mod strangers;
mod reading;
mod changing;
mod sts;
mod location;

use serde::Serialize;

use crate::sim::protocol::reply::{Body, Effect, Fields, Refusal};
use crate::sim::protocol::request::Params;
use crate::sim::scenario::Permissions;
use crate::sim::world::World;

/// A call as an operation sees it.
pub(crate) struct Call<'a> {
    pub(crate) params: &'a Params,
    /// The operation's name, from wherever the signature carries it.
    pub(crate) action: &'a str,
    /// The host the request was sent to.
    pub(crate) host: &'a str,
    pub(crate) identity: &'a Identity,
    pub(crate) permissions: &'a Permissions,
}

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Identity {
    /// The account itself, by one of the scenario's keys.
    Account,
    /// Somebody who assumed a role.
    Role { role: String, session: String },
    /// Nobody signed, and nobody had to.
    Anyone,
}

/// The products that answer on the one address, told apart by their version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    Ecs,
    Bss,
    Sts,
    Location,
}

impl Product {
    /// The product of an API version.
    pub(crate) fn of_version(version: &str) -> Option<Self> {
        let all = [Self::Ecs, Self::Bss, Self::Sts, Self::Location];
        all.into_iter().find(|product| product.version() == version)
    }

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Ecs => "2014-05-26",
            Self::Bss => "2017-12-14",
            Self::Sts => "2015-04-01",
            Self::Location => "2015-06-12",
        }
    }

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Ecs => "Ecs",
            Self::Bss => "BssOpenApi",
            Self::Sts => "Sts",
            Self::Location => "Location",
        }
    }
}

/// An operation as it is listed for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Offered {
    /// The product's code.
    pub product: &'static str,
    /// The product's API version, by which calls find it.
    pub version: &'static str,
    /// The operation.
    pub name: &'static str,
    /// `read` or `change`.
    pub kind: &'static str,
    /// `key`, or `anyone` for a call that is not signed.
    pub caller: &'static str,
}

/// Every operation the simulated cloud answers.
pub fn operations() -> impl Iterator<Item = Offered> {
    all().map(|operation| Offered {
        product: operation.product.code(),
        version: operation.product.version(),
        name: operation.name,
        kind: match operation.effect {
            Effect::None => "read",
            Effect::Changed => "change",
        },
        caller: match operation.access {
            Access::Signed => "key",
            Access::Open => "anyone",
        },
    })
}

type Run = fn(&mut World, &Call<'_>) -> Result<Fields, Refusal>;
type Write = fn(&World, &Call<'_>) -> Result<Body, Refusal>;

/// What an operation does with the world.
#[derive(Clone, Copy)]
pub(crate) enum Doing {
    /// It answers with a few fields.
    Answers(Run),
    /// It only reads, and writes out its long answer by itself.
    Writes(Write),
}

impl Doing {
    pub(crate) fn run(self, world: &mut World, call: &Call<'_>) -> Result<Body, Refusal> {
        match self {
            Self::Answers(run) => run(world, call).map(Body::Fields),
            Self::Writes(write) => write(world, call),
        }
    }
}

/// One operation: its product and name, whether it changes anything, and what it does.
pub(crate) struct Operation {
    pub(crate) product: Product,
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
    pub(crate) access: Access,
    pub(crate) doing: Doing,
}

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever has a key.
    Signed,
    /// Everybody: the call brings its own proof.
    Open,
}

const fn reads(product: Product, name: &'static str, run: Run) -> Operation {
    Operation {
        product,
        name,
        effect: Effect::None,
        access: Access::Signed,
        doing: Doing::Answers(run),
    }
}

const fn changes(product: Product, name: &'static str, run: Run) -> Operation {
    Operation {
        product,
        name,
        effect: Effect::Changed,
        access: Access::Signed,
        doing: Doing::Answers(run),
    }
}

/// A read whose answer is long.
const fn lists(product: Product, name: &'static str, write: Write) -> Operation {
    Operation {
        product,
        name,
        effect: Effect::None,
        access: Access::Signed,
        doing: Doing::Writes(write),
    }
}

/// An operation that nobody has to sign.
const fn for_anyone(operation: Operation) -> Operation {
    Operation {
        access: Access::Open,
        ..operation
    }
}

/// The table. One row for each operation; whatever is not here does not exist.
#[rustfmt::skip]
const OPERATIONS: &[Operation] = &[
    reads(Product::Ecs, "DescribeAccountAttributes", reading::account::attributes),
    reads(Product::Ecs, "DescribeBandwidthLimitation", billing::prices::bandwidth),
    reads(Product::Ecs, "DescribeDisks", reading::attached::disks),
    reads(Product::Ecs, "DescribeInstanceAttachmentAttributes", reading::attributes::private_pool),
    reads(Product::Ecs, "DescribeInstanceAttribute", reading::attributes::one),
    reads(Product::Ecs, "DescribeInstanceAutoRenewAttribute", changing::renewal::describe),
    reads(Product::Ecs, "DescribeInstanceMaintenanceAttributes", reading::attributes::maintenance),
    reads(Product::Ecs, "DescribeInstanceModificationPrice", billing::prices::modification),
    reads(Product::Ecs, "DescribeInstanceRamRole", reading::attributes::ram_role),
    reads(Product::Ecs, "DescribeInstanceStatus", reading::describe::statuses),
    reads(Product::Ecs, "DescribeInstanceTypeFamilies", reading::types::families),
    reads(Product::Ecs, "DescribeInstanceTypes", reading::types::run),
    lists(Product::Ecs, "DescribeInstances", reading::additional::instances),
    reads(Product::Ecs, "DescribeNetworkInterfaces", reading::attached::interfaces),
    reads(Product::Ecs, "DescribePrice", billing::prices::shape),
    reads(Product::Ecs, "DescribeRegions", regions::run),
    reads(Product::Ecs, "DescribeResourcesModification", reading::resources::run),
    reads(Product::Ecs, "DescribeUserData", reading::attributes::user_data),
    changes(Product::Ecs, "AllocatePublicIpAddress", changing::address::run),
    changes(Product::Ecs, "DeleteInstance", changing::release::run),
    changes(Product::Ecs, "ModifyInstanceAutoRenewAttribute", changing::renewal::modify),
    changes(Product::Ecs, "ModifyInstanceChargeType", changing::charge_type::run),
    changes(Product::Ecs, "ModifyInstanceNetworkSpec", changing::network::run),
    changes(Product::Ecs, "ModifyInstanceSpec", changing::spec::run),
    changes(Product::Ecs, "ModifyPrepayInstanceSpec", changing::prepay::run),
    changes(Product::Ecs, "RebootInstance", changing::power::reboot_one),
    changes(Product::Ecs, "RebootInstances", changing::power::reboot_many),
    changes(Product::Ecs, "StartInstance", changing::power::start_one),
    changes(Product::Ecs, "StartInstances", changing::power::start_many),
    changes(Product::Ecs, "StopInstance", changing::power::stop_one),
    changes(Product::Ecs, "StopInstances", changing::power::stop_many),
    reads(Product::Bss, "GetOrderDetail", billing::orders::detail),
    reads(Product::Bss, "QueryAccountBalance", billing::balance::account_balance),
    reads(Product::Bss, "QueryAvailableInstances", billing::balance::available_instances),
    reads(Product::Bss, "QueryOrders", billing::orders::query),
    changes(Product::Bss, "CancelOrder", billing::orders::cancel),
    changes(Product::Bss, "PayOrder", billing::orders::pay),
    reads(Product::Sts, "GetCallerIdentity", sts::caller_identity),
    changes(Product::Sts, "AssumeRole", sts::assume_role),
    for_anyone(changes(Product::Sts, "AssumeRoleWithOIDC", sts::assume_role_with_oidc)),
    reads(Product::Location, "DescribeEndpoints", location::endpoints),
];

/// Every operation there is.
pub(crate) fn all() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter()
}

/// The operation of a product by its name, which is case-sensitive.
pub(crate) fn find(product: Product, name: &str) -> Result<&'static Operation, Refusal> {
    let mut all = OPERATIONS.iter();
    all.find(|operation| operation.product == product && operation.name == name)
        .ok_or_else(|| {
            Refusal::new(
                404,
                "InvalidAction.NotFound",
                format!("There is no operation {name}."),
            )
        })
}
