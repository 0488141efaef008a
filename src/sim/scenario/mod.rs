//! A scenario: the cloud as it stands when a rehearsal begins, read from YAML.
//!
//! In: text, bounded in size and depth. Out: a [`Scenario`] every name of which is known, or an error
//! that names the place. Unknown keys are refused; everything but the instances has a default.

mod bounds;
mod choices;
mod faults;
mod owners;
mod particulars;
mod permissions;
mod renewal;
mod roles;
mod settings;
mod shape;
mod site;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use bounds::{SCENARIO_BYTES_MAX, SCENARIO_DEPTH_MAX};
pub use choices::Choices;
pub use faults::{ScriptedFault, When};
pub use owners::{Owner, ScalingGroup};
pub use particulars::{Disk, DiskKind, Guest, Image, OnlineChange, Particulars};
pub(crate) use permissions::Besides;
pub use permissions::Permissions;
pub use renewal::{PeriodUnit, Renewal, RenewalStatus};
pub use roles::Role;
pub use schema::scenario_schema;
pub use settings::{Balance, Delays, Key, LowBalance, Quota, Rate};
pub use shape::ShapeError;
pub use site::Site;

use crate::sim::machine::catalogue::TypeOffer;
use crate::sim::machine::described::Described;
use crate::sim::scenario::settings::{default_keys, published_rates};
use crate::sim::time::Span;

/// The whole simulated account as it stands at the beginning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// The account id that GetCallerIdentity tells.
    pub account: String,
    /// The site the account belongs to; the other one's billing endpoint answers `NotApplicable`.
    pub site: Site,
    /// The region of instances that name none.
    pub region: String,
    /// The calendar of virtual time.
    pub start: Timestamp,
    /// Who may sign.
    pub keys: Vec<Key>,
    /// Roles that can be assumed; without any, every role of the account.
    pub roles: Vec<Role>,
    /// The money the account holds.
    pub balance: Balance,
    /// How long things take.
    pub delays: Delays,
    /// How long a changed instance refuses the next change (R52).
    pub cool_down: Span,
    /// How long a client token is remembered; not published, so settable.
    pub token_memory: Span,
    /// What happens to an order the balance does not cover (R42).
    pub low_balance: LowBalance,
    /// Rates by operation; R54 holds unless named here.
    pub throttle: BTreeMap<String, Rate>,
    /// Types that replace or join the built-in ones.
    pub catalogue: Vec<TypeOffer>,
    /// Account resources that run out.
    pub quota: Quota,
    /// Instances whose EIP does block a type change; off by default (R59).
    pub eip_blocks_type_change: BTreeSet<String>,
    /// What depends on the account, or may be otherwise in a real cloud.
    pub choices: Choices,
    /// Services that release a member that stays stopped.
    pub scaling_groups: Vec<ScalingGroup>,
    /// What is true of machines and DescribeInstances does not show, by InstanceId.
    pub particulars: BTreeMap<String, Particulars>,
    /// What the shares of `faults` are drawn from.
    pub fault_seed: u64,
    /// What goes wrong, and when.
    pub faults: Vec<ScriptedFault>,
    /// Subscriptions that renew themselves, or end unannounced, by id; all others are `Normal`.
    pub renewals: BTreeMap<String, Renewal>,
    /// The machines, with the field names of DescribeInstances.
    pub instances: Vec<Described>,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            account: "1234567890123456".to_owned(),
            site: Site::default(),
            region: "cn-hangzhou".to_owned(),
            start: Timestamp::constant(1_767_225_600, 0), // 2026-01-01T00:00:00Z
            keys: default_keys(),
            roles: Vec::new(),
            balance: Balance::default(),
            delays: Delays::default(),
            cool_down: Span::secs(5 * 60),
            token_memory: Span::secs(30 * 60),
            low_balance: LowBalance::default(),
            throttle: published_rates(),
            catalogue: Vec::new(),
            quota: Quota::default(),
            eip_blocks_type_change: BTreeSet::new(),
            choices: Choices::default(),
            scaling_groups: Vec::new(),
            particulars: BTreeMap::new(),
            fault_seed: 0,
            faults: Vec::new(),
            renewals: BTreeMap::new(),
            instances: Vec::new(),
        }
    }
}

/// Why a text is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// More than [`SCENARIO_BYTES_MAX`].
    #[error("it is larger than {} MiB", SCENARIO_BYTES_MAX / 1024 / 1024)]
    TooLarge,
    /// Deeper than [`SCENARIO_DEPTH_MAX`].
    #[error("nested deeper than {SCENARIO_DEPTH_MAX} levels at line {line}")]
    TooDeep {
        /// Where the limit was passed.
        line: usize,
    },
    /// Not YAML, or not of this shape; it names key, line and column.
    #[error(transparent)]
    Shape(ShapeError),
    /// Well formed, but naming things that do not fit together.
    #[error("{}", .0.join("; "))]
    Meaning(Vec<String>),
}

impl Scenario {
    /// Reads a scenario from YAML (or JSON, which is YAML).
    ///
    /// # Errors
    /// [`ScenarioError`], always naming the place.
    pub fn read(text: &str) -> Result<Self, ScenarioError> {
        bounds::check(text)?;
        if is_empty(text) {
            return Ok(Self::default());
        }
        let mut scenario: Self = serde_yaml::from_str(text)
            .map_err(|error| ScenarioError::Shape(ShapeError::from(&error)))?;
        for (operation, rate) in published_rates() {
            scenario.throttle.entry(operation).or_insert(rate);
        }
        scenario.check()?;
        Ok(scenario)
    }
}

fn is_empty(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_of_two_lines_is_enough() {
        let text = "instances:\n- {InstanceId: i-1, InstanceType: ecs.g7.large}\n";
        let scenario = Scenario::read(text).unwrap();
        assert_eq!(scenario.start.to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(scenario.delays, Delays::default());
        assert_eq!(scenario.instances.len(), 1);
        assert!(Scenario::read("# nothing yet\n").is_ok());
    }

    #[test]
    fn every_problem_names_its_place() {
        let text = "instances:\n- {InstanceId: i-1, InstanceType: ecs.none}\n- {InstanceId: i-1, \
                    InstanceType: ecs.g7.large, ExpiredTime: soon}\n";
        let error = Scenario::read(text).unwrap_err().to_string();
        for part in [
            "instances[0] (i-1): InstanceType",
            "instances[1] (i-1): InstanceId",
            "soon",
        ] {
            assert!(error.contains(part), "{error}");
        }
        let Err(ScenarioError::Shape(error)) = Scenario::read("delays: {nap: 3s}") else {
            panic!("an unknown key was read");
        };
        let error = error.to_string();
        assert!(error.contains("nap") && error.contains("line 1"), "{error}");
    }

    #[test]
    fn deep_nesting_is_refused_at_once() {
        let deep = format!("balance: {}", "[".repeat(100_000));
        assert!(matches!(
            Scenario::read(&deep),
            Err(ScenarioError::TooDeep { line: 1 })
        ));
    }

    #[test]
    fn a_scenario_survives_being_written() {
        let text = "cool_down: 90s\nbalance: {available: 12.5}\ninstances:\n\
                    - {InstanceId: i-1, InstanceType: ecs.g7.large, Status: Stopped}\n";
        let scenario = Scenario::read(text).unwrap();
        let written = serde_yaml::to_string(&scenario).unwrap();
        assert_eq!(Scenario::read(&written).unwrap(), scenario);
    }
}
