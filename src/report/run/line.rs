//! An apply in a log: one line an event, without moving the cursor. A wait is not told again at every look.
//!
//! ```text
//!      Stopped  [ 00:00:12 ]  2/9  web-2 (i-bp1a…): 1/3, 15s
//!     Modifying  [ 00:00:13 ]  2/9  web-2 (i-bp1a…): 2/3 ecs.g7.large → ecs.g8i.2xlarge
//! ```

use std::io::{self, Write};
use std::time::Duration;

use crate::event::{Event, EventKind};
use crate::report::words::{Style, Tone, called, duration, stopwatch, without_commands};

use super::display::Display;
use super::events::words;
use super::rollout::hold_words;
use super::tally::Tally;

/// Longest silence: a reader, or a CI job that ends quiet runs, is told that all goes on.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// Width of the column of verbs.
const VERB_WIDTH: usize = 12;

/// Writes a line an event.
pub struct Line<W: Write> {
    out: W,
    style: Style,
    tally: Tally,
    last: Duration,
    error: Option<io::Error>,
}

impl<W: Write> Line<W> {
    /// Writes to `out`, which should not hold lines back.
    pub fn new(out: W, style: Style) -> Self {
        Self {
            out,
            style,
            tally: Tally::default(),
            last: Duration::ZERO,
            error: None,
        }
    }

    fn write(&mut self, line: &str) {
        if self.error.is_none() {
            let line = without_commands(line);
            let written = self
                .out
                .write_all(line.as_bytes())
                .and_then(|()| self.out.flush());
            self.error = written.err();
        }
        self.last = self.tally.elapsed;
    }
}

impl<W: Write> Display for Line<W> {
    fn event(&mut self, event: &Event) {
        self.tally.take(event);
        if self.tally.is_repetition(event) {
            return;
        }
        let line = line(&event.kind, &self.tally, &self.style);
        self.write(&line);
    }

    fn tick(&mut self, elapsed: Duration) {
        self.tally.elapsed = self.tally.elapsed.max(elapsed);
        if elapsed.saturating_sub(self.last) >= SILENCE_MAX {
            let line = heartbeat(&self.tally, &self.style);
            self.write(&line);
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), Err)
    }
}

/// One event as a line, with its line break.
pub(super) fn line(kind: &EventKind, tally: &Tally, style: &Style) -> String {
    let words = words(kind);
    let subject = words.subject.map(|s| called(&s.name, &s.instance));
    let detail = words.detail + &out_of_service(kind, tally);
    let detail = style.spelled(&detail);
    let rest = match (&subject, detail.is_empty()) {
        (None, _) => detail.into_owned(),
        (Some(subject), true) => subject.clone(),
        (Some(subject), false) => format!("{subject}: {detail}"),
    };
    row(words.verb, words.tone, tally, &rest, style)
}

/// How long a machine was out of service whose change has ended, where that is more than it was down.
fn out_of_service(kind: &EventKind, tally: &Tally) -> String {
    let EventKind::Closed {
        subject, downtime, ..
    } = kind
    else {
        return String::new();
    };
    let gone = tally.service.of(&subject.instance, tally.elapsed);
    if tally.service.has_care() && gone.as_secs() > downtime.as_secs() {
        format!(", out of service for {}", duration(gone))
    } else {
        String::new()
    }
}

/// What goes on, when nothing happens.
#[must_use]
pub(super) fn heartbeat(tally: &Tally, style: &Style) -> String {
    let steps = tally
        .under_way()
        .filter_map(|m| m.step.as_ref().map(|step| (m, step)));
    let longest = steps
        .min_by_key(|(_, (_, since))| *since)
        .map(|(machine, (step, since))| {
            let time = duration(tally.elapsed.saturating_sub(*since));
            format!(
                "; longest: {}, {} for {time}",
                machine.subject.name, step.verb
            )
        });
    if let Some(hold) = tally.idles_for() {
        return row("Waiting", Tone::Faint, tally, &hold_words(hold), style);
    }
    let rest = format!("{}{}", tally.in_words(), longest.unwrap_or_default());
    row("Running", Tone::Faint, tally, &rest, style)
}

fn row(verb: &str, tone: Tone, tally: &Tally, rest: &str, style: &Style) -> String {
    let verb = style.paint(tone, &format!("{verb:>VERB_WIDTH$}"));
    let clock = stopwatch(tally.elapsed);
    let digits = tally.total.to_string().len();
    let (ended, total) = (tally.ended_count(), tally.total);
    format!("{verb}  [ {clock} ]  {ended:>digits$}/{total}  {rest}\n")
}
