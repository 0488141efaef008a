//! The operations, one small file for each family, and the one table that finds them.
//!
//! In: the world and a call whose signature holds. Out: the fields of the answer or a refusal. Checks
//! come in the order of section 6: parameters, token, instance, lock and expiry, billing method,
//! orders, cool-down, state, attachments, target and stock, balance; then the effect.

mod regions;
mod describe;
mod types;
mod resources;
mod power;
mod once;
mod modify_spec;
mod modify_prepay;
mod modify_network;
mod address;
mod prices;
mod billing;
mod sts;

use crate::sim::reply::{Effect, Fields, Refusal};
use crate::sim::request::Params;
use crate::sim::world::World;

/// A call as an operation sees it.
pub(crate) struct Call<'a> {
    pub(crate) params: &'a Params,
    /// The operation's name, from wherever the signature carries it.
    pub(crate) action: &'a str,
    /// The host the request was sent to.
    pub(crate) host: &'a str,
    pub(crate) identity: &'a Identity,
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
}

impl Product {
    /// The product of an API version (section 1.1).
    pub(crate) fn of_version(version: &str) -> Option<Self> {
        match version {
            "2014-05-26" => Some(Self::Ecs),
            "2017-12-14" => Some(Self::Bss),
            "2015-04-01" => Some(Self::Sts),
            _ => None,
        }
    }

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Ecs => "Ecs",
            Self::Bss => "BssOpenApi",
            Self::Sts => "Sts",
        }
    }
}

type Run = fn(&mut World, &Call<'_>) -> Result<Fields, Refusal>;

/// One operation: its product and name, whether it changes anything, and what it does.
pub(crate) struct Operation {
    pub(crate) product: Product,
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
    pub(crate) access: Access,
    pub(crate) run: Run,
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
        run,
    }
}

const fn changes(product: Product, name: &'static str, run: Run) -> Operation {
    Operation {
        product,
        name,
        effect: Effect::Changed,
        access: Access::Signed,
        run,
    }
}

const OPERATIONS: &[Operation] = &[
    reads(Product::Ecs, "DescribeInstances", describe::instances),
    reads(Product::Ecs, "DescribeInstanceStatus", describe::statuses),
    reads(Product::Ecs, "DescribeInstanceTypes", types::run),
    reads(Product::Ecs, "DescribeRegions", regions::run),
    reads(
        Product::Ecs,
        "DescribeResourcesModification",
        resources::run,
    ),
    changes(Product::Ecs, "StartInstance", power::start_one),
    changes(Product::Ecs, "StartInstances", power::start_many),
    changes(Product::Ecs, "StopInstance", power::stop_one),
    changes(Product::Ecs, "StopInstances", power::stop_many),
    changes(Product::Ecs, "RebootInstance", power::reboot_one),
    changes(Product::Ecs, "RebootInstances", power::reboot_many),
    changes(Product::Ecs, "ModifyInstanceSpec", modify_spec::run),
    changes(Product::Ecs, "ModifyPrepayInstanceSpec", modify_prepay::run),
    changes(
        Product::Ecs,
        "ModifyInstanceNetworkSpec",
        modify_network::run,
    ),
    changes(Product::Ecs, "AllocatePublicIpAddress", address::run),
    reads(
        Product::Ecs,
        "DescribeInstanceModificationPrice",
        prices::modification,
    ),
    reads(Product::Ecs, "DescribePrice", prices::shape),
    reads(
        Product::Ecs,
        "DescribeBandwidthLimitation",
        prices::bandwidth,
    ),
    reads(Product::Bss, "QueryOrders", billing::query_orders),
    reads(Product::Bss, "GetOrderDetail", billing::order_detail),
    changes(Product::Bss, "CancelOrder", billing::cancel_order),
    reads(
        Product::Bss,
        "QueryAccountBalance",
        billing::account_balance,
    ),
    reads(Product::Sts, "GetCallerIdentity", sts::caller_identity),
    changes(Product::Sts, "AssumeRole", sts::assume_role),
    Operation {
        access: Access::Open,
        ..changes(
            Product::Sts,
            "AssumeRoleWithOIDC",
            sts::assume_role_with_oidc,
        )
    },
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
