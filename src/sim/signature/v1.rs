//! RPC v1: HMAC-SHA1 over the sorted parameters, the signature itself left out.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::sim::protocol::reply::Refusal;
use crate::sim::protocol::request::{Params, Request};
use crate::sim::signature::{Claim, Scheme, base64, canonical_query, encode, incomplete};

pub(crate) fn read(request: &Request, params: &Params) -> Result<Claim, Refusal> {
    let part = |name: &str| params.get(name).map(str::to_owned);
    let need = |name: &str| part(name).ok_or_else(|| Refusal::missing(name));
    if part("SignatureMethod").as_deref() != Some("HMAC-SHA1") {
        return Err(incomplete("SignatureMethod is not HMAC-SHA1"));
    }
    if part("SignatureVersion").as_deref() != Some("1.0") {
        return Err(incomplete("SignatureVersion is not 1.0"));
    }
    Ok(Claim {
        action: need("Action")?,
        version: need("Version")?,
        nonce: need("SignatureNonce")?,
        access_key_id: need("AccessKeyId")?,
        timestamp: need("Timestamp")?,
        security_token: part("SecurityToken"),
        signature: part("Signature").ok_or_else(|| incomplete("Signature is absent"))?,
        string_to_sign: string_to_sign(request.method.as_str(), params),
        scheme: Scheme::V1,
    })
}

/// Method, path and the canonical query, encoded a second time.
fn string_to_sign(method: &str, params: &Params) -> String {
    // A sorted map iterates bytewise by name, which is the order the protocol asks for.
    let signed = params.0.iter().filter(|(name, _)| *name != "Signature");
    format!("{method}&%2F&{}", encode(&canonical_query(signed)))
}

/// The key always ends with an ampersand, for temporary keys too.
pub(crate) fn sign(secret: &str, string_to_sign: &str) -> String {
    let key = format!("{secret}&");
    let mut mac =
        Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("an HMAC key may have any length");
    mac.update(string_to_sign.as_bytes());
    base64(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors V0 to V2: parameters, method and the signature of the official implementations.
    const VECTORS: [(&str, &str, &str); 4] = [
        (
            "GET",
            "AccessKeyId=testid&Action=DescribeRegions&Format=XML&SignatureMethod=HMAC-SHA1\
             &SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&SignatureVersion=1.0\
             &Timestamp=2016-02-23T12%3A46%3A24Z&Version=2014-05-26",
            "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
        ),
        ("POST", V1, "uET8EWlYNx5ngP9R4tozV4IZMaU="),
        ("GET", V1, "a6W6cnCweZfK4I79gGdq8iMpBtk="),
        (
            "POST",
            "AccessKeyId=STS.testid&Action=DescribeInstances&Format=JSON\
             &InstanceIds=%5B%22i-bp67acfmxazb4p0001%22%2C%22i-bp67acfmxazb4p0002%22%5D\
             &InstanceName=web%20%2A~%2B%2F%25%26%3D%E6%B5%8B%E8%AF%95&MaxResults=100\
             &RegionId=cn-hangzhou&SecurityToken=CAIS%2Fabc%2Bdef%3D%3D\
             &SignatureMethod=HMAC-SHA1&SignatureNonce=9b7a44b0-3be1-11e5-8c73-08002700c461\
             &SignatureVersion=1.0&Tag.1.Key=env&Tag.1.Value=prod\
             &Timestamp=2024-01-15T08%3A30%3A00Z&Version=2014-05-26",
            "8iMQasV7W9MDwD/wKYWiKdqyxoU=",
        ),
    ];
    const V1: &str = "AccessKeyId=testid&Action=ModifyInstanceSpec\
        &ClientToken=0c593ea1-3bea-11e9-b96b-88e9fe637760&Format=JSON\
        &InstanceId=i-bp67acfmxazb4p0001&InstanceType=ecs.g6.large&RegionId=cn-hangzhou\
        &SignatureMethod=HMAC-SHA1&SignatureNonce=9b7a44b0-3be1-11e5-8c73-08002700c460\
        &SignatureVersion=1.0&Timestamp=2024-01-15T08%3A30%3A00Z&Version=2014-05-26";

    #[test]
    fn the_official_vectors_hold() {
        for (method, query, signature) in VECTORS {
            let pairs = form_urlencoded::parse(query.as_bytes());
            let params = Params(
                pairs
                    .map(|(n, v)| (n.into_owned(), v.into_owned()))
                    .collect(),
            );
            let text = string_to_sign(method, &params);
            assert_eq!(sign("testsecret", &text), signature, "{text}");
        }
    }
}
