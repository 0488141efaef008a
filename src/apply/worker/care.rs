//! Around an outage: the owner's commands, and waiting until the machine is good again.

use std::time::Duration;

use crate::apply::mail::End;
use crate::apply::timing::{PROBE_EVERY, PROBE_WITHIN, PROBED_AGAIN};
use crate::model::{Digest, Facts, Health, Hook, InstanceStatus, Moment, ObservedInstance, Probe};
use crate::plan::{Action, Undo};
use crate::probe::{Condition, HookCall, Ran, Sight};
use crate::saga::{FailureCause, Mode, Phase, StepEvent};

use super::Worker;
use super::failing::failure_with;

/// What waiting for a machine came to.
enum Wait {
    /// It is good, and was for as long as it must.
    Good(Box<ObservedInstance>),
    /// It is not; what was seen last.
    Bad(String),
    /// Somebody asked to stop.
    CutShort,
}

impl Worker {
    /// Runs a command, once it is on record that it may have been run.
    pub(super) async fn run_hook(&self, moment: Moment, hook: &Hook) -> End {
        let looked = match moment {
            Moment::BeforeStop => self.look_before_it_leaves().await,
            Moment::AfterStart => self.look_patiently().await,
        };
        let seen = match looked {
            Ok(seen) => seen,
            Err(end) => return end,
        };
        if self.leaves_service_after_all(moment, &seen) {
            return End::Succeeded {
                found: true,
                seen: None,
            };
        }
        let command = Digest::of_value(&hook.command);
        if let Err(end) = self.record(StepEvent::Launched { command }).await {
            // What puts a machine back into service is owed to it, with or without a journal.
            if moment == Moment::BeforeStop || matches!(end, End::Withdrawn) {
                return end;
            }
        }
        if let Err(end) = self.run_command(moment, hook, &seen).await {
            return end;
        }
        End::Succeeded {
            found: false,
            seen: None,
        }
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// The end of the step that it is run for, when it did not end well.
    async fn run_command(
        &self,
        moment: Moment,
        hook: &Hook,
        seen: &ObservedInstance,
    ) -> Result<(), End> {
        let call = HookCall {
            facts: &self.facts(seen),
            moment,
            hook,
            condition: self.condition(),
        };
        match self.tools.prober.run(call).await {
            Ran::Well => Ok(()),
            Ran::Pretended => {
                let name = moment.as_str();
                self.waiting(format!("{name} is not run: the cloud is simulated"));
                Ok(())
            }
            Ran::Badly(how) => {
                let message = format!("{} {how}", moment.as_str());
                Err(self.failed(FailureCause::HookFailed, message))
            }
        }
    }

    /// The program that took this machine out of service may have put it back when its journal took no more, and
    /// nothing tells of that. Before the machine is stopped after all, it is taken out once more.
    ///
    /// # Errors
    /// The end of the stop that this stands before.
    pub(super) async fn leave_service_again(&self) -> Result<(), End> {
        let Some(hook) = self.drain_before().filter(|_| !self.witnessed.drained) else {
            return Ok(());
        };
        let seen = self.look_patiently().await?;
        if seen.status != InstanceStatus::Running {
            return Ok(());
        }
        self.waiting("before_stop is run again".to_owned());
        self.run_command(Moment::BeforeStop, hook, &seen).await
    }

    /// The command that takes the machine out of service, where this step is the stop behind it.
    fn drain_before(&self) -> Option<&Hook> {
        let before = usize::from(self.at.step).checked_sub(1)?;
        let Action::RunHook { moment, hook } = &self.saga.steps[before].action else {
            return None;
        };
        (*moment == Moment::BeforeStop).then_some(hook)
    }

    /// Whether a stop that is wanted for itself and seemed to fail takes the machine down all the same:
    /// then it leaves service as it should, and is not put back.
    fn leaves_service_after_all(&self, moment: Moment, seen: &ObservedInstance) -> bool {
        let behind = self.saga.steps.get(usize::from(self.at.step) + 1);
        let for_good = behind.is_some_and(|stop| stop.undo == Undo::Nothing);
        let taken_back = self.is_undo() && moment == Moment::AfterStart;
        taken_back && for_good && seen.status != InstanceStatus::Running
    }

    /// The step that waits until a started machine is good.
    pub(super) async fn await_health(&self, health: &Health) -> End {
        match self.wait_until_good(health).await {
            Ok(Wait::Good(seen)) => End::Succeeded {
                found: false,
                seen: Some(*seen),
            },
            // On a way back there is nothing better to go to.
            Ok(Wait::Bad(why)) if self.state.turned.is_some() => {
                End::Tolerated(failure_with(FailureCause::Unhealthy, &why, None))
            }
            Ok(Wait::Bad(why)) => self.failed(FailureCause::Unhealthy, why),
            Ok(Wait::CutShort) => End::Withdrawn,
            Err(end) => end,
        }
    }

    /// A machine that was put back is waited for as well, unless somebody is in a hurry: its place is
    /// free when it is good, and not before.
    pub(super) async fn good_again(&self, end: End) -> End {
        let (End::Succeeded { found, .. }, Some(health)) = (&end, self.health_behind()) else {
            return end;
        };
        // It was not good before its way back, and is as it was; or a change stands that it may not be good with,
        // and the way forward decides about that.
        if self.state.turned.is_some() || self.a_change_stands() {
            return end;
        }
        match self.wait_until_good(&health).await {
            Ok(Wait::Good(seen)) => End::Succeeded {
                found: *found,
                seen: Some(*seen),
            },
            Ok(Wait::Bad(why)) => self.failed(FailureCause::Unhealthy, why),
            Ok(Wait::CutShort) => end,
            Err(end) => end,
        }
    }

    /// Whether what lies behind this step was changed and not taken back: then it was only restarted.
    fn a_change_stands(&self) -> bool {
        let mut behind = self.state.steps.range(self.at.step + 1..);
        behind.any(|(_, step)| step.phase == Phase::Succeeded && step.token.is_some())
    }

    /// What counts as good after the outage of this step.
    fn health_behind(&self) -> Option<Health> {
        let behind = &self.saga.steps[usize::from(self.at.step)..];
        behind.iter().find_map(|step| match &step.action {
            Action::AwaitHealth(health) => Some(health.clone()),
            Action::Stop { .. }
            | Action::Start
            | Action::Modify(_)
            | Action::AwaitOrder
            | Action::PayOrder
            | Action::AllocatePublicIp
            | Action::CoolDown
            | Action::AskOffer(_)
            | Action::RunHook { .. } => None,
        })
    }

    async fn wait_until_good(&self, health: &Health) -> Result<Wait, End> {
        let clock = &self.tools.clock;
        let begun = clock.elapsed();
        let facts = self.facts(&self.look_patiently().await?);
        let mut good_since: Option<Duration> = None;
        loop {
            if self.mode.get() == Mode::PutBack {
                return Ok(Wait::CutShort);
            }
            let mut sight = self.see(health, &facts).await?;
            let now = clock.elapsed();
            if matches!(sight, Sight::Good(_)) {
                let since = *good_since.get_or_insert(now);
                if now - since >= health.hold {
                    match self.still_runs().await? {
                        Ok(seen) => return Ok(Wait::Good(seen)),
                        Err(status) => sight = Sight::Bad(format!("is {status}")),
                    }
                }
            }
            let what = match sight {
                Sight::Good(what) => what,
                Sight::Bad(what) => {
                    good_since = None;
                    what
                }
            };
            if now - begun >= health.within {
                return self.not_good(health, &what).await;
            }
            self.waiting(waited_for(health, good_since, &what));
            clock.sleep(pause(health, begun, good_since, now)).await;
        }
    }

    /// One look. What only the cloud can tell is asked there; the rest costs no call.
    async fn see(&self, health: &Health, facts: &Facts) -> Result<Sight, End> {
        if health.ready == Probe::Status {
            let seen = self.still_runs().await?;
            return Ok(match seen {
                Ok(_) => Sight::Good("is Running".to_owned()),
                Err(status) => Sight::Bad(format!("is {status}")),
            });
        }
        let prober = &self.tools.prober;
        Ok(prober.probe(facts, &health.ready, PROBE_WITHIN).await)
    }

    /// The machine, if it is Running; else what it is.
    async fn still_runs(&self) -> Result<Result<Box<ObservedInstance>, InstanceStatus>, End> {
        let seen = self.look_patiently().await?;
        Ok(match seen.status {
            InstanceStatus::Running => Ok(Box::new(seen)),
            InstanceStatus::Pending
            | InstanceStatus::Starting
            | InstanceStatus::Stopping
            | InstanceStatus::Stopped
            | InstanceStatus::Other(_) => Err(seen.status),
        })
    }

    async fn not_good(&self, health: &Health, what: &str) -> Result<Wait, End> {
        let within = health.within.as_secs();
        Ok(Wait::Bad(match self.still_runs().await? {
            Ok(_) => format!("it runs and was not good within {within} s; seen last: it {what}"),
            Err(status) => format!("it was not good within {within} s, and it is {status}"),
        }))
    }

    fn facts(&self, seen: &ObservedInstance) -> Facts {
        let elastic = seen.eip.as_ref().map(|eip| eip.address.clone());
        Facts {
            fleet: self.fleet.clone(),
            group: self.saga.group.as_ref().map(ToString::to_string),
            id: seen.id.to_string(),
            instance_type: seen.instance_type.to_string(),
            name: self.saga.name.to_string(),
            private_ip: seen.particulars.private_ip.clone(),
            public_ip: elastic.or_else(|| seen.public_ip.clone()),
            region: seen.region.to_string(),
            zone: seen.zone.to_string(),
        }
    }

    /// How the machine is doing, as far as the steps before this one tell.
    fn condition(&self) -> Condition {
        let steps = (0..).zip(&self.saga.steps);
        let mut health = steps.filter(|(_, step)| matches!(step.action, Action::AwaitHealth(_)));
        let phase = health.next().map(|(at, _)| self.state.phase(at));
        let unhealthy = self.state.steps.values().any(|step| {
            let failure = step.failure.as_ref().or(step.tolerated.as_ref());
            failure.is_some_and(|failure| failure.cause == FailureCause::Unhealthy)
        });
        match phase {
            _ if unhealthy => Condition::Unhealthy,
            Some(Phase::Succeeded) if !self.is_undo() => Condition::Healthy,
            Some(_) | None => Condition::Unknown,
        }
    }
}

/// Until the next look: short enough to see the end of `hold` and of `within` when they come.
fn pause(
    health: &Health,
    begun: Duration,
    good_since: Option<Duration>,
    now: Duration,
) -> Duration {
    let to_the_end = (begun + health.within).saturating_sub(now);
    let to_enough = good_since.map(|since| (since + health.hold).saturating_sub(now));
    let next = to_enough.map_or(to_the_end, |enough| enough.min(to_the_end));
    next.min(PROBE_EVERY).max(PROBED_AGAIN)
}

fn waited_for(health: &Health, good_since: Option<Duration>, what: &str) -> String {
    match good_since {
        Some(_) => format!(
            "good, to stay so for {} s: it {what}",
            health.hold.as_secs()
        ),
        None => format!("not good yet: it {what}"),
    }
}
