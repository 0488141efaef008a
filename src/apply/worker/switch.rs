//! A switch from one power state to the other: what is known of it, and what follows from a look. Decides, and sends
//! nothing.

use std::time::Duration;

use crate::apply::desks::Wait;
use crate::apply::timing::{RESEND_POWER, STALE_MAX};
use crate::cloud::{CloudError, PowerVerb};
use crate::model::{InstanceStatus, ObservedInstance};
use crate::saga::{Phase, StepState};

/// A switch from one power state to the other.
pub(super) struct Switch {
    pub(super) verb: PowerVerb,
    pub(super) from: InstanceStatus,
    pub(super) to: InstanceStatus,
    /// How long it may take from its first call on; before there was one, from the first look on.
    pub(super) within: Duration,
    /// How long a definite refusal is met with another try.
    pub(super) refused_for: Duration,
    /// When a look is believed that shows the end reached.
    pub(super) belief: Belief,
    /// What is learned from how long it takes.
    pub(super) wait: Wait,
    /// So long after a call was taken the verb is this one.
    pub(super) harder: Option<(Duration, PowerVerb)>,
}

/// When a look is believed that shows the end reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belief {
    /// At once.
    AtOnce,
    /// Once it cannot be from before the machine went down.
    PastTheOutage,
    /// At once where it may be our doing; else once it cannot be from before this step, and then it is somebody else's.
    OursAtOnce,
}

/// What is known while switching.
pub(super) struct Progress {
    pub(super) begun: Duration,
    /// Since when its end is waited for.
    waits_since: Option<Duration>,
    /// Since when it is known to be down. A look soon behind that may be older than it seems.
    pub(super) down_since: Option<Duration>,
    /// When a call was sent last that was not refused.
    pub(super) sent: Option<Duration>,
    /// When the harder one was, the same way.
    forced: Option<Duration>,
    /// Whether a call was ever announced, by this program or one before it.
    pub(super) was_sent: bool,
    /// Since when one of them is known to have been taken.
    taken: Option<Duration>,
    pub(super) refused: Option<Duration>,
    /// Whether nothing that was sent can have brought about what is seen.
    pub(super) found: bool,
    /// What the last call that was not accepted was told, so that who reads the end learns the reason.
    pub(super) refusal: Option<CloudError>,
}

impl Progress {
    /// It begins now, with what a program before this one has sent for it.
    pub(super) fn begin(now: Duration, before: Option<&StepState>) -> Self {
        let was_sent = before.is_some_and(|step| step.first_sent.is_some());
        let was_taken = before.is_some_and(|step| step.phase == Phase::Answered);
        Self {
            begun: now,
            waits_since: None,
            down_since: None,
            sent: None,
            forced: None,
            was_sent,
            taken: was_taken.then_some(now),
            refused: None,
            found: !was_sent,
            refusal: None,
        }
    }

    /// A look was answered. One that shows a machine on its way tells that a call without an answer was taken.
    pub(super) fn saw(&mut self, seen: &ObservedInstance, now: Duration) {
        self.waits_since.get_or_insert(now);
        if !self.found && seen.status == InstanceStatus::Stopping {
            self.taken.get_or_insert(now);
        }
    }

    /// This call leaves now.
    pub(super) fn sends(&mut self, switch: &Switch, verb: PowerVerb, now: Duration) {
        if !self.was_sent {
            self.waits_since = Some(now);
        }
        self.was_sent = true;
        self.sent = Some(now);
        if verb != switch.verb {
            self.forced = self.sent;
        }
    }

    /// It was accepted.
    pub(super) fn was_accepted(&mut self, now: Duration) {
        self.found = false;
        self.refused = None;
        self.refusal = None;
        self.taken.get_or_insert(now);
    }

    /// It was refused: nothing happened, so nothing has to be waited for before the next try.
    pub(super) fn was_refused(&mut self) {
        if self.forced == self.sent {
            self.forced = None;
        }
        self.sent = None;
    }
}

impl Switch {
    pub(super) fn believes(&self, progress: &Progress, now: Duration) -> bool {
        match self.belief {
            Belief::AtOnce => true,
            Belief::PastTheOutage => {
                now >= progress.down_since.unwrap_or(progress.begun) + STALE_MAX
            }
            Belief::OursAtOnce => progress.was_sent || now >= progress.begun + STALE_MAX,
        }
    }

    /// Whether it has taken too long. Who could not be asked yet, since looks failed or it was on its way elsewhere, is
    /// asked as late as that may be; who is where it shall be is only to be believed.
    pub(super) fn is_overdue(
        &self,
        progress: &Progress,
        seen: &ObservedInstance,
        now: Duration,
    ) -> bool {
        let waited = progress.waits_since.map(|since| now - since);
        let can_be_asked_first = !progress.was_sent && seen.status == self.from;
        let is_there = seen.status == self.to;
        waited.is_some_and(|waited| waited >= self.within) && !can_be_asked_first && !is_there
    }

    /// What is to be said of it then.
    pub(super) fn overdue(&self, progress: &Progress, seen: &ObservedInstance) -> String {
        let (status, secs) = (&seen.status, self.within.as_secs());
        if progress.was_sent {
            return format!("still {status} after {secs} s");
        }
        let from = &self.from;
        format!("still {status} after {secs} s, and nothing was sent: that takes a {from} machine")
    }

    /// What to send now: nothing while the machine is on its way, or a call was sent a moment ago. The harder verb is
    /// for what does not end by itself: it waits until a call was taken.
    pub(super) fn verb_to_send(
        &self,
        progress: &Progress,
        seen: &ObservedInstance,
        now: Duration,
    ) -> Option<PowerVerb> {
        let recently = |at: Option<Duration>| at.is_some_and(|at| now - at < RESEND_POWER);
        if let Some((after, verb)) = self.harder
            && progress.taken.is_some_and(|since| now - since >= after)
            && (seen.status == self.from || seen.status == InstanceStatus::Stopping)
            && !recently(progress.forced)
        {
            return Some(verb);
        }
        let is_due = seen.status == self.from && !recently(progress.sent);
        is_due.then_some(self.verb)
    }
}
