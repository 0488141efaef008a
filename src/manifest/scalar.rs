//! What one scalar can mean: pure functions from text to value, each with the reason it refuses.

use std::time::Duration;

use crate::model::Share;

use super::tree::Style;

/// Longest duration a manifest may ask for; anything above is a slip of the unit.
const DURATION_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Longest wait between two batches.
const LONG_DURATION_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Digits of an amount before its point, and behind it: far more than any fleet costs, and no sum of
/// them is too large to be counted.
const AMOUNT_DIGITS_MAX: usize = 15;
const FRACTION_DIGITS_MAX: usize = 4;

/// A plain scalar by the core schema of YAML 1.2 (its chapter 10.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Core {
    Null,
    Bool(bool),
    Number,
    Text,
}

impl Core {
    /// What a scalar is.
    pub(super) fn of(text: &str, style: Style) -> Self {
        match (style, text) {
            (Style::Quoted, _) => Self::Text,
            (Style::Plain, "" | "~" | "null" | "Null" | "NULL") => Self::Null,
            (Style::Plain, "true" | "True" | "TRUE") => Self::Bool(true),
            (Style::Plain, "false" | "False" | "FALSE") => Self::Bool(false),
            (Style::Plain, _) if is_number(text) => Self::Number,
            (Style::Plain, _) => Self::Text,
        }
    }

    /// The word for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Number => "a number",
            Self::Text => "text",
        }
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix = |prefix, radix| {
        text.strip_prefix(prefix)
            .is_some_and(|rest: &str| !rest.is_empty() && rest.chars().all(|c| c.is_digit(radix)))
    };
    let special =
        matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN");
    // Rust's grammar of floats differs only in the words `inf`, `infinity` and `nan`.
    let decimal = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.parse::<f64>().is_ok();
    radix("0x", 16) || radix("0o", 8) || special || (decimal && !has_leading_zero(unsigned))
}

/// `010` is 8 to YAML 1.1 and 10 to 1.2; text is the reading that cannot be wrong by a factor.
fn has_leading_zero(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.chars().all(|c| c.is_ascii_digit())
}

/// Why a scalar is refused, and what was probably meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) why: String,
    pub(super) meant: Option<String>,
}

impl Refusal {
    fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            meant: None,
        }
    }

    fn meant(why: impl Into<String>, meant: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            meant: Some(meant.into()),
        }
    }
}

/// A boolean: `true` or `false`.
pub(super) fn flag(text: &str, style: Style) -> Result<bool, Refusal> {
    match Core::of(text, style) {
        Core::Bool(flag) => Ok(flag),
        Core::Null | Core::Number => Err(Refusal::new("write `true` or `false`")),
        Core::Text => Err(not_a_flag(text, style)),
    }
}

fn not_a_flag(text: &str, style: Style) -> Refusal {
    let word = text.to_ascii_lowercase();
    let meant = match word.as_str() {
        "yes" | "on" | "y" | "true" => "true",
        "no" | "off" | "n" | "false" => "false",
        _ => return Refusal::new("write `true` or `false`"),
    };
    match style {
        Style::Quoted => Refusal::meant("in quotes it is text", meant),
        Style::Plain => Refusal::meant("YAML 1.2 takes this word as text", meant),
    }
}

/// A whole number, not negative.
pub(super) fn number(text: &str, style: Style) -> Result<u32, Refusal> {
    if style == Style::Quoted {
        let why = "in quotes it is text";
        return Err(match text.parse::<u32>() {
            Ok(number) => Refusal::meant(why, number.to_string()),
            Err(_) => Refusal::new("write a whole number"),
        });
    }
    if has_leading_zero(text) {
        let why = "with a leading zero it is text, since YAML 1.1 would take it as octal";
        let meant = text.trim_start_matches('0');
        return Err(Refusal::meant(
            why,
            if meant.is_empty() { "0" } else { meant },
        ));
    }
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit()) {
        return Err(Refusal::new("write a whole number, such as `50`"));
    }
    text.parse()
        .map_err(|_| Refusal::new("the number is too large"))
}

/// A count or a share of a hundred: `2`, `10%`. Over 100 % is left to the caller to refuse.
pub(super) fn share(text: &str, style: Style) -> Result<Share, Refusal> {
    let Some(percent) = text.strip_suffix('%') else {
        return number(text, style).map(Share::Count);
    };
    number(percent, Style::Plain)
        .map(Share::Percent)
        .map_err(|_| Refusal::new("write a count or a whole percentage, such as `2` or `10%`"))
}

