//! One step of a plan: what is done, what must be seen before and after, and how it is taken back.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{
    Field, Health, Hook, InstanceStatus, Mbps, ModifyCall, Moment, NetworkBilling,
    ObservedInstance, OrderId, SpecChange, StoppedMode, TemporaryBandwidth, TypeName,
};

use super::price::{Price, Running};

/// The wait between two changes of one machine (R52).
pub(in crate::plan) const COOL_DOWN: Duration = Duration::from_secs(5 * 60);

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Stops the machine and waits until it is down.
    Stop {
        /// Always `KeepCharging` around a change (R70).
        mode: StoppedMode,
    },
    /// Starts the machine and waits until it is up.
    Start,
    /// Sends one of the three modify calls and waits until the change shows.
    Modify(ModifyCall),
    /// Waits until the order of the step before is paid and its change shows.
    AwaitOrder,
    /// Pays the order of the step before by `PayOrder`, sent at most once, and waits as above.
    PayOrder,
    /// Asks for a static public address where the modify call cannot (R25).
    AllocatePublicIp,
    /// Waits until five minutes after this machine's last change (R52).
    CoolDown,
    /// Asks whether this change of type is offered to the machine now, right before it is stopped for it
    /// (R60, R63). Only on a way back: the way forth was asked about when the plan was made.
    AskOffer(SpecChange),
    /// Runs a command of the owner's, where respec runs, while the machine is up.
    RunHook {
        /// At which moment of the outage.
        moment: Moment,
        /// What is run, and for how long.
        hook: Hook,
    },
    /// Waits until the machine has been good for as long as it must.
    AwaitHealth(Health),
}

impl Action {
    /// One word for tables and trees.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Stop { .. } => "stop",
            Self::Start => "start",
            Self::Modify(_) => "modify",
            Self::AwaitOrder => "pay order",
            Self::PayOrder => "pay order by call",
            Self::AllocatePublicIp => "allocate address",
            Self::CoolDown => "cool down",
            Self::AskOffer(_) => "ask",
            Self::RunHook { moment, .. } => moment.as_str(),
            Self::AwaitHealth(_) => "health",
        }
    }

    /// The moment at which it runs a command, if it does.
    #[must_use]
    pub fn moment(&self) -> Option<Moment> {
        match self {
            Self::RunHook { moment, .. } => Some(*moment),
            Self::Stop { .. }
            | Self::Start
            | Self::Modify(_)
            | Self::AwaitOrder
            | Self::PayOrder
            | Self::AllocatePublicIp
            | Self::CoolDown
            | Self::AskOffer(_)
            | Self::AwaitHealth(_) => None,
        }
    }
}

/// What a look must show. Unset fields may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// Power state.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<InstanceStatus>,
    /// Configured type.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub instance_type: Option<TypeName>,
    /// Network billing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub charge_type: Option<NetworkBilling>,
    /// Outbound ceiling, Mbit/s.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_bandwidth_out: Option<Mbps>,
    /// Inbound ceiling, Mbit/s.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_bandwidth_in: Option<Mbps>,
    /// Whether there is a static public address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub public_ip: Option<bool>,
    /// A temporary upgrade that is bought (R30). Only its order tells: no look at a machine shows it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub temporary: Option<TemporaryBandwidth>,
}

impl Goal {
    /// The goal of being in this power state.
    #[must_use]
    pub fn status(status: InstanceStatus) -> Self {
        Self {
            status: Some(status),
            ..Self::default()
        }
    }

    /// Whether the machine shows all of it.
    #[must_use]
    pub fn is_shown_by(&self, seen: &ObservedInstance) -> bool {
        self.first_difference(seen).is_none()
    }

    /// The first field that is not as it should be, with the value that was seen.
    #[must_use]
    pub fn first_difference(&self, seen: &ObservedInstance) -> Option<(Field, String)> {
        fn differs<T: PartialEq>(wanted: Option<&T>, seen: Option<&T>) -> bool {
            wanted.is_some() && wanted != seen
        }
        let ip = seen.public_ip.is_some();
        let out = seen.max_bandwidth_out;
        let checks = [
            (
                Field::Power,
                differs(self.status.as_ref(), Some(&seen.status)),
                seen.status.to_string(),
            ),
            (
                Field::InstanceType,
                differs(self.instance_type.as_ref(), Some(&seen.instance_type)),
                seen.instance_type.to_string(),
            ),
            (
                Field::ChargeType,
                differs(self.charge_type.as_ref(), seen.charge_type.as_ref()),
                seen.charge_type
                    .map_or_else(|| "none".to_owned(), |c| c.as_str().to_owned()),
            ),
            (
                Field::MaxBandwidthOut,
                differs(self.max_bandwidth_out.as_ref(), Some(&out)),
                out.to_string(),
            ),
            (
                Field::MaxBandwidthIn,
                differs(
                    self.max_bandwidth_in.as_ref(),
                    seen.max_bandwidth_in.as_ref(),
                ),
                seen.max_bandwidth_in
                    .map_or_else(|| "unknown".to_owned(), |m| m.to_string()),
            ),
            (
                Field::PublicIp,
                differs(self.public_ip.as_ref(), Some(&ip)),
                ip.to_string(),
            ),
            (
                Field::TemporaryBandwidth,
                self.temporary.is_some(),
                "not to be seen".to_owned(),
            ),
        ];
        checks
            .into_iter()
            .find(|(_, wrong, _)| *wrong)
            .map(|(field, _, value)| (field, value))
    }
}

