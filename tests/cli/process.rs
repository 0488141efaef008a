//! A child process whose every word is kept, and which is never waited for without a deadline.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use respec::clock::{Clock as _, SystemClock};
use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{grantpt, ptsname, unlockpt};

/// Longest wait for anything. The longest apply takes twenty seconds, most of them a cool-down, and a machine may be
/// busy; only what fails waits as long as this.
pub(crate) const DEADLINE: Duration = Duration::from_secs(180);

/// Between two looks. Most looks are calls to the server that is waited for, and take the processor from it.
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Asks again and again until it holds.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let clock = SystemClock::new(1);
    while !holds() {
        assert!(clock.elapsed() < DEADLINE, "waited in vain until {what}");
        thread::park_timeout(BETWEEN_LOOKS);
    }
}

/// A program that may still run. It is killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    command: String,
    stdout: Receiver<Vec<u8>>,
    stderr: Receiver<Vec<u8>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_with(command, Stdio::null())
    }

    /// Starts it with somebody at its keyboard: what is written to the file is typed.
    pub(crate) fn at_a_keyboard(command: &mut Command) -> (Self, File) {
        // Its other end is opened by name, as every system can; and neither end is left to another child.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let keyboard = open("/dev/ptmx", flags, Mode::empty()).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let terminal = open(&name, flags, Mode::empty()).unwrap();
        let running = Self::start_with(command, terminal.into());
        (running, keyboard.into())
    }

    fn start_with(command: &mut Command, stdin: Stdio) -> Self {
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let args: Vec<_> = command
            .get_args()
            .map(|arg| arg.to_string_lossy())
            .collect();
        Self {
            stdout: drain(child.stdout.take().unwrap()),
            stderr: drain(child.stderr.take().unwrap()),
            command: args.join(" "),
            child,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends `INT`, `TERM` and the like.
    pub(crate) fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("/bin/sh").args(["-c", &line]).status();
        assert!(sent.unwrap().success(), "{line}");
    }

    /// Kills it as the kernel does, without a word.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has ended.
    #[track_caller]
    pub(crate) fn ended(mut self) -> Ended {
        let stdout = self.stdout.recv_timeout(DEADLINE);
        let stderr = self.stderr.recv_timeout(DEADLINE);
        if stdout == Err(RecvTimeoutError::Timeout) || stderr == Err(RecvTimeoutError::Timeout) {
            self.kill();
            panic!(
                "`respec {}` did not end: {stdout:?} {stderr:?}",
                self.command
            );
        }
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ended {
            command: self.command.clone(),
            code: self.child.wait().unwrap().code(),
            stdout: text(stdout.unwrap()),
            stderr: text(stderr.unwrap()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _over_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn drain(mut from: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _cut_short = from.read_to_end(&mut bytes);
        let _nobody_asked = sender.send(bytes);
    });
    receiver
}

/// How a program ended, and what it said.
pub(crate) struct Ended {
    command: String,
    /// None when a signal killed it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Insists on an exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Insists on words on stdout, however the lines are folded.
    #[track_caller]
    pub(crate) fn tells(&self, parts: &[&str]) {
        let words = self.stdout.split_whitespace();
        let unfolded: Vec<&str> = words.filter(|word| *word != "│").collect();
        let unfolded = unfolded.join(" ");
        for part in parts {
            assert!(unfolded.contains(part), "not told: {part}\n{self}");
        }
    }

    /// Insists on words on stderr.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "not said: {word}\n{self}");
        }
        self
    }

    /// Insists on words on stdout.
    #[track_caller]
    pub(crate) fn shows(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stdout.contains(word), "not shown: {word}\n{self}");
        }
        self
    }

    /// Stdout as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// Stdout as JSON lines.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<serde_json::Value> {
        let line = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(line).collect()
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command,
            code,
            stdout,
            stderr,
        } = self;
        write!(
            f,
            "`respec {command}` ended with {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        )
    }
}
