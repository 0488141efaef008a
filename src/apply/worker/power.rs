//! Stop and start. They take no token: what counts is what a look shows, so each is sent again only
//! when a look shows that the machine is not on its way.

use std::time::Duration;

use crate::apply::desks::Wait;
use crate::apply::mail::End;
use crate::apply::outcome::STOPPED_SINCE;
use crate::apply::timing::{POLL, STALE_MAX, START_REFUSED_FOR, START_WITHIN, retry_after};
use crate::apply::token::request_digest;
use crate::cloud::{CloudError, Outcome, PowerVerb};
use crate::model::{InstanceStatus, ObservedInstance, StoppedMode};
use crate::plan::{Action, Step};
use crate::planted::{self, Fault};
use crate::saga::{FailureCause, StepEvent};

use super::Worker;
use super::failing::failure_with;
use super::switch::{Belief, Progress, Switch};

impl Worker {
    pub(super) async fn stop(&self, mode: StoppedMode) -> End {
        if let Err(end) = self.leave_service_again().await {
            return end;
        }
        let harder = self
            .limits
            .force_stop_after
            .map(|after| (after, PowerVerb::ForceStop(mode)));
        let belief = if self.is_theirs_when_down() {
            Belief::OursAtOnce
        } else {
            // A change is refused while it runs, so a look that was wrong is found out at once.
            Belief::AtOnce
        };
        self.switch(Switch {
            verb: PowerVerb::Stop(mode),
            from: InstanceStatus::Running,
            to: InstanceStatus::Stopped,
            within: self.limits.stop_within,
            refused_for: Duration::ZERO,
            belief,
            wait: Wait::Stop,
            harder,
        })
        .await
    }

    /// Whether the machine, should it be down, is left to whoever has stopped it: it ran when the plan was made, its
    /// power is to stay as it is found, and this run has not begun to take it out of service.
    fn is_theirs_when_down(&self) -> bool {
        let is_first = self.state.begun == 1 && self.state.turned.is_none();
        self.limits.keeps_power && self.saga.was_running && is_first && self.is_untouched()
    }

    /// Whether neither its first stop nor a command around that, which may shut it down, nor anything behind has begun.
    fn is_untouched(&self) -> bool {
        let takes_out =
            |step: &Step| matches!(step.action, Action::Stop { .. } | Action::RunHook { .. });
        let mut steps = (0..).zip(&self.saga.steps);
        let behind = steps.by_ref().skip_while(|(_, step)| !takes_out(step));
        behind.into_iter().all(|(at, _)| self.state.is_new(at))
    }

    fn left_to_others(&self) -> End {
        self.failed(FailureCause::LeftToOthers, STOPPED_SINCE)
    }

    /// The machine that is about to leave service.
    ///
    /// # Errors
    /// The end of the step: it cannot be looked at, or somebody else takes it down.
    pub(super) async fn look_before_it_leaves(&self) -> Result<ObservedInstance, End> {
        let begun = self.tools.clock.elapsed();
        loop {
            let seen = self.look_patiently().await?;
            let goes_down = [InstanceStatus::Stopping, InstanceStatus::Stopped];
            if !goes_down.contains(&seen.status) || !self.is_theirs_when_down() {
                return Ok(seen);
            }
            if self.tools.clock.elapsed() >= begun + STALE_MAX {
                return Err(self.left_to_others());
            }
            self.waiting(format!("it is {}", seen.status));
            self.tools.clock.sleep(POLL).await;
        }
    }

    /// Starting is owed to the machine: a refusal is met with patience, and a shutdown that hangs is
    /// waited for.
    pub(super) async fn start(&self) -> End {
        if planted::is(Fault::WasRunningReadAgain) && !self.state.was_running {
            return End::Succeeded {
                found: true,
                seen: None,
            };
        }
        self.switch(Switch {
            verb: PowerVerb::Start,
            from: InstanceStatus::Stopped,
            to: InstanceStatus::Running,
            within: START_WITHIN,
            refused_for: START_REFUSED_FOR,
            // A look that is old may still show the machine as it ran before it went down.
            belief: Belief::PastTheOutage,
            wait: Wait::Start,
            harder: None,
        })
        .await
    }

