//! The command line of `respec sim`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::durations::duration;
use crate::sim::MACHINES_MAX;

/// A simulated cloud that speaks the vendor's protocol.
#[derive(Debug, Args)]
pub struct SimArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: SimCommand,
}

/// What can be done with the simulated cloud.
#[derive(Debug, Subcommand)]
pub enum SimCommand {
    /// Serve a simulated cloud over HTTP on a loopback address, until interrupted.
    Serve(ServeArgs),
    /// List the operations it answers.
    Operations,
    /// Make up a fleet to try things on: a manifest and a cloud that differs from it.
    Generate(GenerateArgs),
    /// Let time pass in the cloud of `--simulate`.
    Wait(WaitArgs),
}

/// Arguments of `respec sim serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Loopback address to listen on; port 0 takes any free port.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Scenario the cloud begins as (YAML).
    #[arg(long, value_name = "FILE")]
    pub cloud: PathBuf,
    /// How many times faster than real time delays, cool-downs and waits pass.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=SPEED_MAX))]
    pub speed: u32,
}

/// Arguments of `respec sim wait`.
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// How long: `30h`.
    #[arg(value_name = "DURATION", value_parser = duration)]
    pub time: Duration,
}

/// Fastest the simulated time may run; beyond it even a request outlasts a cool-down.
const SPEED_MAX: i64 = 10_000;

/// Make up a fleet to try things on: a manifest and a simulated cloud that differs from it.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct GenerateArgs {
    /// How many machines.
    #[arg(long, value_name = "N", value_parser = machine_count())]
    pub machines: u32,

    /// Equal seeds give equal fleets.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,

    /// How much of the fleet differs from the manifest.
    #[arg(long, value_name = "PERCENT", default_value = "10%", value_parser = percent)]
    pub changed: u32,

    /// Folder for fleet.yaml and fleet.cloud.yaml; made if absent, never overwritten.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

fn machine_count() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(MACHINES_MAX))
}

/// Reads `10%` or `10`.
fn percent(text: &str) -> Result<u32, String> {
    let digits = text.strip_suffix('%').unwrap_or(text);
    match digits.parse() {
        Ok(percent) if percent <= 100 => Ok(percent),
        Ok(_) | Err(_) => Err("a whole number from 0% to 100% is needed".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn shares_are_read_with_and_without_their_sign() {
        assert_eq!(percent("10%"), Ok(10));
        assert_eq!(percent("0"), Ok(0));
        assert_eq!(percent("100%"), Ok(100));
        for wrong in ["", "%", "101", "-1", "ten", "10%%"] {
            assert!(percent(wrong).is_err(), "{wrong:?}");
        }
    }
}
