//! Which host answers: the vendor's map of regions, or one address that the user gave for everything.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::operation::Service;
use super::site::{AccountSite, Site};
use crate::model::RegionId;

/// Regions whose ECS host is not `ecs.<region>.aliyuncs.com`.
const ECS_HOSTS: &[(&str, &str)] = &[
    ("ap-northeast-2-pop", "ecs.aliyuncs.com"),
    ("cn-edge-1", "ecs.cn-qingdao-nebula.aliyuncs.com"),
    ("cn-fujian", "ecs-cn-hangzhou.aliyuncs.com"),
    ("cn-hangzhou", "ecs-cn-hangzhou.aliyuncs.com"),
    ("cn-hangzhou-finance", "ecs.aliyuncs.com"),
    ("cn-north-2-gov-1", "ecs.aliyuncs.com"),
    ("cn-shanghai-finance-1", "ecs-cn-hangzhou.aliyuncs.com"),
    ("cn-shenzhen-finance-1", "ecs-cn-hangzhou.aliyuncs.com"),
    ("cn-wuhan", "ecs.aliyuncs.com"),
    ("cn-zhangbei", "ecs.aliyuncs.com"),
    ("rus-west-1-pop", "ecs.aliyuncs.com"),
];

/// The one host of STS that serves every region.
pub(super) const STS_HOST: &str = "sts.aliyuncs.com";

/// Longest endpoint that is read; a DNS name has at most 253 characters.
const ENDPOINT_CHARS_MAX: usize = 300;

/// Where calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints(Choice);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    Vendor { sts: String, site: Option<Site> },
    Custom { origin: String, host: Host },
}

/// Whether a host is this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    Loopback,
    Elsewhere,
}

/// Why an endpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Neither `https://` nor `http://`.
    #[error("an endpoint begins with https://, or with http:// for this machine")]
    Scheme,
    /// Plain HTTP over a network would show every request to whoever listens.
    #[error("plain http is accepted for a loopback address only; use https://")]
    PlainHttp,
    /// A user name or password stands before the host.
    #[error("an endpoint may not hold a user name or password")]
    UserInfo,
    /// Something follows the port.
    #[error("an endpoint is a host with an optional port, without path or query")]
    Path,
    /// The host is no DNS name or address.
    #[error("the endpoint's host is not valid")]
    Host,
    /// The port is not in 1 to 65535.
    #[error("the endpoint's port is not a number from 1 to 65535")]
    Port,
}

impl Endpoints {
    /// The vendor's own hosts, over HTTPS.
    #[must_use]
    pub fn vendor() -> Self {
        Self(Choice::Vendor {
            sts: format!("https://{STS_HOST}"),
            site: None,
        })
    }

    /// The same with another host of STS; one address given for everything stays what it is.
    #[must_use]
    pub fn with_sts(self, origin: Option<String>) -> Self {
        match (self.0, origin) {
            (Choice::Vendor { site, .. }, Some(sts)) => Self(Choice::Vendor { sts, site }),
            (choice, _) => Self(choice),
        }
    }

    /// The same for an account whose site is told, which is believed; untold, it is found out.
    #[must_use]
    pub fn with_site(self, told: Option<Site>) -> Self {
        match (self.0, told) {
            (Choice::Vendor { sts, .. }, Some(_)) => Self(Choice::Vendor { sts, site: told }),
            (choice, _) => Self(choice),
        }
    }

    /// One address for every service and region: `https://host[:port]`, a bare `host[:port]`, or
    /// `http://` for a loopback address.
    ///
    /// # Errors
    /// [`EndpointError`] says what is wrong with the text.
    pub fn custom(text: &str) -> Result<Self, EndpointError> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
        let scheme = scheme.to_ascii_lowercase();
        let authority = check_shape(rest.strip_suffix('/').unwrap_or(rest))?;
        let host = judge_host(host_of(authority)?)?;
        match (scheme.as_str(), host) {
            ("https", _) | ("http", Host::Loopback) => Ok(Self(Choice::Custom {
                origin: format!("{scheme}://{authority}"),
                host,
            })),
            ("http", Host::Elsewhere) => Err(EndpointError::PlainHttp),
            (_, _) => Err(EndpointError::Scheme),
        }
    }

    /// Whether calls stay on this machine, so that only a simulator can answer them.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match &self.0 {
            Choice::Vendor { .. } => false,
            Choice::Custom { host, .. } => *host == Host::Loopback,
        }
    }

    /// The one address that was given for everything, if one was.
    pub(super) fn custom_origin(&self) -> Option<&str> {
        match &self.0 {
            Choice::Vendor { .. } => None,
            Choice::Custom { origin, .. } => Some(origin),
        }
    }

    /// What is known of the account's site beforehand. Behind one address there is nothing to be known.
    pub(super) fn account_site(&self) -> AccountSite {
        match &self.0 {
            Choice::Vendor { site: None, .. } => AccountSite::Guessed(Site::China),
            Choice::Vendor {
                site: Some(site), ..
            } => AccountSite::Proven(*site),
            Choice::Custom { .. } => AccountSite::Proven(Site::China),
        }
    }

    /// Scheme, host and port for a call.
    pub(super) fn origin(&self, service: Service, region: &RegionId, site: Site) -> String {
        match &self.0 {
            Choice::Custom { origin, .. } => origin.clone(),
            Choice::Vendor { sts, .. } => match service {
                Service::Ecs => format!("https://{}", ecs_host(region)),
                Service::Sts => sts.clone(),
                Service::Bss => format!("https://{}", site.billing_host()),
            },
        }
    }
}

