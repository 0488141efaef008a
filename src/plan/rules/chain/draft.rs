//! A saga under construction: one chain of steps, and whether the machine is up at this point of it.

use std::time::Duration;

use crate::model::{Health, Hook, Hooks, InstanceStatus, Moment, SpecChange, StoppedMode};
use crate::plan::nouns::{Action, Because, Goal, Step, Undo};

/// How long a guest usually takes to shut down; measured figures replace it in rehearsals.
const STOP_ESTIMATE: Duration = Duration::from_secs(15);
/// How long a type change of a stopped machine usually takes to show.
const MODIFY_ESTIMATE: Duration = Duration::from_secs(3);
/// How long a machine usually takes from the start call to Running.
const START_ESTIMATE: Duration = Duration::from_secs(20);

/// What its owner wants done around every outage of a machine.
#[derive(Debug, Clone, Default)]
pub(super) struct Care {
    /// What is run.
    pub(super) hooks: Hooks,
    /// What is waited for.
    pub(super) health: Option<Health>,
}

/// The chain so far. Alone in giving out positions and needs.
#[derive(Debug)]
pub(super) struct Draft {
    care: Care,
    steps: Vec<Step>,
    up: bool,
    /// Whether it is down because of us, between a stop and its start: only then is time an outage.
    held_down: bool,
}

impl Draft {
    /// A chain for a machine that is up, or not.
    pub(super) fn from_power(status: &InstanceStatus, care: Care) -> Self {
        Self {
            care,
            steps: Vec::new(),
            up: *status == InstanceStatus::Running,
            held_down: false,
        }
    }

    /// Whether the machine is up after the steps so far.
    pub(super) fn is_up(&self) -> bool {
        self.up
    }

    /// Whether it was down and up again so far.
    pub(super) fn has_outage(&self) -> bool {
        self.steps.iter().any(|step| step.action == Action::Start)
    }

    /// Whether something was changed so far.
    pub(super) fn has_change(&self) -> bool {
        let mut actions = self.steps.iter().map(|step| &step.action);
        actions.any(|action| matches!(action, Action::Modify(_)))
    }

    /// Stops it for a change: it will be started again, and is started again when the change fails.
    pub(super) fn stop_for_change(&mut self, because: Because) {
        self.held_down = true;
        self.stop_and_keep(because);
    }

    /// Stops it for a change on its way to being stopped for good: it is started again as above, and nobody misses
    /// it meanwhile.
    pub(super) fn stop_for_change_before_the_last_stop(&mut self, because: Because) {
        self.stop_and_keep(because);
    }

    fn stop_and_keep(&mut self, because: Because) {
        let keep = Because::new(
            "R70",
            "KeepCharging keeps capacity and address while it is down",
        );
        self.stop(
            StoppedMode::KeepCharging,
            Undo::By(Action::Start),
            vec![because, keep],
        );
    }

    /// Stops it because the manifest wants it stopped; a later failure does not start it.
    pub(super) fn stop_for_good(&mut self, mode: StoppedMode, because: Vec<Because>) {
        self.stop(mode, Undo::Nothing, because);
    }

    fn stop(&mut self, mode: StoppedMode, undo: Undo, because: Vec<Because>) {
        self.drain();
        self.push(Step {
            before: Goal::status(InstanceStatus::Running),
            after: Goal::status(InstanceStatus::Stopped),
            undo,
            downtime: self.outage(STOP_ESTIMATE),
            ..Step::plain(Action::Stop { mode }, because)
        });
        self.up = false;
    }

    /// Starts it.
    pub(super) fn start(&mut self, because: Because) {
        self.come_up(because);
        self.wait_until_good();
        self.give_back();
    }

    /// Starts it on its way to being stopped for good: nobody waits until it is good, but it is in service for as long
    /// as it runs.
    pub(super) fn start_before_the_last_stop(&mut self, because: Because) {
        self.come_up(because);
        self.give_back();
    }

    fn come_up(&mut self, because: Because) {
        self.push(Step {
            before: Goal::status(InstanceStatus::Stopped),
            after: Goal::status(InstanceStatus::Running),
            downtime: self.outage(START_ESTIMATE),
            ..Step::plain(Action::Start, vec![because])
        });
        self.up = true;
        self.held_down = false;
    }

    /// Takes it out of service while it still runs; whatever happens then, it is put back.
    fn drain(&mut self) {
        let Some(hook) = self.care.hooks.before_stop.clone() else {
            return;
        };
        let back = self.care.hooks.after_start.clone();
        let undo = back.map_or(Undo::Nothing, |hook| {
            Undo::By(run(Moment::AfterStart, hook))
        });
        let because = Because::new("before_stop", "the manifest wants it run before every stop");
        self.push(Step {
            undo,
            ..Step::plain(run(Moment::BeforeStop, hook), vec![because])
        });
    }

    fn wait_until_good(&mut self) {
        if let Some(health) = self.care.health.clone() {
            let because = Because::new("health", "it counts as up when it is good again");
            self.push(Step::plain(Action::AwaitHealth(health), vec![because]));
        }
    }

    /// Puts it back into service.
    fn give_back(&mut self) {
        if let Some(hook) = self.care.hooks.after_start.clone() {
            let because =
                Because::new("after_start", "the manifest wants it run after every start");
            self.push(Step::plain(run(Moment::AfterStart, hook), vec![because]));
        }
    }

    /// Adds a change; its outage, if it has one, is the bracket's.
    pub(super) fn change(&mut self, step: Step) {
        let downtime = self.outage(MODIFY_ESTIMATE);
        self.push(Step { downtime, ..step });
    }

    /// Waits out the cool-down, with the machine in whatever power state it is meant to keep.
    pub(super) fn cool_down(&mut self) {
        let because = Because::new(
            "R52",
            "the cloud refuses a second change of one machine within five minutes",
        );
        self.push(Step::plain(Action::CoolDown, vec![because]));
    }

    /// Asks for the offer of a type that it is about to be stopped for.
    pub(super) fn ask_offer(&mut self, change: SpecChange) {
        let because = Because::new(
            "R60",
            "it is stopped only for a type that it can have at that moment",
        );
        self.push(Step::plain(Action::AskOffer(change), vec![because]));
    }

    fn outage(&self, estimate: Duration) -> Duration {
        if self.held_down {
            estimate
        } else {
            Duration::ZERO
        }
    }

    fn push(&mut self, step: Step) {
        // One machine's steps never overlap (R55): each needs the one before it.
        let needs = self
            .steps
            .len()
            .checked_sub(1)
            .map(position)
            .into_iter()
            .collect();
        self.steps.push(Step { needs, ..step });
    }

    /// The finished chain.
    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }
}

fn run(moment: Moment, hook: Hook) -> Action {
    Action::RunHook { moment, hook }
}

fn position(index: usize) -> u16 {
    u16::try_from(index).expect("a chain has fewer than a dozen steps")
}
