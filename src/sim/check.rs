//! Whether a scenario holds together: everything it names exists, once.
//!
//! Apart from the scenario itself, since it knows the operations and the guide as well.

use std::collections::BTreeSet;

use crate::sim::catalogue::Catalogue;
use crate::sim::described::Described;
use crate::sim::operations;
use crate::sim::scenario::{Scenario, ScenarioError, ScriptedFault};
use crate::sim::script;
use crate::sim::time::read_minute;

/// Most problems told at once; the first few usually explain the rest.
const PROBLEMS_MAX: usize = 20;

impl Scenario {
    /// Whether everything a scenario names exists, once.
    ///
    /// # Errors
    /// [`ScenarioError::Meaning`] with every problem and its place.
    pub fn check(&self) -> Result<(), ScenarioError> {
        let catalogue = Catalogue::with(&self.catalogue);
        let mut problems: Vec<String> = self.setting_problems().collect();
        let mut seen = BTreeSet::new();
        for (index, instance) in self.instances.iter().enumerate() {
            let place = format!("instances[{index}] ({})", instance.instance_id);
            if !seen.insert(&instance.instance_id) {
                problems.push(format!("{place}: InstanceId is used twice"));
            }
            let found = instance_problems(instance, &catalogue);
            problems.extend(found.map(|problem| format!("{place}: {problem}")));
        }
        let strangers = self.eip_blocks_type_change.iter();
        let strangers = strangers.filter(|id| !seen.contains(id));
        problems.extend(strangers.map(|id| format!("eip_blocks_type_change: no instance {id}")));
        problems.extend(self.fault_problems(&seen));
        problems.truncate(PROBLEMS_MAX);
        if problems.is_empty() {
            return Ok(());
        }
        Err(ScenarioError::Meaning(problems))
    }

    fn setting_problems(&self) -> impl Iterator<Item = String> {
        let keyless = self
            .keys
            .is_empty()
            .then(|| "keys: at least one is needed".to_owned());
        let still = self
            .throttle
            .iter()
            .filter(|(_, rate)| rate.per.0.is_zero());
        let still = still.map(|(name, _)| format!("throttle.{name}.per: must be above 0s"));
        let odd = self.catalogue.iter().enumerate();
        let odd = odd.filter(|(_, offer)| offer.name.is_empty() || offer.vcpus == 0);
        let odd = odd.map(|(at, _)| format!("catalogue[{at}]: type and vcpus must not be empty"));
        let strangers = self.throttle.keys().filter(|name| !is_operation(name));
        let strangers = strangers.map(|name| format!("throttle.{name}: no such operation"));
        keyless.into_iter().chain(still).chain(odd).chain(strangers)
    }

    fn fault_problems(&self, instances: &BTreeSet<&String>) -> Vec<String> {
        let mut problems = Vec::new();
        for (index, fault) in self.faults.iter().enumerate() {
            let found = fault.problems().into_iter();
            let found = found
                .chain(stranger(fault, instances))
                .chain(unknown(fault));
            problems.extend(found.map(|problem| format!("faults[{index}]: {problem}")));
        }
        problems
    }
}

fn is_operation(name: &str) -> bool {
    operations::all().any(|operation| operation.name == name)
}

/// A fault that names what is not there would never strike.
fn stranger(fault: &ScriptedFault, instances: &BTreeSet<&String>) -> Vec<String> {
    let operation = fault.operation.iter().filter(|name| !is_operation(name));
    let operation = operation.map(|name| format!("operation: there is no {name}"));
    let instance = fault.instance.iter().filter(|id| !instances.contains(id));
    let instance = instance.map(|id| format!("instance: there is no {id}"));
    operation.chain(instance).collect()
}

/// A code the guide does not know has no status of its own.
fn unknown(fault: &ScriptedFault) -> Option<String> {
    let code = fault.code.as_deref().filter(|_| fault.status.is_none())?;
    script::known(fault.operation.as_deref(), code)
        .is_none()
        .then(|| format!("code: {code} is not known to `respec explain`; write its status as well"))
}

/// Most public bandwidth an instance of a scenario may start with; R28 has nothing larger.
const BANDWIDTH_MAX: i64 = 1000;

fn instance_problems(instance: &Described, catalogue: &Catalogue) -> impl Iterator<Item = String> {
    let mut problems = Vec::new();
    if instance.instance_id.is_empty() {
        problems.push("InstanceId: must not be empty".to_owned());
    }
    if catalogue.get(&instance.instance_type).is_none() {
        let name = &instance.instance_type;
        problems.push(format!("InstanceType: {name} is not in the catalogue"));
    }
    let out = instance.internet_max_bandwidth_out;
    if !(0..=BANDWIDTH_MAX).contains(&out) {
        problems.push(format!("InternetMaxBandwidthOut: {out} is out of range"));
    }
    let expiry = &instance.expired_time;
    if !expiry.is_empty() && read_minute(expiry).is_none() {
        problems.push(format!("ExpiredTime: {expiry} is not yyyy-MM-ddTHH:mmZ"));
    }
    problems.into_iter()
}