fn ecs_host(region: &RegionId) -> String {
    ECS_HOSTS
        .iter()
        .find(|(name, _)| *name == region.as_str())
        .map_or_else(
            || format!("ecs.{region}.aliyuncs.com"),
            |(_, host)| (*host).to_owned(),
        )
}

fn check_shape(authority: &str) -> Result<&str, EndpointError> {
    if authority.contains('@') {
        Err(EndpointError::UserInfo)
    } else if authority.contains(['/', '?', '#', '\\']) {
        Err(EndpointError::Path)
    } else if authority.is_empty() || authority.len() > ENDPOINT_CHARS_MAX {
        Err(EndpointError::Host)
    } else {
        Ok(authority)
    }
}

/// The host, after a look at the port: `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_of(authority: &str) -> Result<&str, EndpointError> {
    let port_at = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(port_at);
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok(host),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => match digits.parse::<u16>() {
            Ok(1..) => Ok(host),
            Ok(0) | Err(_) => Err(EndpointError::Port),
        },
        None | Some(_) => Err(EndpointError::Port),
    }
}

/// Only the plain forms of an address count: `127.1` or `0x7f000001` is a name like any other.
fn judge_host(host: &str) -> Result<Host, EndpointError> {
    let place = |loopback| {
        if loopback {
            Host::Loopback
        } else {
            Host::Elsewhere
        }
    };
    if let Some(inner) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return inner
            .parse::<Ipv6Addr>()
            .map(|address| place(address.is_loopback()))
            .map_err(|_| EndpointError::Host);
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Ok(place(address.is_loopback()));
    }
    let named = host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    if named && !host.is_empty() && !host.starts_with(['.', '-']) {
        Ok(place(host.eq_ignore_ascii_case("localhost")))
    } else {
        Err(EndpointError::Host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> RegionId {
        RegionId::new(name).unwrap()
    }

    #[test]
    fn every_region_has_its_host() {
        let vendor = Endpoints::vendor();
        let of = |name| vendor.origin(Service::Ecs, &region(name), Site::China);
        assert_eq!(of("cn-hangzhou"), "https://ecs-cn-hangzhou.aliyuncs.com");
        assert_eq!(of("cn-beijing"), "https://ecs.cn-beijing.aliyuncs.com");
        assert_eq!(of("cn-wuhan"), "https://ecs.aliyuncs.com");
        assert_eq!(
            vendor.origin(Service::Sts, &region("cn-beijing"), Site::China),
            "https://sts.aliyuncs.com"
        );
        assert_eq!(
            vendor.origin(Service::Bss, &region("cn-beijing"), Site::China.other()),
            "https://business.ap-southeast-1.aliyuncs.com"
        );
        assert!(!vendor.is_loopback());
    }

    #[test]
    fn one_given_address_answers_for_every_service() {
        for (text, origin) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("HTTP://localhost", "http://localhost"),
        ] {
            let custom = Endpoints::custom(text).unwrap();
            for service in [Service::Ecs, Service::Sts, Service::Bss] {
                let of = custom.origin(service, &region("cn-beijing"), Site::International);
                assert_eq!(of, origin);
            }
            assert!(custom.is_loopback(), "{text}");
        }
        let bare = Endpoints::custom("ecs.cn-beijing.aliyuncs.com").unwrap();
        assert_eq!(
            bare.origin(Service::Ecs, &region("x"), Site::China),
            "https://ecs.cn-beijing.aliyuncs.com"
        );
        assert!(!bare.is_loopback());
    }

    #[test]
    fn plain_http_never_leaves_the_machine() {
        for text in [
            "http://10.0.0.1",
            "http://ecs.aliyuncs.com",
            "http://127.1",
            "http://0x7f000001",
            "http://localhost.example.com",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert_eq!(
                Endpoints::custom(text),
                Err(EndpointError::PlainHttp),
                "{text}"
            );
        }
    }

    #[test]
    fn whatever_is_more_than_a_host_and_a_port_is_refused() {
        for (text, error) in [
            ("ftp://host", EndpointError::Scheme),
            ("https://user:pass@host", EndpointError::UserInfo),
            ("http://127.0.0.1@evil.example", EndpointError::UserInfo),
            ("https://host/path", EndpointError::Path),
            ("https://host?x=1", EndpointError::Path),
            ("https://host\\@evil", EndpointError::UserInfo),
            ("https://host:0", EndpointError::Port),
            ("https://host:70000", EndpointError::Port),
            ("https://host:+80", EndpointError::Port),
            ("https://[::1]x", EndpointError::Port),
            ("https://ho st", EndpointError::Host),
            ("https://", EndpointError::Host),
            ("", EndpointError::Host),
        ] {
            assert_eq!(Endpoints::custom(text), Err(error), "{text}");
        }
    }
}
