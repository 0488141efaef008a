//! What goes wrong, and when: a script drawn from a seed, or written call by call.
//!
//! Draws are made in the order of the calls and from nothing but the seed, so equal seeds give equal
//! faults. Every call makes the same number of draws, whatever comes of them.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::sim::world::instance::STALE_MAX;

/// One thing that goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request never leaves the machine.
    NotSent,
    /// The request is lost on its way; the client waits until its timeout.
    LostBefore,
    /// The request takes effect and its answer is lost; the client waits until its timeout.
    LostAfter,
    /// The client gives up, and the request takes effect this long afterwards.
    Late(Duration),
    /// 500 `InternalError`, and nothing has happened.
    InternalBefore,
    /// 500 `InternalError`, and it has happened all the same.
    InternalAfter,
    /// 503 `ServiceUnavailable`, and nothing has happened.
    Unavailable,
    /// 400 `Throttling.User`, to be tried again after this long.
    Throttled(Duration),
    /// A read answers with what was true this long ago.
    Stale(Duration),
    /// A list comes without any machine, as if there were none.
    Unlisted,
    /// The wanted type sells out just before a type change, so right after its stop.
    StockGone,
    /// A start, stop or reboot that takes half an hour.
    PowerHangs,
}

/// How likely each fault is, as a share of the calls it can strike, and how many there are at most.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultPlan {
    /// [`Fault::NotSent`], any call.
    pub not_sent: f64,
    /// [`Fault::LostBefore`], any call.
    pub lost_before: f64,
    /// [`Fault::LostAfter`], any call.
    pub lost_after: f64,
    /// [`Fault::Late`], any change.
    pub late: f64,
    /// [`Fault::InternalBefore`], any call.
    pub internal_before: f64,
    /// [`Fault::InternalAfter`], any call.
    pub internal_after: f64,
    /// [`Fault::Unavailable`], any call.
    pub unavailable: f64,
    /// [`Fault::Throttled`], any call.
    pub throttled: f64,
    /// [`Fault::Stale`], DescribeInstances and DescribeInstanceStatus.
    pub stale: f64,
    /// [`Fault::Unlisted`], DescribeInstances.
    pub unlisted: f64,
    /// [`Fault::StockGone`], ModifyInstanceSpec and ModifyPrepayInstanceSpec.
    pub stock_gone: f64,
    /// [`Fault::PowerHangs`], starts, stops and reboots.
    pub power_hangs: f64,
    /// Most faults in a run.
    pub most: u32,
}

impl FaultPlan {
    /// Each kind with the same probability, at most `most` of them; lists without machines, which nobody has seen the
    /// cloud give, are asked for by themselves.
    #[must_use]
    pub fn even(probability: f64, most: u32) -> Self {
        Self {
            not_sent: probability,
            lost_before: probability,
            lost_after: probability,
            late: probability,
            internal_before: probability,
            internal_after: probability,
            unavailable: probability,
            throttled: probability,
            stale: probability,
            unlisted: 0.0,
            stock_gone: probability,
            power_hangs: probability,
            most,
        }
    }
}

/// Longest a lost request may take effect after the client gave up.
const LATE_MAX: Duration = Duration::from_secs(90);

/// Longest wait a throttled answer asks for.
const THROTTLED_MAX: Duration = Duration::from_secs(10);

/// A source of faults.
#[derive(Debug, Clone, Default)]
pub enum Faults {
    /// Nothing goes wrong.
    #[default]
    None,
    /// Drawn from a seed.
    Seeded(Box<Seeded>),
    /// Written down by the number of the call, counted from 0.
    Scripted(Scripted),
    /// Written down by operation.
    Listed(Listed),
}

/// One fault with its place: the operation, and which call of it, counted from 1.
pub type Struck = (String, u64, Fault);

/// Faults drawn from a seed.
#[derive(Debug, Clone)]
pub struct Seeded {
    random: ChaCha8Rng,
    plan: FaultPlan,
    left: u32,
    calls: BTreeMap<String, u64>,
    struck: Vec<Struck>,
}

/// Faults by operation and the number of its call.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    calls: BTreeMap<String, u64>,
    faults: Vec<Struck>,
}

/// Faults by the number of the call.
#[derive(Debug, Clone)]
pub struct Scripted {
    calls: u64,
    faults: BTreeMap<u64, Fault>,
}

impl Faults {
    /// Faults drawn from a seed; equal seeds and plans give equal faults.
    #[must_use]
    pub fn seeded(seed: u64, plan: FaultPlan) -> Self {
        Self::Seeded(Box::new(Seeded {
            random: ChaCha8Rng::seed_from_u64(seed),
            left: plan.most,
            plan,
            calls: BTreeMap::new(),
            struck: Vec::new(),
        }))
    }

    /// These faults and no others, each at its place.
    #[must_use]
    pub fn listed(faults: impl IntoIterator<Item = Struck>) -> Self {
        Self::Listed(Listed {
            calls: BTreeMap::new(),
            faults: faults.into_iter().collect(),
        })
    }

