//! Which display shows a run: bars on a terminal, lines in a log, JSON for a machine.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use indicatif::ProgressDrawTarget;
use jiff::Timestamp;
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::event::Event;
use crate::report::json_lines::{Diagnostic, JsonLines};
use crate::report::line::Line;
use crate::report::live::Live;
use crate::report::{Display, Tally};

use super::args::Global;
use super::failure::Failure;
use super::screen::Screen;

/// How often a display is told that time has passed.
const TICK: Duration = Duration::from_secs(1);

/// A display with what the run has come to so far.
pub struct Progress {
    display: Rc<RefCell<Box<dyn Display>>>,
    tally: Tally,
    ticking: JoinHandle<()>,
}

impl Progress {
    /// Begins to show a run. Must be called inside a `LocalSet`.
    pub fn begin(global: &Global, screen: &Screen, clock: &Rc<dyn Clock>) -> Self {
        let display = Rc::new(RefCell::new(choose(global, screen, clock.wall())));
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

    /// Shows what is left to show, and says what the run came to.
    pub fn finish(self) -> Tally {
        self.ticking.abort();
        // A reader that is gone is no error of ours: the journal has everything.
        let _gone = self.display.borrow_mut().finish();
        self.tally
    }
}

/// The stream of an apply that did not come to a run: its first line, and why it failed if it did.
pub fn json_without_run(failure: Option<&Failure>, now: Timestamp) {
    let mut lines = JsonLines::new(std::io::stdout(), env!("CARGO_PKG_VERSION"), now);
    let Some(failure) = failure else { return };
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
    lines.diagnostic(&diagnostic, now);
}

fn choose(global: &Global, screen: &Screen, now: Timestamp) -> Box<dyn Display> {
    if global.json {
        Box::new(JsonLines::new(
            std::io::stdout(),
            env!("CARGO_PKG_VERSION"),
            now,
        ))
    } else if screen.live {
        Box::new(Live::new(ProgressDrawTarget::stderr(), screen.err))
    } else {
        Box::new(Line::new(std::io::stderr(), screen.err))
    }
}
