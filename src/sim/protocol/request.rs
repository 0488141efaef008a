//! What arrives: one HTTP request, and the parameters it carries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::wire::{HttpRequest, Method};

use super::reply::Refusal;

/// Most parameters one request may carry; 100 ids and 20 tags need about 150.
const PARAMETERS_MAX: usize = 1000;

/// One HTTP request as both doors hand it in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method.
    #[serde(with = "MethodName")]
    pub method: Method,
    /// The path, `/` for every operation.
    pub path: String,
    /// The raw query string without its question mark.
    pub query: String,
    /// Header names in lower case with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// How a method is written down; the wire itself writes nothing down.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Method", rename_all = "UPPERCASE")]
enum MethodName {
    Get,
    Post,
    Put,
}

impl Request {
    /// The first value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The host the request was sent to, with its port.
    pub(crate) fn host(&self) -> &str {
        self.header("host").unwrap_or("localhost")
    }

    /// The operation, from wherever the signature carries it.
    pub(crate) fn action<'r>(&'r self, params: &'r Params) -> Option<&'r str> {
        params.get("Action").or(self.header("x-acs-action"))
    }

    /// The API version, from wherever the signature carries it.
    pub(crate) fn version<'r>(&'r self, params: &'r Params) -> Option<&'r str> {
        params.get("Version").or(self.header("x-acs-version"))
    }

    /// Query and form parameters, merged.
    pub(crate) fn parameters(&self) -> Result<Params, Refusal> {
        let mut found = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            found.insert(name.into_owned(), value.into_owned());
        }
        if self.carries_a_form() {
            for (name, value) in form_urlencoded::parse(&self.body) {
                found.insert(name.into_owned(), value.into_owned());
            }
        }
        if found.len() > PARAMETERS_MAX {
            return Err(Refusal::invalid("list", "has too many entries"));
        }
        Ok(Params(found))
    }

    fn carries_a_form(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    }
}

/// A request in process has no socket: the host its origin names is the host it is sent to.
impl From<&HttpRequest> for Request {
    fn from(sent: &HttpRequest) -> Self {
        let mut headers = sent.headers.clone();
        if !headers.iter().any(|(name, _)| name == "host") {
            let host = sent.origin.split("://").last().unwrap_or_default();
            headers.push(("host".to_owned(), host.to_owned()));
        }
        Self {
            method: sent.method,
            path: sent.path.clone(),
            query: sent.query.clone(),
            headers,
            body: sent.body.clone(),
        }
    }
}

/// Parameters by name, with the vendor's ways of writing lists, numbers and booleans.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(pub(crate) BTreeMap<String, String>);

impl Params {
    /// A parameter that was sent; an empty value counts as not sent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(String::as_str);
        value.filter(|text| !text.is_empty())
    }

    /// A parameter that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A boolean in any case: SDKs send `True`, `true` and `TRUE`.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(Refusal::invalid(name, "is neither true nor false")),
        }
    }

    /// A whole number.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let number = text.parse();
        number
            .map(Some)
            .map_err(|_| Refusal::invalid(name, "is not a whole number"))
    }

    /// A repeat list `Name.1`, `Name.2`, … in order, at most `most` entries.
    pub(crate) fn list(&self, name: &str, most: usize) -> Result<Vec<&str>, Refusal> {
        let mut entries = Vec::new();
        for index in 1..=most + 1 {
            match self.get(&format!("{name}.{index}")) {
                Some(_) if index > most => {
                    return Err(Refusal::invalid(name, "has too many entries"));
                }
                Some(value) => entries.push(value),
                None => break,
            }
        }
        Ok(entries)
    }

    /// A JSON list inside one parameter, as `InstanceIds` is written.
    pub(crate) fn json_list(
        &self,
        name: &str,
        most: usize,
    ) -> Result<Option<Vec<String>>, Refusal> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let list: Vec<String> = serde_json::from_str(text)
            .map_err(|_| Refusal::invalid(name, "is not a JSON list of strings"))?;
        if list.len() > most {
            return Err(Refusal::invalid(name, "has too many entries"));
        }
        Ok(Some(list))
    }

    /// Whether a call names this machine, alone or in a list of either form.
    pub(crate) fn is_about(&self, id: &str) -> bool {
        let one = |name: &str, value: &str| {
            let listed = name.strip_prefix("InstanceId.");
            let named = matches!(name, "InstanceId" | "ResourceId") || listed.is_some();
            named && value == id
        };
        let listed = self.json_list("InstanceIds", PARAMETERS_MAX);
        let listed = listed.ok().flatten().unwrap_or_default();
        self.0.iter().any(|(name, value)| one(name, value)) || listed.iter().any(|it| it == id)
    }

    /// The parameters that make one request the same as another: all but the common ones.
    pub(crate) fn fingerprint(&self) -> BTreeMap<String, String> {
        let business = self.0.iter().filter(|(name, _)| !is_common(name));
        business.map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}

/// Whether a parameter belongs to the protocol rather than to the operation.
pub(crate) fn is_common(name: &str) -> bool {
    COMMON.contains(&name)
}

/// Parameters of the protocol.
const COMMON: [&str; 12] = [
    "Action",
    "AccessKeyId",
    "Format",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
    "ClientToken",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        let request = Request {
            method: Method::Get,
            path: "/".to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        request.parameters().unwrap_or_else(|_| panic!("{query}"))
    }

    #[test]
    fn lists_come_in_two_forms() {
        let sent = params("InstanceId.1=a&InstanceId.2=b&InstanceIds=%5B%22c%22%5D");
        assert_eq!(sent.list("InstanceId", 100), Ok(vec!["a", "b"]));
        assert_eq!(
            sent.json_list("InstanceIds", 100),
            Ok(Some(vec!["c".to_owned()]))
        );
        assert!(sent.list("InstanceId", 1).is_err());
    }

    #[test]
    fn booleans_are_read_in_any_case() {
        let sent = params("A=True&B=FALSE&C=1");
        assert_eq!(sent.flag("A"), Ok(Some(true)));
        assert_eq!(sent.flag("B"), Ok(Some(false)));
        assert!(sent.flag("C").is_err());
        assert_eq!(sent.flag("D"), Ok(None));
    }
}
