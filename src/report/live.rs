//! An apply on a terminal: what is over scrolls up, what is under way is redrawn below it.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::event::{Event, EventKind};
use crate::model::InstanceId;

use super::display::Display;
use super::event_words::{task, words};
use super::line::line;
use super::style::{Style, called, duration, stopwatch};
use super::tally::{Machine, State, Tally};

/// Machines that get a line of their own while under way: half of the smallest usual screen.
const ROWS_MAX: usize = 12;

/// Redraws a terminal.
pub struct Live {
    style: Style,
    tally: Tally,
    screen: MultiProgress,
    whole: ProgressBar,
    rows: BTreeMap<InstanceId, ProgressBar>,
    error: Option<io::Error>,
}

impl Live {
    /// Draws on `target`. Time comes with the events; nothing is drawn in between but by [`Display::tick`].
    #[must_use]
    pub fn new(target: ProgressDrawTarget, style: Style) -> Self {
        let screen = MultiProgress::with_draw_target(target);
        let whole = screen.add(ProgressBar::new(0));
        let bar = ProgressStyle::with_template("{bar:24} {pos}/{len}  {wide_msg}");
        whole.set_style(
            bar.expect("the template is a constant and well-formed")
                .progress_chars(style.mark("█▉▊▋▌▍▎▏ ", "=> ")),
        );
        Self {
            style,
            tally: Tally::default(),
            screen,
            whole,
            rows: BTreeMap::new(),
            error: None,
        }
    }

    /// What the events have come to so far.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    fn scroll(&mut self, line: &str) {
        let printed = self.screen.println(line.trim_end());
        if self.error.is_none() {
            self.error = printed.err();
        }
    }

    fn redraw(&mut self) {
        let over: Vec<InstanceId> = self
            .rows
            .keys()
            .filter(|id| !self.is_under_way(id))
            .cloned()
            .collect();
        for row in over.iter().filter_map(|id| self.rows.remove(id)) {
            row.finish_and_clear();
            self.screen.remove(&row);
        }
        self.give_rows();
        for (id, row) in &self.rows {
            if let Some(machine) = self.tally.machines.get(id) {
                row.set_message(under_way(machine, self.tally.elapsed));
            }
        }
        self.whole.set_length(self.tally.total as u64);
        self.whole.set_position(self.tally.ended_count() as u64);
        let clock = stopwatch(self.tally.elapsed);
        self.whole
            .set_message(format!("{clock}  {}", self.tally.in_words()));
    }

    fn give_rows(&mut self) {
        let waiting: Vec<InstanceId> = self
            .tally
            .under_way()
            .map(|machine| machine.subject.instance.clone())
            .filter(|id| !self.rows.contains_key(id))
            .take(ROWS_MAX - self.rows.len().min(ROWS_MAX))
            .collect();
        for id in waiting {
            let row = self
                .screen
                .insert_before(&self.whole, ProgressBar::new_spinner());
            let style = ProgressStyle::with_template("  {wide_msg}");
            row.set_style(style.expect("the template is a constant and well-formed"));
            self.rows.insert(id, row);
        }
    }

    fn is_under_way(&self, id: &InstanceId) -> bool {
        self.tally
            .machines
            .get(id)
            .is_some_and(|machine| machine.state == State::UnderWay)
    }
}

impl Display for Live {
    fn event(&mut self, event: &Event) {
        self.tally.take(event);
        if scrolls(&event.kind) {
            let line = line(&words(&event.kind), &self.tally, &self.style);
            self.scroll(&line);
        }
        self.redraw();
    }

    fn tick(&mut self, elapsed: Duration) {
        self.tally.elapsed = self.tally.elapsed.max(elapsed);
        self.redraw();
    }

    fn finish(&mut self) -> io::Result<()> {
        for row in self.rows.values() {
            row.finish_and_clear();
        }
        self.whole.finish_and_clear();
        self.error.take().map_or(Ok(()), Err)
    }
}

/// Whether an event stays to be read; the others only change what is redrawn.
fn scrolls(kind: &EventKind) -> bool {
    match kind {
        EventKind::Begun { .. }
        | EventKind::TakenUp { .. }
        | EventKind::StepStarted { .. }
        | EventKind::StepFinished { .. }
        | EventKind::Waiting { .. } => false,
        EventKind::RunStarted { .. }
        | EventKind::StepFailed { .. }
        | EventKind::TurnedBack { .. }
        | EventKind::OrderMade { .. }
        | EventKind::OrderBooked { .. }
        | EventKind::Closed { .. }
        | EventKind::Halted { .. }
        | EventKind::LeftAlone { .. }
        | EventKind::BatchBegan { .. }
        | EventKind::BatchEnded { .. }
        | EventKind::GateOpened { .. }
        | EventKind::HoursWaived { .. }
        | EventKind::Held { .. }
        | EventKind::Paused { .. }
        | EventKind::Interrupted { .. }
        | EventKind::RunFinished { .. } => true,
    }
}

fn under_way(machine: &Machine, now: Duration) -> String {
    let name = called(&machine.subject.name, &machine.subject.instance);
    match &machine.step {
        None => name,
        Some((step, since)) => {
            let time = duration(now.saturating_sub(*since));
            format!("{name}  {} {}/{}  {time}", task(step), step.step, step.of)
        }
    }
}
