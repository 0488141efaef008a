//! `respec approve`: opens a gate of a run that rests. Asks the cloud nothing.

use serde_json::json;

use crate::apply::{approve, waiting_gates};
use crate::cli::args::{ApproveArgs, Global};
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::open_run::{named, not_open, with_plan};
use crate::cli::planning::peek;
use crate::cli::running::load_plan;
use crate::cli::screen::Screen;
use crate::model::Crowd;
use crate::report::json::document;

/// Writes down who opened the gate, and when.
///
/// # Errors
/// [`Failure`] when there is no such open run, when no such gate waits, and while the run is under way:
/// its state has one writer.
pub async fn run(
    context: &Context,
    global: &Global,
    args: &ApproveArgs,
    input: &Input,
    screen: &Screen,
) -> Result<Done, Failure> {
    let Some(contents) = peek(context, &input.fleet)? else {
        return Err(not_open(&args.run));
    };
    named(Some(&contents), &args.run)?;
    let lineage = contents.applied.stamp.lineage.clone();
    let store = context.open_store(&input.fleet.fleet, lineage, global.lock_timeout)?;
    // Whoever held the state until now may have gone on with the run.
    let contents = store.contents();
    let open = named(Some(&contents), &args.run)?;
    let plan = load_plan(&store, &open.record.plan_id).await?;
    let run = with_plan(&contents, open, &plan);
    let failed = |error: &dyn std::error::Error| {
        Failure::from_error(Situation::Other, "open the gate", error)
    };
    let gates = waiting_gates(&run).map_err(|error| failed(&error))?;
    let gate = choose(&gates, args)?;
    let who = context.holder.who();
    approve(&run, gate, &who, &store, context.clock.as_ref())
        .await
        .map_err(|error| failed(&error))?;
    screen.told(
        &format!(
            "The gate after batch {} of {} is open. Go on behind it: respec apply\n",
            gate.1, gate.0
        ),
        || {
            document(
                json!({"opened": {"run": args.run, "gate": gate.1, "group": gate.0.argument()}}),
            )
        },
    );
    Ok(Done::Fine)
}

/// The one waiting gate that is meant.
fn choose<'g>(gates: &'g [(Crowd, u32)], args: &ApproveArgs) -> Result<&'g (Crowd, u32), Failure> {
    let is_meant = |gate: &&(Crowd, u32)| {
        gate.1 == args.gate
            && args
                .group
                .as_ref()
                .is_none_or(|name| name == gate.0.argument())
    };
    let mut meant = gates.iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(gate), None) => Ok(gate),
        (None, _) => Err(not_waiting(gates, args)),
        (Some(_), Some(_)) => {
            let message = format!("gate {} waits in more than one group", args.gate);
            Err(waiting(Failure::new(Situation::Usage, message), gates))
        }
    }
}

fn not_waiting(gates: &[(Crowd, u32)], args: &ApproveArgs) -> Failure {
    let whose = args.group.as_ref();
    let whose = whose.map_or_else(String::new, |name| format!(" of {name}"));
    let message = format!("gate {}{whose} does not wait for anybody", args.gate);
    let failure = Failure::new(Situation::Usage, message);
    if gates.is_empty() {
        return failure.hint("a gate can be opened once the batch before it has ended");
    }
    waiting(failure, gates)
}

fn waiting(failure: Failure, gates: &[(Crowd, u32)]) -> Failure {
    let lines = gates.iter();
    lines.fold(failure, |failure, (crowd, batch)| {
        failure.hint(format!(
            "waits: --gate {batch} --group {}",
            crowd.argument()
        ))
    })
}
