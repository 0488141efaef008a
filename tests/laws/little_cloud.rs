//! A cloud of one machine and twenty lines of rules: what each step does to it, from the vendor's
//! documents alone. It shares no code with the planner and none with the simulator.

use respec::model::{
    BillingMethod, InstanceStatus, ModifyCall, NetworkBilling, NetworkChange, NetworkKind,
    ObservedInstance, StoppedMode, TemporaryBandwidth,
};
use respec::plan::{Action, Step};

use crate::world::price;

/// A machine, and what an order of it will change once it is paid.
#[derive(Debug, Clone)]
pub(crate) struct LittleCloud {
    pub(crate) machine: ObservedInstance,
    ordered: Option<ModifyCall>,
    pub(crate) bought: Option<TemporaryBandwidth>,
}

/// Why the cloud refuses a step.
pub(crate) type Refused = &'static str;

impl LittleCloud {
    pub(crate) fn with(machine: ObservedInstance) -> Self {
        Self {
            machine,
            ordered: None,
            bought: None,
        }
    }

    /// Carries a step out, as a person with the console would see it.
    pub(crate) fn carry_out(&mut self, step: &Step) -> Result<(), Refused> {
        match &step.action {
            Action::Stop { mode } => self.stop(*mode),
            Action::Start => self.start(),
            Action::Modify(call) => self.modify(call),
            Action::AwaitOrder | Action::PayOrder => {
                let call = self.ordered.take().ok_or("no order is open")?;
                self.take_effect(&call);
                Ok(())
            }
            Action::AllocatePublicIp => self.allocate(),
            Action::CoolDown
            | Action::AskOffer(_)
            | Action::RunHook { .. }
            | Action::AwaitHealth(_) => Ok(()),
        }
    }

    fn stop(&mut self, mode: StoppedMode) -> Result<(), Refused> {
        if self.machine.status != InstanceStatus::Running {
            return Err("only a running machine stops");
        }
        self.machine.status = InstanceStatus::Stopped;
        let pay_as_you_go = self.machine.billing == BillingMethod::PostPaid;
        let chargeless = pay_as_you_go && self.machine.network == NetworkKind::Vpc;
        if chargeless {
            self.machine.stopped_mode = Some(mode);
            if mode == StoppedMode::StopCharging {
                self.machine.public_ip = None; // R70
            }
        } else if mode == StoppedMode::StopCharging {
            return Err("StopCharging is for pay-as-you-go machines in a VPC");
        }
        Ok(())
    }

    fn start(&mut self) -> Result<(), Refused> {
        if self.machine.status != InstanceStatus::Stopped {
            return Err("only a stopped machine starts");
        }
        self.machine.status = InstanceStatus::Running;
        if self.machine.stopped_mode.take() == Some(StoppedMode::StopCharging) {
            self.reclaim_address();
        }
        Ok(())
    }

    /// The counterpart of R70: what had an address is given another one.
    fn reclaim_address(&mut self) {
        if self.machine.max_bandwidth_out > 0 && self.machine.eip.is_none() {
            self.give_address();
        }
    }

    fn give_address(&mut self) {
        self.machine
            .public_ip
            .get_or_insert_with(|| "198.18.9.9".to_owned());
    }

    fn modify(&mut self, call: &ModifyCall) -> Result<(), Refused> {
        self.is_allowed(call)?;
        let auto_pay = match call {
            ModifyCall::Spec(_) => Some(true),
            ModifyCall::Prepay(change) => Some(change.auto_pay),
            ModifyCall::Network(change) => change.auto_pay,
        };
        if auto_pay == Some(false) && !self.is_refunded(call) {
            self.ordered = Some(call.clone());
        } else {
            self.take_effect(call);
        }
        Ok(())
    }

    /// R44: what costs less than before waits for no payment.
    fn is_refunded(&self, call: &ModifyCall) -> bool {
        let fixed = Some(NetworkBilling::PayByBandwidth);
        match call {
            ModifyCall::Spec(_) => false,
            ModifyCall::Prepay(change) => {
                price(&change.instance_type) < price(&self.machine.instance_type)
            }
            ModifyCall::Network(change) => {
                let stays_fixed = self.machine.charge_type == fixed && change.charge_type.is_none();
                stays_fixed
                    && change
                        .max_bandwidth_out
                        .is_some_and(|m| m < self.machine.max_bandwidth_out)
            }
        }
    }

