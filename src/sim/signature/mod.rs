//! Who is asking: both signatures of the vendor, checked by the simulator's own reading of the protocol.
//!
//! In: a request, its parameters, the keys of the scenario and the calendar. Out: a [`Claim`] that
//! holds, or the refusal a client would see. Nothing here is shared with the code that signs.

pub(crate) mod sessions;
mod v1;
mod v3;

use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};

use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::{Params, Request};
use crate::sim::scenario::Key;
use crate::sim::time::read_second;

use sessions::Sessions;

/// Furthest a request's timestamp may lie from the calendar.
pub(crate) const SKEW_MAX: SignedDuration = SignedDuration::from_mins(15);

/// What a signed request says about itself, before anything is believed.
pub(crate) struct Claim {
    pub(crate) action: String,
    pub(crate) version: String,
    pub(crate) nonce: String,
    pub(crate) access_key_id: String,
    timestamp: String,
    security_token: Option<String>,
    signature: String,
    string_to_sign: String,
    scheme: Scheme,
}

/// The two signatures in use.
enum Scheme {
    /// RPC v1, HMAC-SHA1, signature in the query.
    V1,
    /// ACS3-HMAC-SHA256, signature in a header.
    V3,
}

/// Reads what the request claims; a claim that cannot be read is `IncompleteSignature`.
pub(crate) fn read(request: &Request, params: &Params) -> Result<Claim, Refusal> {
    match request.header("authorization") {
        Some(authorization) => v3::read(request, authorization),
        None => v1::read(request, params),
    }
}

/// The version and operation of a request that nobody signed; the gate decides whether it may pass.
pub(crate) fn unsigned<'r>(request: &'r Request, params: &'r Params) -> Option<(&'r str, &'r str)> {
    let signed = ["AccessKeyId", "Signature"].iter();
    if request.header("authorization").is_some()
        || signed.clone().any(|name| params.get(name).is_some())
    {
        return None;
    }
    Some((request.version(params)?, request.action(params)?))
}

/// The keys that can sign: those of the scenario, and those handed out since.
pub(crate) struct Keys<'w> {
    pub(crate) lasting: &'w [Key],
    pub(crate) sessions: &'w Sessions,
}

impl<'w> Keys<'w> {
    /// A key with the moment it ends at, if it ever does.
    fn find(&self, id: &str) -> Option<(&'w Key, Option<Timestamp>)> {
        let lasting = self.lasting.iter().find(|key| key.id == id);
        let lasting = lasting.map(|key| (key, None));
        lasting.or_else(|| {
            let session = self.sessions.get(id)?;
            Some((&session.key, Some(session.expires)))
        })
    }
}

impl Claim {
    /// Checks key, time, token and signature, in this order.
    pub(crate) fn verify(&self, keys: &Keys<'_>, wall: Timestamp) -> Result<(), Refusal> {
        let (key, ends) = keys.find(&self.access_key_id).ok_or_else(unknown_key)?;
        timely(&self.timestamp, wall)?;
        self.token_fits(key)?;
        still_good(ends, wall)?;
        let expected = match self.scheme {
            Scheme::V1 => v1::sign(&key.secret, &self.string_to_sign),
            Scheme::V3 => v3::sign(&key.secret, &self.string_to_sign),
        };
        if expected == self.signature {
            return Ok(());
        }
        Err(self.mismatch())
    }

    /// A key that came with a token is good only with that very token.
    fn token_fits(&self, key: &Key) -> Result<(), Refusal> {
        match (&key.token, &self.security_token) {
            (None, None) => Ok(()),
            (Some(held), Some(sent)) if held == sent => Ok(()),
            (Some(_), None) => Err(Refusal::new(
                400,
                "MissingSecurityToken",
                "A temporary key needs its security token.",
            )),
            (_, Some(_)) => Err(Refusal::new(
                400,
                "InvalidSecurityToken.MismatchWithAccessKey",
                "The security token does not belong to this key.",
            )),
        }
    }

    /// Ends with the marker and the server's string, as clients look for them.
    fn mismatch(&self) -> Refusal {
        let message = format!(
            "The signature is not the one this secret gives. server string to sign is:{}",
            self.string_to_sign
        );
        Refusal::new(400, "SignatureDoesNotMatch", message)
    }
}

/// Temporary keys end with their session.
fn still_good(ends: Option<Timestamp>, wall: Timestamp) -> Result<(), Refusal> {
    if ends.is_none_or(|ends| wall < ends) {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "InvalidSecurityToken.Expired",
        "The session of this key has ended.",
    ))
}

fn unknown_key() -> Refusal {
    Refusal::new(
        404,
        "InvalidAccessKeyId.NotFound",
        "No key with this id exists.",
    )
}

/// A malformed or absent part of the signature.
fn incomplete(what: &str) -> Refusal {
    Refusal::new(
        400,
        "IncompleteSignature",
        format!("The signature cannot be checked: {what}."),
    )
}

fn timely(text: &str, wall: Timestamp) -> Result<(), Refusal> {
    let Some(moment) = read_second(text) else {
        return Err(Refusal::new(
            400,
            "InvalidTimeStamp.Format",
            "The timestamp is not of the form yyyy-MM-ddTHH:mm:ssZ.",
        ));
    };
    if wall.duration_since(moment).abs() > SKEW_MAX {
        return Err(Refusal::new(
            400,
            "InvalidTimeStamp.Expired",
            "The timestamp is more than 15 minutes away from the time here.",
        ));
    }
    Ok(())
}

/// Unreserved characters stay, everything else becomes `%XY`, in capitals.
fn encode(text: &str) -> String {
    let mut encoded = String::new();
    append(&mut encoded, text);
    encoded
}

fn append(to: &mut String, text: &str) {
    const RESERVED: percent_encoding::AsciiSet = percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    to.extend(percent_encoding::utf8_percent_encode(text, &RESERVED));
}

fn canonical_query<'a>(pairs: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        let separator = if query.is_empty() { "" } else { "&" };
        query.push_str(separator);
        append(&mut query, name);
        query.push('=');
        append(&mut query, value);
    }
    query
}

fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
