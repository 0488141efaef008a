//! What goes wrong in a history, one by one, as text: so it can be listed, left out, and told again.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use respec::sim::{Fault, Struck};

use crate::script::{CommitFate, Deed, Fate, Hand, Mind, Moment, Script};

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// A call is struck.
    Call(Struck),
    /// Something befalls an attempt.
    Attempt(usize, Fate),
    /// A commit of the store fails.
    Commit(u64, CommitFate),
    /// Somebody does something in the console.
    Hand(Duration, Hand),
    /// The clock of an attempt's machine is off by so many seconds.
    Skew(usize, i64),
    /// The clock of an attempt's machine is set, so long after it began, by so many seconds.
    Jump(usize, Duration, i64),
    /// The machine of an attempt sleeps, so long after it began, for so long.
    Nap(usize, Duration, Duration),
    /// The balance changes, at this time, by this amount.
    Bill(Duration, i64),
    /// Somebody asks for something else than an apply.
    Mind(usize, Mind),
    /// The other machine that works on the fleet begins so much later.
    Later(Duration),
    /// The same befalls the other machine.
    Other(Box<Self>),
}

impl Script {
    /// Everything that goes wrong here, given the faults that were drawn. The last attempt is named in
    /// any case, for it says how many there are.
    pub(crate) fn troubles(&self, struck: Vec<Struck>) -> Vec<Trouble> {
        let mut all: Vec<Trouble> = struck.into_iter().map(Trouble::Call).collect();
        let fates = self.fates.iter().copied().enumerate();
        all.extend(
            fates
                .filter(|(at, fate)| *fate != Fate::Spared || at + 1 == self.fates.len())
                .map(|(at, fate)| Trouble::Attempt(at, fate)),
        );
        let commits = self.commit_faults.iter();
        all.extend(commits.map(|(nth, fate)| Trouble::Commit(*nth, *fate)));
        all.extend(
            self.hands
                .iter()
                .map(|(at, hand)| Trouble::Hand(*at, *hand)),
        );
        let jumps = self.jumps.iter();
        all.extend(jumps.map(|(at, after, by)| Trouble::Jump(*at, *after, *by)));
        let naps = self.naps.iter();
        all.extend(naps.map(|(at, after, long)| Trouble::Nap(*at, *after, *long)));
        let bills = self.bills.iter();
        all.extend(bills.map(|(at, amount)| Trouble::Bill(*at, *amount)));
        let minds = self.minds.iter();
        all.extend(minds.map(|(at, mind)| Trouble::Mind(*at, *mind)));
        let skews = self.skews.iter().copied().enumerate();
        all.extend(
            skews
                .filter(|(_, secs)| *secs != 0)
                .map(|(at, secs)| Trouble::Skew(at, secs)),
        );
        all
    }

    /// The same history with these troubles and no others.
    pub(crate) fn with_only(mut self, troubles: &[Trouble]) -> Self {
        self.fates = vec![Fate::Spared];
        self.skews.fill(0);
        self.commit_faults.clear();
        self.hands.clear();
        self.jumps.clear();
        self.naps.clear();
        self.bills.clear();
        self.minds.clear();
        let (mut listed, mut others, mut later) = (Vec::new(), Vec::new(), None);
        for trouble in troubles {
            match trouble {
                Trouble::Call(struck) => listed.push(struck.clone()),
                Trouble::Attempt(at, fate) => put(&mut self.fates, *at, *fate, Fate::Spared),
                Trouble::Commit(nth, fate) => self.commit_faults.push((*nth, *fate)),
                Trouble::Hand(at, hand) => self.hands.push((*at, *hand)),
                Trouble::Skew(at, secs) => put(&mut self.skews, *at, *secs, 0),
                Trouble::Jump(at, after, by) => self.jumps.push((*at, *after, *by)),
                Trouble::Nap(at, after, long) => self.naps.push((*at, *after, *long)),
                Trouble::Bill(at, amount) => self.bills.push((*at, *amount)),
                Trouble::Mind(at, mind) => self.minds.push((*at, *mind)),
                Trouble::Later(by) => later = Some(*by),
                Trouble::Other(trouble) => others.push((**trouble).clone()),
            }
        }
        self.other = self.other.take().map(|other| {
            let mut other = other.with_only(&others);
            other.begins_after = later.unwrap_or_default();
            Box::new(other)
        });
        self.listed = Some(listed);
        self
    }
}

fn put<T: Clone>(list: &mut Vec<T>, at: usize, value: T, other: T) {
    if list.len() <= at {
        list.resize(at + 1, other);
    }
    list[at] = value;
}

