//! Bad days: a fleet of fifty, one call in twenty goes wrong, and one apply that nobody watches.
//!
//! `--bad-days N` plays N of them. Nineteen of twenty must end with the fleet as wanted, every other one
//! with an honest exit code 3, and none with a machine down that should run.

use std::collections::BTreeMap;
use std::time::Duration;

use respec::apply::{MachineEnd, RunOutcome};
use respec::model::{InstanceId, Power};
use respec::saga::SagaOutcome;
use respec::sim::{FaultPlan, Faults, GenerateOptions, generate};
use serde_json::Value;

use crate::laws::{first_difference, of};
use crate::program::{Came, Program};
use crate::rig::paused;

/// Machines of each fleet.
const MACHINES: u32 = 50;

/// How many of them want something.
const CHANGED_PERCENT: u32 = 60;

/// The share of all calls that go wrong.
const SHARE: f64 = 0.05;

/// The share of runs, in percent, that must end with the fleet as wanted.
const CONVERGE_PERCENT: usize = 95;

/// After this nothing that was sent can still arrive.
const AFTERMATH: Duration = Duration::from_secs(600);

/// How one bad day ended.
pub(crate) struct Day {
    /// What must not be so.
    pub(crate) objections: Vec<String>,
    converged: bool,
    exit_code: u8,
    n_calls: u64,
    n_faults: u64,
    n_changed: usize,
}

/// Plays the bad day of this seed.
pub(crate) fn play(seed: u64) -> Day {
    paused(async {
        let made = generate(&GenerateOptions {
            machines: MACHINES,
            seed,
            changed_percent: CHANGED_PERCENT,
        });
        let faults = Faults::seeded(seed, one_in_twenty());
        let program = Program::new(&made.manifest, &made.cloud, seed, faults);
        let found = program.rig.truth();
        let came = program.apply().await;
        program.wait(AFTERMATH).await;
        judge(&program, &found, came)
    })
}

/// Each kind as likely as the others.
fn one_in_twenty() -> FaultPlan {
    let each = SHARE / 7.0;
    FaultPlan {
        not_sent: each,
        lost_before: each,
        lost_after: each,
        internal_before: each,
        internal_after: each,
        unavailable: each,
        throttled: each,
        most: u32::MAX,
        ..FaultPlan::default()
    }
}

fn judge(program: &Program, found: &Value, came: Came) -> Day {
    let now = program.rig.truth();
    let (n_calls, n_faults) = counts(program);
    let mut day = Day {
        objections: Vec::new(),
        converged: false,
        exit_code: 1,
        n_calls,
        n_faults,
        n_changed: 0,
    };
    let Came::Ran(ran) = came else {
        return day; // Nothing was begun, which is honest, and not what was wanted.
    };
    let outcome = &ran.0;
    day.exit_code = outcome.exit_code;
    day.n_changed = outcome.machines.len();
    let different = differences(program, &now, outcome);
    // Exit 3 is also what a run ends with whose plan had blocked machines.
    let all_done = outcome.exit_code == 0 || (outcome.exit_code == 3 && none_failed(outcome));
    day.converged = all_done && different.is_empty();
    if all_done {
        day.objections.extend(different);
    } else if outcome.exit_code != 3 {
        day.objections
            .push(format!("exit {}: {outcome:?}", outcome.exit_code));
    }
    day.objections.extend(down(program, found, &now));
    day
}

fn none_failed(outcome: &RunOutcome) -> bool {
    let closed = outcome.machines.values();
    let is_done = |end: &MachineEnd| match end {
        MachineEnd::Closed { outcome, .. } => *outcome == SagaOutcome::Done,
        MachineEnd::Halted { .. } | MachineEnd::Rests { .. } | MachineEnd::Open => false,
    };
    let mut ends = closed.map(|(_, end)| end);
    outcome.blocked > 0 && outcome.left_alone.is_empty() && ends.all(is_done)
}

/// What is not as wanted of the machines that were begun.
fn differences(program: &Program, now: &Value, outcome: &RunOutcome) -> Vec<String> {
    let begun = |id: &&InstanceId| outcome.machines.contains_key(*id);
    let desired = &program.rig.desired.instances;
    let machines = desired.keys().filter(begun);
    machines
        .filter_map(|id| {
            let what = first_difference(&desired[id].spec, of(now, id))?;
            Some(format!("{id}: {what}"))
        })
        .collect()
}

/// Machines that ran, or were to run, and are down.
fn down(program: &Program, found: &Value, now: &Value) -> Vec<String> {
    let desired = program.rig.desired.instances.iter();
    let wronged = desired.filter(|(id, machine)| {
        let ran = of(found, id)["Status"] == "Running";
        ran && machine.spec.power != Some(Power::Stopped) && of(now, id)["Status"] != "Running"
    });
    wronged
        .map(|(id, _)| format!("{id} ran and is down"))
        .collect()
}

/// Calls, and those of them that went wrong.
fn counts(program: &Program) -> (u64, u64) {
    let transcript = program.wire.transcript();
    let went_wrong = |line: &&str| STRUCK.iter().any(|mark| line.contains(mark));
    let struck = transcript.lines().filter(went_wrong).count();
    (transcript.lines().count() as u64, struck as u64)
}

/// How the transcript shows each kind of fault.
const STRUCK: [&str; 5] = [
    " not-sent",
    " lost-before",
    " lost-after:",
    " internal-after:",
    " fault:",
];

/// Whether so many days may pass, and the line that says how they went.
pub(crate) fn verdict(days: &BTreeMap<u64, Day>) -> (bool, String) {
    let converged = days.values().filter(|day| day.converged).count();
    let broken = days
        .values()
        .filter(|day| !day.objections.is_empty())
        .count();
    let sum = |of: fn(&Day) -> u64| days.values().map(of).sum::<u64>();
    let mut exits: BTreeMap<u8, usize> = BTreeMap::new();
    for day in days.values() {
        *exits.entry(day.exit_code).or_default() += 1;
    }
    let (n_calls, n_faults) = (sum(|day| day.n_calls), sum(|day| day.n_faults));
    let share = n_faults as f64 / n_calls as f64;
    // Days that were not bad would prove nothing.
    let bad = (share - SHARE).abs() < SHARE / 5.0;
    let passed = bad && broken == 0 && converged * 100 >= days.len() * CONVERGE_PERCENT;
    let line = format!(
        "bad days: {converged} of {} converged, {broken} broke a law; exit codes {exits:?}; {} machines \
         begun, {} calls, {} of them went wrong ({:.1} %)",
        days.len(),
        sum(|day| day.n_changed as u64),
        n_calls,
        n_faults,
        share * 100.0,
    );
    (passed, line)
}
