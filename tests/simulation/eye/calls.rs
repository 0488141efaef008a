//! What is sent: each call that changes something was announced, and comes in time.

use std::time::Duration;

use respec::model::ClientToken;
use respec::plan::{Action, Step, Undo};
use respec::saga::{Direction, Entry, FailureCause, Kind, StepEvent, StepRef};

use super::Eye;
use crate::chains;

/// Oldest token that may be sent: half an hour is what the cloud is assumed to remember.
const TOKEN_AGE_MAX: Duration = Duration::from_secs(30 * 60);

impl Eye {
    /// I6: what is about to be sent was announced, durably, for this machine of this plan.
    pub(crate) fn judge_call(&self, action: &str, instance: &str, token: Option<&str>) {
        self.n_changes_sent.set(self.n_changes_sent.get() + 1);
        if self.is_after(&self.insisted) {
            let what = format!("{action} of {instance} after the second interrupt");
            self.object("I7", what);
        }
        self.judge_age(instance, token);
        let late = self.rollouts.judge_call(
            action,
            instance,
            &self.entries.borrow(),
            self.began_here.get(),
        );
        if let Some(what) = late {
            self.object("I10", what);
        }
        if let Some(what) = self.balancer.judge_call(action, instance) {
            self.object("I17", what);
        }
        if self.journal_lost.get() && action.starts_with("Start") {
            return; // The one call that needs no journal.
        }
        let entries = self.entries.borrow();
        let last = entries.iter().rev().find_map(|entry| match &entry.kind {
            Kind::Step { at, event } if at.instance.as_str() == instance => {
                Some((&entry.run, at, event))
            }
            _ => None,
        });
        let plan = self.plan.borrow();
        let announced = match (last, plan.as_ref()) {
            (Some((run, at, StepEvent::Intent { token: said, .. })), Some(plan)) => {
                let said = said.as_ref().map(ClientToken::as_str);
                let step = chains::step(plan, &entries, run, at);
                step.and_then(|step| announced(&step, at))
                    .filter(|_| said == token)
            }
            _ => None,
        };
        if announced
            .as_deref()
            .is_none_or(|name| !action.starts_with(name))
        {
            let what = format!("{action} of {instance} was announced as {announced:?}");
            drop(plan);
            drop(entries);
            self.object("I6", what);
        }
    }

    /// A call that is known to have had no effect may be made again, as late as one likes.
    pub(super) fn forget_refused(&self, entry: &Entry) {
        let Kind::Step {
            at,
            event: StepEvent::Failed { failure },
        } = &entry.kind
        else {
            return;
        };
        if failure.cause == FailureCause::Unknown {
            return;
        }
        let number = self.change_number(entry, &at.instance);
        let key = (entry.run.clone(), at.clone(), number);
        self.forget_token(self.tokens.borrow().get(&key).map(String::as_str));
    }

    /// Its call was refused, for certain and before anything happened.
    pub(crate) fn forget_token(&self, token: Option<&str>) {
        if let Some(token) = token {
            self.sent.borrow_mut().remove(token);
        }
    }

    /// I1: a token is sent only while the cloud surely remembers it.
    fn judge_age(&self, instance: &str, token: Option<&str>) {
        let Some(token) = token else { return };
        let now = self.clock.elapsed();
        let mut sent = self.sent.borrow_mut();
        let first = *sent.entry(token.to_owned()).or_insert(now);
        if now - first > TOKEN_AGE_MAX {
            let what = format!(
                "a token of {instance} is sent {:?} after the first time",
                now - first
            );
            self.object("I1", what);
        }
    }
}

/// The operation that a step's intent speaks of.
fn announced(step: &Step, at: &StepRef) -> Option<String> {
    let action = match (at.direction, &step.undo) {
        (Direction::Forward, _) => &step.action,
        (Direction::Undo, Undo::By(action)) => action,
        (Direction::Undo, Undo::Nothing | Undo::Never { .. }) => return None,
    };
    let name = match action {
        Action::Stop { .. } => "StopInstance",
        Action::Start => "StartInstance",
        Action::Modify(call) => call.operation(),
        Action::AllocatePublicIp => "AllocatePublicIpAddress",
        Action::PayOrder => "PayOrder",
        Action::AwaitOrder
        | Action::CoolDown
        | Action::AskOffer(_)
        | Action::RunHook { .. }
        | Action::AwaitHealth(_) => return None,
    };
    Some(name.to_owned())
}