    async fn switch(&self, switch: Switch) -> End {
        let known = self.known();
        let before = Some(&known).filter(|_| !self.is_undo());
        let mut progress = Progress::begin(self.tools.clock.elapsed(), before);
        loop {
            // Before the look: one that shows it up may be the end of that.
            let down_since = self.desk.sights.borrow().down_since(&self.saga.instance);
            progress.down_since = down_since.or(progress.down_since);
            let seen = match self.look_patiently().await {
                Ok(seen) => seen,
                Err(end) => return end,
            };
            let now = self.tools.clock.elapsed();
            progress.saw(&seen, now);
            if seen.status == switch.to && switch.believes(&progress, now) {
                if switch.belief == Belief::OursAtOnce && !progress.was_sent {
                    return self.left_to_others();
                }
                if let Some(sent) = progress.sent {
                    self.took(switch.wait, now - sent);
                }
                return End::Succeeded {
                    found: progress.found,
                    seen: Some(seen),
                };
            }
            if switch.is_overdue(&progress, &seen, now) {
                let words = switch.overdue(&progress, &seen);
                let told = progress.refusal.as_ref();
                return End::Failed {
                    failure: failure_with(FailureCause::TimedOut, &words, told),
                    scope: None,
                };
            }
            if let Some(verb) = switch.verb_to_send(&progress, &seen, now) {
                if let Some(end) = self.send_power(&switch, &mut progress, verb).await {
                    return end;
                }
            } else {
                self.waiting(format!("{} → {}", seen.status, switch.to));
                let on_its_way = now - progress.sent.unwrap_or(progress.begun);
                let pause = self.pause(switch.wait, on_its_way);
                self.tools.clock.sleep(pause).await;
            }
        }
    }

    /// The cloud has just done what it does to a machine that is Stopped alone.
    pub(super) fn is_down_for_sure(&self) {
        let now = self.tools.clock.elapsed();
        let mut sights = self.desk.sights.borrow_mut();
        sights.known_down(&self.saga.instance, now);
    }

    /// One call. `Some` is the end of the task.
    async fn send_power(
        &self,
        switch: &Switch,
        progress: &mut Progress,
        verb: PowerVerb,
    ) -> Option<End> {
        let request = request_digest(&self.saga.region, &self.saga.instance, &format!("{verb:?}"));
        if let Err(end) = self
            .record(StepEvent::Intent {
                token: None,
                request,
                pays: None,
            })
            .await
        {
            // Starting a machine that ran is safe without a journal; nothing else is.
            if verb != PowerVerb::Start {
                return Some(end);
            }
        }
        progress.sends(switch, verb, self.tools.clock.elapsed());
        let answer = self
            .desk
            .power(&self.saga.region, &self.saga.instance, verb)
            .await;
        match answer {
            Ok(request_id) => {
                progress.was_accepted(self.tools.clock.elapsed());
                if verb == PowerVerb::Start {
                    self.is_down_for_sure();
                }
                let event = StepEvent::Answered {
                    request_id: Some(request_id),
                    order_id: None,
                };
                self.note(event).await;
                None
            }
            Err(error) => self.refused_power(switch, progress, &error).await,
        }
    }

    async fn refused_power(
        &self,
        switch: &Switch,
        progress: &mut Progress,
        error: &CloudError,
    ) -> Option<End> {
        progress.refusal = Some(error.clone());
        // Refused for certain, it was not this call that brought about what is seen later.
        if error.outcome() == Outcome::Unknown {
            progress.found = false;
            self.note(StepEvent::Unanswered {
                reason: error.message.clone(),
            })
            .await;
            self.tools.clock.sleep(POLL).await;
            return None;
        }
        let now = self.tools.clock.elapsed();
        let since = *progress.refused.get_or_insert(now);
        let patience = if error.passes() {
            switch.within
        } else {
            switch.refused_for
        };
        if now - since >= patience {
            return Some(self.refused(error));
        }
        self.waiting(format!("refused: {error}"));
        self.tools
            .clock
            .sleep(error.retry_after.unwrap_or(retry_after(now - since)))
            .await;
        progress.was_refused();
        None
    }
}
