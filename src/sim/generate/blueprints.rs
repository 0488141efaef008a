//! What a generated fleet is made of: one row per role, with its target and how its changed machines look now.
//!
//! Every difference listed here is one the cloud permits (R28 ranges, no elastic address on a machine whose
//! `internet` is managed, a public address is given up only where the target says so). Subscription machines
//! change their type from three current types only: two upwards, one downwards.

use serde::Serialize;

/// How a machine is paid for; the vendor's `InstanceChargeType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Billing {
    /// Pay as you go.
    PostPaid,
    /// Subscription.
    PrePaid,
}

/// How public traffic is paid for; the vendor's `InternetChargeType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Traffic {
    PayByTraffic,
    PayByBandwidth,
}

/// Whether a machine runs, and what is paid for when it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    Running,
    /// Stopped, everything kept.
    Stopped,
    /// Stopped with `StopCharging`: pay-as-you-go machines without an address of their own only (R70).
    Released,
}

/// A machine's way to the internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Internet {
    /// Outbound 0 and no address.
    Closed,
    /// An address of the machine's own, with outbound Mbit/s.
    Public(Traffic, u32),
    /// An elastic address with Mbit/s of its own: the manifest says nothing about `internet` (R27).
    Elastic(u32),
}

/// The managed part of a machine, as wanted or as found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) instance_type: &'static str,
    pub(super) internet: Internet,
    pub(super) power: Power,
}

/// How a changed machine looks before its change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Was {
    /// Another instance type.
    Type(&'static str),
    /// Another way to the internet: bandwidth, billing of the traffic, or both.
    Internet(Internet),
    /// Two changes at once, which the cloud wants in two calls (R3) and five minutes apart (R52).
    TypeAndInternet(&'static str, Internet),
    /// Another power state.
    Power(Power),
}

impl Was {
    /// The machine as found, when `target` is what it shall become.
    pub(super) fn found(self, target: Shape) -> Shape {
        match self {
            Self::Type(instance_type) => Shape {
                instance_type,
                ..target
            },
            Self::Internet(internet) => Shape { internet, ..target },
            Self::TypeAndInternet(instance_type, internet) => Shape {
                instance_type,
                internet,
                ..target
            },
            Self::Power(power) => Shape { power, ..target },
        }
    }
}

/// How many machines of a group may be down at once.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub(super) enum Unavailable {
    Count(u32),
    Percent(&'static str),
}

/// The care a group is changed with.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Rollout {
    pub(super) max_unavailable: Unavailable,
    pub(super) max_failures: u32,
}

/// One role of the fleet: a group of the manifest.
#[derive(Debug)]
pub(super) struct Blueprint {
    /// Group name, tag `role`, and first part of the machines' names.
    pub(super) name: &'static str,
    /// Parts of the fleet, out of the sum of all rows.
    pub(super) share: u32,
    pub(super) billing: Billing,
    pub(super) target: Shape,
    /// The target of the one member that an `instances` entry refines, if the role has such a member.
    pub(super) refined: Option<Internet>,
    /// What changed machines were before, taken in turn; never empty.
    pub(super) was: &'static [Was],
    pub(super) rollout: Rollout,
}

