//! The client token: the same request twice is one request.

use crate::sim::operations::Call;
use crate::sim::protocol::reply::{Fields, Refusal};
use crate::sim::rules::common::token_is_well_formed;
use crate::sim::world::World;

/// Runs a change unless its token was seen: then the first answer is given again and nothing changes.
pub(crate) fn once(
    world: &mut World,
    call: &Call<'_>,
    change: impl FnOnce(&mut World) -> Result<Fields, Refusal>,
) -> Result<Fields, Refusal> {
    let Some(token) = call.params.get("ClientToken") else {
        return change(world);
    };
    token_is_well_formed(token)?;
    let mut parameters = call.params.fingerprint();
    parameters.insert("Action".to_owned(), call.action.to_owned());
    let (now, memory) = (world.now.elapsed, world.settings.token_memory.0);
    if let Some(answer) = world.tokens.recall(token, &parameters, now, memory)? {
        return Ok(answer);
    }
    let answer = change(world)?;
    world.tokens.keep(token, parameters, answer.clone(), now);
    Ok(answer)
}
