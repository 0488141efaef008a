//! The state of a run, folded from its journal: the same function writes and reads back.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Digest, InstanceId, RunId};

use super::entry::{Entry, Kind, SagaOutcome, StepEvent, StepRef};
use super::milestones::{Milestones, Opened, Waiver};
use super::progress::{IllegalEntry, SagaState, illegal};

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunState {
    /// Its id.
    pub run: RunId,
    /// The plan it carries out.
    pub plan_id: Digest,
    /// What was wanted.
    pub intent: Digest,
    /// Sagas that were begun.
    pub sagas: BTreeMap<InstanceId, SagaState>,
    /// Machines whose change failed, as far as that counts against `max_failures`. Whoever goes on
    /// with machines that were held has seen the failures until then; a crash forgives nothing.
    pub failures: BTreeSet<InstanceId>,
    /// How far its batches are.
    pub milestones: Milestones,
    /// Its exit code, once it is over.
    pub closed: Option<u8>,
}

impl RunState {
    /// A run of which nothing has happened yet.
    #[must_use]
    pub fn new(run: RunId, plan_id: Digest, intent: Digest) -> Self {
        Self {
            run,
            plan_id,
            intent,
            sagas: BTreeMap::new(),
            failures: BTreeSet::new(),
            milestones: Milestones::default(),
            closed: None,
        }
    }

    /// Reads a run back from its entries, the first of which opens it.
    ///
    /// # Errors
    /// [`IllegalEntry`] when an entry cannot follow the ones before it.
    pub fn replay(entries: &[Entry]) -> Result<Option<Self>, IllegalEntry> {
        let Some((first, rest)) = entries.split_first() else {
            return Ok(None);
        };
        let mut state = Self::opened(first)?;
        for entry in rest {
            state.fold(entry)?;
        }
        Ok(Some(state))
    }

    /// The state after the entry that opens the run.
    ///
    /// # Errors
    /// [`IllegalEntry`] when it is not that entry.
    pub fn opened(entry: &Entry) -> Result<Self, IllegalEntry> {
        match &entry.kind {
            Kind::RunOpened {
                plan_id, intent, ..
            } => Ok(Self::new(
                entry.run.clone(),
                plan_id.clone(),
                intent.clone(),
            )),
            Kind::Adopted { .. }
            | Kind::Forgotten { .. }
            | Kind::Begun { .. }
            | Kind::Step { .. }
            | Kind::Settled { .. }
            | Kind::FellOver { .. }
            | Kind::TurnedBack { .. }
            | Kind::Halted { .. }
            | Kind::Reopened { .. }
            | Kind::Closed { .. }
            | Kind::Payment { .. }
            | Kind::BatchEnded { .. }
            | Kind::Approved { .. }
            | Kind::Checked { .. }
            | Kind::HoursWaived { .. }
            | Kind::Interrupted { .. }
            | Kind::RunClosed { .. } => Err(illegal(entry, "a run begins with its opening")),
        }
    }

    /// Whether these entries can follow, one after another. Nothing changes; it costs as much as the machines
    /// they speak of.
    ///
    /// # Errors
    /// [`IllegalEntry`] for the first that cannot.
    pub fn allows(&self, entries: &[Entry]) -> Result<(), IllegalEntry> {
        let spoken_of = entries.iter().filter_map(|entry| entry.kind.instance());
        let known = spoken_of.filter_map(|id| Some((id.clone(), self.sagas.get(id)?.clone())));
        let mut trial = Self {
            sagas: known.collect(),
            milestones: self.milestones.clone(),
            closed: self.closed,
            ..Self::new(self.run.clone(), self.plan_id.clone(), self.intent.clone())
        };
        entries.iter().try_for_each(|entry| trial.fold(entry))
    }

    /// Takes one entry.
    ///
    /// # Errors
    /// [`IllegalEntry`]; the state is then as it was.
    pub fn fold(&mut self, entry: &Entry) -> Result<(), IllegalEntry> {
        if entry.run != self.run || self.closed.is_some() {
            return Err(illegal(entry, "it belongs to no open run"));
        }
        match &entry.kind {
            Kind::RunOpened { .. } => Err(illegal(entry, "the run is open already")),
            Kind::RunClosed { exit_code } => {
                self.closed = Some(*exit_code);
                Ok(())
            }
            Kind::Adopted { .. }
            | Kind::Forgotten { .. }
            | Kind::Payment { .. }
            | Kind::Interrupted { .. } => Ok(()),
            Kind::BatchEnded { .. }
            | Kind::Approved { .. }
            | Kind::Checked { .. }
            | Kind::HoursWaived { .. } => self.pass(entry).map_err(|why| illegal(entry, &why)),
            Kind::Begun {
                instance,
                change_number,
                was_running,
            } => self.begin(entry, instance, *change_number, *was_running),
            Kind::Step { at, event } => self.step(entry, at, event),
            Kind::Settled { instance } => {
                self.open_saga(entry, instance)?.settled = true;
                Ok(())
            }
            Kind::FellOver { instance, again } => {
                self.open_saga(entry, instance)?.fall_over(again);
                Ok(())
            }
            Kind::TurnedBack {
                instance,
                change_number,
            } => {
                let saga = self.open_saga(entry, instance)?;
                saga.turn_back(entry, *change_number)
            }
            Kind::Halted {
                instance,
                halt,
                note,
            } => {
                let saga = self.open_saga(entry, instance)?;
                saga.halted = Some((*halt, note.clone()));
                saga.rested_at = Some(entry.at);
                Ok(())
            }
            Kind::Reopened { instance } => self.reopen(entry, instance),
            Kind::Closed {
                instance,
                outcome,
                note,
                ..
            } => {
                let saga = self.open_saga(entry, instance)?;
                saga.closed = Some((*outcome, note.clone()));
                saga.rested_at = Some(entry.at);
                if *outcome == SagaOutcome::Undone {
                    self.failures.insert(instance.clone());
                }
                Ok(())
            }
        }
    }