    /// What was drawn so far, with its places: listed, it strikes again.
    #[must_use]
    pub fn struck(&self) -> Vec<Struck> {
        match self {
            Self::Seeded(seeded) => seeded.struck.clone(),
            Self::Listed(listed) => listed.faults.clone(),
            Self::None | Self::Scripted(_) => Vec::new(),
        }
    }

    /// A fault for each call that is named, counted from 0.
    #[must_use]
    pub fn at_calls(faults: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        Self::Scripted(Scripted {
            calls: 0,
            faults: faults.into_iter().collect(),
        })
    }

    /// What goes wrong with the next call, if anything.
    pub(crate) fn draw(&mut self, action: &str) -> Option<Fault> {
        match self {
            Self::None => None,
            Self::Seeded(seeded) => seeded.draw(action),
            Self::Scripted(script) => {
                let call = script.calls;
                script.calls += 1;
                script.faults.get(&call).copied()
            }
            Self::Listed(listed) => listed.draw(action),
        }
    }
}

impl Listed {
    fn draw(&mut self, action: &str) -> Option<Fault> {
        let call = count(&mut self.calls, action);
        let place = |(name, nth, _): &&Struck| name == action && *nth == call;
        self.faults.iter().find(place).map(|(_, _, fault)| *fault)
    }
}

fn count(calls: &mut BTreeMap<String, u64>, action: &str) -> u64 {
    if let Some(calls) = calls.get_mut(action) {
        *calls += 1;
        return *calls;
    }
    calls.insert(action.to_owned(), 1);
    1
}

impl Seeded {
    fn draw(&mut self, action: &str) -> Option<Fault> {
        let call = count(&mut self.calls, action);
        let mut at = self.unit();
        let share = self.unit();
        if self.left == 0 {
            return None;
        }
        for (probability, fault) in self.plan.candidates(action, share) {
            if at < probability {
                self.left -= 1;
                self.struck.push((action.to_owned(), call, fault));
                return Some(fault);
            }
            at -= probability;
        }
        None
    }

    /// A number from 0 up to but without 1; 53 bits are what a float holds.
    fn unit(&mut self) -> f64 {
        (self.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl FaultPlan {
    /// What can strike this operation, and how likely it does.
    fn candidates(&self, action: &str, share: f64) -> Vec<(f64, Fault)> {
        let mut all = vec![
            (self.not_sent, Fault::NotSent),
            (self.lost_before, Fault::LostBefore),
            (self.lost_after, Fault::LostAfter),
            (self.internal_before, Fault::InternalBefore),
            (self.internal_after, Fault::InternalAfter),
            (self.unavailable, Fault::Unavailable),
            (self.throttled, Fault::Throttled(part(THROTTLED_MAX, share))),
        ];
        match Kind::of(action) {
            Kind::Look => {
                all.push((self.stale, Fault::Stale(part(STALE_MAX, share))));
                if action == "DescribeInstances" {
                    all.push((self.unlisted, Fault::Unlisted));
                }
            }
            Kind::Power => {
                all.push((self.late, Fault::Late(part(LATE_MAX, share))));
                all.push((self.power_hangs, Fault::PowerHangs));
            }
            Kind::Type => {
                all.push((self.late, Fault::Late(part(LATE_MAX, share))));
                all.push((self.stock_gone, Fault::StockGone));
            }
            Kind::Change => all.push((self.late, Fault::Late(part(LATE_MAX, share)))),
            Kind::Other => {}
        }
        all
    }
}

/// Whole milliseconds, so that a transcript shows them exactly.
fn part(most: Duration, share: f64) -> Duration {
    Duration::from_millis(most.mul_f64(share).as_millis().try_into().unwrap_or(0))
}

enum Kind {
    Look,
    Power,
    Type,
    Change,
    Other,
}

impl Kind {
    fn of(action: &str) -> Self {
        match action {
            "DescribeInstances" | "DescribeInstanceStatus" => Self::Look,
            "ModifyInstanceSpec" | "ModifyPrepayInstanceSpec" => Self::Type,
            "ModifyInstanceNetworkSpec" | "AllocatePublicIpAddress" => Self::Change,
            "StartInstance" | "StartInstances" | "StopInstance" | "StopInstances"
            | "RebootInstance" | "RebootInstances" => Self::Power,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(seed: u64) -> Vec<Option<Fault>> {
        let mut faults = Faults::seeded(seed, FaultPlan::even(0.05, 20));
        let actions = ["DescribeInstances", "StopInstance", "ModifyInstanceSpec"];
        (0..300)
            .map(|call| faults.draw(actions[call % 3]))
            .collect()
    }

    #[test]
    fn equal_seeds_give_equal_faults() {
        assert_eq!(draws(7), draws(7));
        assert_ne!(draws(7), draws(8));
        assert_eq!(draws(7).iter().flatten().count(), 20);
    }

    #[test]
    fn a_fault_strikes_only_what_it_can() {
        let plan = FaultPlan {
            stock_gone: 1.0,
            most: 9,
            ..FaultPlan::default()
        };
        let mut faults = Faults::seeded(1, plan);
        assert_eq!(faults.draw("DescribeInstances"), None);
        assert_eq!(faults.draw("ModifyInstanceSpec"), Some(Fault::StockGone));
    }
}
