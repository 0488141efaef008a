//! The command line: its doc comments are the help.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::apply::Hours;
use crate::rehearse::DAYS_MAX;

use super::durations::duration;
use super::max_spend::MaxSpend;
use super::orders_args::OrdersArgs;
use super::sim_args::SimArgs;
use super::state_args::StateArgs;

/// Plan and apply for the specs of a fleet of Alibaba Cloud ECS instances.
///
/// A YAML manifest says which type, bandwidth, network billing, public address and power state each
/// machine should have. `plan` shows what would happen to each of them, `apply` does it, `drift` tells
/// what somebody changed by hand.
#[derive(Debug, Parser)]
#[command(
    name = "respec",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(
    after_help = "Exit codes: 0 done · 1 error · 2 changes or drift · 3 partly done · 4 stale plan · \
5 locked · 6 refused by a guard · 7 paused · 8 a person is needed · 64 usage · 65 bad input · 77 credentials.\n\
Terraform's single-dash long options (-out, -auto-approve, …) work too."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options that stand before or after the subcommand.
    #[command(flatten)]
    pub global: Global,
}

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
    #[arg(long, global = true, value_name = "URL")]
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
    /// Machines under way at once; the manifest's limits hold as well.
    #[arg(long, global = true, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    pub parallelism: u16,
    /// Whether questions may be asked.
    #[arg(long, global = true, value_name = "BOOL", default_value_t = true, num_args = 0..=1, require_equals = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub input: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check manifests without asking the cloud.
    Validate,
    /// Show what would happen to each machine.
    Plan(PlanArgs),
    /// Carry a plan out, or go on with an open run.
    Apply(ApplyArgs),
    /// Play a plan on a simulated copy of the fleet, in virtual time; changes nothing.
    Rehearse(RehearseArgs),
    /// Tell what changed behind the state's back; changes nothing.
    Drift,
    /// End an open run: begins nothing, puts its machines back.
    Cancel(CancelArgs),
    /// Open a gate of a paused run; the next apply goes on behind it.
    Approve(ApproveArgs),
    /// Billing orders: list, show, pay, cancel, reconcile.
    Orders(OrdersArgs),
    /// The state: list, show, rm, check, export, restore.
    State(StateArgs),
    /// Show past runs, or one run step by step.
    History(HistoryArgs),
    /// Print the least RAM policy for this manifest.
    Policy(PolicyArgs),
    /// Explain an error code, a rule, a name in a plan or a finding; without a word, list them all.
    Explain(ExplainArgs),
    /// A simulated cloud that speaks the vendor's protocol.
    Sim(SimArgs),
    /// Print the JSON Schema of a file, for editors and programs.
    Schema(SchemaArgs),
    /// Show the version.
    Version,
}

/// Options that decide what is planned.
#[derive(Debug, Clone, Default, Args)]
pub struct PlanningArgs {
    /// Plan only this machine or group (name, group or instance id); may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub target: Vec<String>,
    /// Take machines that are found stopped as meant to be stopped.
    #[arg(long)]
    pub accept_stopped: bool,
    /// Do not ask for prices; orders are then left for a person to pay.
    #[arg(long)]
    pub no_price: bool,
    /// The most that all orders of one run may cost together: `5000` or `5000CNY`.
    #[arg(long, value_name = "AMOUNT")]
    pub max_spend: Option<MaxSpend>,
}

/// Options of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Options that decide what is planned.
    #[command(flatten)]
    pub planning: PlanningArgs,
    /// Save the plan for `respec apply FILE`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 when there is something to change, blocked changes included.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Show every machine, also those with the same change.
    #[arg(long)]
    pub verbose: bool,
}

/// The form of a plan's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For a pull request.
    Markdown,
    /// The plan file itself.
    Json,
}

