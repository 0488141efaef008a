//! What must hold for every fleet.

use std::time::Duration;

use proptest::prelude::*;
use respec::model::OnFailure;
use respec::saga::{Brakes, Keeping};

use crate::fleet::{Case, case, members, start};
use crate::try_out::{Standing, TryOut};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The limits themselves are checked at every step of the try-out.
    #[test]
    fn every_machine_ends_untouched_done_or_failed(case in case()) {
        let mut try_out = TryOut::new(&case);
        try_out.run();
        for (id, standing) in &try_out.standing {
            let rests = matches!(standing, Standing::Untouched | Standing::Done | Standing::Failed);
            // One that was begun rests, too, when its crowd had one failure too many before its outage.
            prop_assert!(rests || is_stopped_by_failures(&case, id, &try_out), "{id} {standing:?}");
        }
        for (crowd, members) in members(&case.terms) {
            let left = members.iter().find(|id| try_out.standing[**id] == Standing::Untouched);
            if let Some(left) = left {
                prop_assert!(is_stopped_by_failures(&case, left, &try_out), "{crowd}: {left}: {:?}", try_out.why_not(left));
            }
        }
    }

    /// `--now` lifts windows and freezes and nothing else.
    #[test]
    fn whoever_says_now_waits_for_no_hour(case in case()) {
        let free = Brakes::new(case.terms.clone(), Keeping::NoHours, start());
        let mut open = case.terms.clone();
        open.freezes.clear();
        for (rollout, _) in open.crowds.values_mut() {
            rollout.window = None;
        }
        let never_shut = Brakes::new(open, Keeping::Hours, start());
        for id in case.terms.machines.keys() {
            prop_assert_eq!(free.may_begin(id), never_shut.may_begin(id));
        }
    }

    /// Nothing is begun that is expected to be down when the window shuts.
    #[test]
    fn what_would_not_be_finished_is_not_begun(case in case(), minute in 0..1_440u64) {
        let now = start() + Duration::from_secs(60 * minute);
        let brakes = Brakes::new(case.terms.clone(), Keeping::Hours, now);
        for (id, machine) in &case.terms.machines {
            let (rollout, _) = &case.terms.crowds[&machine.crowd];
            let Some(window) = &rollout.window else { continue };
            if brakes.may_begin(id).is_ok() {
                let respec::model::Opening::Open { closes, .. } = window.at(now) else {
                    panic!("{id} begins while the window is shut");
                };
                prop_assert!(now + machine.needs <= closes);
            }
        }
    }
}

fn is_stopped_by_failures(
    case: &Case,
    id: &respec::model::InstanceId,
    try_out: &TryOut<'_>,
) -> bool {
    let crowd = &case.terms.machines[id].crowd;
    let (rollout, course) = &case.terms.crowds[crowd];
    let failed = members(&case.terms)[crowd]
        .iter()
        .filter(|id| try_out.standing[**id] == Standing::Failed)
        .count();
    rollout.on_failure != OnFailure::Continue && failed > rollout.max_failures.of(course.size)
}