/// How a finished step is taken back when a later one fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// By this action; the machine then shows what it showed before the step.
    By(Action),
    /// Not at all: the step left nothing behind, or what it did is wanted for itself.
    Nothing,
    /// It cannot be: the step is the saga's pivot. Past it a failure is held, not unwound.
    Never {
        /// What makes it final.
        why: String,
    },
}

/// A rule that made a step, blocked a change or is worth a note.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Because {
    /// The rule's number in the vendor's rules (`R2`), or the policy's name (`protect`).
    pub rule: String,
    /// What it says here, one sentence without a full stop.
    pub why: String,
}

impl Because {
    /// A reason.
    #[must_use]
    pub fn new(rule: &str, why: impl Into<String>) -> Self {
        Self {
            rule: rule.to_owned(),
            why: why.into(),
        }
    }
}

/// One step. Nothing is left to choose when it is carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// Steps of the same machine that must have succeeded, by position from 0.
    pub needs: Vec<u16>,
    /// What must be seen beforehand.
    pub before: Goal,
    /// What must be seen afterwards.
    pub after: Goal,
    /// How it is taken back.
    pub undo: Undo,
    /// Which rules made it.
    pub because: Vec<Because>,
    /// What it costs at once.
    pub price: Price,
    /// What it makes of the machine's costs by time.
    #[serde(skip_serializing_if = "Running::is_same", default)]
    pub running: Running,
    /// An order that somebody has made already and that does this: it is gone on with, no other is made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub adopts: Option<OrderId>,
    /// How long the machine is expected to be out of service because of this step.
    pub downtime: Duration,
}

impl Step {
    /// A step that looks for nothing before and after it, makes no order, takes nobody down and is not taken back. Any
    /// other is told by what it has besides.
    #[must_use]
    pub fn plain(action: Action, because: Vec<Because>) -> Self {
        Self {
            action,
            needs: Vec::new(),
            before: Goal::default(),
            after: Goal::default(),
            undo: Undo::Nothing,
            because,
            price: Price::NoOrder,
            running: Running::Same,
            adopts: None,
            downtime: Duration::ZERO,
        }
    }

    /// Whether nothing after this step can be undone any more.
    #[must_use]
    pub fn is_pivot(&self) -> bool {
        matches!(self.undo, Undo::Never { .. })
    }

    /// Whether the answer alone finishes the step: an order that waits for a person shows nothing yet.
    /// A refund waits for nobody, whatever AutoPay says (R44).
    #[must_use]
    pub fn is_finished_by_its_answer(&self) -> bool {
        match &self.action {
            Action::Modify(_) if self.price.is_refund() => false,
            Action::Modify(ModifyCall::Prepay(change)) => !change.auto_pay,
            Action::Modify(ModifyCall::Network(change)) => change.auto_pay == Some(false),
            Action::Modify(ModifyCall::Spec(_))
            | Action::Stop { .. }
            | Action::Start
            | Action::AwaitOrder
            | Action::PayOrder
            | Action::AllocatePublicIp
            | Action::CoolDown
            | Action::AskOffer(_)
            | Action::RunHook { .. }
            | Action::AwaitHealth(_) => false,
        }
    }

    /// Whether it makes an order that is paid from the balance in the same call.
    #[must_use]
    pub fn pays_by_itself(&self) -> bool {
        self.is_paid_order() && !self.is_finished_by_its_answer()
    }

    /// Whether it makes an order that somebody has to pay for, now or later. A refund takes effect at once (R44).
    #[must_use]
    pub fn is_paid_order(&self) -> bool {
        self.paid_order_call().is_some()
    }

    /// The call by which it makes such an order.
    #[must_use]
    pub fn paid_order_call(&self) -> Option<&ModifyCall> {
        self.order_call().filter(|_| !self.price.is_refund())
    }

    /// Whether it waits until an order is paid, whoever pays it.
    #[must_use]
    pub fn waits_for_payment(&self) -> bool {
        match self.action {
            Action::AwaitOrder | Action::PayOrder => true,
            Action::Modify(_)
            | Action::Stop { .. }
            | Action::Start
            | Action::AllocatePublicIp
            | Action::CoolDown
            | Action::AskOffer(_)
            | Action::RunHook { .. }
            | Action::AwaitHealth(_) => false,
        }
    }

    /// The call that makes an order, if this step makes one.
    #[must_use]
    pub fn order_call(&self) -> Option<&ModifyCall> {
        match &self.action {
            Action::Modify(call) if call.makes_order() => Some(call),
            Action::Modify(_)
            | Action::Stop { .. }
            | Action::Start
            | Action::AwaitOrder
            | Action::PayOrder
            | Action::AllocatePublicIp
            | Action::CoolDown
            | Action::AskOffer(_)
            | Action::RunHook { .. }
            | Action::AwaitHealth(_) => None,
        }
    }
}
