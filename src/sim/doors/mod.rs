//! How the simulated cloud is reached, and what stands behind the doors.
//!
//! In: requests, from the client's own wire in process (`wire`) or over HTTP (`serve`). Out: their
//! answers, when they are due. The `reception` sends each request where it belongs: to the `gate`, which
//! checks it as the vendor does and has the operation done, to the `console`, where a person changes things
//! by hand, or to the `truth`, which no operation would tell. The doors do the waiting; behind them nothing waits.

mod gate;
pub(crate) mod console;
mod truth;
pub(crate) mod transcript;
mod reception;
pub(crate) mod wire;
pub(crate) mod serve;
