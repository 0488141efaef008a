//! `respec orders reconcile`: finds orders whose answer was lost, and records them with the step that asked.

use std::collections::BTreeSet;

use serde_json::json;

use super::found;
use crate::apply::{LostAnswer, Untold, adopt, candidates, lost_answers};
use crate::cli::args::Global;
use crate::cli::args::orders::ReconcileArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::input::Input;
use crate::cli::planning::open_run::with_plan;
use crate::cli::planning::peek;
use crate::cli::running::load_plan;
use crate::cli::screen::Screen;
use crate::model::{InstanceId, Lineage, OrderId, exit};
use crate::report::json::document;
use crate::store::{Contents, Store};

/// Reads the books for the time of every lost answer; records what is found, says what is not.
pub(super) async fn run(
    context: &Context,
    global: &Global,
    input: &Input,
    args: &ReconcileArgs,
    screen: &Screen,
) -> Result<Done, Failure> {
    let named = args.order.as_ref();
    let contents = peek(context, &input.fleet)?;
    let open = contents.as_ref().and_then(|it| it.open_run.as_ref());
    if open.is_none() {
        is_recorded(named, contents.as_ref(), "no run is open")?;
        return found::run(context, input, screen).await;
    }
    let lineage = Lineage::of(&context.account().await?, &input.fleet.fleet);
    let store = context.open_store(&input.fleet.fleet, lineage, global.lock_timeout)?;
    let reconciled = Reconciled::of(context, &store, named).await?;
    screen.sentence(&reconciled.recorded_in_words());
    let nobody = "it may be that of no call whose answer was lost";
    if let Err(mut failure) = is_recorded(named, Some(&store.contents()), nobody) {
        let words = reconciled.open_in_words();
        failure.details.extend(words.lines().map(str::to_owned));
        return Err(failure);
    }
    if !reconciled.recorded.is_empty() {
        screen.talk("Next: `respec apply` goes on with it.\n");
    }
    screen.told(&reconciled.open_in_words(), || reconciled.as_json());
    Ok(if reconciled.needs_a_person() {
        Done::Run(exit::PERSON_NEEDED)
    } else {
        Done::Fine
    })
}

/// Whoever names an order wants it recorded: that it cannot be is not passed over.
fn is_recorded(
    named: Option<&OrderId>,
    contents: Option<&Contents>,
    why_not: &str,
) -> Result<(), Failure> {
    let known = |order: &OrderId| contents.is_some_and(|it| it.orders.contains_key(order));
    match named {
        Some(order) if !known(order) => {
            let message = format!("order {order} is not recorded: {why_not}");
            Err(Failure::new(Situation::Other, message)
                .hint(format!("look at it: respec orders show {order}")))
        }
        Some(_) | None => Ok(()),
    }
}

/// What became of the lost answers.
#[derive(Default)]
pub struct Reconciled {
    /// Machines whose order was found.
    recorded: Vec<(InstanceId, OrderId)>,
    /// Answers that are still open, with the orders that may be theirs.
    open: Vec<(LostAnswer, Vec<OrderId>)>,
}

impl Reconciled {
    /// Looks for the order of every lost answer of the open run, and records those that can be told.
    ///
    /// # Errors
    /// [`Failure`] when the books cannot be read; what was found until then is recorded, and named.
    pub async fn of(
        context: &Context,
        store: &Store,
        named: Option<&OrderId>,
    ) -> Result<Self, Failure> {
        let mut reconciled = Self::default();
        for lost in lost(store).await? {
            let found = found(context, store, &lost).await;
            let found = found.map_err(|failure| reconciled.before(failure))?;
            if let Some(order) = choose(&found, named) {
                let recorded = record(context, store, &lost, &order).await;
                recorded.map_err(|failure| reconciled.before(failure))?;
                reconciled.recorded.push((lost.instance, order));
            } else {
                reconciled.open.push((lost, found));
            }
        }
        Ok(reconciled)
    }