/// Troubles as one text, and back.
pub(crate) fn written(troubles: &[Trouble]) -> String {
    let lines: Vec<String> = troubles.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

/// Troubles stand on lines, or between semicolons; `#` begins a comment.
fn read(text: &str) -> Result<Vec<Trouble>, String> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""));
    let pieces = lines.flat_map(|line| line.split(';')).map(str::trim);
    pieces
        .filter(|piece| !piece.is_empty())
        .map(str::parse)
        .collect()
}

/// Troubles after the seed whose history they befall, `seed N`, if it is named.
///
/// # Errors
/// The words that are no trouble.
pub(crate) fn read_with_seed(text: &str) -> Result<(Option<u64>, Vec<Trouble>), String> {
    let text = text.trim_start();
    let Some(rest) = text.strip_prefix("seed ") else {
        return Ok((None, read(text)?));
    };
    let end = rest.find(['\n', ';']).unwrap_or(rest.len());
    let seed = rest[..end].trim();
    let seed = seed.parse().map_err(|_| format!("{seed} is no seed"))?;
    Ok((Some(seed), read(&rest[end..])?))
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call((operation, nth, fault)) => {
                let (name, wait) = words_of(fault);
                write!(f, "call {operation} {nth} {name}")?;
                wait.map_or(Ok(()), |wait| write!(f, " {}", wait.as_millis()))
            }
            Self::Attempt(at, fate) => {
                write!(f, "attempt {at} ")?;
                match fate {
                    Fate::Spared => write!(f, "spared"),
                    Fate::Dies(after) => write!(f, "dies {}", after.as_millis()),
                    Fate::DiesAtCall(nth, moment) => write!(f, "dies-at-call {nth} {moment}"),
                    Fate::DiesAtAppend(nth, moment) => write!(f, "dies-at-append {nth} {moment}"),
                    Fate::Interrupted(first, None) => {
                        write!(f, "interrupted {}", first.as_millis())
                    }
                    Fate::Interrupted(first, Some(second)) => {
                        write!(
                            f,
                            "interrupted {} {}",
                            first.as_millis(),
                            second.as_millis()
                        )
                    }
                }
            }
            Self::Commit(nth, CommitFate::Refused) => write!(f, "commit {nth} refused"),
            Self::Commit(nth, CommitFate::Unknown) => write!(f, "commit {nth} unknown"),
            Self::Hand(at, hand) => {
                let deed = name_of(hand.deed);
                write!(f, "hand {} {deed} {}", at.as_millis(), hand.machine)
            }
            Self::Skew(at, secs) => write!(f, "skew {at} {secs}"),
            Self::Jump(at, after, by) => write!(f, "jump {at} {} {by}", after.as_millis()),
            Self::Nap(at, after, long) => {
                write!(f, "nap {at} {} {}", after.as_millis(), long.as_millis())
            }
            Self::Bill(at, amount) => write!(f, "bill {} {amount}", at.as_millis()),
            Self::Mind(at, mind) => write!(f, "mind {at} {}", name_of_mind(*mind)),
            Self::Later(by) => write!(f, "later {}", by.as_millis()),
            Self::Other(trouble) => write!(f, "other {trouble}"),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before => write!(f, "before"),
            Self::After => write!(f, "after"),
            Self::During(after) => write!(f, "during {}", after.as_millis()),
        }
    }
}

impl FromStr for Trouble {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        read_words(&words).ok_or_else(|| format!("no trouble: {text}"))
    }
}

fn read_words(words: &[&str]) -> Option<Trouble> {
    match words {
        ["call", operation, nth, fault @ ..] => Some(Trouble::Call((
            (*operation).to_owned(),
            nth.parse().ok()?,
            fault_of(fault)?,
        ))),
        ["attempt", at, fate @ ..] => Some(Trouble::Attempt(at.parse().ok()?, fate_of(fate)?)),
        ["commit", nth, "refused"] => Some(Trouble::Commit(nth.parse().ok()?, CommitFate::Refused)),
        ["commit", nth, "unknown"] => Some(Trouble::Commit(nth.parse().ok()?, CommitFate::Unknown)),
        ["hand", at, deed, machine] => {
            let deed = DEEDS.into_iter().find(|known| name_of(*known) == *deed)?;
            let machine = machine.parse().ok()?;
            Some(Trouble::Hand(millis(at)?, Hand { deed, machine }))
        }
        ["jump", at, after, by] => {
            let (at, by) = (at.parse().ok()?, by.parse().ok()?);
            Some(Trouble::Jump(at, millis(after)?, by))
        }
        ["nap", at, after, long] => {
            let at = at.parse().ok()?;
            Some(Trouble::Nap(at, millis(after)?, millis(long)?))
        }
        ["bill", at, amount] => Some(Trouble::Bill(millis(at)?, amount.parse().ok()?)),
        ["mind", at, mind] => {
            let mind = MINDS
                .into_iter()
                .find(|known| name_of_mind(*known) == *mind)?;
            Some(Trouble::Mind(at.parse().ok()?, mind))
        }
        ["later", by] => Some(Trouble::Later(millis(by)?)),
        ["other", trouble @ ..] => Some(Trouble::Other(Box::new(read_words(trouble)?))),
        ["skew", at, secs] => Some(Trouble::Skew(at.parse().ok()?, secs.parse().ok()?)),
        _ => None,
    }
}

