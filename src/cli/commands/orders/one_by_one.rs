//! Paying or cancelling several orders: one after the other, and each is told of as soon as the books show it.

use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::screen::Screen;
use crate::model::{Order, OrderId, exit};
use crate::report::orders::OrderRow;

/// Deals with the orders. Where one is refused, those behind it are left as they are.
///
/// # Errors
/// [`Failure`] as `deal` says, when it is the first: then nothing was changed.
pub(super) async fn one_by_one(
    rows: &mut [OrderRow],
    done: &str,
    screen: &Screen,
    mut deal: impl AsyncFnMut(&OrderId) -> Result<Order, Failure>,
) -> Result<Done, Failure> {
    for (before, row) in rows.iter_mut().enumerate() {
        match deal(&row.order.id).await {
            Ok(order) => row.order = order,
            Err(failure) if before == 0 => return Err(failure),
            Err(failure) => {
                screen.failure(&failure);
                return Ok(ended_by(&failure));
            }
        }
        screen.sentence(&format!("Order {} is {done}.\n", row.order.id));
    }
    Ok(Done::Fine)
}

/// How it ends where something else is done already: what nobody could see the end of, and that somebody asked to stop,
/// weigh more than what was refused.
pub(super) fn ended_by(failure: &Failure) -> Done {
    Done::Run(match failure.situation {
        Situation::PersonNeeded => exit::PERSON_NEEDED,
        Situation::Interrupted(code) => code,
        Situation::Other
        | Situation::Stale
        | Situation::Locked
        | Situation::Refused
        | Situation::OpenRun
        | Situation::Settling(_)
        | Situation::Usage
        | Situation::BadInput
        | Situation::Credentials => exit::SOME_NOT_DONE,
    })
}
