//! Sending workers on their errands.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use jiff::Timestamp;

use crate::apply::worker::{Errand, Patience, Worker};
use crate::model::{InstanceId, ObservedInstance};
use crate::plan::{Action, Goal, Saga, Undo};
use crate::saga::{Direction, SagaOutcome, StepRef, takes_out_of_service};

use super::{Dispatcher, UnderWay, Work};

impl Dispatcher<'_> {
    /// Sends a worker on an errand.
    pub(super) fn dispatch(&mut self, instance: &InstanceId, step: u16, errand: Errand) {
        let saga = self.sagas[instance].clone();
        let direction = match errand {
            Errand::TakeBack => Direction::Undo,
            Errand::Do | Errand::Watch(_) | Errand::Look => Direction::Forward,
        };
        let work = work_of(&saga.steps[usize::from(step)].action, errand);
        let takes_down = matches!(errand, Errand::Do) && takes_out_of_service(&saga, step);
        let verb = match (errand, &saga.steps[usize::from(step)].undo) {
            (Errand::TakeBack, Undo::By(action)) => action.verb(),
            (Errand::Do | Errand::TakeBack, _) => saga.steps[usize::from(step)].action.verb(),
            (Errand::Watch(_) | Errand::Look, _) => "look",
        };
        let desired = self.job.plan.desired.instances.get(instance);
        let change = desired
            .map(|desired| desired.change.clone())
            .unwrap_or_default();
        let keeps_power = desired.is_some_and(|desired| desired.spec.keeps_power());
        let worker = Worker {
            state: self.state.sagas[instance].clone(),
            at: StepRef {
                instance: instance.clone(),
                step,
                direction,
            },
            lineage: self.job.plan.stamp.lineage.clone(),
            tools: self.tools.clone(),
            began: self.began,
            slept: Cell::new(self.began.slept(self.tools.clock.as_ref())),
            witnessed: self.witness.of(instance),
            desk: self.desk.clone(),
            books: self.books.clone(),
            till: self.till.clone(),
            known_orders: self.known_orders.clone(),
            payments_sent: Rc::clone(&self.payments_sent),
            granted: self.granted(&saga, errand),
            told: RefCell::default(),
            just_seen: Cell::new(self.just_seen(instance, errand)),
            mailbox: self.mailbox.clone(),
            limits: Patience {
                stop_within: change.stop_within,
                force_stop_after: change.force_stop_after,
                wait_payment: self.options.wait_payment,
                balance: self.job.plan.desired.balance,
                keeps_power,
            },
            fleet: self.job.plan.desired.fleet.to_string(),
            mode: Rc::clone(&self.mode_of_workers),
            hours_are_open: self.may_order_in_this_hour(&saga),
            changed_at: self.changed_at(instance),
            saga,
        };
        let abort = self.tasks.spawn_local(worker.carry(errand));
        self.step_begun
            .insert(instance.clone(), self.tools.clock.elapsed());
        let task = UnderWay {
            abort,
            verb,
            takes_down,
            work,
            has_announced: false,
        };
        self.active.insert(instance.clone(), task);
        self.idle.remove(instance);
        self.settle_place(instance);
    }

    /// What the last look of all should show beside what was done.
    fn granted(&self, saga: &Saga, errand: Errand) -> Goal {
        match errand {
            Errand::Look => self.taken_for_granted(saga, SagaOutcome::Done),
            Errand::Do | Errand::TakeBack | Errand::Watch(_) => Goal::default(),
        }
    }

    /// When its cool-down began, by the record.
    fn changed_at(&self, instance: &InstanceId) -> Option<Timestamp> {
        let record = self.job.applied.instances.get(instance);
        record.and_then(|record| record.changed_at)
    }

    /// What a step may begin with instead of a look of its own. Whoever watches or records looks anew.
    fn just_seen(&self, instance: &InstanceId, errand: Errand) -> Option<ObservedInstance> {
        match errand {
            Errand::Do | Errand::TakeBack => {
                let now = self.tools.clock.elapsed();
                let slept = self.began.slept(self.tools.clock.as_ref());
                let mut sights = self.desk.sights.borrow_mut();
                sights.wake_up(slept);
                sights.just_seen(instance, now)
            }
            Errand::Watch(_) | Errand::Look => None,
        }
    }
}

fn work_of(action: &Action, errand: Errand) -> Work {
    match errand {
        Errand::Do => {}
        Errand::TakeBack | Errand::Watch(_) | Errand::Look => return Work::Acts,
    }
    match action {
        // No plan takes a machine down before any of them is over; one that was found down may wait so.
        Action::CoolDown | Action::AwaitOrder | Action::PayOrder => Work::WaitsInService,
        Action::AwaitHealth(_) => Work::AwaitsHealth,
        Action::Stop { .. }
        | Action::Start
        | Action::Modify(_)
        | Action::AllocatePublicIp
        | Action::AskOffer(_)
        | Action::RunHook { .. } => Work::Acts,
    }
}
