//! A disk that does not give back what is on it: strace answers for it. The other copy stands in, the one that could
//! not be read is kept, and the run goes on.

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;

use crate::Round;
use crate::door::{Calls, Trap, When};
use crate::process::Ended;
use crate::system_calls::{strace_is_here, under_strace};
use crate::yard::Yard;

pub(crate) fn rounds() -> (Vec<Round>, Option<String>) {
    if !strace_is_here() {
        return (Vec::new(), Some("unreadable disks: no strace here".into()));
    }
    let rounds = vec![
        Round::new("unreadable database".into(), database),
        Round::new("unreadable journal".into(), journal),
        Round::new(
            "unreadable journal at a restore".into(),
            journal_at_a_restore,
        ),
    ];
    (rounds, None)
}

/// A yard whose apply was killed on its way.
fn killed(folder: &str) -> Yard {
    let yard = Yard::new(folder);
    let trap = Trap::signal(Calls::Changing, 5, When::After, Signal::KILL);
    yard.apply_into(vec![trap]);
    yard
}

fn state(yard: &Yard, name: &str) -> PathBuf {
    yard.house.folder.join("state/shop").join(name)
}

/// Runs a command for which the first such system call on a file of the state fails.
fn failing(yard: &Yard, args: &str, call: &str, file: &str) -> Ended {
    let file = state(yard, file);
    let trace = format!("trace={call}");
    let fault = format!("inject={call}:error=EIO:when=1");
    let options = ["-P", file.to_str().unwrap(), "-e", &trace, "-e", &fault];
    let mut traced = under_strace(&yard.house.command(args), &options);
    yard.start(&mut traced, Vec::new()).ended()
}

/// Its index is damaged, so that it is copied before it is opened without: which fails.
fn database(folder: &str) {
    let yard = killed(folder);
    for entry in fs::read_dir(state(&yard, "store")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains("snap.") {
            fs::write(path, b"nonsense").unwrap();
        }
    }
    let log = fs::read(state(&yard, "store/db")).unwrap();
    let checked = failing(&yard, "state check", "copy_file_range", "store/db").exits(0);
    checked.says(&["copying it failed", "made again", "damaged-1"]);
    let kept = fs::read(state(&yard, "store.damaged-1/db")).unwrap();
    assert!(kept == log, "the one that could not be read was changed");
    yard.is_finished_by_the_next();
}

fn journal(folder: &str) {
    let yard = killed(folder);
    let text = fs::read(state(&yard, "journal.jsonl")).unwrap();
    let checked = failing(&yard, "state check", "read", "journal.jsonl").exits(0);
    checked.says(&["reading it failed", "made again from the database"]);
    let kept = fs::read(state(&yard, "journal.damaged-1.jsonl")).unwrap();
    assert!(kept == text, "the one that could not be read was changed");
    yard.is_finished_by_the_next();
}

fn journal_at_a_restore(folder: &str) {
    let yard = killed(folder);
    yard.run("state export -out backup.jsonl").exits(0);
    let text = fs::read(state(&yard, "journal.jsonl")).unwrap();
    let restore = "state restore backup.jsonl -replace";
    let restored = failing(&yard, restore, "copy_file_range", "journal.jsonl").exits(0);
    restored.shows(&["replaced-1"]);
    let kept = fs::read(state(&yard, "replaced-1/journal.jsonl")).unwrap();
    assert!(kept == text, "the one that could not be read was changed");
    yard.is_finished_by_the_next();
}
