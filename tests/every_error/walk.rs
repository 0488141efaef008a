//! One error, one operation: the apply that meets it, the laws after it, and the applies that end it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use respec::apply::{LeftAlone, MachineEnd, RunOutcome};
use respec::guide::errors::{ErrorFacts, Retry};
use respec::model::InstanceId;
use respec::report::Style;
use respec::report::run::{Tally, summary};
use respec::saga::{Halt, SagaOutcome};
use respec::sim::Faults;
use serde_json::Value;

use crate::fleet::{Often, WITH_TWO_CHANGES, cloud, manifest, victims};
use crate::program::{Came, Program};
use crate::rig::paused;

/// Applies after the first one, when no error is answered any more.
const APPLIES_AFTER: usize = 3;

/// What lies between two applies: every cool-down and every token's memory.
const REST: Duration = Duration::from_secs(40 * 60);

/// How a case came out.
pub(crate) struct Walked {
    /// How the first apply ended for the machines that were struck, in a few words, or that nothing
    /// of the kind was ever asked.
    pub(crate) outcome: Option<String>,
    /// What should not be so.
    pub(crate) objections: Vec<String>,
}

/// Plays one case from its beginning to the day when all is as wanted.
pub(crate) fn walk(facts: &ErrorFacts, operation: &'static str, often: Often) -> Walked {
    paused(async {
        let cloud = cloud(facts, operation, often);
        let case = Case {
            program: Program::new(&manifest(operation), &cloud, 1, Faults::None),
            facts: *facts,
            operation,
            often,
        };
        case.play().await
    })
}

struct Case {
    program: Program,
    facts: ErrorFacts,
    operation: &'static str,
    often: Often,
}

impl Case {
    async fn play(&self) -> Walked {
        let found = self.program.machines();
        let came = self.program.apply().await;
        if !self.was_struck() {
            return Walked {
                outcome: None,
                objections: Vec::new(),
            };
        }
        let (outcome, mut objections) = match &came {
            Came::NotPlanned(error) => (format!("not begun: {:?}", error.kind), Vec::new()),
            Came::Ran(ran) => (self.in_words(&ran.0), self.judge(&found, &ran.0, &ran.1)),
        };
        objections.extend(self.ends_well(&found).await);
        Walked {
            outcome: Some(outcome),
            objections,
        }
    }

    fn was_struck(&self) -> bool {
        let counts = self.program.rig.world.lock().unwrap().call_counts();
        let errors = counts[self.operation]["errors"].as_object();
        errors.is_some_and(|errors| !errors.is_empty())
    }

    /// The ends of the struck machines and the exit code: `undone; exit 3`.
    fn in_words(&self, outcome: &RunOutcome) -> String {
        let struck = victims(self.operation);
        let ends: BTreeSet<String> = outcome
            .machines
            .iter()
            .filter(|(id, _)| struck.is_empty() || struck.contains(&id.as_str()))
            .map(|(_, (_, end))| end_in_words(end).to_owned())
            .chain(
                outcome
                    .left_alone
                    .keys()
                    .filter(|id| struck.contains(&id.as_str()))
                    .map(|_| "left alone".to_owned()),
            )
            .collect();
        let ends: Vec<_> = ends.into_iter().collect();
        format!("{}; exit {}", ends.join(" or "), outcome.exit_code)
    }

    /// The laws that hold whenever an apply has ended.
    fn judge(&self, found: &[Value], outcome: &RunOutcome, tally: &Tally) -> Vec<String> {
        let now = self.program.machines();
        let mut objections = Vec::new();
        for (before, after) in found.iter().zip(&now) {
            let id = before["InstanceId"].as_str().unwrap();
            objections.extend(self.power_fits(id, before, after, outcome));
            objections.extend(spec_fits(id, before, after, outcome));
        }
        objections.extend(self.retried(outcome));
        objections.extend(self.told(outcome, tally));
        objections.extend(self.orders_fit(outcome));
        objections
    }

    /// None that ran is down, unless the cloud refuses to start it; then the apply says so.
    fn power_fits(
        &self,
        id: &str,
        before: &Value,
        after: &Value,
        outcome: &RunOutcome,
    ) -> Option<String> {
        let (was, is) = (before["Status"].as_str()?, after["Status"].as_str()?);
        if was == is {
            return None;
        }
        let owed = outcome
            .obligations
            .iter()
            .any(|owed| owed.instance.as_str() == id);
        let excused = self.often == Often::Lasting
            && ["StartInstances", "DescribeInstances"].contains(&self.operation)
            && owed
            && outcome.exit_code == 8;
        (!excused).then(|| format!("{id} was {was} and is {is}"))
    }