/// Options of `apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// A plan saved with `respec plan --out`; it is the approval.
    #[arg(value_name = "PLAN")]
    pub plan: Option<PathBuf>,
    /// Options that decide what is planned, when no plan is given.
    #[command(flatten)]
    pub planning: PlanningArgs,
    /// Do not ask.
    #[arg(long)]
    pub auto_approve: bool,
    /// Make orders although their price is not known.
    #[arg(long)]
    pub allow_unknown_price: bool,
    /// How long to wait for unpaid orders before the run pauses: `30m`.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub wait_payment: Duration,
    /// The longest that a gate, a window or a freeze is waited for before the run pauses: `2h`.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub wait_gates: Duration,
    /// Wait for no window and no freeze; everything else holds. Needs --reason.
    #[arg(long, requires = "reason")]
    pub now: bool,
    /// Why windows and freezes do not hold this time; kept in the journal.
    #[arg(long, value_name = "TEXT", requires = "now")]
    pub reason: Option<String>,
    /// Only make the orders, and leave everything else for the next apply: orders are paid before the
    /// machines are restarted.
    #[arg(long)]
    pub orders_only: bool,
    /// Go on with this open run, whatever the manifest says now.
    #[arg(long = "continue", value_name = "RUN", conflicts_with_all = ["plan", "target"])]
    pub continue_run: Option<String>,
}

impl ApplyArgs {
    /// Whether windows and freezes hold.
    #[must_use]
    pub fn hours(&self) -> Hours {
        match &self.reason {
            Some(reason) if self.now => Hours::Waived(reason.clone()),
            Some(_) | None => Hours::Kept,
        }
    }
}

/// Options of `rehearse`.
#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// A plan saved with `respec plan --out`; without one, a plan is made.
    #[arg(value_name = "PLAN")]
    pub plan: Option<PathBuf>,
    /// Options that decide what is planned, when no plan is given.
    #[command(flatten)]
    pub planning: PlanningArgs,
    /// Play this many bad days too: lost answers, refusals, slow machines, stock that runs out.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=i64::from(DAYS_MAX)))]
    pub faults: u32,
    /// The first bad day's seed; equal seeds give equal days.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// How long to wait for unpaid orders before the run pauses: `30m`.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub wait_payment: Duration,
}

/// Options of `cancel`.
#[derive(Debug, Args)]
pub struct CancelArgs {
    /// The open run.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Cancel its unpaid orders without asking.
    #[arg(long)]
    pub auto_approve: bool,
}

/// Options of `approve`.
#[derive(Debug, Args)]
pub struct ApproveArgs {
    /// The open run.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The gate: the number of the batch before it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub gate: u32,
    /// Whose gate, when several groups wait: a group, or a region for machines in no group.
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,
}

/// Options of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// One run, step by step.
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
}

/// Options of `policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = PolicyFormat::Json)]
    pub format: PolicyFormat,
}

/// The form of a policy's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    /// As RAM takes it.
    Json,
    /// For people: every action with its reason.
    Text,
}

/// Options of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// `OperationDenied.NoStock`, `R24`, `payment: await`, `RS0107`; in any case.
    #[arg(value_name = "WORD")]
    pub words: Vec<String>,
}

/// Options of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The schema of scenarios: the simulated clouds of `respec sim serve` and `--simulate`.
    #[arg(long)]
    pub scenario: bool,
}

/// Rewrites Terraform's `-option` to `--option`.
///
/// Without this, `-out=x` would be read as `-o`, `-u`, `-t`. A word that begins with one of our short
/// options (`-ffleet.yaml`) is only taken for a long one when there is exactly that one; any other word
/// is, so that a misspelt `-detailed-exitcod` is named whole and the right one suggested. Everything
/// behind `--` is left alone.
#[must_use]
pub fn normalise(args: Vec<OsString>) -> Vec<OsString> {
    files_last(two_dashes(args))
}

/// clap keeps only the later of `-f a plan -f b`; together behind the subcommand it keeps both.
fn files_last(args: Vec<OsString>) -> Vec<OsString> {
    let end = args
        .iter()
        .position(|arg| arg == "--")
        .unwrap_or(args.len());
    let mut words = args;
    let behind = words.split_off(end);
    let (mut others, mut files) = (Vec::new(), Vec::new());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or_default();
        let takes_next = text == "-f" || text == "--file";
        if takes_next || text.starts_with("--file=") {
            files.push(word);
            if takes_next {
                files.extend(words.next());
            }
        } else {
            others.push(word);
        }
    }
    others.extend(files);
    others.extend(behind);
    others
}

