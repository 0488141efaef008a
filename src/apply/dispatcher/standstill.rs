//! A standstill: nothing is under way, and a begun machine waits for the place of one that does not come up.

use crate::model::InstanceId;
use crate::saga::{Hold, Mode, Task, next_task};

use super::Dispatcher;
use super::turns::{Delay, Turn};

impl Dispatcher<'_> {
    /// Holds back every begun machine that waits for a place which nobody frees any more, and says why; the
    /// next apply tries again. Whether there was one.
    ///
    /// Whoever keeps the place may itself wait for this machine, or be nobody's to start.
    pub(super) async fn hold_back_the_begun(&mut self) -> bool {
        if self.mode != Mode::GoOn || self.journal_lost.is_some() {
            return false;
        }
        let waiting = self.waiting_for_a_place.values().flatten();
        let waiting = waiting.filter_map(|id| Some((id.clone(), self.place_missed(id)?)));
        let stranded: Vec<(InstanceId, (u16, Hold))> = waiting.collect();
        for (id, (step, hold)) in &stranded {
            for machines in self.waiting_for_a_place.values_mut() {
                machines.remove(id);
            }
            self.spare(id, *step, hold.to_string()).await;
            self.idle.insert(id.clone());
        }
        self.reconsider |= !stranded.is_empty();
        !stranded.is_empty()
    }

    /// The step that a machine's place is wanted for, and who has it.
    fn place_missed(&self, instance: &InstanceId) -> Option<(u16, Hold)> {
        let (saga, state) = (self.sagas.get(instance)?, self.state.sagas.get(instance)?);
        let Task::Do(step) = next_task(saga, state, self.mode) else {
            return None;
        };
        let Turn::Later(Delay::Held(hold)) = self.may_do(saga, step) else {
            return None;
        };
        // What holds by batches is lifted, or not, by those who miss a place; hours and people are waited for.
        hold.is_about_a_place().then_some((step, hold))
    }
}
