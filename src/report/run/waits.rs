//! Why machines wait, and which of the reasons a person should see first.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Crowd, InstanceId, OrderId, Unit, Window};
use crate::plan::Action;
use crate::report::words::{Style, count, duration, terminal};
use crate::saga::{Hold, Lift};

use super::board::Board;
use super::rollout::hold_words;
use super::tally::{Machine, State, Tally};

/// Orders that are named where several wait to be paid.
const ORDERS_NAMED: usize = 2;

/// What a machine waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// The brakes hold it.
    Held(Hold),
    /// Its order is to be paid.
    Order,
    /// It was changed less than five minutes ago (R52).
    CoolDown,
    /// Something else must be finished before it (`after`).
    Behind(Unit),
    /// It is its turn any moment.
    Turn,
}

/// The reason that needs somebody most, with how many wait for it, and how many wait for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waits {
    pub(super) reason: Reason,
    pub(super) machines: usize,
    pub(super) others: usize,
}

impl Reason {
    /// Why this machine waits; nothing if it does not.
    pub(super) fn of(board: &Board, tally: &Tally, instance: &InstanceId) -> Option<Self> {
        match tally.machines.get(instance) {
            None => Some(Self::to_begin(board, instance)),
            Some(machine) => Self::along_the_way(board, machine),
        }
    }

    fn to_begin(board: &Board, instance: &InstanceId) -> Self {
        let hold = board.hold(instance);
        let whole_line = hold.as_ref().is_some_and(Hold::holds_all_behind);
        match (hold, board.stands_behind(instance)) {
            (Some(hold), _) if whole_line => Self::Held(hold),
            (_, Some(unit)) => Self::Behind(unit.clone()),
            (Some(hold), None) => Self::Held(hold),
            (None, None) if board.is_cooling(instance) => Self::CoolDown,
            (None, None) => Self::Turn,
        }
    }

    fn along_the_way(board: &Board, machine: &Machine) -> Option<Self> {
        let instance = &machine.subject.instance;
        match (&machine.state, &machine.step) {
            (State::UnderWay, Some((step, _))) if step.verb == Action::AwaitOrder.verb() => {
                Some(Self::Order)
            }
            // Nothing is sent in these steps, so that nobody is told of their beginning.
            (State::UnderWay, None) => match board.next_verb(instance) {
                Some(verb) if verb == Action::AwaitOrder.verb() => Some(Self::Order),
                Some(verb) if verb == Action::CoolDown.verb() => Some(Self::CoolDown),
                Some(_) if board.leaves_next(instance) => board.hold(instance).map(Self::Held),
                Some(_) | None => None,
            },
            (State::UnderWay | State::Closed(_) | State::Halted(_) | State::LeftAlone, _) => None,
        }
    }

    /// Who lifts it, the hardest first: nobody, a person, time, other machines.
    fn rank(&self) -> u8 {
        match self {
            // Whoever waits for a batch waits for what that one waits for.
            Self::Held(Hold::Batch { .. }) => 1,
            Self::Held(hold) => match hold.lift() {
                Lift::Nothing => 5,
                Lift::Person => 4,
                Lift::At(_) => 3,
                Lift::Others => 2,
            },
            Self::Order => 4,
            Self::CoolDown => 2,
            Self::Behind(_) => 1,
            Self::Turn => 0,
        }
    }

    /// Reasons that read the same are one.
    fn key(&self) -> (u8, String) {
        let words = match self {
            Self::Held(hold) => hold.to_string(),
            Self::Behind(unit) => format!("{unit:?}"),
            Self::Order | Self::CoolDown | Self::Turn => String::new(),
        };
        (self.rank(), words)
    }
}

/// Gathers reasons and chooses the one to show.
#[derive(Debug, Default)]
pub(super) struct Gathered(BTreeMap<(u8, String), (Reason, usize)>);

impl Gathered {
    pub(super) fn add(&mut self, reason: Reason) {
        let (_, n) = self.0.entry(reason.key()).or_insert((reason, 0));
        *n += 1;
    }

    /// The worst: what is hardest to lift, then what most wait for.
    pub(super) fn worst(self) -> Option<Waits> {
        let all: usize = self.0.values().map(|(_, n)| n).sum();
        let worst = self.0.into_iter();
        let worst = worst
            .max_by_key(|((rank, words), (_, n))| (*rank, *n, std::cmp::Reverse(words.clone())));
        worst.map(|(_, (reason, machines))| Waits {
            others: all - machines,
            reason,
            machines,
        })
    }
}

