//! The faults of a scenario at work: which of them strikes the next call.
//!
//! What was struck follows from the scenario and the calls alone: shares are drawn from the seed, the
//! place of the fault in its list and the number of the call, so nothing but counts needs to be kept.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::guide::errors;
use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::Params;
use crate::sim::scenario::{ScriptedFault, When};

/// The faults of a scenario, and how far they have come.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Script {
    seed: u64,
    faults: Vec<ScriptedFault>,
    tallies: Vec<Tally>,
}

/// How far one fault has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Calls that fitted it.
    fitting: u64,
    /// Calls that it struck.
    struck: u64,
}

/// What happens to a call that is struck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Strike {
    /// It never arrives.
    NotSent,
    /// Nobody hears of it.
    Silent(Moment),
    /// It is answered with this.
    Refused(Moment, Refusal),
}

/// On which side of the effect a call is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Before,
    After,
}

impl Script {
    pub(crate) fn new(seed: u64, faults: &[ScriptedFault]) -> Self {
        Self {
            seed,
            faults: faults.to_vec(),
            tallies: vec![Tally::default(); faults.len()],
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// How far the faults have come, for whoever makes a call again.
    pub(crate) fn tallies(&self) -> &[Tally] {
        &self.tallies
    }

    /// Goes on where the faults had come to.
    pub(crate) fn take_up(&mut self, tallies: &[Tally]) {
        if tallies.len() == self.tallies.len() {
            self.tallies = tallies.to_vec();
        }
    }

    /// Counts a call, and says what strikes it, if anything.
    pub(crate) fn next(&mut self, action: &str, params: &Params) -> Option<Strike> {
        let mut found: Option<usize> = None;
        for (index, fault) in self.faults.iter().enumerate() {
            if !fits(fault, action, params) {
                continue;
            }
            let tally = &mut self.tallies[index];
            tally.fitting += 1;
            let spent = fault.times.is_some_and(|most| tally.struck >= most);
            let drawn = is_drawn(fault, self.seed, index, tally.fitting);
            if found.is_none() && !spent && fault.names_call(tally.fitting) && drawn {
                tally.struck += 1;
                found = Some(index);
            }
        }
        found.map(|index| strike(&self.faults[index], action))
    }
}

fn fits(fault: &ScriptedFault, action: &str, params: &Params) -> bool {
    let operation = fault.operation.as_deref();
    let instance = fault.instance.as_deref();
    operation.is_none_or(|name| name == action) && instance.is_none_or(|id| params.is_about(id))
}

fn is_drawn(fault: &ScriptedFault, seed: u64, index: usize, number: u64) -> bool {
    let Some(share) = fault.share else {
        return true;
    };
    let text = format!("{seed}/{index}/{number}");
    let digest = Sha256::digest(text.as_bytes());
    let bytes = digest.first_chunk().expect("a digest has 32 bytes");
    // 53 bits are what a float holds.
    let drawn = (u64::from_be_bytes(*bytes) >> 11) as f64 / (1_u64 << 53) as f64;
    drawn < share
}

fn strike(fault: &ScriptedFault, action: &str) -> Strike {
    match fault.when {
        When::NotSent => Strike::NotSent,
        When::NoAnswerBefore => Strike::Silent(Moment::Before),
        When::NoAnswerAfter => Strike::Silent(Moment::After),
        When::Before => Strike::Refused(Moment::Before, refusal(fault, action)),
        When::After => Strike::Refused(Moment::After, refusal(fault, action)),
    }
}

fn refusal(fault: &ScriptedFault, action: &str) -> Refusal {
    let code = fault.code.as_deref().unwrap_or_default();
    let known = known(Some(action), code);
    let status = fault.status.or(known.map(|facts| facts.http));
    let message = fault
        .message
        .as_deref()
        .or(known.map(|facts| facts.meaning));
    Refusal {
        retry_after: fault.retry_after_ms.map(Duration::from_millis),
        ..Refusal::new(
            status.unwrap_or(STATUS_UNKNOWN),
            code,
            message.unwrap_or("A fault of the scenario."),
        )
    }
}

/// Never answered: a scenario is refused whose code has no status and is not known either.
const STATUS_UNKNOWN: u16 = 400;

/// What the guide knows of a code, best for the operation it is answered by.
pub(crate) fn known(operation: Option<&str>, code: &str) -> Option<&'static errors::ErrorFacts> {
    let here = errors::find(operation, code);
    let here = here.first().copied();
    here.or_else(|| errors::find(None, code).first().copied())
}
