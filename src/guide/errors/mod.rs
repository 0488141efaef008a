//! Every error code the vendor documents for the calls respec makes: what it means and what mends it.
//!
//! One row is one code with one HTTP status and one meaning; where a code means something else on
//! another operation it has another row. The rows stand in one file for each kind of trouble.

mod pace;
mod money;
mod state;
mod target;
mod network;
mod request;
mod account;

/// One meaning of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorFacts {
    /// The code as the vendor spells it; one that ends in `*` stands for every code that begins so.
    pub code: &'static str,
    /// The HTTP status it comes with. The vendor uses 400 and 403 almost at random.
    pub http: u16,
    /// The operations that answer so; empty when any may.
    pub operations: &'static [&'static str],
    /// What kind of trouble it is.
    pub class: Class,
    /// Whether the same request may be sent again.
    pub retry: Retry,
    /// What it means, in a sentence.
    pub meaning: &'static str,
    /// What a person can do, in a sentence.
    pub remedy: &'static str,
}

/// What kind of trouble a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Too many calls, or a machine that must rest first.
    Throttled,
    /// Something else is being done at this moment.
    InProgress,
    /// The service itself failed.
    ServiceFault,
    /// The client token does not fit.
    Idempotency,
    /// Overdue bill, or too little money.
    Balance,
    /// An order stands in the way.
    Order,
    /// The payer may not do this.
    BillingPermission,
    /// An allowance of the account is used up.
    Quota,
    /// The machine is in the wrong state.
    State,
    /// The machine is locked or its time is over.
    Locked,
    /// It is not there.
    NotFound,
    /// This machine cannot become that.
    Target,
    /// There is no place left for it.
    Stock,
    /// The account may not use this.
    Permission,
    /// Addresses and lines.
    Network,
    /// A value is wrong.
    Parameter,
    /// Values contradict each other.
    Contradiction,
    /// Key, signature, clock or token are not accepted.
    Credentials,
    /// Operation, version or transport are wrong.
    Protocol,
    /// Not a failure: a dry run went well.
    DryRun,
}

impl Class {
    /// A few words for lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "call rate or cool-down",
            Self::InProgress => "something else under way",
            Self::ServiceFault => "fault of the service",
            Self::Idempotency => "client token",
            Self::Balance => "money",
            Self::Order => "orders",
            Self::BillingPermission => "permission to pay",
            Self::Quota => "quota",
            Self::State => "state of the machine",
            Self::Locked => "locked or expired",
            Self::NotFound => "not found",
            Self::Target => "unsupported change",
            Self::Stock => "out of stock",
            Self::Permission => "permission",
            Self::Network => "public network",
            Self::Parameter => "invalid parameter",
            Self::Contradiction => "contradicting parameters",
            Self::Credentials => "credentials",
            Self::Protocol => "protocol",
            Self::DryRun => "dry run",
        }
    }
}

/// Whether the same request, under the same client token, may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Retry {
    /// Yes, after a while.
    AfterDelay,
    /// Only when somebody, or another step, has mended the cause.
    AfterFix,
    /// It would never help for this machine.
    Never,
}

impl Retry {
    /// A word for lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AfterDelay => "after a delay",
            Self::AfterFix => "after a fix",
            Self::Never => "never",
        }
    }
}

/// The meanings of a code, compared without case, for one operation or for all.
///
/// A code that no row spells out is looked up by its beginning (`MissingInstanceId` under `Missing*`).
#[must_use]
pub fn find(operation: Option<&str>, code: &str) -> Vec<&'static ErrorFacts> {
    let exact = about(operation, |row| row.code.eq_ignore_ascii_case(code));
    if exact.is_empty() {
        about(operation, |row| begins(row.code, code))
    } else {
        exact
    }
}

/// Every row, in the order of the files.
pub fn all() -> impl Iterator<Item = &'static ErrorFacts> {
    [
        pace::ROWS,
        money::ROWS,
        state::ROWS,
        target::ROWS,
        network::ROWS,
        request::ROWS,
        account::ROWS,
    ]
    .into_iter()
    .flatten()
}

fn about(
    operation: Option<&str>,
    wanted: impl Fn(&ErrorFacts) -> bool,
) -> Vec<&'static ErrorFacts> {
    let known: Vec<_> = all().filter(|row| wanted(row)).collect();
    let Some(operation) = operation else {
        return known;
    };
    let of_it = |row: &&&ErrorFacts| row.operations.contains(&operation);
    let named: Vec<_> = known.iter().filter(of_it).copied().collect();
    if named.is_empty() {
        known
            .into_iter()
            .filter(|row| row.operations.is_empty())
            .collect()
    } else {
        named
    }
}

fn begins(family: &str, code: &str) -> bool {
    let Some(beginning) = family.strip_suffix('*') else {
        return false;
    };
    code.get(..beginning.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(beginning))
}

/// One row, written on three lines.
const fn row(
    code: &'static str,
    http: u16,
    operations: &'static [&'static str],
    kind: (Class, Retry),
    meaning: &'static str,
    remedy: &'static str,
) -> ErrorFacts {
    let (class, retry) = kind;
    ErrorFacts {
        code,
        http,
        operations,
        class,
        retry,
        meaning,
        remedy,
    }
}

/// ModifyInstanceNetworkSpec.
const N: &[&str] = &["ModifyInstanceNetworkSpec"];
/// ModifyPrepayInstanceSpec.
const P: &[&str] = &["ModifyPrepayInstanceSpec"];
/// ModifyInstanceSpec.
const S: &[&str] = &["ModifyInstanceSpec"];
const NP: &[&str] = &["ModifyInstanceNetworkSpec", "ModifyPrepayInstanceSpec"];
const NS: &[&str] = &["ModifyInstanceNetworkSpec", "ModifyInstanceSpec"];
const PS: &[&str] = &["ModifyInstanceSpec", "ModifyPrepayInstanceSpec"];
const NPS: &[&str] = &[
    "ModifyInstanceNetworkSpec",
    "ModifyInstanceSpec",
    "ModifyPrepayInstanceSpec",
];
const START: &[&str] = &["StartInstance", "StartInstances"];
const STOP: &[&str] = &["StopInstance", "StopInstances"];
const REBOOT: &[&str] = &["RebootInstance", "RebootInstances"];
const START_REBOOT: &[&str] = &[
    "StartInstance",
    "StartInstances",
    "RebootInstance",
    "RebootInstances",
];
const STOP_REBOOT: &[&str] = &[
    "StopInstance",
    "StopInstances",
    "RebootInstance",
    "RebootInstances",
];
const ADDRESS: &[&str] = &["AllocatePublicIpAddress"];
const INSTANCES: &[&str] = &["DescribeInstances"];
const TARGETS: &[&str] = &["DescribeResourcesModification"];
const PRICE: &[&str] = &["DescribePrice"];
/// Orders and money.
const BOOKS: &[&str] = &[
    "QueryOrders",
    "GetOrderDetail",
    "CancelOrder",
    "QueryAccountBalance",
    "PayOrder",
];
/// Any call, or any that the other rows of the code do not name.
const ANY: &[&str] = &[];
