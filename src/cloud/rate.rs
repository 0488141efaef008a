//! How often an operation may be called: a rate, and a bucket that keeps it. Pure: it is told the time.

use std::collections::VecDeque;
use std::time::Duration;

/// The slowest a bucket gets: after a refusal the vendor advises to probe with one call a second.
const INTERVAL_MAX: Duration = Duration::from_secs(1);

/// What quotas are counted over (R54).
const MINUTE: Duration = Duration::from_secs(60);

/// How often an operation may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Time from one call to the next.
    pub interval: Duration,
    /// Calls that may go out at once after a rest.
    pub burst: u32,
    /// Most calls in any minute, where the burst would allow more; `u32::MAX` where nobody counts.
    pub per_minute: u32,
}

/// A token bucket: calls flow at an even rate, with a burst after a rest, and slower after a refusal.
///
/// It keeps one instant instead of a count of tokens: `due` is when the next call would be due if
/// all calls came at the even rate; a call may be early by as much as the burst allows.
#[derive(Debug)]
pub struct Bucket {
    rate: Rate,
    /// Time from one call to the next at present: longer than usual after a refusal.
    interval: Duration,
    due: Duration,
    rest_until: Duration,
    /// When the calls of the last minute went out, where they are counted.
    recent: VecDeque<Duration>,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            interval: rate.interval,
            due: Duration::ZERO,
            rest_until: Duration::ZERO,
            recent: VecDeque::new(),
        }
    }

    /// Takes a turn at `now`.
    ///
    /// # Errors
    /// How long there is none.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let early = self.interval * self.rate.burst.saturating_sub(1);
        let from = self.due.saturating_sub(early).max(self.rest_until);
        let from = from.max(self.minute_has_room(now));
        if now < from {
            return Err(from - now);
        }
        self.due = self.due.max(now) + self.interval;
        if self.rate.per_minute < u32::MAX {
            self.recent.push_back(now);
        }
        Ok(())
    }

    /// From when on the last minute has room for one more.
    fn minute_has_room(&mut self, now: Duration) -> Duration {
        while self.recent.front().is_some_and(|at| *at + MINUTE <= now) {
            self.recent.pop_front();
        }
        let is_full = self.recent.len() >= self.rate.per_minute as usize;
        let oldest = self.recent.front().filter(|_| is_full);
        oldest.map_or(Duration::ZERO, |oldest| *oldest + MINUTE)
    }

    /// The service refused a call: rest, then go on at half the rate and without a burst.
    pub fn slow_down(&mut self, now: Duration, rest: Duration) {
        let slowest = INTERVAL_MAX.max(self.rate.interval);
        self.interval = (self.interval * 2).min(slowest);
        self.rest_until = self.rest_until.max(now + rest);
        self.due = self
            .due
            .max(self.rest_until + self.interval * self.rate.burst.saturating_sub(1));
    }

    /// A call went through: an eighth closer to the usual rate.
    pub fn speed_up(&mut self) {
        self.go_at((self.interval - self.interval / 8).max(self.rate.interval));
    }

    /// Another interval from now on. When the next turn comes stays as it was: `due` stands ahead of it by the burst,
    /// which is so many intervals long.
    fn go_at(&mut self, interval: Duration) {
        let ahead = self.rate.burst.saturating_sub(1);
        self.due = (self.due + interval * ahead).saturating_sub(self.interval * ahead);
        self.interval = interval;
    }

    /// The rate at present: slower than usual after a refusal.
    #[must_use]
    pub fn rate(&self) -> Rate {
        Rate {
            interval: self.interval,
            ..self.rate
        }
    }

    /// From now on turns come at the pace of another bucket of the same kind.
    pub fn keep_pace_with(&mut self, rate: Rate) {
        self.go_at(rate.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        interval: Duration::from_millis(100),
        burst: 3,
        per_minute: u32::MAX,
    };

    /// Takes `n` turns as early as they come; answers when each was.
    fn turns(bucket: &mut Bucket, mut now: Duration, n: usize) -> Vec<u128> {
        (0..n)
            .map(|_| {
                if let Err(wait) = bucket.take(now) {
                    now += wait;
                    bucket.take(now).expect("the wait it named is long enough");
                }
                now.as_millis()
            })
            .collect()
    }

    #[test]
    fn a_burst_goes_out_at_once_and_the_rest_follows_evenly() {
        let mut bucket = Bucket::new(RATE);
        let start = Duration::from_secs(10);
        assert_eq!(
            turns(&mut bucket, start, 6),
            [10_000, 10_000, 10_000, 10_100, 10_200, 10_300]
        );
    }

    #[test]
    fn no_minute_has_more_calls_than_it_may() {
        let rate = Rate {
            burst: 40,
            per_minute: 100,
            interval: Duration::from_secs(1),
        };
        let at = turns(&mut Bucket::new(rate), Duration::from_secs(100), 300);
        for (nth, first) in at.iter().enumerate() {
            let minute = at[nth..].iter().take_while(|at| **at < first + 60_000);
            assert!(minute.count() <= 100, "from {first} on");
        }
        // 40 at once, then one a second; when those 40 leave the minute they may come again.
        assert_eq!((at[39], at[40], at[99]), (100_000, 101_000, 160_000));
    }

    #[test]
    fn after_a_refusal_it_rests_and_goes_on_slower_without_a_burst() {
        let mut bucket = Bucket::new(RATE);
        bucket.slow_down(Duration::ZERO, Duration::from_secs(5));
        assert_eq!(
            turns(&mut bucket, Duration::ZERO, 4),
            [5_000, 5_200, 5_400, 5_600]
        );
    }

    #[test]
    fn after_refusals_every_success_brings_the_next_turn_nearer_and_none_shuts_the_lane() {
        let mut bucket = Bucket::new(Rate {
            interval: Duration::from_millis(62),
            burst: 200,
            per_minute: u32::MAX,
        });
        for _ in 0..10 {
            bucket.slow_down(Duration::ZERO, Duration::ZERO);
        }
        // Calls of before the refusals succeed meanwhile.
        for _ in 0..190 {
            bucket.speed_up();
        }
        let at = turns(&mut bucket, Duration::ZERO, 100);
        assert!(at[0] == 0 && at[99] <= 99 * 62, "{at:?}");
    }

    #[test]
    fn a_pace_that_is_kept_with_another_bucket_gives_no_burst_when_that_one_slows_down() {
        let (mut slow, mut kept) = (Bucket::new(RATE), Bucket::new(RATE));
        assert_eq!(turns(&mut kept, Duration::ZERO, 3), [0, 0, 0]);
        for _ in 0..4 {
            slow.slow_down(Duration::ZERO, Duration::ZERO);
        }
        kept.keep_pace_with(slow.rate());
        assert_eq!(turns(&mut kept, Duration::ZERO, 3), [100, 1_100, 2_100]);
    }

    #[test]
    fn it_never_gets_slower_than_a_probe_a_second_and_recovers() {
        let mut bucket = Bucket::new(RATE);
        for _ in 0..50 {
            bucket.slow_down(Duration::ZERO, Duration::ZERO);
        }
        assert_eq!(bucket.interval, INTERVAL_MAX);
        for _ in 0..50 {
            bucket.speed_up();
        }
        assert_eq!(bucket.interval, RATE.interval);
    }
}