    /// A line for each order that was recorded.
    #[must_use]
    pub fn recorded_in_words(&self) -> String {
        let line = |(machine, order): &(InstanceId, OrderId)| {
            format!("Order {order} is {machine}'s; it is recorded now.\n")
        };
        self.recorded.iter().map(line).collect()
    }

    /// Orders that may be a lost answer's, by machine, and nobody can tell which.
    #[must_use]
    pub fn untold(&self) -> Untold {
        let several = self.open.iter().filter(|(_, found)| found.len() > 1);
        several
            .map(|(lost, found)| (lost.instance.clone(), found.clone()))
            .collect()
    }

    /// The failure, and what was recorded before it came.
    fn before(&self, mut failure: Failure) -> Failure {
        let words = self.recorded_in_words();
        failure.details.extend(words.lines().map(str::to_owned));
        failure
    }

    /// Whether there is an order that only a person can tell the machine of.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        !self.untold().is_empty()
    }

    fn open_in_words(&self) -> String {
        if self.recorded.is_empty() && self.open.is_empty() {
            return "Nothing to reconcile: every answer is known.\n".to_owned();
        }
        self.open
            .iter()
            .map(|(lost, found)| told(lost, found))
            .collect()
    }

    fn as_json(&self) -> String {
        let recorded = self.recorded.iter();
        let recorded = recorded.map(|(id, order)| json!({"instance_id": id, "order_id": order}));
        let open = self.open.iter().map(|(lost, found)| {
            json!({
                "instance_id": lost.instance, "from": lost.first, "until": lost.last,
                "candidates": found,
            })
        });
        document(json!({
            "recorded": recorded.collect::<Vec<_>>(), "open": open.collect::<Vec<_>>(),
        }))
    }
}

async fn lost(store: &Store) -> Result<Vec<LostAnswer>, Failure> {
    let contents = store.contents();
    let Some(run) = &contents.open_run else {
        return Ok(Vec::new());
    };
    let plan = load_plan(store, &run.record.plan_id).await?;
    let lost = lost_answers(&with_plan(&contents, run, &plan));
    lost.map_err(|error| Failure::from_error(Situation::Other, "read the open run", &error))
}

/// The orders that may be the lost one's.
async fn found(
    context: &Context,
    store: &Store,
    lost: &LostAnswer,
) -> Result<Vec<OrderId>, Failure> {
    let recorded: BTreeSet<OrderId> = store.contents().orders.keys().cloned().collect();
    let found = candidates(lost, context.cloud.as_ref(), &recorded).await;
    found.map_err(|error| {
        Failure::refused("read the account's orders", &error, "the run stays open")
    })
}

/// The only one there is, or the one that was named.
fn choose(found: &[OrderId], named: Option<&OrderId>) -> Option<OrderId> {
    match (found, named) {
        (found, Some(named)) => found.iter().find(|id| *id == named).cloned(),
        ([only], None) => Some(only.clone()),
        (_, None) => None,
    }
}

async fn record(
    context: &Context,
    store: &Store,
    lost: &LostAnswer,
    order: &OrderId,
) -> Result<(), Failure> {
    let contents = store.contents();
    let open = contents.open_run.as_ref();
    let open = open.ok_or_else(|| Failure::new(Situation::Other, "there is no open run"))?;
    let plan = load_plan(store, &open.record.plan_id).await?;
    let run = with_plan(&contents, open, &plan);
    adopt(&run, lost, order, store, context.clock.as_ref())
        .await
        .map_err(|error| Failure::from_error(Situation::Other, "record the order", &error))
}

fn told(lost: &LostAnswer, found: &[OrderId]) -> String {
    let (machine, first, last) = (&lost.instance, lost.first, lost.last);
    if found.is_empty() {
        return format!(
            "{machine}: no order of it was made between {first} and {last}. `respec apply` makes sure of that \
             and goes on.\n"
        );
    }
    let ids: Vec<&str> = found.iter().map(OrderId::as_str).collect();
    format!(
        "{machine}: any of {} may be its. Look at them with `respec orders show`, then name the right one: \
         respec orders reconcile --order ID\n",
        ids.join(", ")
    )
}
