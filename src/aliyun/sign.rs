//! The RPC signature, version 1.0 (HMAC-SHA1). Pure: same parameters, same signature.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;

use crate::wire::Method;

/// The parameters of one request, sorted bytewise by name as the signature wants them.
pub(super) type Parameters = BTreeMap<String, String>;

/// Everything but letters, digits and `- _ . ~` is encoded, the space as `%20`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A signed query, with the text that was signed.
pub(super) struct Signed {
    /// The raw query string, `Signature` included.
    pub(super) query: String,
    /// What was signed; compared with what the server says it signed.
    pub(super) string_to_sign: String,
}

/// Signs these parameters, which must not hold a `Signature` yet.
pub(super) fn sign(method: Method, parameters: &Parameters, secret: &SecretString) -> Signed {
    let query = canonical_query(parameters);
    let string_to_sign = string_to_sign(method, &query);
    let signature = signature(&string_to_sign, secret);
    Signed {
        query: with_signature(query, &signature),
        string_to_sign,
    }
}

/// Signs a query together with a form that travels in the body.
pub(super) fn sign_with_form(
    method: Method,
    query: &Parameters,
    form: &Parameters,
    secret: &SecretString,
) -> Signed {
    let mut all = form.clone();
    all.extend(query.clone());
    let string_to_sign = string_to_sign(method, &canonical_query(&all));
    let signature = signature(&string_to_sign, secret);
    Signed {
        query: with_signature(canonical_query(query), &signature),
        string_to_sign,
    }
}

/// Method, path and the canonical query, which is encoded once more.
fn string_to_sign(method: Method, canonical: &str) -> String {
    format!("{}&%2F&{}", method.as_str(), encode(canonical))
}

fn with_signature(query: String, signature: &str) -> String {
    query + "&Signature=" + &encode(signature).to_string()
}

/// The parameters as a query string or as the body of a form, in the order that is signed.
pub(super) fn canonical_query(parameters: &Parameters) -> String {
    let mut query = String::new();
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push('&');
        }
        query.extend(encode(name));
        query.push('=');
        query.extend(encode(value));
    }
    query
}

fn signature(string_to_sign: &str, secret: &SecretString) -> String {
    // The key ends with `&` whatever kind of credentials it belongs to.
    let key = Zeroizing::new(format!("{}&", secret.expose_secret()));
    let mut mac =
        Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(string_to_sign.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, ENCODED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature_of(method: Method, parameters: &[(&str, &str)]) -> String {
        let parameters: Parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let signed = sign(method, &parameters, &SecretString::from("testsecret"));
        signature(&signed.string_to_sign, &SecretString::from("testsecret"))
    }

    #[test]
    fn the_vendors_own_sample_gets_the_vendors_signature() {
        let parameters = [
            ("AccessKeyId", "testid"),
            ("Action", "DescribeRegions"),
            ("Format", "XML"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2016-02-23T12:46:24Z"),
            ("Version", "2014-05-26"),
        ];
        assert_eq!(
            signature_of(Method::Get, &parameters),
            "OLeaidS1JvxuMvnyHOwuJ+uX5qY="
        );
    }

    #[test]
    fn the_method_is_part_of_the_signature() {
        let parameters = [
            ("AccessKeyId", "testid"),
            ("Action", "ModifyInstanceSpec"),
            ("ClientToken", "0c593ea1-3bea-11e9-b96b-88e9fe637760"),
            ("Format", "JSON"),
            ("InstanceId", "i-bp67acfmxazb4p0001"),
            ("InstanceType", "ecs.g6.large"),
            ("RegionId", "cn-hangzhou"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "9b7a44b0-3be1-11e5-8c73-08002700c460"),
            ("SignatureVersion", "1.0"),
            ("Timestamp", "2024-01-15T08:30:00Z"),
            ("Version", "2014-05-26"),
        ];
        assert_eq!(
            signature_of(Method::Post, &parameters),
            "uET8EWlYNx5ngP9R4tozV4IZMaU="
        );
        assert_eq!(
            signature_of(Method::Get, &parameters),
            "a6W6cnCweZfK4I79gGdq8iMpBtk="
        );
    }

    #[test]
    fn hard_characters_and_a_security_token_are_signed_as_the_vendor_does() {
        let parameters = [
            ("AccessKeyId", "STS.testid"),
            ("Action", "DescribeInstances"),
            ("Format", "JSON"),
            (
                "InstanceIds",
                r#"["i-bp67acfmxazb4p0001","i-bp67acfmxazb4p0002"]"#,
            ),
            ("InstanceName", "web *~+/%&=测试"),
            ("MaxResults", "100"),
            ("RegionId", "cn-hangzhou"),
            ("SecurityToken", "CAIS/abc+def=="),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "9b7a44b0-3be1-11e5-8c73-08002700c461"),
            ("SignatureVersion", "1.0"),
            ("Tag.1.Key", "env"),
            ("Tag.1.Value", "prod"),
            ("Timestamp", "2024-01-15T08:30:00Z"),
            ("Version", "2014-05-26"),
        ];
        assert_eq!(
            signature_of(Method::Post, &parameters),
            "8iMQasV7W9MDwD/wKYWiKdqyxoU="
        );
    }

    #[test]
    fn the_signature_itself_is_encoded_in_the_query() {
        let parameters = Parameters::from([("Action".to_owned(), "x y".to_owned())]);
        let signed = sign(Method::Get, &parameters, &SecretString::from("s"));
        let (canonical, signature) = signed.query.split_once("&Signature=").unwrap();
        assert_eq!(canonical, "Action=x%20y");
        assert!(signature.ends_with("%3D"), "{signature}");
    }
}