/// An amount of money, not negative, as it was written: `5000`, `99.50`.
pub(super) fn amount(text: &str, style: Style) -> Result<String, Refusal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        let bare = text.replace([',', '_', ' '], "");
        let why = "write a number such as `5000` or `99.50`, without a currency";
        return match number(&bare, Style::Plain) {
            Ok(meant) => Err(Refusal::meant(why, meant.to_string())),
            Err(_) => Err(Refusal::new(why)),
        };
    }
    if style == Style::Quoted {
        return Err(Refusal::meant("in quotes it is text", text));
    }
    if has_leading_zero(whole) {
        return Err(Refusal::new("write it without leading zeros"));
    }
    if whole.len() > AMOUNT_DIGITS_MAX || fraction.len() > FRACTION_DIGITS_MAX {
        let why = format!(
            "write at most {AMOUNT_DIGITS_MAX} digits and {FRACTION_DIGITS_MAX} behind the point"
        );
        return Err(Refusal::new(why));
    }
    Ok(text.to_owned())
}

/// A span of time with its unit: `90s`, `5m`, `1h`, also `1h 30m`.
pub(super) fn duration(text: &str, style: Style) -> Result<Duration, Refusal> {
    let duration = long_duration(text, style)?;
    if duration > DURATION_MAX {
        return Err(Refusal::new("it is longer than a day (`24h`)"));
    }
    Ok(duration)
}

/// A span of time that people wait between two batches: up to a week.
pub(super) fn long_duration(text: &str, style: Style) -> Result<Duration, Refusal> {
    if let Ok(seconds) = number(text, style) {
        let meant = format!("{seconds}s");
        return Err(Refusal::meant("a duration needs its unit", meant));
    }
    let parsed: Option<Duration> = text
        .parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|signed| Duration::try_from(signed).ok());
    match parsed {
        None => Err(Refusal::new("write a duration such as `90s`, `5m` or `1h`")),
        Some(Duration::ZERO) => Err(Refusal::new("it must be longer than nothing")),
        Some(duration) if duration > LONG_DURATION_MAX => {
            Err(Refusal::new("it is longer than a week (`168h`)"))
        }
        Some(duration) => Ok(duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_follow_the_core_schema_of_yaml_1_2() {
        for text in [
            "yes",
            "on",
            "010",
            "i-1",
            "ecs.g7.large",
            "inf",
            "nan",
            "1_000",
            "-",
        ] {
            assert_eq!(Core::of(text, Style::Plain), Core::Text, "{text}");
        }
        for text in [
            "12", "-3", "+4", "0", "1.5", "1e3", "0x1F", "0o17", ".inf", "-.INF", ".nan",
        ] {
            assert_eq!(Core::of(text, Style::Plain), Core::Number, "{text}");
        }
        assert_eq!(Core::of("True", Style::Plain), Core::Bool(true));
        assert_eq!(Core::of("~", Style::Plain), Core::Null);
        assert_eq!(Core::of("12", Style::Quoted), Core::Text);
    }

    #[test]
    fn a_refusal_knows_what_was_meant() {
        let meant = |refusal: Refusal| refusal.meant.unwrap_or_default();
        assert_eq!(meant(flag("Yes", Style::Plain).unwrap_err()), "true");
        assert_eq!(meant(flag("false", Style::Quoted).unwrap_err()), "false");
        assert_eq!(meant(number("010", Style::Plain).unwrap_err()), "10");
        assert_eq!(meant(number("50", Style::Quoted).unwrap_err()), "50");
        assert_eq!(meant(duration("90", Style::Plain).unwrap_err()), "90s");
    }

    #[test]
    fn durations_have_units_and_bounds() {
        let read = |text| duration(text, Style::Plain).ok().map(|d| d.as_secs());
        assert_eq!(read("90s"), Some(90));
        assert_eq!(read("5m"), Some(300));
        assert_eq!(read("1h 30m"), Some(5400));
        for bad in [
            "-5m",
            "0s",
            "25h",
            "5 parsecs",
            "",
            "5m ago",
            "99999999999999999999h",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn shares_are_whole() {
        assert_eq!(share("2", Style::Plain), Ok(Share::Count(2)));
        assert_eq!(share("10%", Style::Quoted), Ok(Share::Percent(10)));
        for bad in ["2.5%", "-1", "%", "ten", "4294967296", "-5%"] {
            assert!(share(bad, Style::Plain).is_err(), "{bad}");
        }
    }
}
