//! What a plan does with a machine whose health check fails behind its change, in a line.

use crate::plan::{Action, Saga, Step, WayBack};
use crate::report::words::{duration, terminal};

/// What comes first in the line.
pub(super) const ON_FAILURE: &str = "on failure";

/// What follows it; none where the group asks for nothing.
pub(super) fn way_back_words(saga: &Saga) -> Option<String> {
    let way_back = saga.way_back.as_ref()?;
    Some(match way_back {
        WayBack::By { steps, .. } => {
            let verbs = steps.iter().map(|step| step.action.verb());
            let verbs = verbs.collect::<Vec<_>>().join(", ");
            let to = terminal(&way_back.to()).into_owned();
            let down = match way_back.downtime() {
                none if none.is_zero() => String::new(),
                time => format!(", ~{} down more", duration(time)),
            };
            format!("put back to {to}{down}: {verbs}")
        }
        WayBack::Never { why } if saga.steps.iter().any(is_check) => {
            format!("not put back, but held: {}", terminal(why))
        }
        WayBack::Never { why } => format!("not put back: {}", terminal(why)),
    })
}

fn is_check(step: &Step) -> bool {
    matches!(step.action, Action::AwaitHealth(_))
}
