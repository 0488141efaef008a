//! Which steps of a plan a saga is about: the way forth, or the way back of a machine that turned out
//! not to be good.

use std::borrow::Cow;

use crate::plan::Saga;

use super::progress::SagaState;

/// The chain that the positions of this state speak of.
#[must_use]
pub fn in_force<'a>(saga: &'a Saga, state: &SagaState) -> Cow<'a, Saga> {
    let back = state.turned.as_ref().and_then(|_| saga.turned_back());
    back.map_or(Cow::Borrowed(saga), Cow::Owned)
}
