//! `respec sim wait DURATION`: lets time pass in the cloud of `--simulate`, which stands still between commands.

use serde_json::json;

use crate::cli::args::sim::WaitArgs;
use crate::cli::context::Context;
use crate::cli::failure::{Done, Failure, Situation};
use crate::cli::screen::Screen;
use crate::cloud::Cloud as _;
use crate::report::json::document;

/// Why nothing is waited for without `--simulate`.
#[must_use]
pub fn no_cloud_of_ours() -> Failure {
    let message = "only the cloud of --simulate waits when it is told to";
    Failure::new(Situation::Usage, message)
        .hint("name it: respec sim wait 30h --simulate CLOUD.yaml")
}

/// Sleeps in virtual time, and has the cloud look at its clock.
///
/// # Errors
/// [`Failure`] when the disk refuses to keep it.
pub async fn run(context: &Context, args: &WaitArgs, screen: &Screen) -> Result<Done, Failure> {
    context.clock.sleep(args.time).await;
    let looked = context.cloud.caller_identity().await;
    looked.map_err(|error| Failure::cloud("look at the simulated cloud", &error))?;
    context.save_world()?;
    let now = context.clock.wall().strftime("%Y-%m-%dT%H:%M:%SZ");
    let sentence = format!("It is {now} in the simulated cloud.\n");
    screen.told(&sentence, || document(json!({ "now": now.to_string() })));
    Ok(Done::Fine)
}
