//! Faults as a scenario writes them down: which call is struck, when, and what its sender sees.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One fault: the calls it can strike, the ones of them it does strike, and how.
///
/// A call is counted by every fault whose `operation` and `instance` fit it, struck or not. The first
/// fault of the list that strikes decides what happens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptedFault {
    /// The operation; any unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// A machine the call is about, alone or among others; any call unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The share of the calls that are struck, drawn from `fault_seed`; all unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// The one call that is struck, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<u64>,
    /// The calls that are struck, counted from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<u64>,
    /// Most calls that are struck.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Before or after the effect, and whether anybody hears of it.
    #[serde(default)]
    pub when: When,
    /// The HTTP status of the answer; the guide's for this code unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error code of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The text of the answer; what the guide says about the code unless named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The wait the answer asks for, in milliseconds (`x-acs-retry-after`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// Before or after the effect, and whether anybody hears of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The code is answered, and nothing has happened.
    #[default]
    Before,
    /// The code is answered, and it has happened all the same.
    After,
    /// Nothing is answered, and nothing has happened.
    NoAnswerBefore,
    /// Nothing is answered, and it has happened.
    NoAnswerAfter,
    /// The request never arrives, and its sender knows.
    NotSent,
}

impl ScriptedFault {
    /// Whether the n-th call that fits may be struck, by its number alone.
    pub(crate) fn names_call(&self, number: u64) -> bool {
        let all = self.call.is_none() && self.calls.is_empty();
        all || self.call == Some(number) || self.calls.contains(&number)
    }

    /// What does not fit together in it.
    pub(crate) fn problems(&self) -> Vec<String> {
        let answers = matches!(self.when, When::Before | When::After);
        let speaks = [
            ("code", self.code.is_some()),
            ("status", self.status.is_some()),
            ("message", self.message.is_some()),
            ("retry_after_ms", self.retry_after_ms.is_some()),
        ];
        let mut problems = Vec::new();
        if answers && self.code.is_none() {
            problems.push("code: is needed where something is answered".to_owned());
        }
        let mute = speaks.iter().filter(|(_, written)| *written && !answers);
        problems.extend(mute.map(|(key, _)| format!("{key}: nothing is answered here")));
        problems.extend(self.number_problems());
        problems
    }

    fn number_problems(&self) -> Vec<String> {
        let counted = self.call.is_some() || !self.calls.is_empty();
        let mut problems = Vec::new();
        if self.call.is_some() && !self.calls.is_empty() {
            problems.push("calls: goes without call".to_owned());
        }
        if self.call == Some(0) || self.calls.contains(&0) {
            problems.push("call: the first one is 1".to_owned());
        }
        if self.share.is_some() && counted {
            problems.push("share: goes without call and calls".to_owned());
        }
        if self
            .share
            .is_some_and(|share| !(0.0..=1.0).contains(&share))
        {
            problems.push("share: must lie between 0 and 1".to_owned());
        }
        if self.times == Some(0) {
            problems.push("times: must be above 0".to_owned());
        }
        if self
            .status
            .is_some_and(|status| !(400..600).contains(&status))
        {
            problems.push("status: must lie between 400 and 599".to_owned());
        }
        if self.code.as_deref().is_some_and(|code| !is_a_code(code)) {
            problems.push("code: must be letters, digits, dots, dashes and underscores".to_owned());
        }
        problems
    }
}

fn is_a_code(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !text.is_empty() && text.chars().all(fits)
}
