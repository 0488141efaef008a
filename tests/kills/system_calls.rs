//! SIGKILL at the entry of the nth system call of a kind, where strace is there to send it.

use std::process::{Command, Stdio};

use crate::Round;
use crate::yard::{APPLY, Yard};

/// Kinds of system calls, and how many of each are tried: all that touch the state or the wire.
const CALLS: [(&str, usize); 12] = [
    ("fdatasync", 45),
    ("fsync", 30),
    ("sync_file_range", 30),
    ("pwrite64", 40),
    ("write", 20),
    ("rename", 12),
    ("unlink", 8),
    ("openat", 30),
    ("ftruncate", 4),
    ("flock", 4),
    ("mkdir", 8),
    ("sendto", 20),
];

/// Not every number of every kind has to be tried.
const EVERY: usize = 1;

pub(crate) fn rounds() -> (Vec<Round>, Option<String>) {
    if !strace_is_here() {
        return (
            Vec::new(),
            Some("kills by system call: no strace here".into()),
        );
    }
    let mut rounds = Vec::new();
    for (call, n_max) in CALLS {
        for nth in (1..=n_max).step_by(EVERY) {
            let name = format!("system-call {call} {nth}");
            rounds.push(Round::new(name, move |folder| play(folder, call, nth)));
        }
    }
    (rounds, None)
}

pub(crate) fn strace_is_here() -> bool {
    let tried = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=none", "true"])
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

fn play(folder: &str, call: &str, nth: usize) {
    let yard = Yard::new(folder);
    let before = yard.journal();
    let apply = yard.house.command(APPLY);
    let killed = format!("inject={call}:signal=KILL:when={nth}");
    let mut traced = under_strace(&apply, &["-e", &format!("trace={call}"), "-e", &killed]);
    let ended = yard.start(&mut traced, Vec::new()).ended();
    yard.saw_the_end(&before, &ended);
    yard.is_finished_by_the_next();
}

/// The same command, traced with these options.
pub(crate) fn under_strace(command: &Command, options: &[&str]) -> Command {
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-qq", "--seccomp-bpf", "-o", "/dev/null"])
        .args(options)
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap())
        .env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            traced.env(name, value);
        }
    }
    // Found where the shell finds it, since the program's own environment has no path.
    traced.env("PATH", "/usr/local/bin:/usr/bin:/bin");
    traced
}
