//! Whether to send a failed call again, and when. Decides; never sleeps.

use std::time::Duration;

use super::operation::Repeat;
use crate::cloud::{CloudError, ErrorKind};

/// How often and how long a call is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Policy {
    repeat: Repeat,
    attempts_max: u32,
    /// No attempt begins later than this after the first.
    total_max: Duration,
}

/// The policy of each kind of call.
///
/// Reads may take long: a throttled operation can stay refused until the minute is over. Changes give
/// up early, since whoever asked can look at the machine and ask again under the same token.
pub(super) fn policy(repeat: Repeat) -> Policy {
    let (attempts_max, total_max) = match repeat {
        Repeat::Read => (6, Duration::from_secs(180)),
        Repeat::Tokened | Repeat::Blind => (4, Duration::from_secs(60)),
    };
    Policy {
        repeat,
        attempts_max,
        total_max,
    }
}

/// What has been tried so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tried {
    /// Attempts made, at least one.
    pub(super) attempts: u32,
    /// Time since the first one began.
    pub(super) elapsed: Duration,
}

/// What to do about a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// Send it again after this long.
    After(Duration),
    /// The failure stands.
    GiveUp,
}

/// Waits after a lost or failed call: 200 ms, doubled each time, at most 20 s.
const FAULT_WAIT: Backoff = Backoff {
    first: Duration::from_millis(200),
    most: Duration::from_secs(20),
};

/// Waits after a call was refused for the call rate, or because another one is being worked on. Six
/// attempts span the minute for which a refusal may last: 2 + 4 + 8 + 16 + 30 s.
const RATE_WAIT: Backoff = Backoff {
    first: Duration::from_secs(2),
    most: Duration::from_secs(30),
};

/// A wait that doubles.
struct Backoff {
    first: Duration,
    most: Duration,
}

/// A random share, in thousandths, that keeps many callers from coming back together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Jitter(u32);

impl Jitter {
    /// From any random number.
    pub(super) fn of(number: u64) -> Self {
        Self(u32::try_from(number % 1000).expect("a number below 1000"))
    }
}

/// Decides about the next attempt.
pub(super) fn decide(policy: Policy, tried: Tried, error: &CloudError, jitter: Jitter) -> Retry {
    let wait = wait_before(tried.attempts, error, jitter);
    if is_worth_it(policy.repeat, error.kind)
        && tried.attempts < policy.attempts_max
        && still_begins_in_time(policy, tried.elapsed + wait)
    {
        Retry::After(wait)
    } else {
        Retry::GiveUp
    }
}

/// Whether an attempt may still begin this long after the first one.
pub(super) fn still_begins_in_time(policy: Policy, elapsed: Duration) -> bool {
    elapsed <= policy.total_max
}

/// Which failures another attempt may mend, by what the call is.
fn is_worth_it(repeat: Repeat, kind: ErrorKind) -> bool {
    match repeat {
        Repeat::Read => matches!(
            kind,
            ErrorKind::NotSent | ErrorKind::Unanswered | ErrorKind::Fault | ErrorKind::Throttled
        ),
        // The token makes it the same call, so even an unknown outcome may be asked again (1.7).
        Repeat::Tokened => matches!(
            kind,
            ErrorKind::NotSent
                | ErrorKind::Unanswered
                | ErrorKind::Fault
                | ErrorKind::Throttled
                | ErrorKind::Busy
                | ErrorKind::Pending
                | ErrorKind::NotOrdered
        ),
        // Without a token only what certainly did not happen may be asked again.
        Repeat::Blind => matches!(kind, ErrorKind::NotSent | ErrorKind::Throttled),
    }
}

