//! `respec sim`: the simulated cloud as a server.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;

use crate::cli::args::sim::ServeArgs;
use crate::clock::{Clock as _, SystemClock};
use crate::sim::{SCENARIO_BYTES_MAX, Scenario, ScenarioError, World, serve};

/// Why the simulated cloud cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// Anybody in the network could use it, unsigned doors included.
    #[error("listen on {0}: not a loopback address")]
    NotLoopback(SocketAddr),
    /// The scenario file cannot be opened or is no text.
    #[error("read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The scenario file is larger than any scenario may be.
    #[error("read {0}: larger than {mib} MiB", mib = SCENARIO_BYTES_MAX / 1024 / 1024)]
    TooLarge(PathBuf),
    /// The scenario does not hold together.
    #[error("use {path}")]
    Scenario {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: ScenarioError,
    },
    /// The socket or the output failed.
    #[error("serve the simulated cloud")]
    Io(#[from] std::io::Error),
}

/// Serves until `shutdown` resolves. Once it listens, one line of JSON on `stdout` says where, and
/// with which key.
///
/// # Errors
/// [`SimError`]; nothing was served unless it is [`SimError::Io`].
pub async fn run_serve(
    args: &ServeArgs,
    stdout: &mut dyn Write,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), SimError> {
    if !args.listen.ip().is_loopback() {
        return Err(SimError::NotLoopback(args.listen));
    }
    let scenario = read_scenario(&args.cloud)?;
    let world = World::new(&scenario, SystemClock::new(1).wall());
    let listener = TcpListener::bind(args.listen).await?;
    announce(stdout, listener.local_addr()?, &world)?;
    serve(listener, Arc::new(Mutex::new(world)), args.speed, shutdown).await?;
    Ok(())
}

fn announce(stdout: &mut dyn Write, address: SocketAddr, world: &World) -> std::io::Result<()> {
    let key = world
        .keys()
        .first()
        .expect("a scenario without keys is refused");
    let mut line = serde_json::json!({
        "url": format!("http://{address}"),
        "access_key_id": key.id,
        "access_key_secret": key.secret,
    });
    if let Some(token) = &key.token {
        line["security_token"] = token.as_str().into();
    }
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

fn read_scenario(path: &Path) -> Result<Scenario, SimError> {
    let file_error = |source| SimError::File {
        path: path.to_owned(),
        source,
    };
    let size = std::fs::metadata(path).map_err(file_error)?.len();
    if size > SCENARIO_BYTES_MAX as u64 {
        return Err(SimError::TooLarge(path.to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(file_error)?;
    Scenario::read(&text).map_err(|source| SimError::Scenario {
        path: path.to_owned(),
        source,
    })
}
