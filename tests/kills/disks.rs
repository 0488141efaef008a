//! Disks that are full, and disks that may only be read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustix::process::Signal;

use crate::Round;
use crate::door::{Calls, Deed, Trap, When, send};
use crate::journal::Journal;
use crate::process::Ended;
use crate::yard::{APPLY, Yard, n_calls, n_changing};

/// Points at which no file may grow any further, each with and without the signal that says so.
const LIMITED: usize = 20;

/// Points at which the last byte of a small disk is taken.
const FILLED: usize = 12;

/// Points at which a process is killed whose disk is full when the next one comes.
const TAKEN_UP: usize = 6;

/// No file may be larger than the first half MiB of the database: nothing can be begun.
const TOO_SMALL_BLOCKS: u32 = 1_030;

/// Where not even the reserve helps, a machine is started without a word in the journal. The next apply finds
/// it up in the middle of its change, calls that a failure, and leaves the others for the one after it.
const APPLIES_MAX: usize = 4;

/// A disk with room for a run to begin.
const DISK: &str = "24m";

pub(crate) fn rounds() -> (Vec<Round>, Option<String>) {
    let mut rounds = vec![Round::new(
        "disk without room".into(),
        nothing_is_begun_without_room,
    )];
    for point in 0..LIMITED {
        let nth = 1 + point * n_calls() / LIMITED;
        for xfsz in [Xfsz::Ignored, Xfsz::Deadly] {
            let name = format!("disk limited at call {nth}, signal {xfsz:?}");
            rounds.push(Round::new(name, move |folder| limited(folder, nth, xfsz)));
        }
    }
    if !may_mount() {
        return (
            rounds,
            Some("full and read-only disks: mounting is not allowed here".into()),
        );
    }
    for point in 0..FILLED {
        let nth = 1 + point * n_changing() / FILLED;
        let name = format!("disk filled at step {nth}");
        rounds.push(Round::new(name, move |folder| filled(folder, nth)));
    }
    for point in 0..TAKEN_UP {
        let nth = 1 + point * n_changing() / TAKEN_UP;
        let name = format!("disk full for whoever comes after a kill at step {nth}");
        rounds.push(Round::new(name, move |folder| taken_up(folder, nth)));
    }
    rounds.push(Round::new("disk read-only".into(), read_only));
    (rounds, None)
}

/// What becomes of the signal that comes with a file that is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Xfsz {
    /// The write fails.
    Ignored,
    /// The process is killed.
    Deadly,
}

/// The program behind a shell that does something first.
fn behind_shell(yard: &Yard, script: &str) -> Command {
    let apply = yard.house.command(APPLY);
    in_shell(&apply, &["sh"], script)
}

fn in_shell(command: &Command, shell: &[&str], script: &str) -> Command {
    let mut wrapped = Command::new(shell[0]);
    wrapped
        .args(&shell[1..])
        .args(["-c", script])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().unwrap())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            wrapped.env(name, value);
        }
    }
    wrapped
}

fn nothing_is_begun_without_room(folder: &str) {
    let yard = Yard::new(folder);
    let script = format!("ulimit -f {TOO_SMALL_BLOCKS}; trap '' XFSZ; exec \"$0\" \"$@\"");
    let ended = yard
        .start(&mut behind_shell(&yard, &script), Vec::new())
        .ended();
    let ended = ended.exits(1).says(&["are free in", "make room"]);
    assert_eq!(yard.door.n_changing(), 0, "{ended}");
    yard.is_finished_by_the_next();
}

/// From some call on no file may grow beyond what the journal is then, and a few bytes.
fn limited(folder: &str, nth: usize, xfsz: Xfsz) {
    let yard = Yard::new(folder);
    let before = yard.journal();
    let script = match xfsz {
        Xfsz::Ignored => "trap '' XFSZ; exec \"$0\" \"$@\"",
        Xfsz::Deadly => "exec \"$0\" \"$@\"",
    };
    let journal = yard.house.folder.join("state/shop/journal.jsonl");
    let deed = Arc::new(move |process| limit(process, &journal, nth as u64 * 97 % 700));
    let trap = Trap {
        calls: Calls::Any,
        nth,
        when: When::Before,
        deed,
    };
    let ended = yard
        .start(&mut behind_shell(&yard, script), vec![trap])
        .ended();
    yard.saw_the_end(&before, &ended);
    if xfsz == Xfsz::Ignored {
        assert!(ended.code.is_some(), "{ended}");
        assert_eq!(yard.n_down(), 0, "{ended}");
    }
    yard.is_finished_sooner_or_later(APPLIES_MAX);
}

fn limit(process: u32, journal: &Path, more: u64) {
    let now = fs::metadata(journal).map_or(0, |meta| meta.len());
    let limited = Command::new("prlimit")
        .args([
            "--pid",
            &process.to_string(),
            &format!("--fsize={}", now + more),
        ])
        .stderr(Stdio::null())
        .status();
    assert!(limited.is_ok(), "there is no prlimit here");
}

