//! What every signed request carries besides its own parameters.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use super::key::AccessKey;
use super::operation::Operation;
use super::sign::Parameters;

/// Gives random numbers, for nonces and for spreading retries. Real ones outside of tests: a nonce
/// that comes twice within the vendor's memory is refused.
pub type Randomness = Box<dyn FnMut() -> u64>;

/// What names the operation, whoever asks for it.
pub(super) fn unsigned(operation: &Operation, now: Timestamp) -> Parameters {
    let timestamp = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    [
        ("Action", operation.name),
        ("Version", operation.service.version()),
        ("Format", "JSON"),
        ("Timestamp", &timestamp),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// The same with who asks, ready to be signed.
pub(super) fn signable(
    operation: &Operation,
    now: Timestamp,
    key: &AccessKey,
    random: &mut Randomness,
) -> Parameters {
    let mut parameters = unsigned(operation, now);
    let mut add = |name: &str, value: &str| {
        parameters.insert(name.to_owned(), value.to_owned());
    };
    add("AccessKeyId", &key.id);
    add("SignatureMethod", "HMAC-SHA1");
    add("SignatureVersion", "1.0");
    add(
        "SignatureNonce",
        &format!("{:016x}{:016x}", random(), random()),
    );
    if let Some(token) = &key.token {
        add("SecurityToken", token.expose_secret());
    }
    parameters
}
