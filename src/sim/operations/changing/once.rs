//! The client token: the same request twice is one request.

use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::rules::Caller;
use crate::sim::rules::common::{token_is_well_formed, token_stands_for_another};
use crate::sim::world::World;
use crate::sim::world::memory::Known;

/// Runs a change unless its token was seen: then the first answer is given again and nothing changes.
pub(crate) fn once(
    world: &mut World,
    call: &Call<'_>,
    change: impl FnOnce(&mut World) -> Result<Fields, Refusal>,
) -> Result<Fields, Refusal> {
    let Some(token) = call.params.get("ClientToken") else {
        return change(world);
    };
    let caller = Caller::of(call.action);
    token_is_well_formed(token, caller)?;
    let mut parameters = call.params.fingerprint();
    parameters.insert("Action".to_owned(), call.action.to_owned());
    let (now, memory) = (world.now.elapsed, world.settings.token_memory.0);
    match world.tokens.recall(token, &parameters, now, memory) {
        Known::Answer(answer) => return Ok(answer),
        Known::Other => return Err(token_stands_for_another(caller)),
        Known::Nothing => {}
    }
    let answer = change(world)?;
    world.tokens.keep(token, parameters, answer.clone(), now);
    Ok(answer)
}
