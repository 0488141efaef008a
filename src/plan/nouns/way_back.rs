//! What becomes of one machine whose health check fails behind its change (`on_failure: revert`).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::step::{Action, Step};

/// The way back of one machine, decided when the plan is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WayBack {
    /// It is put back to what it was, by steps of its own.
    By {
        /// Position of the health check behind whose failure they are done, from 0.
        from: u16,
        /// What is done, in order: an outage like any other, which makes no order.
        steps: Vec<Step>,
    },
    /// It stays as it was changed, and is held.
    Never {
        /// Why, without a full stop.
        why: String,
    },
}

impl WayBack {
    /// How much longer the machine is expected to be down because of it.
    #[must_use]
    pub fn downtime(&self) -> Duration {
        self.steps().iter().map(|step| step.downtime).sum()
    }

    /// What is done; nothing where it stays as it is.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::By { steps, .. } => steps,
            Self::Never { .. } => &[],
        }
    }

    /// Everything it puts back, in short: `ecs.g7.large, 50 Mbit/s`.
    #[must_use]
    pub fn to(&self) -> String {
        let changes = self.steps().iter();
        let changes = changes.filter(|step| matches!(step.action, Action::Modify(_)));
        let values = changes.flat_map(|step| {
            let goal = &step.after;
            let type_name = goal.instance_type.as_ref().map(ToString::to_string);
            let billing = goal.charge_type.map(|charge| charge.as_str().to_owned());
            let out = goal.max_bandwidth_out.map(|out| format!("{out} Mbit/s"));
            let inbound = goal
                .max_bandwidth_in
                .map(|inbound| format!("{inbound} Mbit/s in"));
            [type_name, billing, out, inbound].into_iter().flatten()
        });
        values.collect::<Vec<_>>().join(", ")
    }
}
