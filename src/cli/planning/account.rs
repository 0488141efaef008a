//! In whose account a command works: the one that the manifest names, and whose machines the state knows.

use std::time::Duration;

use crate::manifest::wrong_account;
use crate::model::{AccountId, DesiredFleet, Lineage};
use crate::plan::SavedPlan;
use crate::report::findings::Paint;
use crate::store::{Contents, PeekedPlan, Store, StoreDir};

use super::peek;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, Situation};
use crate::cli::input::Input;

/// The account of the credentials.
///
/// # Errors
/// [`Failure`] when the cloud does not say, or the manifest names another one.
pub async fn who_we_are(
    context: &Context,
    input: &Input,
    paint: Paint,
) -> Result<AccountId, Failure> {
    let account = context.account().await?;
    match wrong_account(&input.fleet, &account) {
        Some(finding) => Err(input.refuse(&[finding], paint)),
        None => Ok(account),
    }
}

/// The state as [`peek`] has it, which must be of this account: held against another one, every machine would be gone.
///
/// # Errors
/// [`Failure`] when it cannot be read, or is of another account.
pub async fn peek_as(
    context: &Context,
    fleet: &DesiredFleet,
    account: &AccountId,
) -> Result<Option<Contents>, Failure> {
    let contents = peek(context, fleet)?;
    let lineage = Lineage::of(account, &fleet.fleet);
    match &contents {
        Some(found) if found.applied.stamp.lineage != lineage => {
            Err(of_another(context, fleet, found, account).await)
        }
        Some(_) | None => Ok(contents),
    }
}

async fn of_another(
    context: &Context,
    fleet: &DesiredFleet,
    contents: &Contents,
    account: &AccountId,
) -> Failure {
    let dir = context.store_dir(&fleet.fleet);
    let whose = match recorded_account(&dir, contents).await {
        Some(recorded) => format!("account {recorded}"),
        None => "another account".to_owned(),
    };
    let message = format!(
        "{} is the state of {whose}, these credentials belong to account {account}",
        dir.root().display()
    );
    Failure::new(Situation::Other, message)
        .hint("use its credentials, or keep a state for each account: -state DIR")
}

/// The state keeps a digest of its account; the last plan names it, if it can be read and is of that account.
async fn recorded_account(dir: &StoreDir, contents: &Contents) -> Option<AccountId> {
    let last = contents.last_planned()?;
    let kept = Store::peek_plan(dir, &last.plan_id, Duration::ZERO).await;
    let PeekedPlan::Whole(bytes) = kept.ok()? else {
        return None;
    };
    let plan = SavedPlan::open(&bytes).ok()?;
    let lineage = Lineage::of(&plan.account, &plan.desired.fleet);
    (lineage == contents.applied.stamp.lineage).then_some(plan.account)
}
