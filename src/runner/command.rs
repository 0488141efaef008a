//! A command of the owner's, run to its end: no shell, no terminal, no time without limit.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command as Process};
use tokio::time::timeout;

use crate::model::{Command, Facts, MissingFact};
use crate::probe::Ran;

use super::words::last_line;

/// Bytes of its output that are kept, the last ones; the rest is read and dropped, so that a command
/// that talks much is never held up.
const KEPT_BYTES: usize = 4096;

/// So long a command that took too long may tidy up after it was asked to end.
const GRACE: Duration = Duration::from_secs(5);

/// So long its output is waited for once it has ended: what it left running may keep it open for ever.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A command with everything filled in.
pub(super) struct Job {
    words: Vec<String>,
    variables: BTreeMap<String, String>,
}

impl Job {
    /// Fills in the facts.
    ///
    /// # Errors
    /// [`MissingFact`] when the machine has not got one of them.
    pub(super) fn new(
        command: &Command,
        facts: &Facts,
        variables: BTreeMap<String, String>,
    ) -> Result<Self, MissingFact> {
        let words = command.0.iter().map(|word| word.fill(facts));
        let words = words.collect::<Result<_, _>>()?;
        Ok(Self { words, variables })
    }

    /// Runs it.
    pub(super) async fn run(self, within: Duration) -> Ran {
        let mut running = match self.begin() {
            Ok(running) => running,
            Err(why) => return Ran::Badly(why),
        };
        let said = Said::default();
        match timeout(within, running.follow(&said)).await {
            Ok(Ok(status)) if status.success() => {
                running.has_ended = true;
                Ran::Well
            }
            Ok(Ok(status)) => {
                running.has_ended = true;
                Ran::Badly(with_last_words(&ended(status), &said))
            }
            Ok(Err(error)) => Ran::Badly(format!("cannot be followed: {error}")),
            Err(_) => {
                running.end().await;
                let what = format!("took longer than {} s and was ended", within.as_secs());
                Ran::Badly(with_last_words(&what, &said))
            }
        }
    }

    fn begin(self) -> Result<Running, String> {
        let (program, arguments) = self.words.split_first().ok_or("has no program")?;
        let child = Process::new(program)
            .args(arguments)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Of its own group: Ctrl-C is for respec, which ends a command only when it must.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("cannot be started: {error}"))?;
        Ok(Running {
            group: child
                .id()
                .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)),
            child,
            has_ended: false,
        })
    }
}

/// The last of what a command said, on both its outputs.
type Said = RefCell<Vec<u8>>;

/// A command under way; one that is dropped takes its whole group along.
struct Running {
    child: Child,
    group: Option<Pid>,
    has_ended: bool,
}

impl Running {
    /// Reads what it says until it ends.
    async fn follow(&mut self, said: &Said) -> std::io::Result<ExitStatus> {
        let (out, err) = (self.child.stdout.take(), self.child.stderr.take());
        let mut reads = Box::pin(async { tokio::join!(read(out, said), read(err, said)) });
        tokio::select! {
            status = self.child.wait() => {
                // Whether they end in time or not, what was read is there.
                let _in_time = timeout(LAST_WORDS, &mut reads).await;
                status
            }
            _ = &mut reads => self.child.wait().await,
        }
    }

    async fn end(&mut self) {
        self.signal(Signal::TERM);
        if timeout(GRACE, self.child.wait()).await.is_err() {
            self.signal(Signal::KILL);
            // A killed process ends, unless its disk hangs, and then nothing helps.
            let _gone = timeout(GRACE, self.child.wait()).await;
        }
        self.has_ended = true;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // It may have ended by itself meanwhile.
            let _sent = kill_process_group(group, signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended {
            self.signal(Signal::KILL);
        }
    }
}

/// Reads to the end and keeps the last of it.
async fn read(from: Option<impl AsyncRead + Unpin>, said: &Said) {
    let Some(mut from) = from else { return };
    let mut piece = [0; KEPT_BYTES];
    // An output that cannot be read any further is over.
    while let Ok(n @ 1..) = from.read(&mut piece).await {
        let mut kept = said.borrow_mut();
        kept.extend_from_slice(&piece[..n]);
        let surplus = kept.len().saturating_sub(KEPT_BYTES);
        kept.drain(..surplus);
    }
}

fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with {code}"),
        None => format!("was ended ({status})"),
    }
}

fn with_last_words(what: &str, said: &Said) -> String {
    match last_line(&said.borrow()) {
        Some(line) => format!("{what}: {line}"),
        None => what.to_owned(),
    }
}