/// The roles, subscription being 34 of 100 parts.
pub(super) const BLUEPRINTS: &[Blueprint] = &[
    Blueprint {
        name: "web",
        share: 20,
        billing: Billing::PostPaid,
        target: Shape {
            instance_type: "ecs.g7.xlarge",
            internet: Internet::Public(Traffic::PayByTraffic, 50),
            power: Power::Running,
        },
        refined: Some(Internet::Public(Traffic::PayByTraffic, 80)),
        was: &[
            Was::Type("ecs.g6.xlarge"),
            Was::Internet(Internet::Public(Traffic::PayByTraffic, 20)),
            Was::TypeAndInternet("ecs.g7.large", Internet::Public(Traffic::PayByTraffic, 10)),
            Was::Type("ecs.g7.large"),
            Was::Power(Power::Stopped),
        ],
        rollout: Rollout {
            max_unavailable: Unavailable::Percent("10%"),
            max_failures: 2,
        },
    },
    Blueprint {
        name: "api",
        share: 14,
        billing: Billing::PostPaid,
        target: Shape {
            instance_type: "ecs.c7.xlarge",
            internet: Internet::Public(Traffic::PayByBandwidth, 20),
            power: Power::Running,
        },
        refined: None,
        was: &[
            Was::Internet(Internet::Public(Traffic::PayByTraffic, 20)),
            Was::Type("ecs.c7.2xlarge"),
            Was::Internet(Internet::Public(Traffic::PayByBandwidth, 30)),
            Was::Internet(Internet::Public(Traffic::PayByTraffic, 60)),
        ],
        rollout: Rollout {
            max_unavailable: Unavailable::Percent("10%"),
            max_failures: 1,
        },
    },
    Blueprint {
        name: "worker",
        share: 14,
        billing: Billing::PostPaid,
        target: Shape {
            instance_type: "ecs.c7.2xlarge",
            internet: Internet::Closed,
            power: Power::Running,
        },
        refined: None,
        was: &[
            Was::Type("ecs.c7.4xlarge"),
            Was::Internet(Internet::Public(Traffic::PayByTraffic, 5)),
            Was::Type("ecs.c7.xlarge"),
        ],
        rollout: Rollout {
            max_unavailable: Unavailable::Percent("20%"),
            max_failures: 5,
        },
    },
    Blueprint {
        name: "search",
        share: 10,
        billing: Billing::PostPaid,
        target: Shape {
            instance_type: "ecs.g8i.2xlarge",
            internet: Internet::Public(Traffic::PayByTraffic, 10),
            power: Power::Running,
        },
        refined: None,
        was: &[
            Was::Internet(Internet::Closed),
            Was::Type("ecs.g7.2xlarge"),
            Was::TypeAndInternet("ecs.g7.2xlarge", Internet::Closed),
        ],
        rollout: Rollout {
            max_unavailable: Unavailable::Count(3),
            max_failures: 0,
        },
    },
    Blueprint {
        name: "standby",
        share: 5,
        billing: Billing::PostPaid,
        target: Shape {
            instance_type: "ecs.g6.large",
            internet: Internet::Closed,
            power: Power::Released,
        },
        refined: None,
        was: &[Was::Power(Power::Running), Was::Type("ecs.g6.xlarge")],
        rollout: Rollout {
            max_unavailable: Unavailable::Percent("50%"),
            max_failures: 0,
        },
    },
    Blueprint {
        name: "edge",
        share: 3,
        billing: Billing::PostPaid,
        target: Shape {
            instance_type: "ecs.c7.large",
            internet: Internet::Elastic(30),
            power: Power::Running,
        },
        refined: None,
        was: &[Was::Power(Power::Stopped)],
        rollout: Rollout {
            max_unavailable: Unavailable::Count(1),
            max_failures: 0,
        },
    },
    Blueprint {
        name: "db",
        share: 12,
        billing: Billing::PrePaid,
        target: Shape {
            instance_type: "ecs.r7.2xlarge",
            internet: Internet::Closed,
            power: Power::Running,
        },
        refined: None,
        was: &[Was::Type("ecs.r7.xlarge")],
        rollout: Rollout {
            max_unavailable: Unavailable::Count(2),
            max_failures: 0,
        },
    },
    Blueprint {
        name: "shop",
        share: 12,
        billing: Billing::PrePaid,
        target: Shape {
            instance_type: "ecs.g7.xlarge",
            internet: Internet::Public(Traffic::PayByBandwidth, 80),
            power: Power::Running,
        },
        refined: Some(Internet::Public(Traffic::PayByBandwidth, 100)),
        was: &[
            Was::Type("ecs.g7.large"),
            Was::Internet(Internet::Public(Traffic::PayByBandwidth, 40)),
            Was::TypeAndInternet(
                "ecs.g7.large",
                Internet::Public(Traffic::PayByBandwidth, 40),
            ),
            Was::Internet(Internet::Public(Traffic::PayByBandwidth, 90)),
        ],
        rollout: Rollout {
            max_unavailable: Unavailable::Percent("10%"),
            max_failures: 1,
        },
    },
    Blueprint {
        name: "render",
        share: 6,
        billing: Billing::PrePaid,
        target: Shape {
            instance_type: "ecs.c7.2xlarge",
            internet: Internet::Closed,
            power: Power::Running,
        },
        refined: None,
        was: &[Was::Type("ecs.c7.4xlarge"), Was::Power(Power::Stopped)],
        rollout: Rollout {
            max_unavailable: Unavailable::Percent("25%"),
            max_failures: 0,
        },
    },
    Blueprint {
        name: "archive",
        share: 4,
        billing: Billing::PrePaid,
        target: Shape {
            instance_type: "ecs.r7.large",
            internet: Internet::Closed,
            power: Power::Stopped,
        },
        refined: None,
        was: &[Was::Power(Power::Running)],
        rollout: Rollout {
            max_unavailable: Unavailable::Count(2),
            max_failures: 0,
        },
    },
];

/// The machine that stands alone under `instances`, in fleets large enough to have one.
pub(super) const BASTION: Blueprint = Blueprint {
    name: "bastion",
    share: 0,
    billing: Billing::PostPaid,
    target: Shape {
        instance_type: "ecs.g6.large",
        internet: Internet::Public(Traffic::PayByTraffic, 5),
        power: Power::Running,
    },
    refined: None,
    was: &[Was::Internet(Internet::Public(Traffic::PayByTraffic, 2))],
    rollout: Rollout {
        max_unavailable: Unavailable::Count(1),
        max_failures: 0,
    },
};
