//! What there is to know about each API operation before it is called: one row each.

use std::time::Duration;

use crate::cloud::Rate;
use crate::model::ModifyCall;
use crate::wire::Method;

/// A service of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// The machines.
    Ecs,
    /// Whose credentials these are.
    Sts,
    /// The account's books.
    Bss,
}

impl Service {
    /// `Version`, the day the API was published.
    pub(super) fn version(self) -> &'static str {
        match self {
            Self::Ecs => "2014-05-26",
            Self::Sts => "2015-04-01",
            Self::Bss => "2017-12-14",
        }
    }
}

/// Whether a call may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It reads: sending it again changes nothing.
    Read,
    /// It takes a client token: sent again with the same token it is the same call.
    Tokened,
    /// It changes something and takes no token: sent again only when it certainly did not happen.
    Blind,
}

/// Calls that change a machine. The one published quota is 1000 in 60 s for ModifyPrepayInstanceSpec
/// (R54); the others are taken to be no smaller, and a little is left for whoever else works there.
/// Machines that went down together are changed together: those behind would only stay down longer.
const MODIFY_RATE: Rate = Rate {
    burst: 200,
    per_minute: 976,
    ..per_second(16)
};

/// Reading: no figure is published; every machine is seen by pages of a hundred, so this is plenty.
const READ_RATE: Rate = per_second(20);

/// Starting and stopping: no figure is published; batches of a hundred make it a thousand machines a
/// second, far more than any rollout wants at once.
const POWER_RATE: Rate = per_second(10);

/// Orders and money: no figure is published; a list of twenty orders answers for many machines.
const BILLING_RATE: Rate = per_second(10);

/// Asked once or twice in a run.
const RARE_RATE: Rate = per_second(5);

const fn per_second(calls: u32) -> Rate {
    Rate {
        interval: Duration::from_micros(1_000_000 / calls as u64),
        burst: calls,
        per_minute: u32::MAX,
    }
}

/// One API operation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Operation {
    /// Its name, `Action`.
    pub(super) name: &'static str,
    /// Whose it is.
    pub(super) service: Service,
    /// GET for what reads, POST for what changes; the vendor takes both everywhere.
    pub(super) method: Method,
    /// How long an answer may take; the vendor's own client waits as long.
    pub(super) answer_within: Duration,
    /// How often it is called.
    pub(super) rate: Rate,
    /// Whether it may be sent again.
    pub(super) repeat: Repeat,
}

const fn read(name: &'static str, answer_secs: u64) -> Operation {
    Operation {
        name,
        service: Service::Ecs,
        method: Method::Get,
        answer_within: Duration::from_secs(answer_secs),
        rate: READ_RATE,
        repeat: Repeat::Read,
    }
}

const fn dry_run(name: &'static str, answer_secs: u64) -> Operation {
    Operation {
        method: Method::Post,
        rate: POWER_RATE,
        ..read(name, answer_secs)
    }
}

const fn modify(name: &'static str, answer_secs: u64) -> Operation {
    Operation {
        name,
        service: Service::Ecs,
        method: Method::Post,
        answer_within: Duration::from_secs(answer_secs),
        rate: MODIFY_RATE,
        repeat: Repeat::Tokened,
    }
}

const fn blind(name: &'static str, answer_secs: u64) -> Operation {
    Operation {
        name,
        service: Service::Ecs,
        method: Method::Post,
        answer_within: Duration::from_secs(answer_secs),
        rate: POWER_RATE,
        repeat: Repeat::Blind,
    }
}

/// Gives out a temporary key. Asked twice it gives out two, which harms nobody.
const fn exchange(name: &'static str) -> Operation {
    Operation {
        service: Service::Sts,
        method: Method::Post,
        rate: RARE_RATE,
        ..read(name, 10)
    }
}

/// Billing is in nobody's table of timeouts; long lists are known to be slow.
const fn books(name: &'static str) -> Operation {
    Operation {
        service: Service::Bss,
        rate: BILLING_RATE,
        ..read(name, 20)
    }
}

const fn books_change(name: &'static str) -> Operation {
    Operation {
        service: Service::Bss,
        rate: BILLING_RATE,
        ..blind(name, 20)
    }
}

