//! Reads what gives out temporary keys: STS, the metadata service, a credentials URI, another program.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};

use super::error::CredentialsError;
use crate::aliyun::key::{AccessKey, Issued};

/// Largest answer that is read, in bytes; real ones have about one kilobyte.
pub(super) const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Longest code that is shown, in characters.
const CODE_CHARS_MAX: usize = 60;

/// The four values as every answer spells them, in two ways of writing.
#[derive(Deserialize)]
struct Answer {
    #[serde(default, alias = "code")]
    #[serde(rename = "Code")]
    code: Option<String>,
    #[serde(default, rename = "AccessKeyId", alias = "access_key_id")]
    id: Option<String>,
    #[serde(default, rename = "AccessKeySecret", alias = "access_key_secret")]
    #[serde(deserialize_with = "secret")]
    secret: Option<SecretString>,
    #[serde(default, rename = "SecurityToken", alias = "sts_token")]
    #[serde(deserialize_with = "secret")]
    token: Option<SecretString>,
    #[serde(default, rename = "Expiration", alias = "expiration")]
    expires: Option<String>,
}

/// The answer of STS holds them one level deeper.
#[derive(Deserialize)]
struct Wrapped {
    #[serde(rename = "Credentials")]
    credentials: Answer,
}

/// Whether a key without a token may be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// What gives out temporary keys gives a token and an end.
    Needed,
    /// A program may also print a lasting key.
    Optional,
}

/// A temporary key from an answer that holds it at the top.
pub(super) fn flat(
    body: &[u8],
    from: &str,
    token: Token,
    now: Timestamp,
) -> Result<Issued, CredentialsError> {
    issued(parse(body, from)?, from, token, now)
}

/// A temporary key from an answer of STS.
pub(super) fn wrapped(body: &[u8], from: &str, now: Timestamp) -> Result<Issued, CredentialsError> {
    let wrapped: Wrapped = parse(body, from)?;
    issued(wrapped.credentials, from, Token::Needed, now)
}

/// A secret in JSON that is not left lying about.
pub(super) fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.filter(|text| !text.is_empty()).map(SecretString::from))
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8], from: &str) -> Result<T, CredentialsError> {
    if body.len() > ANSWER_BYTES_MAX {
        let kilobytes = ANSWER_BYTES_MAX / 1024;
        return Err(no_key(
            from,
            format!("the answer is larger than {kilobytes} KiB"),
        ));
    }
    // The parser's own words can quote a value, and the values are secrets: only the place is kept.
    serde_json::from_slice(body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = if error.is_data() {
            "does not hold a key"
        } else {
            "is not JSON"
        };
        no_key(
            from,
            format!("the answer {what} (line {line}, column {column})"),
        )
    })
}

fn issued(
    answer: Answer,
    from: &str,
    token: Token,
    now: Timestamp,
) -> Result<Issued, CredentialsError> {
    if let Some(code) = answer.code.filter(|code| code != "Success") {
        return Err(no_key(from, format!("it answers with {}", shown(&code))));
    }
    let missing = |name| no_key(from, format!("the answer has no {name}"));
    let expires = answer
        .expires
        .filter(|text| !text.is_empty())
        .map(|text| {
            text.parse()
                .map_err(|_| no_key(from, "its Expiration is not a time".into()))
        })
        .transpose()?;
    let key = AccessKey {
        id: answer
            .id
            .filter(|id| !id.is_empty())
            .ok_or_else(|| missing("AccessKeyId"))?,
        secret: answer.secret.ok_or_else(|| missing("AccessKeySecret"))?,
        token: answer.token,
    };
    match (token, &key.token, expires) {
        (Token::Needed, None, _) => Err(missing("SecurityToken")),
        (Token::Needed, Some(_), None) => Err(missing("Expiration")),
        (_, _, Some(at)) if at <= now => Err(CredentialsError::Expired {
            from: from.to_owned(),
            at,
        }),
        (Token::Needed | Token::Optional, _, _) => Ok(Issued {
            expires,
            ..Issued::lasting(key)
        }),
    }
}

/// Codes are words; what stands in their place and has digits or signs may be a secret gone astray.
fn shown(code: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphabetic() || c == '.';
    if code.chars().count() <= CODE_CHARS_MAX && code.chars().all(is_word) {
        format!("the code {code}")
    } else {
        "a code that is none".to_owned()
    }
}

pub(super) fn no_key(from: &str, why: String) -> CredentialsError {
    CredentialsError::NoKey {
        from: from.to_owned(),
        why,
    }
}

pub(super) fn no_answer(from: &str, why: String) -> CredentialsError {
    CredentialsError::NoAnswer {
        from: from.to_owned(),
        why,
    }
}

/// Takes every one of these secrets out of a text that somebody else wrote.
pub(super) fn without(text: &str, secrets: &[&SecretString]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| {
        let secret = secret.expose_secret();
        if secret.is_empty() {
            text
        } else {
            text.replace(secret, "****")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T01:00:00Z";
    const GOOD: &str = r#"{"Code":"Success","AccessKeyId":"STS.a","AccessKeySecret":"hush",
        "SecurityToken":"t0k3n","Expiration":"2026-11-22T02:00:00Z"}"#;

    fn read(body: &str) -> Result<Issued, CredentialsError> {
        flat(body.as_bytes(), "it", Token::Needed, NOW.parse().unwrap())
    }

    #[test]
    fn a_good_answer_is_a_key_with_its_end() {
        let issued = read(GOOD).unwrap();
        assert_eq!(issued.key.id, "STS.a");
        assert_eq!(issued.key.token.unwrap().expose_secret(), "t0k3n");
        assert_eq!(issued.expires.unwrap().to_string(), "2026-11-22T02:00:00Z");
    }

    #[test]
    fn whatever_else_comes_is_refused_without_being_repeated() {
        for (body, why) in [
            ("<html>hush t0k3n</html>", "is not JSON (line 1, column 1)"),
            ("", "is not JSON"),
            ("[\"t0k3n\"]", "a code that is none"),
            ("{}", "has no AccessKeyId"),
            (&GOOD.replace("Success", "Failed"), "the code Failed"),
            (&GOOD.replace("\"t0k3n\"", "\"\""), "has no SecurityToken"),
            (
                &GOOD.replace("\"hush\"", "[\"hush\"]"),
                "does not hold a key",
            ),
            (
                &GOOD.replace("02:00:00Z", "t0k3n"),
                "Expiration is not a time",
            ),
            (
                &GOOD.replace("02:00", "01:00"),
                "ended at 2026-11-22T01:00:00Z",
            ),
            (
                &format!("{GOOD}{}", " ".repeat(ANSWER_BYTES_MAX)),
                "larger than 64 KiB",
            ),
        ] {
            let error = read(body).unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(said.contains(why), "{said}");
            assert!(!said.contains("hush") && !said.contains("t0k3n"), "{said}");
        }
    }
}
