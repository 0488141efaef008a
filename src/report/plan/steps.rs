//! A step in words: what it does, how long the machine is down for it, how it is taken back.

use std::time::Duration;

use crate::model::{Health, ModifyCall, NetworkBilling, NetworkChange};
use crate::plan::{Action, Goal, Step, Undo};
use crate::report::words::{duration, terminal};

use super::prices::price_facts;

/// What a step does beside its verb, in short pieces: values, mode, downtime, price, undo. Machines
/// that share it may differ in its price.
pub(super) fn facts(shared: &[&Step]) -> Vec<String> {
    let Some(step) = shared.first() else {
        return Vec::new();
    };
    let mut facts = doing(step);
    if !step.downtime.is_zero() {
        facts.push(format!("~{} down", duration(step.downtime)));
    }
    facts.extend(price_facts(shared));
    match &step.undo {
        Undo::By(action) => facts.push(format!("undo: {}", taking_back(step, action))),
        Undo::Nothing if step.is_finished_by_its_answer() => {
            // R34: nobody knows before whether the cloud wants money for it or gives some back.
            let by_traffic = step.after.charge_type == Some(NetworkBilling::PayByTraffic);
            let until = if by_traffic {
                "paid or refunded"
            } else {
                "paid"
            };
            facts.push(format!("changes nothing until it is {until}"));
        }
        Undo::Nothing if leaves_a_mark(step) => facts.push("no undo".to_owned()),
        Undo::Nothing | Undo::Never { .. } => {}
    }
    facts
}

/// Whether there would be something to take back.
fn leaves_a_mark(step: &Step) -> bool {
    match step.action {
        Action::Stop { .. } | Action::Modify(_) | Action::AllocatePublicIp => true,
        Action::Start
        | Action::AwaitOrder
        | Action::PayOrder
        | Action::CoolDown
        | Action::AskOffer(_)
        | Action::RunHook { .. }
        | Action::AwaitHealth(_) => false,
    }
}

/// Why nothing after this step can be undone, if it is the pivot.
pub(super) fn pivot(step: &Step) -> Option<String> {
    match &step.undo {
        Undo::Never { why } => Some(terminal(why).into_owned()),
        Undo::By(_) | Undo::Nothing => None,
    }
}

fn doing(step: &Step) -> Vec<String> {
    match &step.action {
        Action::Stop { mode } => vec![mode.as_str().to_owned()],
        Action::Start => Vec::new(),
        Action::Modify(call) => {
            let mut facts = goal_changes(&step.before, &step.after);
            facts.push(call.operation().to_owned());
            facts.extend(options(call));
            facts
        }
        Action::AwaitOrder | Action::PayOrder if step.after.temporary.is_some() => {
            vec!["until it is paid".to_owned()]
        }
        Action::AwaitOrder => vec!["until it is paid and its change shows".to_owned()],
        Action::PayOrder => vec!["PayOrder, then until its change shows".to_owned()],
        Action::AllocatePublicIp => vec!["a static public address".to_owned()],
        Action::CoolDown => vec!["until five minutes after the change before".to_owned()],
        Action::AskOffer(change) => vec![format!(
            "whether {} can be had now",
            terminal(change.instance_type.as_str())
        )],
        Action::RunHook { hook, .. } => {
            vec![
                terminal(&hook.command.to_string()).into_owned(),
                up_to(hook.within),
            ]
        }
        Action::AwaitHealth(health) => waiting_for(health),
    }
}

fn up_to(within: Duration) -> String {
    format!("at most {}", duration(within))
}

fn waiting_for(health: &Health) -> Vec<String> {
    let mut facts = vec![terminal(&health.ready.to_string()).into_owned()];
    if !health.hold.is_zero() {
        facts.push(format!("good for {}", duration(health.hold)));
    }
    facts.push(up_to(health.within));
    facts
}

/// What the call says beside the values it sets.
fn options(call: &ModifyCall) -> Vec<String> {
    let (auto_pay, across, disk) = match call {
        ModifyCall::Spec(change) => (
            None,
            change.allow_migrate_across_zone,
            &change.system_disk_category,
        ),
        ModifyCall::Prepay(change) => (
            Some(change.auto_pay),
            change.migrate_across_zone,
            &change.system_disk_category,
        ),
        ModifyCall::Network(NetworkChange { auto_pay, .. }) => (*auto_pay, None, &None),
    };
    let auto_pay = auto_pay.map(|pays| format!("AutoPay={pays}"));
    let across = across
        .filter(|may| *may)
        .map(|_| "may move to another cluster".to_owned());
    let disk = disk
        .as_ref()
        .map(|disk| format!("system disk {}", terminal(disk)));
    auto_pay.into_iter().chain(across).chain(disk).collect()
}

fn goal_changes(before: &Goal, after: &Goal) -> Vec<String> {
    fn pair(name: &str, from: Option<String>, to: Option<String>) -> Option<String> {
        let to = to?;
        match from {
            Some(from) if from == to => None,
            Some(from) => Some(format!("{name}{from} → {to}")),
            None => Some(format!("{name}{to}")),
        }
    }
    let text = |n: &Option<u32>| n.map(|n| n.to_string());
    let billing = |goal: &Goal| goal.charge_type.map(|c| c.as_str().to_owned());
    let type_of = |goal: &Goal| goal.instance_type.as_ref().map(ToString::to_string);
    let address = |goal: &Goal| goal.public_ip.map(|ip| ip.to_string());
    let pairs = [
        pair("", type_of(before), type_of(after)),
        pair("", billing(before), billing(after)),
        pair(
            "out ",
            text(&before.max_bandwidth_out),
            text(&after.max_bandwidth_out),
        ),
        pair(
            "in ",
            text(&before.max_bandwidth_in),
            text(&after.max_bandwidth_in),
        ),
        pair("public_ip ", address(before), address(after)),
    ];
    let temporary = after.temporary.as_ref().map(ToString::to_string);
    pairs.into_iter().flatten().chain(temporary).collect()
}

fn taking_back(step: &Step, undo: &Action) -> String {
    match (undo, &step.before.instance_type) {
        (Action::Modify(_), Some(old)) => format!("back to {old}"),
        (
            Action::Modify(_)
            | Action::Stop { .. }
            | Action::Start
            | Action::AwaitOrder
            | Action::PayOrder
            | Action::AllocatePublicIp
            | Action::CoolDown
            | Action::AskOffer(_)
            | Action::RunHook { .. }
            | Action::AwaitHealth(_),
            _,
        ) => undo.verb().to_owned(),
    }
}
