//! I3: who runs, and who does not.

use std::collections::BTreeMap;

use respec::model::{InstanceId, Power};
use respec::saga::SagaOutcome;
use serde_json::Value;

use super::{Stand, is_touched, of, text};
use crate::history::History;

/// I3: what ran runs, what was stopped is stopped, unless the manifest wants it otherwise.
pub(super) fn power_is_as_it_should_be(
    history: &History,
    truth: &Value,
    stands: &BTreeMap<InstanceId, Stand>,
) {
    let ours = history.rig.desired.instances.iter();
    for (id, machine) in ours.filter(|(id, _)| !is_touched(history, id)) {
        let was = text(&of(&history.first_truth, id)["Status"]);
        let is = text(&of(truth, id)["Status"]);
        let done = stands.get(id) == Some(&Stand::Closed(SagaOutcome::Done));
        let right = match (machine.spec.power, was.as_str()) {
            (Some(Power::Stopped), _) if done => is == "Stopped",
            (Some(Power::Stopped), "Running") => true,
            (Some(Power::Running), "Stopped") if !done => true,
            (Some(Power::Running), _) | (_, "Running") => is == "Running",
            (_, _) => is == "Stopped",
        };
        if !right {
            let stand = stands.get(id);
            history
                .eye
                .object("I3", format!("{id} was {was} and is {is} ({stand:?})"));
        }
    }
}