/// `41 wait: web may have 2 down; 3 for other reasons`.
pub(super) fn waits_words(
    waits: &Waits,
    (board, tally): (&Board, &Tally),
    now: Timestamp,
    style: &Style,
) -> String {
    let verb = if waits.machines == 1 { "waits" } else { "wait" };
    let reason = reason_words(&waits.reason, (board, tally), now);
    let others = match waits.others {
        0 => String::new(),
        n => format!("; {n} for other reasons"),
    };
    let text = format!("{} {verb}: {reason}{others}", waits.machines);
    style.spelled(&text).into_owned()
}

fn reason_words(reason: &Reason, (board, tally): (&Board, &Tally), now: Timestamp) -> String {
    match reason {
        Reason::Held(hold) => brief(hold, (board, tally), now),
        Reason::Order => orders(tally),
        Reason::CoolDown => "five minutes after a change, before the next (R52)".to_owned(),
        Reason::Behind(Unit::Group(name)) => format!("group {name} goes first"),
        Reason::Behind(Unit::Instance(id)) => format!("{id} goes first"),
        Reason::Turn => "their turn comes next".to_owned(),
    }
}

fn orders(tally: &Tally) -> String {
    let ids: Vec<&OrderId> = tally.orders.keys().collect();
    let named: Vec<String> = ids
        .iter()
        .take(ORDERS_NAMED)
        .map(ToString::to_string)
        .collect();
    match ids.len() {
        0 => "an order is not paid yet".to_owned(),
        1 => format!("order {} is not paid yet", named.join("")),
        n if n <= ORDERS_NAMED => format!("orders {} are not paid yet", named.join(" and ")),
        n => {
            let more = count(n - ORDERS_NAMED, "more order");
            let named = named.join(", ");
            format!("orders {named} and {more} are not paid yet")
        }
    }
}

/// A hold in as few words as one glance takes; times are in the zone of the group's window.
fn brief(hold: &Hold, (board, tally): (&Board, &Tally), now: Timestamp) -> String {
    let clock = |crowd: &Crowd, at: Timestamp| {
        let share = board.shares.get(crowd);
        told(at, now, share.and_then(|share| share.window.as_ref()))
    };
    match hold {
        Hold::Failures {
            crowd,
            failures,
            tolerated,
        } => format!(
            "{failures} of {} failed, {tolerated} tolerated",
            short(crowd)
        ),
        Hold::Window {
            crowd,
            opens: Some(opens),
        } => format!(
            "the window of {} opens {}",
            short(crowd),
            clock(crowd, *opens)
        ),
        Hold::TooLate {
            crowd,
            needs,
            closes,
            ..
        } => format!(
            "{} needs {} and has to be up by {}",
            short(crowd),
            duration(*needs),
            clock(crowd, *closes)
        ),
        Hold::Batch {
            crowd,
            open,
            unfinished,
        } => format!("batch {open} of {} has {unfinished} to go", short(crowd)),
        Hold::Wait {
            crowd,
            after,
            until,
        } => format!(
            "the gate after batch {after} of {} opens in {}",
            short(crowd),
            duration(span(now, *until))
        ),
        Hold::Approval { crowd, after } => format!(
            "gate after batch {after} of {}; when this apply has paused: respec approve {} --gate {after} --group {}",
            short(crowd),
            tally
                .run
                .as_ref()
                .map_or("RUN", crate::model::RunId::as_str),
            crowd.argument()
        ),
        Hold::Unavailable { crowd, limit, .. } => format!("{} may have {limit} down", short(crowd)),
        Hold::Spread { crowd, zone } => {
            format!("{} goes zone by zone, now {zone}", short(crowd))
        }
        Hold::Availability { name, limit, .. } => {
            format!("{} may have {limit} down", terminal(name))
        }
        Hold::Frozen { .. } | Hold::Window { opens: None, .. } | Hold::Check { .. } => {
            hold_words(hold)
        }
    }
}

/// A crowd by the name that people gave it.
pub(super) fn short(crowd: &Crowd) -> String {
    match crowd {
        Crowd::Group(name) => name.to_string(),
        Crowd::Ungrouped(region) => format!("ungrouped, {region}"),
    }
}

fn told(at: Timestamp, now: Timestamp, window: Option<&Window>) -> String {
    let zone = window.map_or(jiff::tz::TimeZone::UTC, |window| {
        window.time_zone.zone().clone()
    });
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone));
    let form = if at.date() == now.date() {
        "%H:%M %Z"
    } else {
        "%a %d %b %H:%M %Z"
    };
    at.strftime(form).to_string()
}

fn span(now: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or_default()
}
