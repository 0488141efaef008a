//! What was asked for on the command line.

use std::fs;

use crate::script::Theme;
use crate::trouble::{self, Trouble};

/// Seeds of a run that names no number.
const SEEDS: u64 = 200;

/// Options of `cargo test` that mean nothing here.
const CARGOS: [&str; 8] = [
    "--exact",
    "--ignored",
    "--include-ignored",
    "--list",
    "--nocapture",
    "--quiet",
    "--show-output",
    "--test-threads",
];

/// Every seed that ever failed, with what it was.
const CORPUS: &str = include_str!("corpus.txt");

/// What is to be done, and how to tell it.
pub(crate) struct Wanted {
    pub(crate) work: Vec<Work>,
    /// What its histories are about.
    pub(crate) theme: Theme,
    pub(crate) transcript: bool,
    /// Whether a broken law is traced to the troubles it takes.
    pub(crate) shrinks: bool,
}

/// One piece of it.
pub(crate) enum Work {
    /// These histories.
    Seeds(Vec<u64>),
    /// One history, with these troubles alone.
    Only { seed: u64, troubles: Vec<Trouble> },
    /// So many seeds, each played twice.
    Twice(u64),
    /// So many seeds, each with a crash at every point.
    EveryCrash(u64),
    /// So many bad days.
    BadDays(u64),
    /// Broken promises: all of them, or one by its name.
    #[cfg(feature = "planted")]
    Planted(String),
    /// Histories that failed once.
    Corpus(Vec<Known>),
}

/// A history that failed once.
pub(crate) struct Known {
    pub(crate) theme: Theme,
    pub(crate) seed: u64,
    /// Its troubles, where they are written down and not drawn.
    pub(crate) troubles: Option<Vec<Trouble>>,
}

impl Wanted {
    /// # Errors
    /// What cannot be understood.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut first, mut seeds, mut only) = (None, None, None);
        #[cfg(feature = "planted")]
        let mut planted = None;
        let mut wanted = Self {
            work: Vec::new(),
            theme: Theme::Any,
            transcript: false,
            shrinks: true,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--transcript" => wanted.transcript = true,
                "--theme" => wanted.theme = theme(&value()?)?,
                "--no-shrinking" => wanted.shrinks = false,
                "--seed" => first = Some(number(&value()?)?),
                "--seeds" => seeds = Some(number(&value()?)?),
                "--only" => only = Some(value()?),
                "--script" => {
                    let file = value()?;
                    let text = fs::read_to_string(&file);
                    only = Some(text.map_err(|error| format!("read {file}: {error}"))?);
                }
                "--twice" => wanted.work.push(Work::Twice(number(&value()?)?)),
                "--every-crash" => wanted.work.push(Work::EveryCrash(number(&value()?)?)),
                "--bad-days" => wanted.work.push(Work::BadDays(number(&value()?)?)),
                #[cfg(feature = "planted")]
                "--planted" => planted = Some(value()?),
                passed if !passed.starts_with("--") || CARGOS.contains(&passed) => {}
                unknown => return Err(format!("{unknown} is no option")),
            }
        }
        #[cfg(feature = "planted")]
        if let Some(name) = planted {
            if only.is_none() && first.is_none() {
                wanted.work.push(Work::Planted(name));
            } else {
                crate::planted::break_promise(&name)?;
            }
        }
        match (only, first, seeds) {
            (Some(only), first, _) => wanted.work.insert(0, read_only(&only, first)?),
            (None, None, None) if !wanted.work.is_empty() => {}
            (None, Some(first), seeds) => {
                let seeds = first..first + seeds.unwrap_or(1);
                wanted.work.insert(0, Work::Seeds(seeds.collect()));
            }
            (None, None, seeds) if wanted.theme != Theme::Any => {
                let seeds = 0..seeds.unwrap_or(SEEDS);
                wanted.work.insert(0, Work::Seeds(seeds.collect()));
            }
            (None, None, seeds) => {
                let seeds = 0..seeds.unwrap_or(SEEDS);
                wanted.work.insert(0, Work::Seeds(seeds.collect()));
                wanted.work.insert(0, Work::Corpus(corpus()?));
            }
        }
        Ok(wanted)
    }
}

/// The seed stands before the troubles, as `seed N`, or on the command line.
fn read_only(text: &str, first: Option<u64>) -> Result<Work, String> {
    let (seed, troubles) = trouble::read_with_seed(text)?;
    Ok(Work::Only {
        seed: seed.or(first).ok_or("which seed? --seed N")?,
        troubles,
    })
}

/// `[THEME] SEED [only TROUBLE; … -- what it was]`, a line each.
fn corpus() -> Result<Vec<Known>, String> {
    let lines = CORPUS.lines().filter(|line| !line.starts_with('#'));
    lines.map(known).collect()
}

fn known(line: &str) -> Result<Known, String> {
    let first = line.split(' ').next().unwrap_or_default();
    let named = theme(first);
    let line = named.as_ref().map_or(line, |_| line[first.len()..].trim());
    let (seed, what) = line.split_once(' ').unwrap_or((line, ""));
    let written = what.strip_prefix("only ").map(|script| {
        let troubles = script.split("-- ").next().unwrap_or_default();
        trouble::read_with_seed(troubles.trim())
    });
    Ok(Known {
        theme: named.unwrap_or(Theme::Any),
        seed: number(seed)?,
        troubles: written.transpose()?.map(|(_, troubles)| troubles),
    })
}

fn theme(text: &str) -> Result<Theme, String> {
    match text {
        "any" => Ok(Theme::Any),
        "money" => Ok(Theme::Money),
        "two" => Ok(Theme::Two),
        "lost" => Ok(Theme::Lost),
        "hooks" => Ok(Theme::Hooks),
        "minds" => Ok(Theme::Minds),
        "network" => Ok(Theme::Network),
        _ => Err(format!(
            "{text} is no theme; there are any, money, two, lost, hooks, minds and network"
        )),
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
