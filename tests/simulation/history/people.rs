//! The people of a history: who presses a key, who hears what the program tells, who pays its orders.

use std::rc::Rc;

use respec::apply::Interrupt;
use respec::event::{Event, EventKind};
use serde_json::json;
use tokio::sync::mpsc;

use super::History;
use crate::script::Fate;

impl History {
    /// Somebody at the keyboard. A key that is pressed on a machine that sleeps is heard when it wakes: what
    /// it was writing down when it fell asleep was begun before.
    pub(super) fn interrupts(&self, fate: Fate) -> mpsc::UnboundedReceiver<Interrupt> {
        let (press, interrupts) = mpsc::unbounded_channel();
        let clock = self.rig.clock.clone();
        let world_clock = self.rig.world_clock.clone();
        let death = Rc::clone(&self.death);
        let eye = Rc::clone(&self.eye);
        if let Fate::Interrupted(first, second) = fate {
            tokio::task::spawn_local(async move {
                clock.sleep(first).await;
                death.awake(world_clock.as_ref()).await;
                if press.send(Interrupt::Ask { exit_code: 130 }).is_ok() {
                    eye.asked();
                }
                if let Some(second) = second {
                    clock.sleep(second).await;
                    death.awake(world_clock.as_ref()).await;
                    if press.send(Interrupt::Insist { exit_code: 130 }).is_ok() {
                        eye.insisted();
                    }
                }
            });
        }
        interrupts
    }

    pub(super) fn hear(self: &Rc<Self>, event: &Event) {
        if !event.kind.may_be_dropped() {
            self.eye
                .log(|| format!("{:?} {}", event.elapsed, told(&event.kind)));
        }
        if let EventKind::LeftAlone { subject, .. } = &event.kind {
            self.eye.rollouts.left_alone(&subject.instance);
        }
        if let EventKind::OrderMade {
            order_id,
            auto_pay: false,
            ..
        } = &event.kind
        {
            let nth = self.n_orders.get();
            self.n_orders.set(nth + 1);
            if let Some(Some((after, verb))) = self.script.payers.get(nth).copied() {
                let (history, order) = (Rc::clone(self), order_id.to_string());
                tokio::task::spawn_local(async move {
                    history.rig.clock.sleep(after).await;
                    history.rig.by_hand(verb, &json!({ "OrderId": order }));
                });
            }
        }
    }
}

/// An event in a line.
fn told(kind: &EventKind) -> String {
    match kind {
        EventKind::StepStarted { subject, step, .. } => {
            format!("{} {} {:?}", subject.instance, step.verb, step.direction)
        }
        EventKind::StepFinished {
            subject,
            step,
            found,
            ..
        } => {
            format!(
                "{} {} finished, found: {found}",
                subject.instance, step.verb
            )
        }
        other => format!("{other:?}"),
    }
}
