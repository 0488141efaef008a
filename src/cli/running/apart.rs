//! What a person does to the state or to an order by hand, written down: in the open run where there is one, else in
//! a run of its own, which carries out no plan.

use crate::journal::Journal as _;
use crate::model::{Digest, exit};
use crate::saga::{Entry, Kind};
use crate::store::Store;

use super::new_run_id;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Situation};

/// What stands for the plan and for the wish of a run that has neither.
const NOTHING: &str = "by hand";

/// Makes the entry durable.
///
/// # Errors
/// [`Failure`] when the state takes it not: what it announces must not be done then.
pub async fn write_apart(context: &Context, store: &Store, kind: Kind) -> Result<(), Failure> {
    let contents = store.contents();
    let now = context.clock.wall();
    let nothing = Digest::of_text(NOTHING);
    let (run, kinds) = match &contents.open_run {
        Some(open) => (open.record.run.clone(), vec![kind]),
        None => {
            let opened = Kind::RunOpened {
                plan_id: nothing.clone(),
                intent: nothing.clone(),
                who: context.holder.who(),
                command: context.holder.command.clone(),
            };
            let run = new_run_id(now, &nothing, &contents);
            (
                run,
                vec![
                    opened,
                    kind,
                    Kind::RunClosed {
                        exit_code: exit::DONE,
                    },
                ],
            )
        }
    };
    let entries = (contents.next_seq..).zip(kinds).map(|(seq, kind)| Entry {
        seq,
        at: now,
        run: run.clone(),
        kind,
    });
    let entries: Vec<Entry> = entries.collect();
    let written = store.append(&entries).await;
    written.map_err(|error| Failure::from_error(Situation::Other, "write to the state", &error))
}
