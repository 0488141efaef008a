//! What a body says about itself, whatever operation it answers: its code, its message, its request id.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The fields that every reply may have. Read with patience: a message that is no text does not hide
/// the code, and a field that comes twice is seen twice.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Whether it refuses.
    pub(super) code: Code,
    /// For people.
    pub(super) message: Option<String>,
    /// The vendor's name for the request.
    pub(super) request_id: Option<String>,
    /// Billing says so itself, and may deny it under a status of 200 and without a code (2.17).
    pub(super) success: Option<bool>,
}

/// What the codes of a body come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Code {
    /// There is none.
    #[default]
    None,
    /// All is well.
    Fine,
    /// It is refused with this code.
    Refuses(String),
    /// Several that differ, or something that is no code.
    Unclear,
}

impl Verdict {
    /// Reads any body; one that is no JSON object says nothing.
    pub(super) fn read(body: &[u8]) -> Self {
        let read = match std::str::from_utf8(body) {
            Ok(text) => serde_json::from_str(text),
            // A message in another encoding must not hide the code.
            Err(_) => serde_json::from_str(&String::from_utf8_lossy(body)),
        };
        read.unwrap_or_default()
    }

    /// Takes one field. Some gateways write the names in lower case.
    fn take(&mut self, name: &str, value: Value) {
        match name {
            "Code" | "code" => self.code = std::mem::take(&mut self.code).and(Code::of(value)),
            "Message" | "message" => self.message = text_of(value).or(self.message.take()),
            "Success" | "success" => self.success = Some(is_yes(&value)),
            _ => self.request_id = text_of(value).or(self.request_id.take()),
        }
    }
}

impl Code {
    fn of(value: Value) -> Self {
        match value {
            Value::Null => Self::None,
            Value::String(code) if code.is_empty() => Self::None,
            Value::String(code) if is_fine(&code) => Self::Fine,
            Value::String(code) => Self::Refuses(code),
            Value::Number(number) if is_fine(&number.to_string()) => Self::Fine,
            Value::Number(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Self::Unclear,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, other) | (other, Self::None) => other,
            (one, other) if one == other => one,
            (_, _) => Self::Unclear,
        }
    }
}

/// Codes that say that nothing is wrong; batched calls and billing send one with every answer.
pub(super) fn is_fine(code: &str) -> bool {
    ["200", "OK", "Success"]
        .iter()
        .any(|fine| fine.eq_ignore_ascii_case(code))
}

/// Anything but a clear yes is none.
fn is_yes(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::String(word) => word.eq_ignore_ascii_case("true"),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

impl<'de> Deserialize<'de> for Verdict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Verdict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Verdict, A::Error> {
        let mut verdict = Verdict::default();
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "Code" | "code" | "Message" | "message" | "RequestId" | "requestId" | "Success"
                | "success" => {
                    verdict.take(&name, fields.next_value()?);
                }
                _ => {
                    fields.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(verdict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &str) -> Code {
        Verdict::read(body.as_bytes()).code
    }

    #[test]
    fn a_code_is_found_whatever_stands_beside_it() {
        let refused = Code::Refuses("X.Y".to_owned());
        for body in [
            r#"{"Code":"X.Y","Message":["no","text"],"RequestId":7}"#,
            r#"{"Instances":[[[1]]],"code":"X.Y"}"#,
            r#"{"Code":"X.Y","Code":"X.Y"}"#,
            r#"{"Code":null,"code":"X.Y"}"#,
        ] {
            assert_eq!(code(body), refused, "{body}");
        }
        let other_encoding = Verdict::read(b"{\"Code\":\"X.Y\",\"Message\":\"\xb2\xbb\"}");
        assert_eq!(other_encoding.code, refused);
    }

    #[test]
    fn codes_that_contradict_each_other_are_no_code() {
        for body in [
            r#"{"Code":"X.Y","code":"200"}"#,
            r#"{"Code":403}"#,
            r#"{"Code":["X.Y"]}"#,
        ] {
            assert_eq!(code(body), Code::Unclear, "{body}");
        }
    }

    #[test]
    fn what_is_no_object_says_nothing() {
        for body in [
            "",
            "null",
            r#"["X.Y"]"#,
            r#"{"Code":"X.Y""#,
            "<Code>X</Code>",
        ] {
            assert_eq!(Verdict::read(body.as_bytes()), Verdict::default(), "{body}");
        }
        assert_eq!(code("{}"), Code::None);
        assert_eq!(code(r#"{"Code":200}"#), Code::Fine);
    }
}
