//! When a window opens: days and times of the calendar, as `Sat 02:00` or as five fields of cron.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

/// Longest text of a schedule; the longest sensible cron line has half of it.
const CHARS_MAX: usize = 200;

/// How far ahead an opening is searched. Between two 29ths of February lie at most eight years.
const DAYS_AHEAD_MAX: i32 = 8 * 366 + 2;

/// The fields of cron: name, smallest and largest value.
const FIELDS: [(&str, u32, u32); 5] = [
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 7),
];

const DAY_NAMES: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const MONTH_NAMES: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// A set of values from 0 to 63.
type Bits = u64;

/// Recurring moments of the calendar, to the minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule {
    text: String,
    minutes: Bits,
    hours: Bits,
    days: Bits,
    months: Bits,
    weekdays: Bits,
    /// Cron's oddity: when both kinds of day are restricted, either will do.
    either_day: bool,
}

/// Why a schedule cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSchedule(String);

impl Schedule {
    /// Reads `Sat 02:00`, `Mon-Fri 22:30`, `Sat,Sun 02:00`, `daily 02:00`, or five fields of cron.
    ///
    /// # Errors
    /// [`InvalidSchedule`] when it is none of these, or never comes.
    pub fn new(text: &str) -> Result<Self, InvalidSchedule> {
        if text.chars().count() > CHARS_MAX {
            return Err(wrong("it is far too long"));
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let schedule = match words.as_slice() {
            [days, time] => weekly(text, days, time)?,
            [_, _, _, _, _] => cron(text, &words)?,
            _ => {
                return Err(wrong(
                    "write `Sat 02:00`, `Mon-Fri 22:30`, `daily 02:00`, or the five fields of cron",
                ));
            }
        };
        if schedule.never_comes() {
            return Err(wrong("no year has such a day"));
        }
        Ok(schedule)
    }

    /// The text it was read from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first moment after this one.
    #[must_use]
    pub fn next_after(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        // The day before: by night a shift of the clocks may move a moment across midnight.
        let first = zone.to_datetime(moment).date().checked_sub(1.day()).ok()?;
        self.dates_from(first)
            .find_map(|date| self.moments_of(date, zone).find(|at| *at > moment))
    }

    /// The last moment not after this one, no more than two days back.
    #[must_use]
    pub fn last_until(&self, moment: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let today = zone.to_datetime(moment).date();
        let days = (0..=2_i32).filter_map(|back| today.checked_sub(back.days()).ok());
        // A shift of the clocks may also move a moment of tomorrow into today.
        let days = today.checked_add(1.day()).into_iter().chain(days);
        days.filter(|date| self.has(*date))
            .filter_map(|date| self.moments_of(date, zone).filter(|at| *at <= moment).max())
            .max()
    }

    fn dates_from(&self, first: Date) -> impl Iterator<Item = Date> {
        (0..DAYS_AHEAD_MAX)
            .map_while(move |ahead| first.checked_add(ahead.days()).ok())
            .filter(|date| self.has(*date))
    }

    /// Whether the day is one of its days.
    fn has(&self, date: Date) -> bool {
        let day = holds(self.days, date.day().unsigned_abs().into());
        let weekday = holds(self.weekdays, weekday_number(date.weekday()));
        let fits = if self.either_day {
            day || weekday
        } else {
            day && weekday
        };
        fits && holds(self.months, date.month().unsigned_abs().into())
    }

    /// Its moments of a day, in order. A time that the clocks skip comes as much later as they skip;
    /// a time that they repeat is meant the first time.
    fn moments_of(&self, date: Date, zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
        let mut moments: Vec<Timestamp> = (0..24_i8)
            .filter(|hour| holds(self.hours, u32::from(hour.unsigned_abs())))
            .flat_map(|hour| (0..60_i8).map(move |minute| (hour, minute)))
            .filter(|(_, minute)| holds(self.minutes, u32::from(minute.unsigned_abs())))
            .filter_map(|(hour, minute)| zone.to_timestamp(date.at(hour, minute, 0, 0)).ok())
            .collect();
        moments.sort();
        moments.dedup();
        moments.into_iter()
    }

    /// Some day of the longest months must fit; only the 30th and 31st can be nowhere.
    fn never_comes(&self) -> bool {
        let any_leap_year = Date::constant(2024, 1, 1);
        let mut days = self.dates_from(any_leap_year);
        days.next().is_none()
    }
}

fn weekly(text: &str, days: &str, time: &str) -> Result<Schedule, InvalidSchedule> {
    let clock = || wrong("the time of day is written `02:00`, from 00:00 to 23:59");
    let (hour, minute) = time.split_once(':').ok_or_else(clock)?;
    let two_digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    let number = |part: &str| part.parse::<u32>().ok().filter(|_| two_digits(part));
    let hour = number(hour).filter(|hour| *hour < 24).ok_or_else(clock)?;
    let minute = number(minute).filter(|m| *m < 60).ok_or_else(clock)?;
    let weekdays = if days.eq_ignore_ascii_case("daily") {
        range(0, 6, 1)
    } else {
        let plain = |c: char| c.is_ascii_alphabetic() || matches!(c, ',' | '-');
        let read = list(days, 4).ok().filter(|_| days.chars().all(plain));
        read.ok_or_else(|| wrong("days are written `Sat`, `Sat,Sun`, `Mon-Fri` or `daily`"))?
    };
    Ok(Schedule {
        text: text.to_owned(),
        minutes: 1 << minute,
        hours: 1 << hour,
        days: range(1, 31, 1),
        months: range(1, 12, 1),
        weekdays: sunday_once(weekdays),
        either_day: false,
    })
}

fn cron(text: &str, words: &[&str]) -> Result<Schedule, InvalidSchedule> {
    let restricted = |word: &str| !word.starts_with('*');
    Ok(Schedule {
        text: text.to_owned(),
        minutes: list(words[0], 0)?,
        hours: list(words[1], 1)?,
        days: list(words[2], 2)?,
        months: list(words[3], 3)?,
        weekdays: sunday_once(list(words[4], 4)?),
        either_day: restricted(words[2]) && restricted(words[4]),
    })
}

/// One field: values, ranges and steps with commas between.
fn list(word: &str, field: usize) -> Result<Bits, InvalidSchedule> {
    let mut bits = 0;
    for part in word.split(',') {
        bits |= part_of(part, field)?;
    }
    Ok(bits)
}

fn part_of(part: &str, field: usize) -> Result<Bits, InvalidSchedule> {
    let (name, smallest, largest) = FIELDS[field];
    let odd = || {
        wrong(format!(
            "`{part}` is no {name} from {smallest} to {largest}"
        ))
    };
    let (range_text, step) = match part.split_once('/') {
        Some((range, step)) => {
            let step = step.parse().ok().filter(|step| *step > 0);
            (range, step.ok_or_else(odd)?)
        }
        None => (part, 1),
    };
    let value = |text: &str| {
        let value = named(text, field).or_else(|| digits(text));
        value.filter(|value| (smallest..=largest).contains(value))
    };
    let (first, last) = match range_text.split_once('-') {
        _ if range_text == "*" => (smallest, largest),
        Some((first, last)) => (value(first).ok_or_else(odd)?, value(last).ok_or_else(odd)?),
        // `5/15` counts on from 5.
        None if step > 1 => (value(range_text).ok_or_else(odd)?, largest),
        None => {
            let only = value(range_text).ok_or_else(odd)?;
            (only, only)
        }
    };
    if first <= last {
        return Ok(range(first, last, step));
    }
    if field == 4 {
        // `Fri-Mon` goes round the end of the week.
        return Ok(range(first, 6, step) | range(0, last, step));
    }
    Err(odd())
}

fn digits(text: &str) -> Option<u32> {
    let plain = text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn named(text: &str, field: usize) -> Option<u32> {
    let position = |names: &[&str]| {
        let short = text.get(..3)?.to_ascii_lowercase();
        let at = names.iter().position(|name| *name == short)?;
        u32::try_from(at).ok()
    };
    let full = [
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ];
    let is_word = |word: &str| text.len() == 3 || text.eq_ignore_ascii_case(word);
    match field {
        3 => position(&MONTH_NAMES)
            .filter(|_| text.len() == 3)
            .map(|at| at + 1),
        4 => position(&DAY_NAMES).filter(|at| is_word(full[*at as usize])),
        _ => None,
    }
}

fn range(first: u32, last: u32, step: u32) -> Bits {
    (first..=last)
        .step_by(step as usize)
        .fold(0, |bits, value| bits | (1 << value))
}

/// Cron calls Sunday both 0 and 7.
fn sunday_once(bits: Bits) -> Bits {
    if holds(bits, 7) { bits | 1 } else { bits }
}

fn holds(bits: Bits, value: u32) -> bool {
    bits & (1 << value) != 0
}

fn weekday_number(weekday: Weekday) -> u32 {
    weekday.to_sunday_zero_offset().unsigned_abs().into()
}

fn wrong(why: impl Into<String>) -> InvalidSchedule {
    InvalidSchedule(why.into())
}

impl TryFrom<String> for Schedule {
    type Error = InvalidSchedule;
    fn try_from(text: String) -> Result<Self, InvalidSchedule> {
        Self::new(&text)
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn openings(schedule: &str, from: &str, count: usize) -> Vec<String> {
        let schedule = Schedule::new(schedule).unwrap();
        let mut at: Timestamp = from.parse().unwrap();
        let mut found = Vec::new();
        for _ in 0..count {
            at = schedule.next_after(at, &TimeZone::UTC).unwrap();
            found.push(at.strftime("%a %F %H:%M").to_string());
        }
        found
    }

    #[test]
    fn both_ways_of_writing_find_the_same_moments() {
        let from = "2026-11-22T00:00:00Z"; // A Sunday.
        let saturdays = ["Sat 2026-11-28 02:00", "Sat 2026-12-05 02:00"];
        for text in ["Sat 02:00", "saturday 02:00", "0 2 * * 6", "0 2 * * sat"] {
            assert_eq!(openings(text, from, 2), saturdays, "{text}");
        }
        let nights = [
            "Sun 2026-11-22 22:30",
            "Fri 2026-11-27 22:30",
            "Sat 2026-11-28 22:30",
        ];
        assert_eq!(openings("Fri-Sun 22:30", from, 3), nights);
        assert_eq!(openings("30 22 * * 5-7", from, 3), nights);
        let steps = ["Sun 2026-11-22 00:15", "Sun 2026-11-22 00:45"];
        assert_eq!(openings("15-59/30 * * * *", from, 2), steps);
        assert_eq!(openings("0 4 29 2 *", from, 1), ["Tue 2028-02-29 04:00"]);
        let either = [
            "Mon 2026-11-23 04:00",
            "Mon 2026-11-30 04:00",
            "Tue 2026-12-01 04:00",
        ];
        assert_eq!(openings("0 4 1 * mon", from, 3), either);
    }

    #[test]
    fn what_is_no_schedule_says_what_is_wrong() {
        let table = [
            ("Sat", "write `Sat 02:00`"),
            ("Sat 2:00", "the time of day"),
            ("Sat 24:00", "the time of day"),
            ("Caturday 02:00", "days are written"),
            ("60 2 * * *", "no minute from 0 to 59"),
            ("0 2 0 * *", "no day of the month"),
            ("0 2 31 2 *", "no year"),
            ("0 2 * * 1/0", "no day of the week"),
            ("0 +2 * * *", "no hour"),
            ("", "write `Sat 02:00`"),
        ];
        for (text, why) in table {
            let error = Schedule::new(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
