//! An apply on a terminal: what is over scrolls up, what is under way is redrawn below it.

use std::io;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::event::{Event, EventKind};
use crate::report::words::{Style, without_commands};

use super::board::Board;
use super::display::Display;
use super::line::line;
use super::screenful::{Size, screenful};
use super::tally::Tally;

/// The terminal that is drawn on, as far as only somebody else can know it.
pub struct Canvas {
    /// How text is laid out.
    pub style: Style,
    /// How large it is now; asked before each drawing, for people drag windows about.
    pub size: Box<dyn FnMut() -> Size>,
    /// Whether it is time to draw again. Nothing is drawn more often, however much happens.
    pub due: Box<dyn FnMut() -> bool>,
}

/// Redraws a terminal.
pub struct Live {
    canvas: Canvas,
    board: Board,
    tally: Tally,
    /// Lines that are over and not yet written.
    over: Vec<String>,
    screen: MultiProgress,
    below: ProgressBar,
    error: Option<io::Error>,
}

impl Live {
    /// Draws on `target`. Time comes with the events; nothing is drawn in between but by [`Display::tick`].
    #[must_use]
    pub fn new(target: ProgressDrawTarget, board: Board, canvas: Canvas) -> Self {
        let screen = MultiProgress::with_draw_target(target);
        let below = screen.add(ProgressBar::new_spinner());
        let style = ProgressStyle::with_template("{msg}");
        below.set_style(style.expect("the template is a constant and well-formed"));
        Self {
            canvas,
            board,
            tally: Tally::default(),
            over: Vec::new(),
            screen,
            below,
            error: None,
        }
    }

    fn draw_if_due(&mut self) {
        if (self.canvas.due)() {
            self.write_what_is_over();
            self.board.at(self.tally.elapsed);
            let size = (self.canvas.size)();
            let lines = screenful(&self.board, &self.tally, size, &self.canvas.style).join("\n");
            self.below
                .set_message(without_commands(&lines).into_owned());
        }
    }

    fn write_what_is_over(&mut self) {
        if self.over.is_empty() {
            return;
        }
        let over = self.over.join("\n");
        let printed = self.screen.println(without_commands(&over));
        self.over.clear();
        if self.error.is_none() {
            self.error = printed.err();
        }
    }
}

impl Display for Live {
    fn event(&mut self, event: &Event) {
        self.tally.take(event);
        self.board.take(event);
        if scrolls(&event.kind) {
            let line = line(&event.kind, &self.tally, &self.canvas.style);
            self.over.push(line.trim_end().to_owned());
        }
        self.draw_if_due();
    }

    fn tick(&mut self, elapsed: Duration) {
        self.tally.at(elapsed);
        self.draw_if_due();
    }

    fn finish(&mut self) -> io::Result<()> {
        self.write_what_is_over();
        self.below.finish_and_clear();
        self.error.take().map_or(Ok(()), Err)
    }
}

/// Whether an event stays to be read; the others only change what is redrawn.
fn scrolls(kind: &EventKind) -> bool {
    match kind {
        EventKind::Begun { .. }
        | EventKind::TakenUp { .. }
        | EventKind::Postponed { .. }
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