fn fate_of(words: &[&str]) -> Option<Fate> {
    match words {
        ["spared"] => Some(Fate::Spared),
        ["dies", after] => Some(Fate::Dies(millis(after)?)),
        ["dies-at-call", nth, moment @ ..] => {
            Some(Fate::DiesAtCall(nth.parse().ok()?, moment_of(moment)?))
        }
        ["dies-at-append", nth, moment @ ..] => {
            Some(Fate::DiesAtAppend(nth.parse().ok()?, moment_of(moment)?))
        }
        ["interrupted", first] => Some(Fate::Interrupted(millis(first)?, None)),
        ["interrupted", first, second] => {
            Some(Fate::Interrupted(millis(first)?, Some(millis(second)?)))
        }
        _ => None,
    }
}

fn moment_of(words: &[&str]) -> Option<Moment> {
    match words {
        ["before"] => Some(Moment::Before),
        ["after"] => Some(Moment::After),
        ["during", after] => Some(Moment::During(millis(after)?)),
        _ => None,
    }
}

fn fault_of(words: &[&str]) -> Option<Fault> {
    match words {
        [name] => PLAIN
            .into_iter()
            .find(|(_, known)| known == name)
            .map(|(fault, _)| fault),
        ["late", wait] => Some(Fault::Late(millis(wait)?)),
        ["throttled", wait] => Some(Fault::Throttled(millis(wait)?)),
        ["stale", wait] => Some(Fault::Stale(millis(wait)?)),
        _ => None,
    }
}

fn words_of(fault: &Fault) -> (&'static str, Option<Duration>) {
    match fault {
        Fault::Late(wait) => ("late", Some(*wait)),
        Fault::Throttled(wait) => ("throttled", Some(*wait)),
        Fault::Stale(wait) => ("stale", Some(*wait)),
        plain => {
            let known = PLAIN.into_iter().find(|(known, _)| known == plain);
            (known.expect("every other fault is plain").1, None)
        }
    }
}

/// Faults that need no number.
const PLAIN: [(Fault, &str); 9] = [
    (Fault::NotSent, "not-sent"),
    (Fault::LostBefore, "lost-before"),
    (Fault::LostAfter, "lost-after"),
    (Fault::InternalBefore, "internal-before"),
    (Fault::InternalAfter, "internal-after"),
    (Fault::Unavailable, "unavailable"),
    (Fault::Unlisted, "unlisted"),
    (Fault::StockGone, "stock-gone"),
    (Fault::PowerHangs, "power-hangs"),
];

const DEEDS: [Deed; 7] = [
    Deed::Start,
    Deed::Stop,
    Deed::ModifyAsWanted,
    Deed::ModifyElse,
    Deed::Lock,
    Deed::Unlock,
    Deed::Delete,
];

fn name_of(deed: Deed) -> &'static str {
    match deed {
        Deed::Start => "start",
        Deed::Stop => "stop",
        Deed::ModifyAsWanted => "modify-as-wanted",
        Deed::ModifyElse => "modify-else",
        Deed::Lock => "lock",
        Deed::Unlock => "unlock",
        Deed::Delete => "delete",
    }
}

const MINDS: [Mind; 4] = [
    Mind::OrdersOnly,
    Mind::Settle,
    Mind::GiveUp,
    Mind::Reconcile,
];

fn name_of_mind(mind: Mind) -> &'static str {
    match mind {
        Mind::OrdersOnly => "orders-only",
        Mind::Settle => "settles",
        Mind::GiveUp => "gives-up",
        Mind::Reconcile => "reconciles",
    }
}

fn millis(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}
