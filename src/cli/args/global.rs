//! Options of every command, accepted before and behind its name.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::durations::duration;

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Manifest file or folder; may be given more than once.
    #[arg(
        short = 'f',
        long = "file",
        global = true,
        value_name = "PATH",
        default_value = "fleet.yaml"
    )]
    pub files: Vec<PathBuf>,
    /// Work as if started in this folder.
    #[arg(long, global = true, value_name = "DIR")]
    pub chdir: Option<PathBuf>,
    /// Send every call there instead of to the vendor's hosts; plain HTTP to loopback only. Also
    /// `RESPEC_ENDPOINT`.
    #[arg(long, global = true, value_name = "URL", conflicts_with = "simulate")]
    pub endpoint: Option<String>,
    /// Profile of ~/.aliyun/config.json, or section of ~/.alibabacloud/credentials.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Region whose endpoint answers calls that belong to none.
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Where the state lives: a folder, `state` unless said otherwise. Also `RESPEC_STATE`.
    #[arg(long, global = true, value_name = "DIR")]
    pub state: Option<String>,
    /// Run on an embedded simulated cloud; its world is kept under the state folder.
    #[arg(long, global = true, value_name = "CLOUD.yaml")]
    pub simulate: Option<PathBuf>,
    /// Machine-readable output on stdout.
    #[arg(long, global = true)]
    pub json: bool,
    /// No colour, whatever the terminal can do.
    #[arg(long, global = true)]
    pub no_color: bool,
    /// How long to wait for another run to give the state up: `30s`, `5m`.
    #[arg(long, global = true, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
    /// Machines at work at once, without those that wait for a payment or a cool-down; the manifest's limits hold as well.
    #[arg(long, global = true, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    pub parallelism: u16,
    /// Whether questions may be asked.
    #[arg(long, global = true, value_name = "BOOL", default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub input: bool,
}
