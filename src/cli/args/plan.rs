//! Options of `plan`, `apply` and `rehearse`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::apply::Hours;
use crate::cli::failure::{Failure, Situation};
use crate::rehearse::DAYS_MAX;

use super::durations::duration;
use super::max_spend::MaxSpend;

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

impl PlanningArgs {
    /// What decides what is planned comes too late for a plan that is made already.
    ///
    /// # Errors
    /// [`Failure`] where such an option was given.
    pub fn leave_a_plan_as_it_is(&self) -> Result<(), Failure> {
        if self.target.is_empty() && !self.accept_stopped && !self.no_price {
            return Ok(());
        }
        Err(Failure::new(
            Situation::Usage,
            "--target, --accept-stopped and --no-price decide what is planned; this plan is made already",
        ))
    }
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
    #[arg(long, value_name = "TEXT", requires = "now", value_parser = not_blank)]
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

/// Who looks at the journal later wants to know why: a blank text says nothing.
fn not_blank(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("write why, in a few words".to_owned());
    }
    Ok(text.to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something() {
        assert_eq!(not_blank("urgent").as_deref(), Ok("urgent"));
        for blank in ["", " ", "\t\n"] {
            assert!(not_blank(blank).is_err(), "{blank:?}");
        }
    }
}