/// At least what the service asks for, and up to half as much again.
fn wait_before(attempts: u32, error: &CloudError, jitter: Jitter) -> Duration {
    let backoff = match error.kind {
        ErrorKind::Throttled | ErrorKind::Busy | ErrorKind::Pending => RATE_WAIT,
        ErrorKind::CoolingDown
        | ErrorKind::WrongState
        | ErrorKind::NoStock
        | ErrorKind::Quota
        | ErrorKind::Money
        | ErrorKind::UnpaidOrder
        | ErrorKind::NotOrdered
        | ErrorKind::Denied
        | ErrorKind::Credentials
        | ErrorKind::NotFound
        | ErrorKind::Locked
        | ErrorKind::Unsupported
        | ErrorKind::Invalid
        | ErrorKind::TokenMismatch
        | ErrorKind::Unlisted
        | ErrorKind::Fault
        | ErrorKind::Unanswered
        | ErrorKind::NotSent => FAULT_WAIT,
    };
    let wait = backoff
        .after(attempts)
        .max(error.retry_after.unwrap_or_default());
    wait + wait * jitter.0 / 2000
}

impl Backoff {
    fn after(&self, attempts: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> CloudError {
        CloudError {
            operation: "X",
            kind,
            also: None,
            reach: kind.reach(),
            code: None,
            message: String::new(),
            request_id: None,
            retry_after: None,
        }
    }

    fn decided(repeat: Repeat, attempts: u32, secs: u64, kind: ErrorKind) -> Retry {
        let elapsed = Duration::from_secs(secs);
        let tried = Tried { attempts, elapsed };
        decide(policy(repeat), tried, &error(kind), Jitter::of(0))
    }

    fn is_repeated(repeat: Repeat, kind: ErrorKind) -> bool {
        decided(repeat, 1, 0, kind) != Retry::GiveUp
    }

    #[test]
    fn a_call_without_a_token_is_repeated_only_when_it_certainly_did_not_happen() {
        assert!(is_repeated(Repeat::Blind, ErrorKind::NotSent));
        assert!(is_repeated(Repeat::Blind, ErrorKind::Throttled));
        for kind in [
            ErrorKind::Unanswered,
            ErrorKind::Fault,
            ErrorKind::Busy,
            ErrorKind::NotOrdered,
        ] {
            assert!(!is_repeated(Repeat::Blind, kind), "{kind:?}");
        }
    }

    #[test]
    fn a_call_with_a_token_is_repeated_when_in_doubt_or_when_it_passes_but_not_when_refused() {
        for kind in [
            ErrorKind::Unanswered,
            ErrorKind::Fault,
            ErrorKind::Busy,
            ErrorKind::NotOrdered,
        ] {
            assert!(is_repeated(Repeat::Tokened, kind), "{kind:?}");
        }
        for kind in [
            ErrorKind::CoolingDown,
            ErrorKind::NoStock,
            ErrorKind::TokenMismatch,
            ErrorKind::Unlisted,
        ] {
            assert!(!is_repeated(Repeat::Tokened, kind), "{kind:?}");
        }
    }

    #[test]
    fn attempts_and_time_are_bounded() {
        let unanswered = ErrorKind::Unanswered;
        assert_ne!(decided(Repeat::Tokened, 3, 59, unanswered), Retry::GiveUp);
        assert_eq!(decided(Repeat::Tokened, 4, 1, unanswered), Retry::GiveUp);
        assert_eq!(decided(Repeat::Tokened, 1, 60, unanswered), Retry::GiveUp);
        assert_eq!(decided(Repeat::Read, 6, 1, unanswered), Retry::GiveUp);
    }

    #[test]
    fn waits_double_up_to_their_limit_and_follow_the_service() {
        let waits: Vec<Retry> = (1..=5)
            .map(|attempts| decided(Repeat::Read, attempts, 0, ErrorKind::Throttled))
            .collect();
        assert_eq!(
            waits,
            [2, 4, 8, 16, 30].map(|secs| Retry::After(Duration::from_secs(secs)))
        );
        let asked = CloudError {
            retry_after: Some(Duration::from_secs(45)),
            ..error(ErrorKind::Throttled)
        };
        let tried = Tried {
            attempts: 1,
            elapsed: Duration::ZERO,
        };
        assert_eq!(
            decide(policy(Repeat::Read), tried, &asked, Jitter::of(1_000_999)),
            Retry::After(Duration::from_micros(67_477_500))
        );
    }
}
