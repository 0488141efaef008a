//! ACS3-HMAC-SHA256: the signature stands in a header and covers the headers it names.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::Request;
use crate::sim::signature::{Claim, Scheme, canonical_query, hex, incomplete};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

pub(crate) fn read(request: &Request, authorization: &str) -> Result<Claim, Refusal> {
    let parts = Parts::of(authorization)?;
    let header = |name: &str| {
        let value = request.header(name).map(str::to_owned);
        value.ok_or_else(|| incomplete(&format!("header {name} is absent")))
    };
    let body_hash = hex(&Sha256::digest(&request.body));
    if header("x-acs-content-sha256")? != body_hash {
        return Err(incomplete(
            "x-acs-content-sha256 is not the hash of the body",
        ));
    }
    let canonical = canonical_request(request, parts.signed_headers, &body_hash)?;
    Ok(Claim {
        action: header("x-acs-action")?,
        version: header("x-acs-version")?,
        nonce: header("x-acs-signature-nonce")?,
        access_key_id: parts.credential.to_owned(),
        timestamp: header("x-acs-date")?,
        security_token: request.header("x-acs-security-token").map(str::to_owned),
        signature: parts.signature.to_owned(),
        string_to_sign: format!("{ALGORITHM}\n{}", hex(&Sha256::digest(canonical))),
        scheme: Scheme::V3,
    })
}

/// The three parts of the authorization header.
struct Parts<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn of(authorization: &'a str) -> Result<Self, Refusal> {
        let list = authorization
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| incomplete("the algorithm is not ACS3-HMAC-SHA256"))?;
        let parts: BTreeMap<&str, &str> = list
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
            .collect();
        let part = |name: &str| {
            let value = parts.get(name).copied();
            value.ok_or_else(|| incomplete(&format!("{name} is absent")))
        };
        Ok(Self {
            credential: part("Credential")?,
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
        })
    }
}

/// Headers that must be covered, or a stranger could change them on the way.
const COVERED: [&str; 4] = [
    "host",
    "x-acs-action",
    "x-acs-date",
    "x-acs-signature-nonce",
];

fn canonical_request(
    request: &Request,
    signed_headers: &str,
    body_hash: &str,
) -> Result<String, Refusal> {
    let names: Vec<&str> = signed_headers.split(';').collect();
    if let Some(bare) = COVERED.iter().find(|name| !names.contains(name)) {
        return Err(incomplete(&format!("header {bare} is not signed")));
    }
    let mut lines = String::new();
    for name in names {
        let value = request
            .header(name)
            .ok_or_else(|| incomplete(&format!("signed header {name} is absent")))?;
        lines.push_str(&format!("{name}:{}\n", value.trim()));
    }
    let query: BTreeMap<String, String> = form_urlencoded::parse(request.query.as_bytes())
        .into_owned()
        .collect();
    Ok(format!(
        "{}\n{}\n{}\n{lines}\n{signed_headers}\n{body_hash}",
        request.method.as_str(),
        request.path,
        canonical_query(query.iter()),
    ))
}

/// Unlike v1, the secret is the key as it stands.
pub(crate) fn sign(secret: &str, string_to_sign: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("an HMAC key may have any length");
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Method;

    const AUTHORIZATION: &str = "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;\
        x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,\
        Signature=1b490cf5fc6450bfe70369c905a13d41d126afcff356cadcab87f442d6719aad";

    fn vector() -> Request {
        let headers = [
            ("host", "ecs.cn-hangzhou.aliyuncs.com"),
            ("x-acs-action", "ModifyInstanceSpec"),
            (
                "x-acs-content-sha256",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            ("x-acs-date", "2024-01-15T08:30:00Z"),
            ("x-acs-signature-nonce", "9b7a44b03be111e58c7308002700c460"),
            ("x-acs-version", "2014-05-26"),
        ];
        Request {
            method: Method::Post,
            path: "/".to_owned(),
            query: "ClientToken=0c593ea1-3bea-11e9-b96b-88e9fe637760\
                    &InstanceId=i-bp67acfmxazb4p0001&InstanceType=ecs.g6.large"
                .to_owned(),
            headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(),
            body: Vec::new(),
        }
    }

    #[test]
    fn the_official_vector_holds() {
        let claim = read(&vector(), AUTHORIZATION).unwrap_or_else(|r| panic!("{r:?}"));
        assert_eq!(sign("testsecret", &claim.string_to_sign), claim.signature);
    }

    #[test]
    fn a_header_left_unsigned_is_refused() {
        let bare = AUTHORIZATION.replace("x-acs-date;", "");
        let refusal = read(&vector(), &bare).err().unwrap();
        assert_eq!(refusal.code, "IncompleteSignature");
    }
}
