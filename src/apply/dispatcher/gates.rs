//! Looking at what the gates between batches ask for: a probe of no machine in particular.

use std::time::Duration;

use crate::apply::mail::Message;
use crate::apply::timing::PROBE_WITHIN;
use crate::model::{Check, Crowd, Facts};
use crate::probe::Sight;
use crate::saga::{Hold, Kind, Mode};

use super::{Dispatcher, Looking};

/// Characters of what was seen that are kept; journal values stay small.
const SEEN_CHARS_MAX: usize = 300;

impl Dispatcher<'_> {
    /// Begins a look at every gate that is held by nothing else.
    pub(super) fn look_at_gates(&mut self) {
        let holds = self.waits.holds.iter();
        let gates: Vec<(Crowd, u32)> = holds.filter_map(Hold::check_gate).collect();
        for gate in gates {
            let failures = match self.looking.get(&gate) {
                None => 0,
                Some(Looking::Again(n, at)) if *at <= self.tools.clock.elapsed() => *n,
                Some(Looking::UnderWay(_) | Looking::Again(..) | Looking::GivenUp) => continue,
            };
            self.begin_look(gate, failures);
        }
    }

    fn begin_look(&mut self, gate: (Crowd, u32), failures: u32) {
        let checks = self.brakes.checks_behind(&gate.0, gate.1);
        let facts = self.facts_of(&gate.0);
        let prober = self.tools.prober.clone();
        let mailbox = self.mailbox.clone();
        self.looking
            .insert(gate.clone(), Looking::UnderWay(failures));
        self.tasks.spawn_local(async move {
            let mut sight = Sight::Good(String::new());
            for check in &checks {
                sight = prober.probe(&facts, &check.probe, PROBE_WITHIN).await;
                if matches!(sight, Sight::Bad(_)) {
                    break;
                }
            }
            // A dispatcher that is gone means that the run was dropped.
            mailbox.send(Message::Looked { gate, sight }).ok();
        });
    }

    fn facts_of(&self, crowd: &Crowd) -> Facts {
        Facts {
            fleet: self.job.plan.desired.fleet.to_string(),
            group: match crowd {
                Crowd::Group(name) => Some(name.to_string()),
                Crowd::Ungrouped(_) => None,
            },
            ..Facts::default()
        }
    }

    /// What a look showed: the gate opens, or is looked at again, or stays shut for this apply.
    pub(super) async fn take_look(&mut self, gate: (Crowd, u32), sight: Sight) {
        self.reconsider = true;
        let (crowd, batch) = gate.clone();
        let seen = match sight {
            Sight::Good(seen) => {
                self.looking.remove(&gate);
                let seen = seen.chars().take(SEEN_CHARS_MAX).collect();
                self.append(vec![Kind::Checked { crowd, batch, seen }])
                    .await;
                return;
            }
            Sight::Bad(seen) => seen,
        };
        let checks = self.brakes.checks_behind(&crowd, batch);
        let failures = match self.looking.get(&gate) {
            Some(Looking::UnderWay(n) | Looking::Again(n, _)) => n + 1,
            Some(Looking::GivenUp) | None => 1,
        };
        let seen: String = seen.chars().take(SEEN_CHARS_MAX).collect();
        self.brakes.check_failed(&crowd, batch, &seen);
        let next = again(&checks, failures, self.tools.clock.elapsed());
        self.looking.insert(gate, next);
    }

    /// Whether somebody is looking, whose word is waited for.
    pub(super) fn is_looking(&self) -> bool {
        let mut looks = self.looking.values();
        self.mode != Mode::PutBack && looks.any(|look| matches!(look, Looking::UnderWay(_)))
    }

    /// When a gate is looked at again. A look that is due waits for its gate's turn, which is nobody's timer: hours
    /// may have shut before it.
    pub(super) fn next_look(&self, now: Duration) -> Option<Duration> {
        let looks = self.looking.values().filter_map(|look| match look {
            Looking::Again(_, at) => Some(*at),
            Looking::UnderWay(_) | Looking::GivenUp => None,
        });
        looks.filter(|at| *at > now).min()
    }
}

fn again(checks: &[Check], failures: u32, now: Duration) -> Looking {
    let tolerated = checks.iter().map(|check| check.failures).min();
    let every = checks.iter().map(|check| check.every).min();
    match (tolerated, every) {
        (Some(tolerated), Some(every)) if failures <= tolerated => {
            Looking::Again(failures, now + every)
        }
        (_, _) => Looking::GivenUp,
    }
}