    /// What passes by waiting is waited out.
    fn retried(&self, outcome: &RunOutcome) -> Option<String> {
        let must = self.facts.retry == Retry::AfterDelay && self.often == Often::Once;
        (must && outcome.exit_code != 0).then(|| format!("exit {}", outcome.exit_code))
    }

    /// Whoever reads the end learns the code and what to do about it.
    fn told(&self, outcome: &RunOutcome, tally: &Tally) -> Option<String> {
        if outcome.exit_code == 0 || victims(self.operation).is_empty() {
            return None;
        }
        let text = summary(tally, &Style::plain());
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let remedied = words.contains(self.facts.remedy) || words.contains("respec explain");
        let code = self.facts.code.trim_end_matches('*');
        (!(remedied && words.contains(code))).then(|| format!("not told:\n{text}"))
    }

    /// Every order is remembered, or somebody is told to look for it; and none was paid twice.
    fn orders_fit(&self, outcome: &RunOutcome) -> Vec<String> {
        let contents = self.program.store.contents();
        let known = &contents.orders;
        let mut paid: BTreeMap<String, u32> = BTreeMap::new();
        let mut objections = Vec::new();
        for order in self.program.orders() {
            let id = order["OrderId"].as_str().unwrap();
            let instance = order["InstanceId"].as_str().unwrap();
            if order["Payment"] == "Paid" {
                *paid.entry(instance.to_owned()).or_default() += 1;
            }
            let doubted = outcome.machines.iter().any(|(machine, (_, end))| {
                machine.as_str() == instance
                    && matches!(
                        end,
                        MachineEnd::Halted {
                            halt: Halt::Unknown,
                            ..
                        }
                    )
            });
            if !doubted && !known.keys().any(|known| known.as_str() == id) {
                objections.push(format!("order {id} of {instance} is forgotten"));
            }
        }
        let twice = paid.into_iter().filter(|(_, n)| *n > 1);
        objections.extend(twice.map(|(id, n)| format!("{id} was paid for {n} times")));
        objections
    }

    /// Once the cloud has stopped refusing, applying again ends with everything as wanted.
    async fn ends_well(&self, found: &[Value]) -> Vec<String> {
        self.program.heal();
        let mut last = String::new();
        for _ in 0..APPLIES_AFTER {
            self.program.wait(REST).await;
            match self.program.apply().await {
                Came::Ran(ran) if ran.0.exit_code == 0 => {
                    return self.power_is_restored(found);
                }
                Came::Ran(ran) => last = format!("{:?}", ran.0),
                Came::NotPlanned(error) => last = error.to_string(),
            }
        }
        vec![format!("never ends: {last}")]
    }

    fn power_is_restored(&self, found: &[Value]) -> Vec<String> {
        let now = self.program.machines();
        let both = found.iter().zip(&now);
        both.filter(|(before, after)| before["Status"] != after["Status"])
            .map(|(before, after)| format!("at the end {before} is {}", after["Status"]))
            .collect()
    }
}

/// A machine that was put back or spared is what it was.
fn spec_fits(id: &str, before: &Value, after: &Value, outcome: &RunOutcome) -> Option<String> {
    let machine = InstanceId::new(id).unwrap();
    let closed = outcome.machines.get(&machine).map(|(_, end)| end);
    let as_found = match closed {
        None => outcome.left_alone.get(&machine).map(|_: &LeftAlone| ()),
        Some(MachineEnd::Closed { outcome, .. }) => (*outcome != SagaOutcome::Done).then_some(()),
        Some(MachineEnd::Halted { .. } | MachineEnd::Rests { .. } | MachineEnd::Open) => None,
    };
    as_found.filter(|()| id != WITH_TWO_CHANGES)?;
    let fields = [
        "ConfiguredType",
        "InternetMaxBandwidthOut",
        "PublicIpAddress",
    ];
    let changed = fields
        .iter()
        .find(|field| before[**field] != after[**field])?;
    Some(format!(
        "{id} was put back, but {changed} was {} and is {}",
        before[*changed], after[*changed]
    ))
}

fn end_in_words(end: &MachineEnd) -> &'static str {
    match end {
        MachineEnd::Open => "open",
        MachineEnd::Rests { .. } => "rests",
        MachineEnd::Closed { outcome, .. } => match outcome {
            SagaOutcome::Done => "done",
            SagaOutcome::Differs => "not as wanted",
            SagaOutcome::Undone => "undone",
            SagaOutcome::PutBack => "put back",
            SagaOutcome::Spared => "spared",
            SagaOutcome::Declined => "declined",
            SagaOutcome::LeftAlone => "left alone",
            SagaOutcome::Abandoned => "abandoned",
        },
        MachineEnd::Halted { halt, .. } => halt.as_str(),
    }
}