fn two_dashes(args: Vec<OsString>) -> Vec<OsString> {
    let command = Cli::command();
    let known = long_options(&command);
    let shorts = short_options(&command);
    let mut rest_is_plain = false;
    args.into_iter()
        .map(|arg| {
            let Some(text) = arg.to_str() else { return arg };
            rest_is_plain |= text == "--";
            let single = text.strip_prefix('-').filter(|name| !name.starts_with('-'));
            let Some(name) = single.filter(|_| !rest_is_plain) else {
                return arg;
            };
            let bare = name.split('=').next().unwrap_or(name);
            let begins_short = shorts.iter().any(|short| name.starts_with(*short));
            let begins_word = name.starts_with(|c: char| c.is_ascii_lowercase());
            let is_known = known.iter().any(|known| known == bare);
            if bare.len() >= 2 && (is_known || begins_word && !begins_short) {
                OsString::from(format!("-{text}"))
            } else {
                arg
            }
        })
        .collect()
}

fn long_options(command: &clap::Command) -> Vec<String> {
    let own = command
        .get_arguments()
        .filter_map(|arg| arg.get_long().map(str::to_owned));
    let deeper = command.get_subcommands().flat_map(long_options);
    own.chain(deeper)
        .chain(["help".to_owned(), "version".to_owned()])
        .collect()
}

fn short_options(command: &clap::Command) -> Vec<char> {
    let own = command.get_arguments().filter_map(clap::Arg::get_short);
    let deeper = command.get_subcommands().flat_map(short_options);
    own.chain(deeper).chain(['h', 'V']).collect()
}

/// What to say to hands that type a word of Terraform's which respec does not have.
#[must_use]
pub fn hint_for_unknown_command(word: &str) -> Option<&'static str> {
    match word {
        "init" => Some("nothing has to be initialised: run `respec plan`"),
        "destroy" => Some("respec changes machines and never releases them"),
        "refresh" => Some("every plan looks at the fleet; `respec drift` shows what moved"),
        "taint" | "untaint" => Some("machines are changed in place; nothing is ever replaced"),
        "workspace" => Some("a fleet's name is its workspace: write another `fleet:`"),
        "force-unlock" | "unlock" => Some("the lock ends with the process that holds it"),
        "resume" => Some("`respec apply` continues an open run by itself"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(args: &[&str]) -> Vec<String> {
        let args = args.iter().map(OsString::from).collect();
        normalise(args)
            .into_iter()
            .map(|arg| arg.into_string().unwrap())
            .collect()
    }

    #[test]
    fn terraform_hands_may_use_one_dash() {
        assert_eq!(
            normal(&[
                "respec",
                "plan",
                "-out=x",
                "-detailed-exitcode",
                "-f",
                "a.yaml",
                "-input=false"
            ]),
            [
                "respec",
                "plan",
                "--out=x",
                "--detailed-exitcode",
                "--input=false",
                "-f",
                "a.yaml"
            ]
        );
        assert_eq!(
            normal(&["respec", "apply", "--", "-out"]),
            ["respec", "apply", "--", "-out"]
        );
    }

    #[test]
    fn a_misspelt_option_is_named_whole_and_short_options_stay_short() {
        assert_eq!(
            normal(&[
                "respec",
                "plan",
                "-detailed-exitcod",
                "-ffleet.yaml",
                "-h",
                "-"
            ]),
            [
                "respec",
                "plan",
                "--detailed-exitcod",
                "-ffleet.yaml",
                "-h",
                "-"
            ]
        );
    }

    #[test]
    fn files_before_and_behind_the_subcommand_are_all_kept() {
        let args = normalise(
            ["respec", "-f", "a", "plan", "-f", "b"]
                .map(OsString::from)
                .to_vec(),
        );
        let cli = Cli::try_parse_from(args).unwrap();
        assert_eq!(cli.global.files, [PathBuf::from("a"), PathBuf::from("b")]);
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