    fn is_allowed(&self, call: &ModifyCall) -> Result<(), Refused> {
        let prepaid = self.machine.billing == BillingMethod::PrePaid;
        let stopped = self.machine.status == InstanceStatus::Stopped;
        match call {
            ModifyCall::Spec(_) if prepaid => Err("R1: ChargeTypeViolation"),
            ModifyCall::Spec(_) if !stopped => Err("R2: NotStopped"),
            ModifyCall::Prepay(_) if !prepaid => Err("R10: InvalidBillingMethod"),
            ModifyCall::Spec(_) | ModifyCall::Prepay(_) if self.machine.local_disks > 0 => {
                Err("R57: CategoryViolation")
            }
            ModifyCall::Spec(_) if self.machine.dedicated_host.is_some() => Err("R58: NotSupport"),
            ModifyCall::Network(change) => self.network_is_allowed(change),
            ModifyCall::Spec(_) | ModifyCall::Prepay(_) => Ok(()),
        }
    }

    fn network_is_allowed(&self, change: &NetworkChange) -> Result<(), Refused> {
        let machine = &self.machine;
        let prepaid = machine.billing == BillingMethod::PrePaid;
        let out = change
            .max_bandwidth_out
            .unwrap_or(machine.max_bandwidth_out);
        let opens = machine.max_bandwidth_out == 0 && out > 0;
        let inbound = change.max_bandwidth_in.unwrap_or(1);
        if machine.eip.is_some() {
            return Err("R27: EipNotSupport");
        }
        let classic = machine.network == NetworkKind::Classic;
        if opens && classic && machine.status != InstanceStatus::Stopped {
            return Err("R26: NotStopped");
        }
        if out > 200 || (!prepaid && out > 100) {
            return Err("R28: out of range");
        }
        if inbound == 0 || inbound > out.max(10) {
            return Err("R29: out of range");
        }
        if change.allocate_public_ip == Some(true) && out == 0 {
            return Err("R25: an address needs bandwidth");
        }
        if let Some(upgrade) = &change.temporary {
            let by_traffic = machine.charge_type == Some(NetworkBilling::PayByTraffic);
            let begun = upgrade.start <= crate::world::now();
            if !prepaid || by_traffic || begun || out < machine.max_bandwidth_out {
                return Err("R30: not sold");
            }
        }
        if prepaid == change.auto_pay.is_none() {
            return Err("R37: an order states AutoPay, other calls do not");
        }
        Ok(())
    }

    fn take_effect(&mut self, call: &ModifyCall) {
        match call {
            ModifyCall::Spec(change) => {
                self.machine.instance_type = change.instance_type.clone();
            }
            ModifyCall::Prepay(change) => {
                self.machine.instance_type = change.instance_type.clone();
            }
            ModifyCall::Network(change) => self.change_network(change),
        }
    }

    fn change_network(&mut self, change: &NetworkChange) {
        if change.temporary.is_some() {
            self.bought.clone_from(&change.temporary);
            return; // R30: nothing changes before its time comes.
        }
        let machine = &mut self.machine;
        let opens = machine.max_bandwidth_out == 0 && change.max_bandwidth_out > Some(0);
        if let Some(charge_type) = change.charge_type {
            machine.charge_type = Some(charge_type);
        }
        if let Some(out) = change.max_bandwidth_out {
            machine.max_bandwidth_out = out;
            machine.max_bandwidth_in = Some(out.max(10)); // R29
        }
        if let Some(inbound) = change.max_bandwidth_in {
            machine.max_bandwidth_in = Some(inbound);
        }
        if machine.max_bandwidth_out == 0 && machine.network == NetworkKind::Vpc {
            machine.public_ip = None; // R33
        }
        let by_itself = opens && machine.billing == BillingMethod::PrePaid; // R24
        if by_itself || change.allocate_public_ip == Some(true) {
            self.give_address();
        }
    }

    fn allocate(&mut self) -> Result<(), Refused> {
        if self.machine.max_bandwidth_out == 0 {
            return Err("R25: an address needs bandwidth");
        }
        if self.machine.stopped_mode == Some(StoppedMode::StopCharging) {
            return Err("R70: what gave its place up has none to bind an address to");
        }
        self.give_address();
        Ok(())
    }
}
