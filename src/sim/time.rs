//! The two clocks of the world, and how the vendor writes moments.

use std::time::Duration;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What o'clock it is, on both clocks of the world.
///
/// Stops, starts, cool-downs and token memory run on `elapsed`; timestamps, nonces, expiry and order
/// times run on `wall`. The two drift apart when the world runs faster than the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// The calendar.
    pub wall: Timestamp,
    /// Time since the world began; never goes back.
    pub elapsed: Duration,
}

/// A duration that reads and writes itself as `15s`, `5m` or `100ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// Longest duration a scenario may name; a year is far beyond any delay of the vendor's.
const SPAN_MAX: Duration = Duration::from_secs(366 * 24 * 3600);

impl Span {
    /// A span of whole seconds.
    #[must_use]
    pub const fn secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        let not_a_span = || D::Error::custom(format!("`{text}` is no duration such as 15s or 5m"));
        let span: jiff::SignedDuration = text.parse().map_err(|_| not_a_span())?;
        let span = Duration::try_from(span).map_err(|_| not_a_span())?;
        if span > SPAN_MAX {
            return Err(D::Error::custom(format!("`{text}` is longer than a year")));
        }
        Ok(Self(span))
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        output.collect_str(&format_args!("{:?}ms", self.0.as_millis()))
    }
}

/// How a moment to the minute is written, and how long that is.
const MINUTE: &str = "%Y-%m-%dT%H:%MZ";
const MINUTE_LENGTH: usize = "yyyy-MM-ddTHH:mmZ".len();

/// A moment to the minute, as instances carry it: `2026-01-01T00:00Z`.
pub(crate) fn to_the_minute(moment: Timestamp) -> String {
    moment.strftime(MINUTE).to_string()
}

/// A moment to the second, as requests and orders carry it: `2026-01-01T00:00:00Z`.
pub(crate) fn to_the_second(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads a moment written to the second and nothing else.
pub(crate) fn read_second(text: &str) -> Option<Timestamp> {
    read_exactly("%Y-%m-%dT%H:%M:%SZ", "yyyy-MM-ddTHH:mm:ssZ".len(), text)
}

/// Reads a moment to the minute; to the second is accepted as well, for the sources disagree (3.4).
pub(crate) fn read_minute(text: &str) -> Option<Timestamp> {
    read_exactly(MINUTE, MINUTE_LENGTH, text).or_else(|| read_second(text))
}

/// Reads a moment to the hour, as temporary upgrades end: `2026-01-01T00Z`.
pub(crate) fn read_hour(text: &str) -> Option<Timestamp> {
    let hour = text.strip_suffix('Z')?;
    read_exactly(MINUTE, MINUTE_LENGTH, &format!("{hour}:00Z"))
}

fn read_exactly(format: &str, length: usize, text: &str) -> Option<Timestamp> {
    if text.len() != length {
        return None;
    }
    let civil = jiff::civil::DateTime::strptime(format, text).ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, millis) in [("15s", 15_000), ("5m", 300_000), ("100ms", 100), ("0s", 0)] {
            let span: Span = serde_json::from_value(text.into()).unwrap();
            assert_eq!(span.0.as_millis(), millis, "{text}");
            let again: Span = serde_json::from_value(serde_json::to_value(span).unwrap()).unwrap();
            assert_eq!(again, span);
        }
        for text in ["", "15", "-3s", "9999h", "soon"] {
            assert!(
                serde_json::from_value::<Span>(text.into()).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn moments_keep_their_precision() {
        let moment = read_second("2024-01-15T08:30:07Z").unwrap();
        assert_eq!(to_the_second(moment), "2024-01-15T08:30:07Z");
        assert_eq!(to_the_minute(moment), "2024-01-15T08:30Z");
        assert!(read_minute("2024-01-15T08:30Z").is_some());
        assert!(read_second("2024-01-15T08:30Z").is_none());
        assert!(read_second("2024-01-15T08:30:07+02:00").is_none());
        assert!(read_hour("2024-01-15T08Z").is_some());
        assert!(read_hour("2024-01-15T08:30Z").is_none());
    }
}
