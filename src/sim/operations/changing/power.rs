//! Start, stop and reboot, one machine or up to a hundred.

use serde_json::{Value, json};

use crate::sim::machine::described::{Status, StoppedMode};
use crate::sim::operations::{Call, regions};
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::protocol::request::Params;
use crate::sim::rules::{common, power};
use crate::sim::world::World;
use crate::sim::world::effects::Force;

/// Most machines of one batch call.
const BATCH_MAX: usize = 100;

/// What is to be done to each machine.
#[derive(Clone, Copy)]
enum Verb {
    Start,
    Stop(Force, Option<StoppedMode>),
    Reboot,
}

pub(crate) fn start_one(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    one(world, call, Verb::Start)
}

pub(crate) fn start_many(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    many(world, call, Verb::Start)
}

pub(crate) fn stop_one(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    one(world, call, read_stop(call.params)?)
}

pub(crate) fn stop_many(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    many(world, call, read_stop(call.params)?)
}

pub(crate) fn reboot_one(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    call.params.flag("ForceStop")?;
    one(world, call, Verb::Reboot)
}

pub(crate) fn reboot_many(world: &mut World, call: &Call<'_>) -> Result<Fields, Refusal> {
    call.params.flag("ForceReboot")?;
    many(world, call, Verb::Reboot)
}

fn read_stop(params: &Params) -> Result<Verb, Refusal> {
    let force = match params.flag("ForceStop")? {
        Some(true) => Force::PowerCut,
        Some(false) | None => Force::Gentle,
    };
    let mode = match params.get("StoppedMode") {
        // Clients that copy the field from DescribeInstances send this too.
        None | Some("Not-applicable") => None,
        Some("KeepCharging") => Some(StoppedMode::KeepCharging),
        Some("StopCharging") => Some(StoppedMode::StopCharging),
        Some(_) => return Err(Refusal::invalid("StoppedMode", "has an unknown value")),
    };
    Ok(Verb::Stop(force, mode))
}

fn one(world: &mut World, call: &Call<'_>, verb: Verb) -> Result<Fields, Refusal> {
    let id = call.params.required("InstanceId")?;
    verb.check(world, id, call.params.get("RegionId"))?;
    if call.params.flag("DryRun")? == Some(true) {
        return Err(Refusal::dry_run_passed("DryRunOperation"));
    }
    verb.begin(world, id);
    Ok(Fields::new())
}

fn many(world: &mut World, call: &Call<'_>, verb: Verb) -> Result<Fields, Refusal> {
    let region = regions::required(world, call)?;
    let ids = call.params.list("InstanceId", BATCH_MAX)?;
    if ids.is_empty() {
        return Err(Refusal::missing("InstanceId.N"));
    }
    let all_together = match call.params.get("BatchOptimization") {
        None | Some("AllTogether") => true,
        Some("SuccessFirst") => false,
        Some(_) => {
            return Err(Refusal::invalid(
                "BatchOptimization",
                "has an unknown value",
            ));
        }
    };
    if all_together {
        for id in &ids {
            verb.check(world, id, Some(region))?;
        }
    }
    if call.params.flag("DryRun")? == Some(true) {
        return Err(Refusal::dry_run_passed("DRYRUN.SUCCESS"));
    }
    let entries: Vec<Value> = ids.iter().map(|id| verb.entry(world, id, region)).collect();
    Ok(Fields::from_iter([(
        "InstanceResponses".to_owned(),
        json!({ "InstanceResponse": entries }),
    )]))
}

impl Verb {
    fn check(self, world: &World, id: &str, region: Option<&str>) -> Result<(), Refusal> {
        let instance = common::exists(world, id, region)?;
        match self {
            Self::Start => power::may_start(world, instance),
            Self::Stop(force, _) => power::may_stop(world, instance, force),
            Self::Reboot => power::may_reboot(world, instance),
        }
    }

    fn begin(self, world: &mut World, id: &str) {
        let now = world.now.elapsed;
        match self {
            Self::Start => world.begin_start(id, now),
            Self::Reboot => world.begin_reboot(id, now),
            Self::Stop(force, asked) => {
                let Some(instance) = world.instances.get(id) else {
                    return;
                };
                let mode = power::stopped_mode(world, instance, asked);
                world.begin_stop(id, mode, force, now);
            }
        }
    }

    /// Does it to one machine of a batch, and says so in the machine's own entry.
    fn entry(self, world: &mut World, id: &str, region: &str) -> Value {
        let before = world.status_of(id);
        let (code, message) = match self.check(world, id, Some(region)) {
            Ok(()) => {
                self.begin(world, id);
                ("200".to_owned(), "success".to_owned())
            }
            Err(refusal) => (refusal.code, refusal.message),
        };
        json!({
            "InstanceId": id,
            "Code": code,
            "Message": message,
            "PreviousStatus": before.map_or("", Status::as_str),
            "CurrentStatus": world.status_of(id).map_or("", Status::as_str),
        })
    }
}
