//! The program as its users meet it: the built binary, real sockets, a simulated cloud behind them.

#![expect(
    clippy::unwrap_used,
    reason = "a test's own steps may not fail; clippy exempts only the #[test] functions themselves"
)]

#[path = "cli/process.rs"]
mod process;
#[path = "cli/server.rs"]
mod server;

#[path = "cli/house.rs"]
mod house;

#[path = "cli/fleets.rs"]
mod fleets;
#[path = "cli/kills.rs"]
mod kills;
#[path = "cli/states.rs"]
mod states;
#[path = "cli/recovery.rs"]
mod recovery;
#[path = "cli/wrong_manifests.rs"]
mod wrong_manifests;
#[path = "cli/shop.rs"]
mod shop;
#[path = "cli/refusals.rs"]
mod refusals;
#[path = "cli/preflight.rs"]
mod preflight;
#[path = "cli/endings.rs"]
mod endings;
#[path = "cli/open_runs.rs"]
mod open_runs;
#[path = "cli/orders.rs"]
mod orders;
#[path = "cli/lost_state.rs"]
mod lost_state;
#[path = "cli/payments.rs"]
mod payments;
#[path = "cli/temporary.rs"]
mod temporary;
#[path = "cli/forms.rs"]
mod forms;
#[path = "cli/identities.rs"]
mod identities;
#[path = "cli/roles.rs"]
mod roles;
#[path = "cli/policies.rs"]
mod policies;
#[path = "cli/selection.rs"]
mod selection;
#[path = "cli/private.rs"]
mod private;
#[path = "cli/money.rs"]
mod money;
#[path = "cli/simulated.rs"]
mod simulated;
#[path = "cli/examples.rs"]
mod examples;
#[path = "cli/rehearsals.rs"]
mod rehearsals;
#[path = "cli/rollouts.rs"]
mod rollouts;
#[path = "cli/clinic.rs"]
mod clinic;
#[path = "cli/health.rs"]
mod health;
#[path = "cli/reverts.rs"]
mod reverts;