    fn step(&mut self, entry: &Entry, at: &StepRef, event: &StepEvent) -> Result<(), IllegalEntry> {
        let saga = self.open_saga(entry, &at.instance)?;
        saga.take(entry, at, event)?;
        if matches!(event, StepEvent::Failed { failure } if failure.cause.counts()) {
            self.failures.insert(at.instance.clone());
        }
        Ok(())
    }

    /// Whoever goes on with what was held has seen the failures until then.
    fn reopen(&mut self, entry: &Entry, instance: &InstanceId) -> Result<(), IllegalEntry> {
        let saga = self.open_saga(entry, instance)?;
        let forgives = saga.needs_a_person();
        saga.reopen();
        if forgives {
            self.failures.clear();
        }
        Ok(())
    }

    /// A batch, a gate or the hours.
    fn pass(&mut self, entry: &Entry) -> Result<(), String> {
        let at = entry.at;
        match &entry.kind {
            Kind::BatchEnded { crowd, batch } => self.milestones.end(crowd, *batch, at),
            Kind::Approved { crowd, batch, who } => {
                let who = who.clone();
                self.milestones.open(crowd, *batch, Opened { at, who })
            }
            Kind::Checked { crowd, batch, seen } => self.milestones.check(crowd, *batch, seen),
            Kind::HoursWaived { who, reason } => {
                let (who, reason) = (who.clone(), reason.clone());
                self.milestones.waivers.push(Waiver { at, who, reason });
                Ok(())
            }
            Kind::RunOpened { .. }
            | Kind::Adopted { .. }
            | Kind::Forgotten { .. }
            | Kind::Begun { .. }
            | Kind::Step { .. }
            | Kind::Settled { .. }
            | Kind::FellOver { .. }
            | Kind::TurnedBack { .. }
            | Kind::Halted { .. }
            | Kind::Reopened { .. }
            | Kind::Closed { .. }
            | Kind::Payment { .. }
            | Kind::Interrupted { .. }
            | Kind::RunClosed { .. } => Ok(()),
        }
    }

    /// A saga is begun once; again only after it was put back without having failed.
    fn begin(
        &mut self,
        entry: &Entry,
        instance: &InstanceId,
        change_number: u64,
        was_running: bool,
    ) -> Result<(), IllegalEntry> {
        let begun = match self.sagas.get(instance) {
            None => 1,
            Some(old) => match &old.closed {
                Some((SagaOutcome::PutBack, _)) if change_number > old.change_number => {
                    old.begun + 1
                }
                Some(_) | None => return Err(illegal(entry, "its saga was begun before")),
            },
        };
        self.sagas.insert(
            instance.clone(),
            SagaState::new(change_number, was_running, begun),
        );
        Ok(())
    }

    fn open_saga(
        &mut self,
        entry: &Entry,
        instance: &InstanceId,
    ) -> Result<&mut SagaState, IllegalEntry> {
        match self.sagas.get_mut(instance) {
            Some(saga) if saga.closed.is_none() => Ok(saga),
            Some(_) => Err(illegal(entry, "its saga has ended")),
            None => Err(illegal(entry, "its saga was not begun")),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn machine() -> InstanceId {
        InstanceId::new("i-1").expect("a plain id")
    }

    fn entry(seq: u64, kind: Kind) -> Entry {
        Entry {
            seq,
            at: Timestamp::UNIX_EPOCH,
            run: RunId::new("run-1").expect("a plain id"),
            kind,
        }
    }

    fn halted(seq: u64) -> Entry {
        let (halt, note) = (crate::saga::Halt::Held, "look at it".to_owned());
        entry(
            seq,
            Kind::Halted {
                instance: machine(),
                halt,
                note,
            },
        )
    }

    #[test]
    fn what_cannot_follow_is_known_before_it_is_written() {
        let plan = Digest::of_text("a plan");
        let opened = entry(
            1,
            Kind::RunOpened {
                plan_id: plan.clone(),
                intent: plan,
                who: "me".to_owned(),
                command: "respec apply".to_owned(),
            },
        );
        let begun = Kind::Begun {
            instance: machine(),
            change_number: 1,
            was_running: true,
        };
        let mut state = RunState::opened(&opened).expect("it opens");
        let why = state.allows(&[halted(2)]).expect_err("nothing was begun");
        assert_eq!(
            why.to_string(),
            "journal entry 2 cannot follow: its saga was not begun"
        );
        let both = [entry(2, begun.clone()), halted(3)];
        assert_eq!(state.allows(&both), Ok(()), "one after the other");
        assert_eq!(state, RunState::opened(&opened).expect("it opens"));
        state.fold(&both[0]).expect("it was allowed");
        let why = state.allows(&[halted(3), entry(4, begun)]);
        assert_eq!(why.expect_err("begun before").seq, 4);
    }
}
