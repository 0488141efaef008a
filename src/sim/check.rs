//! Whether a scenario holds together: everything it names exists, once.
//!
//! Apart from the scenario itself, since it knows the operations and the guide as well.

use std::collections::BTreeSet;

use crate::sim::machine::catalogue::Catalogue;
use crate::sim::machine::described::Described;
use crate::sim::operations::{self, permission};
use crate::sim::scenario::{Scenario, ScenarioError, ScriptedFault};
use crate::sim::time::read_minute;
use crate::sim::world::script;

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
        problems.extend(self.particular_problems(&seen));
        problems.extend(self.permission_problems(&seen));
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
        let keyless = keyless.into_iter().chain(self.identity_problems());
        keyless.chain(still).chain(odd).chain(strangers)
    }

    /// Words that no account of the vendor could have.
    fn identity_problems(&self) -> Vec<String> {
        let is_number =
            !self.account.is_empty() && self.account.bytes().all(|b| b.is_ascii_digit());
        let currency = &self.balance.currency;
        let is_currency = currency.len() == 3 && currency.bytes().all(|b| b.is_ascii_uppercase());
        let in_a_region = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_region = !self.region.is_empty() && self.region.bytes().all(in_a_region);
        let mut problems: Vec<String> = [
            (is_number, "account: must be a number, in quotes"),
            (is_region, "region: lower-case letters, digits and `-` only"),
            (is_currency, "balance.currency: three capitals, as in CNY"),
        ]
        .into_iter()
        .filter(|(is_fine, _)| !is_fine)
        .map(|(_, problem)| problem.to_owned())
        .collect();
        let nameless = self.keys.iter().enumerate();
        let nameless = nameless.filter(|(_, key)| key.id.is_empty() || key.secret.is_empty());
        problems
            .extend(nameless.map(|(at, _)| format!("keys[{at}]: id and secret must not be empty")));
        problems
    }

    fn particular_problems(&self, instances: &BTreeSet<&String>) -> Vec<String> {
        let strangers = self.particulars.keys().filter(|id| !instances.contains(id));
        let mut problems: Vec<String> = strangers
            .map(|id| format!("particulars.{id}: no instance {id}"))
            .collect();
        let vpcs: BTreeSet<&str> = self.instances.iter().map(Described::vpc).collect();
        let advanced = self.choices.advanced_vpcs.iter();
        let empty = advanced.filter(|id| !vpcs.contains(id.as_str()));
        problems.extend(empty.map(|id| format!("choices.advanced_vpcs: no instance is in {id}")));
        let mut seen = BTreeSet::new();
        let twice = self
            .scaling_groups
            .iter()
            .filter(|group| !seen.insert(&group.id));
        problems.extend(twice.map(|group| format!("scaling_groups: {} is used twice", group.id)));
        problems
    }

    fn permission_problems(&self, instances: &BTreeSet<&String>) -> Vec<String> {
        let actions: Vec<String> = operations::all().map(permission::action).collect();
        let keys = self.keys.iter().enumerate();
        let keys = keys.map(|(at, key)| (format!("keys[{at}]"), &key.permissions));
        let roles = self.roles.iter().enumerate();
        let roles = roles.map(|(at, role)| (format!("roles[{at}]"), &role.permissions));
        let mut problems = Vec::new();
        for (place, permissions) in keys.chain(roles) {
            let place = format!("{place}.permissions");
            let unknown = permissions.strangers(&actions);
            problems
                .extend(unknown.map(|word| format!("{place}.deny: {word} denies nothing here")));
            let hidden = permissions.deny_reading.iter();
            let hidden = hidden.filter(|id| !instances.contains(id));
            problems.extend(hidden.map(|id| format!("{place}.deny_reading: no instance {id}")));
        }
        problems
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
    let moments = [
        ("ExpiredTime", &instance.expired_time),
        ("AutoReleaseTime", &instance.auto_release_time),
    ];
    for (name, moment) in moments {
        if !moment.is_empty() && read_minute(moment).is_none() {
            problems.push(format!("{name}: {moment} is not yyyy-MM-ddTHH:mmZ"));
        }
    }
    problems.into_iter()
}
