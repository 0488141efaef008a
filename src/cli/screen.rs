//! The two streams: results on stdout, talk on stderr. Alone in writing to either.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use tokio::sync::oneshot;

use crate::report::findings::Paint;
use crate::report::words::{terminal, without_commands};
use crate::report::{Colour, Style, Symbols};

use super::args::Global;
use super::failure::{Failure, Situation};
use super::surroundings::Surroundings;

/// Columns when nobody says how wide the screen is.
const WIDTH: usize = 80;

/// What the two streams can do.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// How results are laid out.
    pub out: Style,
    /// How talk is laid out.
    pub err: Style,
    /// Whether stderr is a terminal that can be redrawn.
    pub live: bool,
    /// Whether somebody can be asked.
    pub can_ask: bool,
    /// Whether stdout belongs to a program (`-json`).
    json: bool,
}

impl Screen {
    /// Looks at the streams and the environment (`NO_COLOR`, `TERM`, `COLUMNS`, `LC_ALL`, `LANG`).
    #[must_use]
    pub fn look(global: &Global, around: &Surroundings) -> Self {
        let dumb = around.get("TERM") == Some("dumb");
        let plain = global.no_color || around.get("NO_COLOR").is_some() || dumb;
        let width = around
            .get("COLUMNS")
            .and_then(|text| text.parse().ok())
            .unwrap_or(WIDTH);
        let locale = around
            .get("LC_ALL")
            .or_else(|| around.get("LC_CTYPE"))
            .or_else(|| around.get("LANG"));
        let symbols = match locale {
            Some(name) if !name.to_uppercase().contains("UTF") => Symbols::Ascii,
            Some(_) | None => Symbols::Unicode,
        };
        let style = |is_terminal: bool| Style {
            colour: if is_terminal && !plain {
                Colour::Always
            } else {
                Colour::Never
            },
            width,
            symbols,
        };
        let err_is_terminal = std::io::stderr().is_terminal();
        Self {
            out: style(std::io::stdout().is_terminal()),
            err: style(err_is_terminal),
            live: err_is_terminal && !dumb,
            can_ask: global.input && std::io::stdin().is_terminal(),
            json: global.json,
        }
    }

    /// Whether findings are coloured.
    #[must_use]
    pub fn paint(&self) -> Paint {
        match self.err.colour {
            Colour::Always => Paint::Coloured,
            Colour::Never => Paint::Plain,
        }
    }

    /// A result: a page for people, or what a program reads with `-json`.
    ///
    /// # Errors
    /// [`Failure`] when the text cannot be written.
    pub fn result(&self, text: &str) -> Result<(), Failure> {
        if self.json {
            self.document(text)
        } else {
            self.document(&without_commands(text))
        }
    }

    /// A result that is for a program whatever was asked for, byte for byte. A reader that is gone is no error of
    /// ours, a full disk is.
    ///
    /// # Errors
    /// [`Failure`] when the text cannot be written.
    pub fn document(&self, text: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::new(
                Situation::Other,
                format!("failed to write to stdout: {error}"),
            )),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The result of what was done already: that it cannot be written changes nothing about how it ended.
    pub fn last_words(&self, text: &str) {
        if let Err(failure) = self.result(text) {
            self.failure(&failure);
        }
    }

    /// A sentence about what was done. With `-json` it is talk: what a program reads has no sentences in between.
    pub fn sentence(&self, text: &str) {
        if self.json {
            self.talk(text);
        } else {
            self.last_words(text);
        }
    }

    /// What a program reads of it, with `-json`.
    ///
    /// # Errors
    /// [`Failure`] when the text cannot be written.
    pub fn json(&self, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json {
            self.result(&text())
        } else {
            Ok(())
        }
    }

    /// What was done: in a sentence, or as a document with `-json`. That it cannot be written changes nothing
    /// about it.
    pub fn told(&self, sentence: &str, document: impl FnOnce() -> String) {
        self.last_words(&if self.json {
            document()
        } else {
            sentence.to_owned()
        });
    }

    /// Talk.
    pub fn talk(&self, text: &str) {
        let text = without_commands(text);
        let mut err = std::io::stderr().lock();
        let _gone = err.write_all(text.as_bytes()).and_then(|()| err.flush());
    }

    /// Why a command ended, and what to do next.
    pub fn failure(&self, failure: &Failure) {
        let mut text = failure.rendered.clone().unwrap_or_default();
        for (depth, line) in failure.chain.iter().enumerate() {
            let head = if depth == 0 {
                "error: "
            } else {
                "  caused by: "
            };
            text.push_str(&format!("{head}{}\n", terminal(line)));
        }
        for line in &failure.details {
            text.push_str(&format!("  {}\n", terminal(line)));
        }
        for hint in &failure.hints {
            text.push_str(&format!("hint: {}\n", terminal(hint)));
        }
        self.talk(&text);
    }

    /// Asks for the word `yes`; anything else is no.
    #[must_use]
    pub fn ask(&self, question: &str) -> bool {
        self.talk(question);
        says_yes()
    }

    /// The same while signals are listened to, which nobody would hear behind a read: a thread of its own reads, and ends
    /// with the program where nobody answers.
    pub async fn ask_aside(&self, question: &str) -> bool {
        self.talk(question);
        let (tell, told) = oneshot::channel();
        let reader = std::thread::Builder::new().spawn(move || tell.send(says_yes()));
        reader.is_ok() && told.await.unwrap_or(false)
    }
}

/// Whether the next line that is typed is the word.
fn says_yes() -> bool {
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}
