//! Every wait of an apply, with the reason for its length.

use std::time::Duration;

/// Between two looks at a machine that is on its way (vendor's advice: every 1 to 2 s).
pub(super) const POLL: Duration = Duration::from_secs(2);

/// The longest time between two looks at a machine that takes long.
const POLL_MAX: Duration = Duration::from_secs(30);

/// Looks are sent in rounds, so that one call answers for all who wait: often enough for nobody to be
/// down much longer than need be, seldom enough for a thousand machines to cost a few hundred calls.
pub(super) const ROUND: Duration = Duration::from_secs(1);

/// So old may a look be that a step begins with: little more than a round.
pub(super) const JUST_SEEN: Duration = Duration::from_secs(2);

/// The wait before the next look at a machine that has been on its way for `waited`: a tenth of that,
/// rounds included, so that waiting for half an hour takes a hundred looks and not a thousand.
pub(super) fn poll_after(waited: Duration) -> Duration {
    (waited / 10).min(POLL_MAX).saturating_sub(ROUND)
}

/// A read may show what was so this long ago: assumed, for the vendor promises nothing. A machine that was stopped and
/// shall run is believed to run only when a look that late after the first one says so.
pub(super) const STALE_MAX: Duration = Duration::from_secs(30);

/// A machine that slept for longer looks again before anything leaves it: others may have acted meanwhile.
pub(super) const NAP_UNNOTICED: Duration = Duration::from_secs(60);

/// How long looks and power calls are gathered before they are sent as one call.
pub(super) const GATHER: Duration = Duration::from_millis(50);

/// The wait after which an accepted power call that shows no effect is sent again.
pub(super) const RESEND_POWER: Duration = Duration::from_secs(60);

/// A start that takes longer has failed; so long because a shutdown or a start that hangs ends by
/// itself after half an hour at most, as far as is known, and the machine is owed the patience.
pub(super) const START_WITHIN: Duration = Duration::from_secs(40 * 60);

/// A refused start is tried again for so long: past the cool-down, after which the change itself
/// can be taken back (R52).
pub(super) const START_REFUSED_FOR: Duration = Duration::from_secs(6 * 60);

/// Between two tries of a call that was refused for a reason that passes.
pub(super) const RETRY: Duration = Duration::from_secs(15);

/// The longest time between two tries to start a machine.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// The wait before the next try to start a machine that was refused for so long: a quarter of that, so that a reason
/// that passes soon costs it little, and one that does not costs few calls.
pub(super) fn retry_after(refused_for: Duration) -> Duration {
    (refused_for / 4).clamp(RETRY, RETRY_MAX)
}

/// An order that could not be made is asked for again for so long; not at all while its machine is held down.
pub(super) const ORDER_AGAIN_FOR: Duration = Duration::from_secs(60);

/// The cool-down of one machine (R52), with a little for clocks that disagree.
pub(super) const COOL_DOWN: Duration = Duration::from_secs(5 * 60 + 5);

/// An accepted change that still does not show after this is an unknown outcome.
pub(super) const SHOW_WITHIN: Duration = Duration::from_secs(15 * 60);

/// A call without answer is sent again, under the same token, only this long after its first send:
/// half of the thirty minutes that we assume the cloud remembers a token for. How long it does is published nowhere.
pub(super) const RESEND_WITHIN: Duration = Duration::from_secs(15 * 60);

/// The same for a call that a program before this one has sent: its clock may have been twenty minutes ahead of ours
/// ([`crate::cloud::CLOCK_OFF_MAX`] for ours, fifteen for one whose requests were taken), and the sum is
/// what the cloud remembers.
pub(super) const RESEND_TAKEN_UP_WITHIN: Duration = Duration::from_secs(10 * 60);

/// A request may take effect until this long after it may have been sent last: the longest read
/// timeout, 62 s, and 150 s on top for a cloud that is late (assumed). Only later does no effect prove anything.
pub(super) const HORIZON: Duration = Duration::from_secs(62 + 150);

/// Between the two reads that prove that a call had no effect.
pub(super) const PROOF_GAP: Duration = Duration::from_secs(60);

/// Looks that may show something unexpected before it is believed: the cloud's reads lag behind.
pub(super) const SURPRISES_MAX: u32 = 5;

/// Reading fails for good after this.
pub(super) const LOOK_WITHIN: Duration = Duration::from_secs(10 * 60);

/// Between two looks at whether an order was paid.
pub(super) const PAYMENT_POLL: Duration = Duration::from_secs(10);

/// An order that is to be paid from the balance is paid at once; one that is not by now never will be (R42).
pub(super) const ABNORMAL_AFTER: Duration = Duration::from_secs(2 * 60);

/// Between two looks at a balance that is promised to others.
pub(super) const PROMISE_POLL: Duration = Duration::from_secs(5);

/// So long an order waits for others to be paid or given up, when the balance does not cover all.
pub(super) const PROMISE_WITHIN: Duration = Duration::from_secs(5 * 60);

/// A reading of the unpaid orders answers for all of them this long: nobody pays by the second.
pub(super) const BOOKS_FRESH: Duration = Duration::from_secs(8);

/// How far the clock that dates orders may be from ours: the cloud accepts requests of clocks that are
/// up to fifteen minutes off.
pub(super) const BOOKS_SKEW: Duration = Duration::from_secs(15 * 60);

/// How far back orders for temporary bandwidth are looked for before one is made: as far as in planning.
pub(super) const UPGRADES_SINCE: Duration = Duration::from_secs(90 * 24 * 3600);

/// A machine that had to be put back because of its cool-down is begun again at most this often.
pub(super) const BEGINNINGS_MAX: u32 = 3;

/// How long a gate, a window or a freeze is waited for unless somebody says otherwise: as long as the
/// jobs of most build machines may take.
pub const WAIT_GATES: Duration = Duration::from_secs(60 * 60);

/// The longest sleep until a gate or a window opens: the calendar may be set meanwhile.
pub(super) const NAP_MAX: Duration = Duration::from_secs(10 * 60);

/// So long is waited for a last look at those who are down: an interrupt is not heard meanwhile.
pub(super) const LOOK_AGAIN_WITHIN: Duration = Duration::from_secs(30);

/// Between two looks at whether a machine is good again; load balancers of the vendor look every 2 to 5 s.
pub(super) const PROBE_EVERY: Duration = Duration::from_secs(5);

/// The shortest time between two such looks.
pub(super) const PROBED_AGAIN: Duration = Duration::from_secs(1);

/// One look at a machine may take this long, in real time; whoever answers later is not good.
pub(super) const PROBE_WITHIN: Duration = Duration::from_secs(5);
