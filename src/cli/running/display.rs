//! Which display shows a run: a screen on a terminal, lines in a log, JSON for a machine.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use indicatif::ProgressDrawTarget;
use jiff::Timestamp;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::event::Event;
use crate::report::Style;
use crate::report::run::{Board, Canvas, Diagnostic, Display, JsonLines, Line, Live, Size, Tally};

use crate::cli::args::Global;
use crate::cli::failure::{Done, Failure};
use crate::cli::screen::Screen;

/// How often a display is told that time has passed.
const TICK: Duration = Duration::from_secs(1);

/// Shortest time between two drawings, by the time of whoever looks on: ten a second look like one.
const REDRAW: Duration = Duration::from_millis(100);

/// A display with what the run has come to so far.
pub struct Progress {
    display: Rc<RefCell<Box<dyn Display>>>,
    tally: Tally,
    ticking: JoinHandle<()>,
}

impl Progress {
    /// Begins to show a run; its board is asked for only where it is drawn. Must be called inside a
    /// `LocalSet`.
    pub fn begin(
        global: &Global,
        screen: &Screen,
        clock: &Rc<dyn Clock>,
        board: impl FnOnce() -> Board,
    ) -> Self {
        let display: Box<dyn Display> = if global.json {
            json(clock.wall())
        } else if screen.live {
            let target = ProgressDrawTarget::stderr();
            Box::new(Live::new(target, board(), canvas(screen.err)))
        } else {
            Box::new(Line::new(std::io::stderr(), screen.err))
        };
        let display = Rc::new(RefCell::new(display));
        let (told, clock) = (display.clone(), clock.clone());
        let ticking = tokio::task::spawn_local(async move {
            loop {
                clock.sleep(TICK).await;
                told.borrow_mut().tick(clock.elapsed());
            }
        });
        Self {
            display,
            tally: Tally::default(),
            ticking,
        }
    }

    /// Shows an event.
    pub fn event(&mut self, event: &Event) {
        self.tally.take(event);
        self.display.borrow_mut().event(event);
    }

    /// Shows what is left to show, and says what the run came to, and in how many lines of a stream.
    pub fn finish(self) -> (Tally, u64) {
        self.ticking.abort();
        // A reader that is gone is no error of ours: the journal has everything.
        let _gone = self.display.borrow_mut().finish();
        let lines = self.display.borrow().lines();
        (self.tally, lines)
    }
}

/// How a command ended whose stream does not end with a run.
pub enum Ending<'a> {
    /// There was nothing to do.
    NothingToDo,
    /// This run was given up, and that ended so.
    Closed(&'a str, Done),
    /// It failed.
    Failed(&'a Failure),
}

/// The last line of a stream, and the first one where no run was told: so many lines are written already.
pub fn end_stream(told: Option<u64>, ending: Ending<'_>, now: Timestamp) {
    let mut lines = match told {
        None => JsonLines::new(std::io::stdout(), env!("CARGO_PKG_VERSION"), now),
        Some(lines) => JsonLines::going_on(std::io::stdout(), lines),
    };
    let failure = match ending {
        Ending::NothingToDo => return lines.nothing_to_do(now),
        Ending::Closed(run, done) => return lines.run_closed(run, done.exit_code(), now),
        Ending::Failed(failure) => failure,
    };
    let mut said = failure.chain.iter().cloned();
    let diagnostic = Diagnostic {
        severity: "error",
        summary: said.next().unwrap_or_default(),
        detail: said
            .chain(failure.details.iter().cloned())
            .chain(failure.hints.iter().cloned())
            .collect::<Vec<_>>()
            .join("\n"),
    };
    lines.failed(&diagnostic, failure.situation.exit_code(), now);
}

fn json(now: Timestamp) -> Box<dyn Display> {
    let version = env!("CARGO_PKG_VERSION");
    Box::new(JsonLines::new(std::io::stdout(), version, now))
}

/// Stderr as it is now. Drawing goes by the onlooker's time: a run in virtual time is over in a moment,
/// whatever its own clock says.
fn canvas(style: Style) -> Canvas {
    let mut drawn: Option<Instant> = None;
    Canvas {
        style,
        size: Box::new(move || terminal_size(style.width)),
        due: Box::new(move || {
            let is_due = drawn.is_none_or(|at| at.elapsed() >= REDRAW);
            if is_due {
                drawn = Some(now());
            }
            is_due
        }),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how often a screen is drawn is no part of a run, and its clock may be virtual"
)]
fn now() -> Instant {
    Instant::now()
}

/// How large the terminal is; a terminal that does not say so is taken for the usual one.
fn terminal_size(columns: usize) -> Size {
    let told = rustix::termios::tcgetwinsize(std::io::stderr());
    match told {
        Ok(size) if size.ws_row > 0 && size.ws_col > 0 => Size {
            rows: usize::from(size.ws_row),
            columns: usize::from(size.ws_col),
        },
        Ok(_) | Err(_) => Size { rows: 24, columns },
    }
}
