//! A run on a terminal, as lines that fit it: a head for each group under way, the machines that are
//! longest in their step, the reason to wait that needs somebody most, and the whole.
//!
//! ```text
//! web  batch 2 of 3  5 done · 2 doing · 41 waiting · 1 failed  2 of 2 down
//!   web/i-bp1…  modify 2/4  1m 12s
//! 41 wait: web may have 2 down
//! ████▌                    5/48  00:04:12  2 under way
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use textwrap::core::display_width;

use crate::model::{Crowd, InstanceId};
use crate::report::words::{Style, Tone, called, count, duration, stopwatch};
use crate::saga::{Halt, SagaOutcome};

use super::board::Board;
use super::events::task;
use super::seats::Share;
use super::tally::{Machine, State, Tally};
use super::waits::{Gathered, Reason, short, waits_words};

/// Columns of the bar.
const BAR: usize = 24;

/// Names of groups are set below one another as long as the longest has no more columns.
const NAME_WIDTH_MAX: usize = 16;

/// Lines that are never given up: a head, a machine, a reason, the whole.
const LINES_MIN: usize = 4;

/// How large a terminal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Lines.
    pub rows: usize,
    /// Characters of a line.
    pub columns: usize,
}

/// How many machines of a group stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    done: usize,
    doing: usize,
    waiting: usize,
    failed: usize,
    aside: usize,
}

/// A piece of a line.
type Piece = (Tone, String);

/// The lines of a run as it stands. Two thirds of the terminal at most: the rest is for what has happened.
#[must_use]
pub fn screenful(board: &Board, tally: &Tally, size: Size, style: &Style) -> Vec<String> {
    let room = (size.rows * 2 / 3).max(LINES_MIN);
    let (groups, gathered) = look(board, tally);
    let waits = gathered.worst();
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    let left = room - 1 - usize::from(waits.is_some());
    let heads = heads(board, groups, left);
    let left = left - heads.len();
    lines.extend(body(heads, machines(board, tally), left, tally.elapsed));
    if let Some(waits) = waits {
        let now = board.now(tally.elapsed);
        lines.push(vec![(
            Tone::Warn,
            waits_words(&waits, (board, tally), now, style),
        )]);
    }
    lines.push(whole(tally, style));
    // A line that fills the last column makes some terminals begin another.
    let columns = size.columns.saturating_sub(1).max(1);
    lines
        .into_iter()
        .map(|line| cut(line, columns, style))
        .collect()
}

/// Every group that has begun and not ended, and why machines wait.
fn look(board: &Board, tally: &Tally) -> (Vec<Group>, Gathered) {
    let mut gathered = Gathered::default();
    let mut groups: BTreeMap<&Crowd, Group> = BTreeMap::new();
    for (id, seat) in &board.seats {
        let group = groups
            .entry(&seat.crowd)
            .or_insert_with(|| Group::new(&seat.crowd));
        let machine = tally.machines.get(id);
        let reason = Reason::of(board, tally, id);
        group.counts.add(machine, reason.as_ref());
        group.begun += usize::from(machine.is_some());
        if !seat.over {
            let both = [group.batch, board.batch_of(id)];
            group.batch = both.into_iter().flatten().min();
        }
        reason.into_iter().for_each(|reason| gathered.add(reason));
    }
    let unfinished = |crowd: &Crowd| board.shares.get(crowd).map_or(0, |share| share.unfinished);
    let groups = groups.into_values();
    let under_way = groups.filter(|group| group.begun > 0 && unfinished(&group.crowd) > 0);
    (under_way.collect(), gathered)
}

/// A group as it stands.
struct Group {
    crowd: Crowd,
    counts: Counts,
    /// Machines that something happened to.
    begun: usize,
    /// The first batch that has not ended.
    batch: Option<u32>,
}

impl Group {
    fn new(crowd: &Crowd) -> Self {
        Self {
            crowd: crowd.clone(),
            counts: Counts::default(),
            begun: 0,
            batch: None,
        }
    }

    /// Groups with failures stand first, then those in which something is done.
    fn place(&self) -> (bool, bool, &Crowd) {
        (self.counts.failed == 0, self.counts.doing == 0, &self.crowd)
    }
}

impl Counts {
    fn add(&mut self, machine: Option<&Machine>, reason: Option<&Reason>) {
        let place = match (machine.map(|machine| &machine.state), reason) {
            (_, Some(_)) | (None, None) => &mut self.waiting,
            (Some(State::UnderWay), None) => &mut self.doing,
            (Some(State::Closed(SagaOutcome::Done)), None) => &mut self.done,
            (Some(State::Closed(SagaOutcome::Undone)), None)
            | (Some(State::Halted(Halt::Held | Halt::Stuck | Halt::Unknown)), None) => {
                &mut self.failed
            }
            (Some(State::Closed(_) | State::Halted(_) | State::LeftAlone), None) => &mut self.aside,
        };
        *place += 1;
    }
}

/// A head for each group; what has no room is counted.
fn heads(board: &Board, mut groups: Vec<Group>, room: usize) -> Vec<Vec<Piece>> {
    // A single machine needs no head.
    if board.seats.len() <= 1 {
        return Vec::new();
    }
    groups.sort_by(|a, b| a.place().cmp(&b.place()));
    let most = (room / 2).max(1);
    // A line that counts the others takes the place of a head, but not of the only one.
    let shown = if groups.len() > most {
        (most - 1).max(1)
    } else {
        groups.len()
    };
    let rest = groups.split_off(shown);
    let names = groups
        .iter()
        .map(|group| display_width(&short(&group.crowd)));
    let widest = names.max().unwrap_or(0).min(NAME_WIDTH_MAX);
    let lines = groups.iter().map(|group| {
        let share = board.shares.get(&group.crowd);
        head(group, share, widest)
    });
    let mut lines: Vec<Vec<Piece>> = lines.collect();
    if !rest.is_empty() && lines.len() < most {
        let doing: usize = rest.iter().map(|group| group.counts.doing).sum();
        let text = format!("{}, {doing} doing", count(rest.len(), "more group"));
        lines.push(vec![(Tone::Faint, text)]);
    }
    lines
}