fn may_mount() -> bool {
    let tried = Command::new("unshare")
        .args(["-m", "mount", "-t", "tmpfs", "none", "/mnt"])
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

/// Applies by this script, with the state on a small disk of its own, and this done at a step. What is there in the
/// end is copied before the disk goes, and nobody is down.
fn on_a_small_disk(yard: &Yard, script: &str, nth: usize, deed: Deed) -> Ended {
    let at = |name: &str| yard.house.folder.join(name);
    fs::create_dir(at("state")).unwrap();
    fs::create_dir(at("kept")).unwrap();
    let script = format!(
        "mount -t tmpfs -o size={DISK},mode=700 none state || exit 99
        {script}; code=$?
        rm -f state/filler
        cp -a state/. kept/
        exit $code"
    );
    let apply = yard.house.command(APPLY);
    let mut inside = in_shell(&apply, &["unshare", "-m", "sh"], &script);
    let trap = Trap {
        calls: Calls::Changing,
        nth,
        when: When::Before,
        deed,
    };
    let ended = yard.start(&mut inside, vec![trap]).ended();
    assert_eq!(yard.n_down(), 0, "{ended}");
    fs::remove_dir(at("state")).unwrap();
    fs::rename(at("kept"), at("state")).unwrap();
    yard.saw_the_end(&Journal::read(Path::new("")), &ended);
    ended
}

/// The last byte of the disk is taken at a step.
fn filled(folder: &str, nth: usize) {
    let yard = Yard::new(folder);
    let filler = yard.house.folder.join("state/filler");
    let deed = Arc::new(move |process| fill(process, &filler));
    let ended = on_a_small_disk(&yard, "\"$0\" \"$@\"", nth, deed);
    // The reserve was enough to record how every machine was left.
    let journal = yard.journal();
    let open = journal.open_machines();
    match ended.code {
        Some(3) => assert!(ended.stdout.contains("make room"), "{ended}"),
        Some(0) => {}
        code => panic!("{code:?}\n{ended}"),
    }
    assert!(
        open.is_empty() || ended.stdout.contains("order"),
        "{open:?}\n{ended}"
    );
    yard.is_finished_by_the_next();
}

/// Killed with its reserve in place, and the last byte of the disk is taken before anybody comes. Readers see all there
/// is, and like those who only check it they leave the reserve to the next apply: it takes the run up in it, and brings up who is down.
fn taken_up(folder: &str, nth: usize) {
    let yard = Yard::new(folder);
    let at = |name: &str| yard.house.folder.join(name);
    let script = "\"$0\" \"$@\" & echo $! >first; wait $!
        \"$0\" history >history.txt || exit 97
        \"$0\" state check >check.txt 2>&1
        test -s state/shop/store.reserve || exit 98
        \"$0\" \"$@\"";
    let (first, filler) = (at("first"), at("state/filler"));
    let deed = Arc::new(move |shell| {
        let process = fs::read_to_string(&first).unwrap();
        let process = process.trim().parse().unwrap();
        send(process, Signal::STOP);
        fill(shell, &filler);
        send(process, Signal::KILL);
    });
    let ended = on_a_small_disk(&yard, script, nth, deed);
    assert!(ended.stdout.contains("make room"), "{ended}");
    assert!(!ended.stdout.contains("takes no more"), "{ended}");
    let read = fs::read_to_string(at("history.txt")).unwrap();
    assert!(read.contains("open"), "{read}");
    yard.is_finished_sooner_or_later(APPLIES_MAX);
}

/// Through the eyes of the process: the disk is mounted for it alone.
fn fill(process: u32, filler: &Path) {
    let mut path = PathBuf::from(format!("/proc/{process}/root"));
    path.extend(filler.components().skip(1));
    let _full = fs::write(path, vec![1; 64 * 1024 * 1024]);
}

fn read_only(folder: &str) {
    let yard = Yard::new(folder);
    yard.apply_into(vec![Trap::signal(
        Calls::Changing,
        5,
        When::After,
        Signal::KILL,
    )]);
    yard.door.arm(Vec::new());
    let script = "mount --bind state state && mount -o remount,ro,bind state && exec \"$0\" \"$@\"";
    let under = |args: &str| {
        let command = yard.house.command(args);
        yard.start(
            &mut in_shell(&command, &["unshare", "-m", "sh"], script),
            Vec::new(),
        )
        .ended()
    };
    under("plan").exits(0);
    under("history").exits(0);
    let refused = under(APPLY).exits(1);
    assert!(refused.stderr.contains("ead-only"), "{refused}");
    assert_eq!(yard.door.n_changing(), 0, "{refused}");
    yard.is_finished_by_the_next();
}
