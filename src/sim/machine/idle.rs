//! Fields of an instance that nothing here depends on: a scenario may hold them, and readers are shown them.
//!
//! They are kept as they are, so that a machine copied from a real answer needs no editing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sim::protocol::reply::Fields;

/// An object that is shown where the scenario has one; boxed, since most machines have none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Idle(Option<Box<Fields>>);

impl Idle {
    pub(crate) fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}
