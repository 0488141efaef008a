//! Playing one history, and telling how it went.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::eye::Violation;
use crate::history::{self, Ended};
use crate::rig;
use crate::script::{Script, Theme};
use crate::shrink::shrink;
use crate::trouble::written;
use crate::wanted::Wanted;

/// Lines of its log that a finding shows.
const LINES_SHOWN: usize = 40;

/// Characters of such a line.
const LINE_CHARS_MAX: usize = 300;

/// Lets every core take the next piece of work until none is left.
pub(crate) fn on_all_cores<T: Sync>(pieces: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(piece);
                }
            });
        }
    });
}

/// A panic is a violation like any other.
pub(crate) fn play(script: Script) -> Ended {
    let played = catch_unwind(AssertUnwindSafe(|| rig::paused(history::play(script))));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Ended {
            violations: vec![Violation {
                law: "panic",
                what: text.unwrap_or_default(),
            }],
            ..Ended::default()
        }
    })
}

/// Twice: the same must come of it, byte for byte.
pub(crate) fn play_twice(script: impl Fn() -> Script) -> Ended {
    let ended = play(script().aloud());
    if play(script().aloud()) == ended {
        return ended;
    }
    let violation = Violation {
        law: "determinism",
        what: "played twice, it came out differently".to_owned(),
    };
    Ended {
        violations: vec![violation],
        ..ended
    }
}

/// What is to be said of it: nothing of one that broke no law, unless its transcript is wanted.
pub(crate) fn told(
    theme: Theme,
    script: impl FnOnce() -> Script,
    ended: &Ended,
    wanted: &Wanted,
) -> String {
    let mut text = String::new();
    if ended.violations.is_empty() && !wanted.transcript {
        return text;
    }
    // Played once more: it was played for its violations alone.
    let script = script().aloud();
    let (seed, aloud) = (script.seed, play(script));
    if wanted.transcript {
        text += &format!("{}\n{}\n", aloud.log.join("\n"), aloud.transcript);
    }
    let Some(first) = ended.violations.first() else {
        return text;
    };
    let more = ended.violations.len() - 1;
    text += &format!(
        "violation {} seed={seed} {} (and {more} more)\n",
        first.law, first.what
    );
    if wanted.shrinks {
        let draw = || theme.draw(seed);
        let few = shrink(draw, first.law, ended.troubles.clone(), play);
        let few = written(&few);
        text += &format!(
            "  cargo test --release --test simulation -- {}--seed {seed} --only '{few}' --transcript\n",
            theme.as_argument()
        );
    }
    let from = aloud.log.len().saturating_sub(LINES_SHOWN);
    for line in &aloud.log[from..] {
        let line: String = line.chars().take(LINE_CHARS_MAX).collect();
        text += &format!("    {line}\n");
    }
    text
}
