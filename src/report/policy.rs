//! The least RAM policy for a manifest: which calls it can lead to, and on what.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::guide::permissions::{ALL, Occasion, Permission, Reach};
use crate::model::{DesiredFleet, DesiredInstance, DesiredInternet, InstanceId, Payment, RegionId};

use super::words::Style;

/// Longest policy that RAM takes, in characters.
const POLICY_CHARS_MAX: usize = 6144;

/// Columns for an action; the longest has 38 characters.
const ACTION_COLUMNS: usize = 40;

/// The document, in the form and the order that RAM's own pages write it in.
#[derive(Serialize)]
struct Document {
    #[serde(rename = "Version")]
    version: &'static str,
    #[serde(rename = "Statement")]
    statements: Vec<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: &'static str,
    action: Vec<&'static str>,
    resource: Vec<String>,
}

/// How closely a policy names the machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Machines {
    One,
    AllOfARegion,
}

/// The policy of a manifest. A member of a group with a selector stands for whoever that finds, now or later: its
/// rights are for every instance of its region.
pub struct Policy<'a> {
    fleet: &'a DesiredFleet,
    machines: Machines,
}

impl<'a> Policy<'a> {
    /// Names every machine, unless that makes it longer than RAM takes.
    #[must_use]
    pub fn of(fleet: &'a DesiredFleet) -> Self {
        let exact = Self {
            fleet,
            machines: Machines::One,
        };
        if exact.json().chars().count() <= POLICY_CHARS_MAX {
            return exact;
        }
        Self {
            fleet,
            machines: Machines::AllOfARegion,
        }
    }

    /// As RAM takes it.
    #[must_use]
    pub fn json(&self) -> String {
        let mut by_resources: BTreeMap<(Reach, BTreeSet<String>), Vec<&'static str>> =
            BTreeMap::new();
        for (permission, machines) in self.permissions() {
            let resources = self.resources(permission.reach, &machines);
            let actions = by_resources.entry((permission.reach, resources));
            actions.or_default().push(permission.action);
        }
        let statements = by_resources
            .into_iter()
            .map(|((_, resources), action)| Statement {
                effect: "Allow",
                action,
                resource: resources.into_iter().collect(),
            });
        let document = Document {
            version: "1",
            statements: statements.collect(),
        };
        let text = serde_json::to_string_pretty(&document);
        format!("{}\n", text.expect("texts and lists are JSON"))
    }

    /// For people: every action with its reason.
    #[must_use]
    pub fn text(&self, style: &Style) -> String {
        let mut text = format!(
            "What RAM has to allow for the fleet {}:\n\n",
            self.fleet.fleet
        );
        for (permission, machines) in self.permissions() {
            let reach = match (permission.reach, self.machines) {
                (Reach::Instances, Machines::One) => self.named(&machines),
                (Reach::Instances, Machines::AllOfARegion) | (Reach::Regions, _) => {
                    "every instance of the region".to_owned()
                }
                (Reach::Everything, _) => "everything, since RAM takes no less".to_owned(),
            };
            text.push_str(&format!(
                "  {:<ACTION_COLUMNS$}{reach}\n",
                permission.action
            ));
            let indented = textwrap::Options::new(style.width.max(20))
                .initial_indent("      ")
                .subsequent_indent("      ");
            text.push_str(&textwrap::fill(permission.why, indented));
            text.push('\n');
        }
        for note in self.notes() {
            text.push('\n');
            text.push_str(&textwrap::fill(&note, style.width.max(20)));
            text.push('\n');
        }
        text
    }

