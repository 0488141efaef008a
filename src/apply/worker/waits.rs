//! What a worker waits for beside its calls: a cool-down, a stop that got lost, and the last look.

use jiff::Timestamp;

use crate::apply::age::since;
use crate::apply::mail::End;
use crate::apply::timing::{COOL_DOWN, HORIZON, POLL, STALE_MAX, START_WITHIN, poll_after};
use crate::model::InstanceStatus;
use crate::planted::{self, Fault};

use super::Worker;

impl Worker {
    /// R52: the cloud refuses a second change within five minutes; this waits until it would not.
    pub(super) async fn wait_out_cool_down(&self) -> End {
        let changed = self.state.changed_at.max(self.changed_at);
        if let Some(changed) = changed.filter(|_| !planted::is(Fault::CoolDownIgnored)) {
            let clock = self.tools.clock.as_ref();
            let gone = match self.witnessed.changed {
                Some(at) => clock.elapsed().saturating_sub(at),
                None => since(changed, clock.wall()),
            };
            let left = COOL_DOWN.saturating_sub(gone);
            if !left.is_zero() {
                self.waiting(format!("cool-down of {} s", left.as_secs()));
                self.tools.clock.sleep(left).await;
            }
        }
        End::Succeeded {
            found: true,
            seen: None,
        }
    }

    /// Watches a machine after a stop that was never answered: it may arrive late. Who is on its way then is waited for
    /// as long as one that is started.
    pub(super) async fn watch(&self, sent: Timestamp) -> End {
        let clock = self.tools.clock.as_ref();
        let gone = match self.witnessed.lost {
            Some(at) => clock.elapsed().saturating_sub(at),
            None => self.began.at_least(sent, clock),
        };
        let left = HORIZON.saturating_sub(gone);
        if !left.is_zero() {
            self.waiting(format!(
                "a stop that got lost may arrive for another {} s",
                left.as_secs()
            ));
            self.tools.clock.sleep(left).await;
        }
        let begun = self.tools.clock.elapsed();
        loop {
            let seen = match self.look_until_told().await {
                Ok(Some(seen)) => seen,
                // What is not there any more, no stop takes down.
                Ok(None) => return End::Settled(None),
                Err(error) => return End::Unwatched(error.to_string()),
            };
            match seen.status {
                InstanceStatus::Running => return End::Settled(Some(seen)),
                InstanceStatus::Stopped => return End::FellOver,
                InstanceStatus::Pending
                | InstanceStatus::Starting
                | InstanceStatus::Stopping
                | InstanceStatus::Other(_) => {
                    let watched = self.tools.clock.elapsed() - begun;
                    let (id, status) = (&self.saga.instance, &seen.status);
                    if watched >= START_WITHIN {
                        let secs = START_WITHIN.as_secs();
                        return End::Unwatched(format!("{id} is still {status} after {secs} s"));
                    }
                    self.waiting(format!("it is {status}, behind a stop that got lost"));
                    self.tools.clock.sleep(poll_after(watched)).await;
                }
            }
        }
    }

    /// What is recorded of the machine: it is waited for what was done to show, since reads lag behind.
    pub(super) async fn last_look(&self) -> End {
        let begun = self.tools.clock.elapsed();
        loop {
            let Ok(seen) = self.look_patiently().await else {
                return End::Seen(None);
            };
            let looked = self.tools.clock.elapsed() - begun;
            let shows = self.state.shows_its_work(&self.saga, &seen);
            if looked >= STALE_MAX || shows && self.granted.is_shown_by(&seen) {
                return End::Seen(Some(seen));
            }
            self.tools.clock.sleep(POLL).await;
        }
    }
}
