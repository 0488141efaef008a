//! What others do while a program works, and while none does: hands in the console, bills, clocks that are set.

use std::rc::Rc;

use serde_json::json;

use crate::history::History;
use crate::script::{Deed, Hand};

impl History {
    /// Somebody else works on the same machines.
    pub(crate) fn lend_hands(self: &Rc<Self>) {
        for (at, hand) in self.script.hands.clone() {
            let history = Rc::clone(self);
            tokio::task::spawn_local(async move {
                history.rig.world_clock.sleep(at).await;
                history.lend_a_hand(hand);
            });
        }
    }

    /// Others spend from the same balance, or fill it up.
    pub(crate) fn present_bills(self: &Rc<Self>) {
        for (at, amount) in self.script.bills.clone() {
            let history = Rc::clone(self);
            tokio::task::spawn_local(async move {
                history.rig.world_clock.sleep(at).await;
                let left = history.rig.truth()["balance"]["available"]
                    .as_f64()
                    .unwrap();
                let amount = amount.max(-(left as i64));
                history.rig.by_hand("deposit", &json!({ "Amount": amount }));
                history.billed.set(history.billed.get() + amount);
                history
                    .eye
                    .log(|| format!("-- the balance changes by {amount}"));
            });
        }
    }

    fn lend_a_hand(&self, hand: Hand) {
        let n = self.rig.desired.instances.len();
        let machine = self.rig.desired.instances.iter().nth(hand.machine % n);
        let (id, wanted) = machine.expect("a fleet has machines, and this is one of them");
        let mut body = json!({ "InstanceId": id.as_str() });
        let verb = match hand.deed {
            Deed::Start => "start",
            Deed::Stop => "stop",
            Deed::Lock => "lock",
            Deed::Unlock => "unlock",
            Deed::Delete => "delete",
            Deed::ModifyAsWanted => {
                let Some(kind) = &wanted.spec.instance_type else {
                    return;
                };
                body["InstanceType"] = kind.as_str().into();
                "modify"
            }
            Deed::ModifyElse => {
                body["InstanceType"] = "ecs.r7.16xlarge".into();
                "modify"
            }
        };
        self.eye.touched.borrow_mut().insert(id.clone());
        let done = self.rig.by_hand(verb, &body);
        self.eye.log(|| format!("-- by hand: {verb} {id}: {done}"));
        self.eye.look_at(&self.rig.world.lock().unwrap());
    }

    /// Somebody pays what can be paid, and voids or cancels the rest.
    pub(crate) fn clear_the_books(&self) {
        let truth = self.rig.truth();
        for order in truth["orders"].as_array().unwrap() {
            let id = json!({ "OrderId": order["OrderId"] });
            match order["Payment"].as_str() {
                Some("Unpaid") if self.rig.by_hand("pay", &id) => {}
                Some("Unpaid" | "Abnormal") => {
                    self.rig.by_hand("cancel", &id);
                }
                _ => {}
            }
        }
    }

    /// Somebody sets the clock of the machine while it works.
    pub(crate) fn set_clock_later(self: &Rc<Self>, attempt: usize) {
        let round = self.n_attempts.get() + 1;
        self.n_attempts.set(round);
        let jumps = self.script.jumps.iter();
        for (_, after, by) in jumps.filter(|(at, _, _)| *at == attempt).copied() {
            let history = Rc::clone(self);
            tokio::task::spawn_local(async move {
                history.rig.world_clock.sleep(after).await;
                if history.n_attempts.get() == round {
                    let ahead = &history.own_clock.ahead;
                    ahead.set(ahead.get() + by);
                    history.eye.log(|| format!("-- the clock is set by {by} s"));
                }
            });
        }
    }
}
