//! The way back of a machine that is not good behind its change: it is turned, and what became of it is
//! said.

use std::rc::Rc;

use crate::event::EventKind;
use crate::model::InstanceId;
use crate::plan::WayBack;
use crate::saga::{Failure, Halt, Kind, in_force};

use super::Dispatcher;

impl Dispatcher<'_> {
    /// From here on the machine's steps are those of its way back.
    pub(super) async fn turn_back(&mut self, instance: &InstanceId) {
        let change_number = self.state.sagas[instance].change_number + 1;
        self.append(vec![Kind::TurnedBack {
            instance: instance.clone(),
            change_number,
        }])
        .await;
    }

    /// The chain that the journal says is in force: a machine that turned has another one than before.
    pub(super) fn take_chain(&mut self, instance: &InstanceId) {
        let planned = self.job.plan.sagas.get(instance);
        let Some((planned, state)) = planned.zip(self.state.sagas.get(instance)) else {
            return;
        };
        let chain = in_force(planned, state).into_owned();
        self.sagas.insert(instance.clone(), Rc::new(chain));
    }

    /// Says where the machine goes, and why.
    pub(super) fn emit_turned(&mut self, instance: &InstanceId) {
        let Some(turned) = &self.state.sagas[instance].turned else {
            return;
        };
        let reason = turned.failure.message.clone();
        let to = self.old_values(instance);
        let subject = self.subject(instance);
        self.emit(EventKind::TurnedBack {
            subject,
            to,
            reason,
        });
    }

    fn old_values(&self, instance: &InstanceId) -> String {
        let way_back = self.way_back(instance);
        way_back.map_or_else(String::new, WayBack::to)
    }

    fn way_back(&self, instance: &InstanceId) -> Option<&WayBack> {
        self.job.plan.sagas.get(instance)?.way_back.as_ref()
    }

    /// What a person should know of a machine at its end: what failed, and whether it was put back.
    pub(super) fn words_of(&self, instance: &InstanceId, halt: Option<Halt>) -> String {
        let state = &self.state.sagas[instance];
        let failures = told(
            state
                .steps
                .values()
                .filter_map(|step| step.failure.as_ref()),
        );
        let Some(turned) = &state.turned else {
            return match (halt, self.way_back(instance)) {
                (Some(Halt::Held), Some(way_back)) => {
                    format!("{failures}; not put back: {}", kept(way_back))
                }
                (_, _) => failures,
            };
        };
        let why = told(std::iter::once(&turned.failure));
        match halt {
            Some(_) => format!("{why}; not put back: {failures}"),
            None => {
                let seen = state
                    .steps
                    .values()
                    .filter_map(|step| step.tolerated.as_ref());
                let there = match told(seen) {
                    seen if seen.is_empty() => String::new(),
                    seen if seen == why => "; nor is it good there".to_owned(),
                    seen => format!("; nor is it good there: {seen}"),
                };
                format!("put back to {}: {why}{there}", self.old_values(instance))
            }
        }
    }
}

/// Why a change that failed stays: the plan says so, or it is not the kind of failure that it is for.
fn kept(way_back: &WayBack) -> &str {
    match way_back {
        WayBack::Never { why } => why,
        WayBack::By { .. } => "that is done only when its health check fails",
    }
}

/// Messages with their codes.
fn told<'a>(failures: impl Iterator<Item = &'a Failure>) -> String {
    let notes = failures.map(|failure| match &failure.code {
        Some(code) => format!("{} ({code})", failure.message),
        None => failure.message.clone(),
    });
    notes.collect::<Vec<_>>().join("; ")
}
