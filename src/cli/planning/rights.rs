//! May these credentials stop what they will stop, and start it again? Asked before the first stop: a
//! role that may stop and not start would strand a fleet.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::{CloudError, IDS_PER_CALL_MAX, PowerCall, PowerVerb, Right, Rights};
use crate::model::{InstanceId, RegionId, StoppedMode};
use crate::plan::{Action, Check, Saga, Undo, Verdict};
use crate::report::words::terminal;

use crate::cli::failure::{Failure, Situation};

/// Machines that are asked about when a plan is only shown: one page of each region and kind.
const SHOWN_MAX: usize = IDS_PER_CALL_MAX;

/// One thing that a run will do, to these machines.
#[derive(Debug)]
struct Use {
    region: RegionId,
    verb: PowerVerb,
    machines: Vec<InstanceId>,
}

/// What came of asking.
#[derive(Debug, Default)]
struct Found {
    /// What will be done, and to how many machines.
    meant: BTreeMap<&'static str, usize>,
    /// To how many of them it is known to be allowed.
    proven: BTreeMap<&'static str, usize>,
    /// The machine that may not be touched, and the refusal.
    denied: Vec<(InstanceId, CloudError)>,
    /// What could not be learned.
    unclear: Vec<CloudError>,
}

/// Asks for every machine that these sagas switch, before anything is sent.
///
/// # Errors
/// [`Failure`] with exit code 77 when a right is missing: which one, and for which machine.
pub async fn demand(
    cloud: &dyn Rights,
    sagas: impl IntoIterator<Item = &Saga>,
) -> Result<Vec<Check>, Failure> {
    let found = ask(cloud, uses(sagas), usize::MAX).await?;
    match found.denied.first() {
        Some((machine, error)) => Err(missing(machine, error)),
        None => Ok(found.checks()),
    }
}

/// Asks for at most one page of each region and kind, for a plan that is only shown.
///
/// # Errors
/// [`Failure`] when the credentials themselves are refused.
pub async fn show(
    cloud: &dyn Rights,
    sagas: impl IntoIterator<Item = &Saga>,
) -> Result<Vec<Check>, Failure> {
    let found = ask(cloud, uses(sagas), SHOWN_MAX).await?;
    Ok(found.checks())
}

/// What is left open, for runs that show no plan: a line each.
#[must_use]
pub fn doubts(checks: &[Check]) -> String {
    let open = checks.iter().filter(|check| check.verdict != Verdict::Good);
    open.map(|check| format!("warning: {}: {}\n", check.about, terminal(&check.words)))
        .collect()
}

/// What the sagas do to the power of machines, by region and kind. A start is also what undoes a stop.
fn uses<'a>(sagas: impl IntoIterator<Item = &'a Saga>) -> Vec<Use> {
    let mut uses: BTreeMap<(RegionId, PowerVerb), BTreeSet<InstanceId>> = BTreeMap::new();
    for saga in sagas {
        for step in &saga.steps {
            let stops = match step.action {
                Action::Stop { mode } => Some(PowerVerb::Stop(mode)),
                Action::Start
                | Action::Modify(_)
                | Action::AwaitOrder
                | Action::PayOrder
                | Action::AllocatePublicIp
                | Action::CoolDown
                | Action::AskOffer(_)
                | Action::RunHook { .. }
                | Action::AwaitHealth(_) => None,
            };
            let starts = step.action == Action::Start || step.undo == Undo::By(Action::Start);
            let starts = starts.then_some(PowerVerb::Start);
            for verb in [stops, starts].into_iter().flatten() {
                let machines = uses.entry((saga.region.clone(), verb)).or_default();
                machines.insert(saga.instance.clone());
            }
        }
    }
    let uses = uses.into_iter();
    uses.map(|((region, verb), machines)| Use {
        region,
        verb,
        machines: machines.into_iter().collect(),
    })
    .collect()
}