pub(super) static GET_CALLER_IDENTITY: Operation = Operation {
    service: Service::Sts,
    rate: RARE_RATE,
    ..read("GetCallerIdentity", 10)
};
pub(super) static ASSUME_ROLE: Operation = exchange("AssumeRole");
pub(super) static ASSUME_ROLE_WITH_OIDC: Operation = exchange("AssumeRoleWithOIDC");
pub(super) static DESCRIBE_REGIONS: Operation = Operation {
    rate: RARE_RATE,
    ..read("DescribeRegions", 19)
};
pub(super) static DESCRIBE_INSTANCES: Operation = read("DescribeInstances", 10);
pub(super) static DESCRIBE_INSTANCE_TYPES: Operation = read("DescribeInstanceTypes", 17);
pub(super) static DESCRIBE_RESOURCES_MODIFICATION: Operation =
    read("DescribeResourcesModification", 17);

pub(super) static DESCRIBE_PRICE: Operation = read("DescribePrice", 16);
// In nobody's table of timeouts; it is answered by the same books.
pub(super) static DESCRIBE_INSTANCE_MODIFICATION_PRICE: Operation =
    read("DescribeInstanceModificationPrice", 16);
pub(super) static DESCRIBE_INSTANCE_AUTO_RENEW_ATTRIBUTE: Operation =
    read("DescribeInstanceAutoRenewAttribute", 10);

pub(super) static QUERY_ORDERS: Operation = books("QueryOrders");
pub(super) static GET_ORDER_DETAIL: Operation = books("GetOrderDetail");
pub(super) static QUERY_ACCOUNT_BALANCE: Operation = books("QueryAccountBalance");
// The order itself tells whether these two happened.
pub(super) static CANCEL_ORDER: Operation = books_change("CancelOrder");
pub(super) static PAY_ORDER: Operation = books_change("PayOrder");
pub(super) static DESCRIBE_BANDWIDTH_LIMITATION: Operation =
    read("DescribeBandwidthLimitation", 17);
pub(super) static DESCRIBE_ACCOUNT_ATTRIBUTES: Operation = read("DescribeAccountAttributes", 17);

// A dry run changes nothing, so it may be repeated like any reading.
pub(super) static DRY_START_INSTANCES: Operation = dry_run("StartInstances", 46);
pub(super) static DRY_STOP_INSTANCES: Operation = dry_run("StopInstances", 27);

pub(super) static MODIFY_INSTANCE_SPEC: Operation = modify("ModifyInstanceSpec", 62);
pub(super) static MODIFY_PREPAY_INSTANCE_SPEC: Operation = modify("ModifyPrepayInstanceSpec", 13);
pub(super) static MODIFY_INSTANCE_NETWORK_SPEC: Operation = modify("ModifyInstanceNetworkSpec", 36);

// The batched calls are in nobody's table of timeouts; they get those of the single ones.
pub(super) static START_INSTANCE: Operation = blind("StartInstance", 46);
pub(super) static STOP_INSTANCE: Operation = blind("StopInstance", 27);
pub(super) static REBOOT_INSTANCE: Operation = blind("RebootInstance", 27);
pub(super) static START_INSTANCES: Operation = blind("StartInstances", 46);
pub(super) static STOP_INSTANCES: Operation = blind("StopInstances", 27);
pub(super) static REBOOT_INSTANCES: Operation = blind("RebootInstances", 27);
pub(super) static ALLOCATE_PUBLIC_IP_ADDRESS: Operation = blind("AllocatePublicIpAddress", 36);

/// The operation of a modify call.
pub(super) fn of_modify(call: &ModifyCall) -> &'static Operation {
    match call {
        ModifyCall::Spec(_) => &MODIFY_INSTANCE_SPEC,
        ModifyCall::Prepay(_) => &MODIFY_PREPAY_INSTANCE_SPEC,
        ModifyCall::Network(_) => &MODIFY_INSTANCE_NETWORK_SPEC,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_modify_calls_stays_below_the_published_quota() {
        const { assert!(MODIFY_RATE.per_minute < 1000) };
    }
}
