//! Giving a run up whose plan is lost: nothing can be put back by it, so that a person takes over what it had begun.

use super::{GivenUp, stays_open};
use crate::apply::abandon_without_plan;
use crate::cli::args::CancelArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::screen::Screen;
use crate::model::exit;
use crate::saga::RunState;
use crate::store::{Contents, OpenRun, Store};

/// Names what the run has left behind, asks, and closes it. Nothing is sent to the cloud.
///
/// # Errors
/// [`Failure`] when nobody agrees, or the journal takes no more; the run stays open.
pub(super) async fn give_up(
    context: &Context,
    store: &Store,
    open: &OpenRun,
    why: &str,
    args: &CancelArgs,
    screen: &Screen,
) -> Result<GivenUp, Failure> {
    let (run, contents) = (&open.record.run, store.contents());
    screen.talk(&format!(
        "The plan of run {run} is lost, and without it nothing can be put back ({why}).\n{}",
        left_behind(open, &contents)
    ));
    let question = "Give it up, and look after these yourself? Only `yes` is taken as yes: ";
    let agreed = args.auto_approve || (screen.can_ask && screen.ask(question));
    if !agreed {
        let message = format!("run {run} stays open: its plan is lost");
        return Err(Failure::new(Situation::OpenRun, message)
            .hint("put the folder `plans` of the state back, from the disk it was on or from an export")
            .hint(format!("or start what is down, then: respec cancel {run} -auto-approve")));
    }
    let of = (run, open.entries.as_slice());
    let stand = (contents.next_seq, &contents.applied);
    abandon_without_plan(of, stand, store, context.clock.as_ref())
        .await
        .map_err(|error| stays_open(&error))?;
    screen.sentence(&format!(
        "Run {run} is closed. What it has left behind is yours: start what is down, and pay or cancel its orders.\n"
    ));
    Ok(GivenUp::Closed {
        lines: None,
        done: Done::Run(exit::PERSON_NEEDED),
    })
}

/// Machines that it had begun and not ended, and its orders whose end is not known.
fn left_behind(open: &OpenRun, contents: &Contents) -> String {
    let state = RunState::replay(&open.entries).ok().flatten();
    let sagas = state.into_iter().flat_map(|state| state.sagas);
    let begun = sagas.filter(|(_, saga)| saga.closed.is_none());
    let machines = begun.map(|(id, _)| {
        let known = contents.applied.instances.get(&id);
        let who = known.map_or_else(
            || id.to_string(),
            |record| format!("{} ({id})", record.name),
        );
        format!("  {who} was begun and not finished: it may be down\n")
    });
    let orders = contents.orders.values();
    let orders = orders.filter(|order| order.run == open.record.run);
    let orders = orders.map(|order| {
        let stands = order.payment.as_ref();
        let stands = stands.map_or("not known", |payment| payment.as_str());
        format!(
            "  order {} of {}: {stands}\n",
            order.order_id, order.instance
        )
    });
    machines.chain(orders).collect()
}