fn head(group: &Group, share: Option<&Share>, widest: usize) -> Vec<Piece> {
    let name = short(&group.crowd);
    let gap = " ".repeat(widest.saturating_sub(display_width(&name)));
    let mut line = vec![(Tone::Strong, name), (Tone::Plain, gap)];
    let batches = share.map_or(0, |share| share.batches);
    if let Some(batch) = group.batch.filter(|_| batches > 1) {
        line.push((Tone::Plain, format!("  batch {batch} of {batches}")));
    }
    let counts = group.counts;
    line.push((Tone::Plain, format!("  {} done", counts.done)));
    let mut also = |n: usize, tone: Tone, word: &str| {
        let tone = if n == 0 { Tone::Faint } else { tone };
        line.push((Tone::Faint, " · ".to_owned()));
        line.push((tone, format!("{n} {word}")));
    };
    also(counts.doing, Tone::Plain, "doing");
    also(counts.waiting, Tone::Plain, "waiting");
    if counts.failed > 0 {
        also(counts.failed, Tone::Bad, "failed");
    }
    if counts.aside > 0 {
        also(counts.aside, Tone::Warn, "set aside");
    }
    if let Some(share) = share.filter(|share| share.limit > 0) {
        let is_full = share.out.len() >= share.limit;
        let tone = if is_full { Tone::Warn } else { Tone::Plain };
        let text = format!("  {} of {} down", share.out.len(), share.limit);
        line.push((tone, text));
    }
    line
}

/// Machines in a step, those first that have been in it longest.
fn machines<'a>(board: &Board, tally: &'a Tally) -> Vec<&'a Machine> {
    let mut machines: Vec<&Machine> = tally.under_way().collect();
    let is_idle = |machine: &Machine| Reason::of(board, tally, &machine.subject.instance).is_some();
    machines.retain(|machine| !is_idle(machine));
    machines.sort_by_key(|machine| {
        let since = machine
            .step
            .as_ref()
            .map_or(machine.begun, |(_, since)| *since);
        (since, &machine.subject.instance)
    });
    machines
}

/// Heads and machines: each machine in a line of its own, as long as there is room; the rest in one.
fn body(
    heads: Vec<Vec<Piece>>,
    machines: Vec<&Machine>,
    room: usize,
    now: Duration,
) -> Vec<Vec<Piece>> {
    let shown = if machines.len() > room {
        room.saturating_sub(1)
    } else {
        machines.len()
    };
    let mut lines = heads;
    lines.extend(machines.iter().take(shown).map(|machine| row(machine, now)));
    if machines.len() > shown && room > 0 {
        let text = format!("  {} more under way", machines.len() - shown);
        lines.push(vec![(Tone::Faint, text)]);
    }
    lines
}

fn row(machine: &Machine, now: Duration) -> Vec<Piece> {
    let id: &InstanceId = &machine.subject.instance;
    let name = (
        Tone::Plain,
        format!("  {}", called(&machine.subject.name, id)),
    );
    let Some((step, since)) = &machine.step else {
        return vec![name];
    };
    let time = duration(now.saturating_sub(*since));
    let step = format!("  {} {}/{}  {time}", task(step), step.step, step.of);
    vec![name, (Tone::Plain, step)]
}

fn whole(tally: &Tally, style: &Style) -> Vec<Piece> {
    let (ended, total) = (tally.ended_count(), tally.total);
    let clock = stopwatch(tally.elapsed);
    let text = format!(" {ended}/{total}  {clock}  {}", tally.in_words());
    vec![(Tone::Good, bar(ended, total, style)), (Tone::Plain, text)]
}

fn bar(ended: usize, total: usize, style: &Style) -> String {
    let eighths = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let filled = ended * BAR * 8 / total.max(1);
    let (full, part) = ((filled / 8).min(BAR), filled % 8);
    let mut bar = style.mark("█", "#").repeat(full);
    if full < BAR {
        bar.push_str(style.mark(eighths[part], "."));
        bar.push_str(&style.mark(" ", ".").repeat(BAR - full - 1));
    }
    bar
}

/// The line in its tones, cut where the terminal ends.
fn cut(line: Vec<Piece>, columns: usize, style: &Style) -> String {
    let line: Vec<Piece> = line
        .into_iter()
        .map(|(tone, text)| {
            (
                tone,
                style.spelled(&text).replace('·', style.mark("·", "|")),
            )
        })
        .collect();
    let width: usize = line.iter().map(|(_, text)| display_width(text)).sum();
    let dots = style.dots();
    let mut left = if width > columns {
        columns.saturating_sub(display_width(dots))
    } else {
        columns
    };
    let mut text = String::new();
    for (tone, piece) in &line {
        let kept = fitting(piece, left);
        left -= display_width(kept);
        text.push_str(&style.paint(*tone, kept));
        if kept.len() < piece.len() {
            text.push_str(dots);
            break;
        }
    }
    text
}

/// As much of the text as fits.
fn fitting(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += display_width(c.encode_utf8(&mut [0; 4]));
        if used > columns {
            return &text[..at];
        }
    }
    text
}
