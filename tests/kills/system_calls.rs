//! SIGKILL at the entry of the nth system call of a kind, where strace is there to send it.

use std::os::unix::process::ExitStatusExt as _;
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
    ("writev", 20),
];

/// How everything is traced. Not with `--seccomp-bpf`: there strace injects errors, and signals get lost.
const TRACED: [&str; 4] = ["-f", "-qq", "-o", "/dev/null"];

/// The signal's number, which is the same everywhere.
const SIGKILL: i32 = 9;

/// Not every number of every kind has to be tried.
const EVERY: usize = 1;

pub(crate) fn rounds() -> (Vec<Round>, Option<String>) {
    if !strace_kills() {
        return (
            Vec::new(),
            Some("kills by system call: no strace here that can".into()),
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

/// Whether it really kills: one that may trace need not be able to.
fn strace_kills() -> bool {
    let tried = Command::new("strace")
        .args(TRACED)
        .args(["-e", "trace=exit_group"])
        .args(["-e", "inject=exit_group:signal=KILL:when=1"])
        .arg("true")
        .stderr(Stdio::null())
        .status();
    // It ends as what it traces has ended.
    tried.is_ok_and(|status| status.signal() == Some(SIGKILL))
}

fn play(folder: &str, call: &str, nth: usize) {
    let yard = Yard::new(folder);
    let before = yard.journal();
    let apply = yard.house.command(APPLY);
    // Some architectures lack some of them.
    let traced = format!("trace=?{call}");
    let killed = format!("inject=?{call}:signal=KILL:when={nth}");
    let mut traced = under_strace(&apply, &["-e", &traced, "-e", &killed]);
    let ended = yard.start(&mut traced, Vec::new()).ended();
    // Killed, or through, where there are fewer such calls: any other end is a strace that has refused.
    assert!(matches!(ended.code, None | Some(0 | 8)), "{ended}");
    yard.saw_the_end(&before, &ended);
    yard.is_finished_by_the_next();
}

/// The same command, traced with these options.
pub(crate) fn under_strace(command: &Command, options: &[&str]) -> Command {
    let mut traced = Command::new("strace");
    traced
        .args(TRACED)
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