    /// What the document itself cannot say.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let occasions: BTreeSet<Occasion> =
            self.fleet.instances.values().flat_map(occasions).collect();
        if occasions.contains(&Occasion::Order) {
            notes.push(
                "A manifest does not say which machines are subscriptions, so the rights for both billing \
                 methods are in."
                    .to_owned(),
            );
        }
        let machines = self.fleet.instances.values();
        let named = machines.filter(|machine| !self.is_selected(machine));
        if self.machines == Machines::AllOfARegion {
            notes.push(format!(
                "{} machines make a policy longer than the {POLICY_CHARS_MAX} characters RAM takes, so it \
                 covers every instance of their regions.",
                named.count()
            ));
        }
        if self.fleet.groups.values().any(|it| it.select.is_some()) {
            notes.push(
                "Whom a selector finds is known only when the cloud is asked, and may be others tomorrow, so the \
                 policy covers every instance of the regions that selectors look into."
                    .to_owned(),
            );
        }
        if let Some(role) = &self.fleet.role {
            notes.push(format!(
                "These rights are for the role {0}. Whoever runs respec takes it on, and needs one right of its own: \
                 sts:AssumeRole on {0}.",
                role.arn
            ));
        }
        if self.fleet.account.is_none() {
            notes.push(
                "The manifest names no account, so `*` stands for it; write `account:` to narrow it."
                    .to_owned(),
            );
        }
        notes
    }

    /// Whether a machine is in its group because of what it is like.
    fn is_selected(&self, machine: &DesiredInstance) -> bool {
        let group = machine.group.as_ref();
        let group = group.and_then(|name| self.fleet.groups.get(name));
        group.is_some_and(|group| group.select.is_some())
    }

    /// How many machines, as far as their number is known.
    fn named(&self, machines: &[Machine<'_>]) -> String {
        let named = machines.iter();
        let n = named
            .filter(|(_, machine)| !self.is_selected(machine))
            .count();
        let word = if n == 1 { "machine" } else { "machines" };
        if n == machines.len() {
            format!("{n} {word}")
        } else if n == 0 {
            "every instance of the region".to_owned()
        } else {
            format!("{n} {word}, and where selectors look")
        }
    }

    /// Every permission that some machine can lead to, with those machines.
    fn permissions(&self) -> Vec<(&'static Permission, Vec<Machine<'a>>)> {
        let all: Vec<(Machine<'a>, BTreeSet<Occasion>)> = self
            .fleet
            .instances
            .iter()
            .map(|machine| (machine, occasions(machine.1)))
            .collect();
        let leading_to = |permission: &Permission| -> Vec<Machine<'a>> {
            all.iter()
                .filter(|(_, occasions)| occasions.contains(&permission.occasion))
                .map(|(machine, _)| *machine)
                .collect()
        };
        ALL.iter()
            .map(|permission| (permission, leading_to(permission)))
            .filter(|(_, machines)| !machines.is_empty())
            .collect()
    }

    fn resources(&self, reach: Reach, machines: &[Machine<'_>]) -> BTreeSet<String> {
        let account = self.fleet.account.as_ref().map_or("*", |it| it.as_str());
        let instance =
            |region: &RegionId, which: &str| format!("acs:ecs:{region}:{account}:instance/{which}");
        let machines = machines.iter();
        match (reach, self.machines) {
            (Reach::Instances, Machines::One) => machines
                .map(|(id, machine)| {
                    let selected = self.is_selected(machine);
                    instance(&machine.region, if selected { "*" } else { id.as_str() })
                })
                .collect(),
            (Reach::Instances, Machines::AllOfARegion) | (Reach::Regions, _) => machines
                .map(|(_, machine)| instance(&machine.region, "*"))
                .collect(),
            (Reach::Everything, _) => BTreeSet::from(["*".to_owned()]),
        }
    }
}

/// A machine with its id.
type Machine<'a> = (&'a InstanceId, &'a DesiredInstance);

/// What the wishes for one machine can lead to.
fn occasions(machine: &DesiredInstance) -> BTreeSet<Occasion> {
    let spec = &machine.spec;
    let mut found = BTreeSet::from([Occasion::Always]);
    if spec.instance_type.is_some() {
        found.extend([Occasion::Type, Occasion::Width, Occasion::Power]);
        found.extend(ordering(machine));
    }
    if spec.internet != DesiredInternet::default() || machine.temporary.is_some() {
        found.extend([Occasion::Network, Occasion::Width]);
        found.extend(ordering(machine));
    }
    // In the classic network the first bandwidth needs a stop (R26).
    if spec.internet.max_bandwidth_out.is_some() {
        found.insert(Occasion::Power);
    }
    if spec.internet.public_ip == Some(true) {
        found.insert(Occasion::Address);
    }
    if spec.power.is_some() || spec.stopped_mode.is_some() {
        found.insert(Occasion::Power);
    }
    found
}

/// A subscription is changed by an order.
fn ordering(machine: &DesiredInstance) -> &'static [Occasion] {
    match machine.payment {
        Payment::Auto => &[Occasion::Order, Occasion::Paying],
        Payment::Await => &[Occasion::Order],
        Payment::Api => &[Occasion::Order, Occasion::Paying, Occasion::PayingByCall],
    }
}
