//! Reads JSON as the vendor really writes it: numbers come as such or as text, also where
//! text is meant, and what is not known comes as an empty text or not at all. What is no JSON object is
//! no reply, however much it looks like one.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

/// A reply that cannot be understood; says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unreadable(pub(super) String);

/// Reads a body. Nesting beyond serde_json's limit of 128 is an error, not an overflow.
///
/// Every reply of the vendor is an object. A list is refused here: serde would take its
/// items for the fields, in their order.
pub(super) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| Unreadable("it is not UTF-8".to_owned()))?;
    match text
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .chars()
        .next()
    {
        Some('{') => serde_json::from_str(text).map_err(|error| Unreadable(error.to_string())),
        Some('<') => Err(Unreadable(
            "it is a page and no JSON, as a proxy or a login page sends it".to_owned(),
        )),
        Some(_) => Err(Unreadable("it is no JSON object".to_owned())),
        None => Err(Unreadable("it is empty".to_owned())),
    }
}

/// What must be there.
pub(super) fn required<T>(value: Option<T>, field: &str) -> Result<T, Unreadable> {
    value.ok_or_else(|| Unreadable(format!("{field} is missing")))
}

/// A whole number, also as text.
pub(super) fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    read_number(from, |text| text.parse().ok())
}

/// A number, also as text.
pub(super) fn decimal<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    read_number(from, |text| {
        text.parse().ok().filter(|number: &f64| number.is_finite())
    })
}

fn read_number<'de, D: Deserializer<'de>, T>(
    from: D,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, D::Error> {
    text(from)?
        .map(|text| parse(text.trim()).ok_or_else(|| D::Error::custom("not a number in range")))
        .transpose()
}

/// A text that is not empty; numbers are taken by their spelling.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(word(from)?.map(Cow::into_owned))
}

/// The same, not copied where it can be helped.
pub(super) fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    from.deserialize_any(Word)
}

/// Takes what stands there without making a tree of it: replies hold thousands of these.
struct Word;

impl<'de> Visitor<'de> for Word {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(text)
            .filter(|text| !text.is_empty())
            .map(Cow::Borrowed))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let text = Some(text).filter(|text| !text.is_empty());
        Ok(text.map(|text| Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        let number = Number::from_f64(number);
        Ok(number.map(|number| Cow::Owned(number.to_string())))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Err(E::custom("a yes or no where a value is meant"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom("a list where a value is meant"))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom("an object where a value is meant"))
    }
}

/// A yes or no, which old answers spell as text in any case.
pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(Value::String(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(D::Error::custom("neither yes nor no"))
        }
    }
}

/// The same where it hides no machine if it cannot be read: what is neither is not told.
pub(super) fn flag_if_told<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(flag(value).unwrap_or_default())
}

/// A collection or object; `null` stands for an empty one.
pub(super) fn nullable<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Sample {
        #[serde(default, deserialize_with = "integer")]
        n: Option<i64>,
        #[serde(default, deserialize_with = "text")]
        t: Option<String>,
    }

    #[test]
    fn numbers_come_as_numbers_or_as_text() {
        for (body, n) in [
            (r#"{"n": 5}"#, Some(5)),
            (r#"{"n": "5"}"#, Some(5)),
            (r#"{"n": -1}"#, Some(-1)),
            (r#"{"n": ""}"#, None),
            (r#"{"n": null}"#, None),
            ("{}", None),
        ] {
            assert_eq!(read::<Sample>(body.as_bytes()).unwrap().n, n, "{body}");
        }
        assert!(read::<Sample>(br#"{"n": "many"}"#).is_err());
        assert!(read::<Sample>(br#"{"n": [1]}"#).is_err());
    }

    #[test]
    fn what_is_no_object_is_no_reply() {
        for (body, why) in [
            ("", "it is empty"),
            (" \r\n", "it is empty"),
            ("<html>", "it is a page"),
            (r#"[5, "t"]"#, "it is no JSON object"),
            ("null", "it is no JSON object"),
            ("\u{feff}{}", "it is no JSON object"),
            (r#"{"t": true}"#, "a yes or no"),
        ] {
            let Err(error) = read::<Sample>(body.as_bytes()) else {
                panic!("{body} was read");
            };
            assert!(error.0.starts_with(why), "{body}: {error}");
        }
        assert!(read::<Sample>(b"{\"t\": \"\xff\"}").is_err());
    }

    #[test]
    fn a_long_order_id_keeps_all_its_digits() {
        let sample: Sample = read(br#"{"t": 203847561928374650}"#).unwrap();
        assert_eq!(sample.t.as_deref(), Some("203847561928374650"));
    }

    #[test]
    fn endless_nesting_is_an_error_and_no_overflow() {
        for open in ["[", "{\"a\":", "{\"n\":["] {
            let body = open.repeat(1_000_000);
            assert!(read::<Sample>(body.as_bytes()).is_err());
        }
        let ignored = format!("{{\"x\":{}{}}}", "[".repeat(500_000), "]".repeat(500_000));
        // Whether it is read or refused does not matter; that it returns does.
        let _ = read::<Sample>(ignored.as_bytes());
    }
}