async fn ask(cloud: &dyn Rights, uses: Vec<Use>, most: usize) -> Result<Found, Failure> {
    let mut found = Found::default();
    for used in uses {
        let asked = used.machines.len().min(most);
        let meant = &mut found.meant;
        *meant.entry(word(used.verb)).or_default() += used.machines.len();
        for page in used.machines[..asked].chunks(IDS_PER_CALL_MAX) {
            ask_page(cloud, &used, page, &mut found).await?;
        }
    }
    Ok(found)
}

async fn ask_page(
    cloud: &dyn Rights,
    used: &Use,
    page: &[InstanceId],
    found: &mut Found,
) -> Result<(), Failure> {
    match may(cloud, used, page).await? {
        Right::Proven => *found.proven.entry(word(used.verb)).or_default() += page.len(),
        Right::Unclear(error) => found.unclear.push(error),
        Right::Denied(error) => {
            let machine = whom(cloud, used, page).await?;
            found.denied.push((machine, error));
        }
    }
    Ok(())
}

/// One machine of a page for which the right is missing, found by halving: a policy may except some.
async fn whom(cloud: &dyn Rights, used: &Use, page: &[InstanceId]) -> Result<InstanceId, Failure> {
    let mut suspects = page;
    while suspects.len() > 1 {
        let (first, second) = suspects.split_at(suspects.len() / 2);
        suspects = match may(cloud, used, first).await? {
            Right::Denied(_) => first,
            Right::Proven | Right::Unclear(_) => second,
        };
    }
    Ok(suspects[0].clone())
}

async fn may(cloud: &dyn Rights, used: &Use, page: &[InstanceId]) -> Result<Right, Failure> {
    let call = PowerCall {
        region: used.region.clone(),
        verb: used.verb,
        instances: page.to_vec(),
    };
    let right = cloud.may_switch(&call).await;
    right.map_err(|error| Failure::cloud("ask for the right to stop and start", &error))
}

impl Found {
    fn checks(&self) -> Vec<Check> {
        let denied = self.denied.iter().map(|(machine, error)| {
            let why = format!(
                "{} is refused for {machine} ({}); an apply would end with exit code 77 before anything stops",
                error.operation,
                error.code.as_deref().unwrap_or("no code"),
            );
            Check::new("rights", Verdict::Bad, why)
        });
        let unclear = self.unclear.iter().map(|error| {
            Check::new(
                "rights",
                Verdict::Unknown,
                format!("could not be checked: {error}"),
            )
        });
        let proven = self
            .proven
            .iter()
            .map(|(what, n)| match self.meant.get(what) {
                Some(meant) if meant > n => format!("to {what} {n} of {meant} machines"),
                Some(_) | None => format!("to {what} {n}"),
            });
        let proven: Vec<String> = proven.collect();
        let good = (!proven.is_empty()).then(|| {
            let words = format!("checked by dry run: {}", proven.join(", "));
            Check::new("rights", Verdict::Good, words)
        });
        good.into_iter().chain(unclear).chain(denied).collect()
    }
}

fn missing(machine: &InstanceId, error: &CloudError) -> Failure {
    let message = format!(
        "these credentials may not {} {machine}",
        verb_of(error.operation)
    );
    let mut failure = Failure::new(Situation::Credentials, message);
    failure.chain.push(error.to_string());
    if let Some(request) = &error.request_id {
        failure.chain.push(format!("request: {request}"));
    }
    failure
        .hint(format!(
            "grant `ecs:{}` for it, then apply again; `respec policy` prints all that is needed",
            error.operation
        ))
        .hint("nothing was sent: who may stop and not start would leave machines down")
}

fn word(verb: PowerVerb) -> &'static str {
    match verb {
        PowerVerb::Start => "start",
        PowerVerb::Stop(StoppedMode::KeepCharging | StoppedMode::StopCharging)
        | PowerVerb::ForceStop(_) => "stop",
        PowerVerb::Reboot => "reboot",
    }
}

fn verb_of(operation: &str) -> &'static str {
    match operation {
        "StartInstances" => "start",
        _ => "stop",
    }
}
