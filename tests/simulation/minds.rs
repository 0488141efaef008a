//! People who change their minds: a run is given up, or settled for another one and left open; orders are made ahead of
//! everything else; an order whose answer was lost is looked for by hand. `--theme minds`.
//!
//! What holds besides all other laws: whoever gives a run up begins nothing, and whoever asks for orders stops nobody.

use std::rc::Rc;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use respec::aliyun::Aliyun;
use respec::apply::{OpenRun, RunOutcome, Untold, abandon, adopt, candidates, lost_answers};
use respec::plan::SavedPlan;
use respec::saga::Mode;
use respec::store::{Contents, Store};

use crate::history::History;
use crate::script::{Mind, Script, Theme, one_of};
use crate::troubles;

/// Draws apart from everything else.
const SALT: u64 = 0x006d_696e_6473;

/// A history of second thoughts.
pub(crate) fn script(seed: u64) -> Script {
    let script = troubles::more(Script::draw_with(seed, Theme::Minds, |_| {}));
    let mut chance = ChaCha8Rng::seed_from_u64(seed ^ SALT);
    let n = script.fates.len();
    let mut mind = |attempt: usize| {
        let minds: &[Mind] = match attempt {
            0 => &[Mind::OrdersOnly],
            _ => &[
                Mind::OrdersOnly,
                Mind::Settle,
                Mind::GiveUp,
                Mind::Reconcile,
            ],
        };
        let mind = *one_of(minds, &mut chance);
        chance.random_bool(0.6).then_some((attempt, mind))
    };
    let minds = (0..=n).filter_map(&mut mind).collect();
    Script { minds, ..script }
}

/// What is asked for in this attempt. Where no run is open, there is nothing to change one's mind about.
pub(crate) fn of(history: &History, attempt: usize, store: &Store) -> Option<Mind> {
    let is_open = store.contents().open_run.is_some();
    let mind = history.script.mind(attempt);
    let mind = mind.filter(|mind| is_open || *mind == Mind::OrdersOnly)?;
    history.eye.log(|| format!("-- {mind:?}"));
    Some(mind)
}

pub(crate) fn mode(mind: Mind) -> Mode {
    match mind {
        Mind::OrdersOnly => Mode::OrdersOnly,
        Mind::Settle | Mind::GiveUp => Mode::PutBack,
        Mind::Reconcile => Mode::GoOn,
    }
}

/// The end of `cancel`: closes the run that was settled, unless a machine is owed something. Orders whose answer was
/// lost are looked for before.
pub(crate) async fn close(
    history: &History,
    cloud: &Aliyun,
    store: &Rc<Store>,
    outcome: &RunOutcome,
) {
    let may_close = outcome.is_settled() && outcome.obligations.is_empty();
    if !may_close {
        return;
    }
    if !reconcile(history, cloud, store).await {
        return history.eye.log(|| "-- the books cannot be read".to_owned());
    }
    let contents = store.contents();
    let Some(plan) = plan_of(history, &contents) else {
        return;
    };
    let Some(run) = open_run(&contents, &plan) else {
        return;
    };
    let (journal, clock) = (history.journal(store), history.rig.clock.clone());
    let done = abandon(&run, &Untold::new(), &journal, clock.as_ref()).await;
    history.eye.log(|| format!("-- given up: {done:?}"));
}

/// `orders reconcile`: what was found in the books, and is the only one, is recorded. Whether they could be read.
pub(crate) async fn reconcile(history: &History, cloud: &Aliyun, store: &Rc<Store>) -> bool {
    let contents = store.contents();
    let Some(plan) = plan_of(history, &contents) else {
        return true;
    };
    let Some(run) = open_run(&contents, &plan) else {
        return true;
    };
    history.eye.plan.replace(Some(plan.clone()));
    history.eye.take_up(run.entries);
    let lost = lost_answers(&run).unwrap_or_else(|illegal| {
        history.eye.object("I14", illegal.to_string());
        Vec::new()
    });
    let (journal, clock) = (history.journal(store), history.rig.clock.clone());
    for lost in &lost {
        let contents = store.contents();
        let Some(run) = open_run(&contents, &plan) else {
            return true;
        };
        let recorded = contents.orders.keys().cloned().collect();
        let Ok(found) = candidates(lost, cloud, &recorded).await else {
            return false;
        };
        if let [only] = &found[..] {
            let done = adopt(&run, lost, only, &journal, clock.as_ref()).await;
            history
                .eye
                .log(|| format!("-- {only} is recorded: {done:?}"));
            if done.is_err() {
                return false;
            }
        } else {
            history.eye.told(format!("{} {found:?}", lost.instance));
        }
    }
    true
}

fn plan_of(history: &History, contents: &Contents) -> Option<SavedPlan> {
    let open = contents.open_run.as_ref()?;
    history.plans.borrow().get(&open.record.run).cloned()
}

fn open_run<'a>(contents: &'a Contents, plan: &'a SavedPlan) -> Option<OpenRun<'a>> {
    let open = contents.open_run.as_ref()?;
    Some(OpenRun {
        run: &open.record.run,
        plan,
        entries: &open.entries,
        next_seq: contents.next_seq,
        applied: &contents.applied,
    })
}
