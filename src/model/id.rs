//! Names of things, parsed once: a value of one of these types is known to be well-formed.

use serde::{Deserialize, Serialize};

/// Longest name that is accepted, of nearly every kind; the vendor's own ids stay below 64.
const ID_CHARS_MAX: usize = 128;

/// For a kind whose form says how long it may be.
const BY_ITS_FORM: usize = usize::MAX;

/// A name that cannot be one of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {kind}: {why}")]
pub struct InvalidId {
    /// What it should have been.
    pub kind: &'static str,
    /// The beginning of the offending text.
    pub text: String,
    /// Which part of the form is missing.
    pub why: &'static str,
}

fn check(
    kind: &'static str,
    text: &str,
    chars_max: usize,
    form: fn(&str) -> Result<(), &'static str>,
) -> Result<(), InvalidId> {
    let fault = if text.is_empty() {
        Err("it is empty")
    } else if text.chars().count() > chars_max {
        Err("it is longer than 128 characters")
    } else {
        form(text)
    };
    fault.map_err(|why| InvalidId {
        kind,
        text: text.chars().take(40).collect(),
        why,
    })
}

fn word(text: &str) -> Result<(), &'static str> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.chars().all(fine) {
        Ok(())
    } else {
        Err("use letters, digits, `-`, `_` and `.` only")
    }
}

fn instance(text: &str) -> Result<(), &'static str> {
    word(text)?;
    if text.starts_with("i-") && text.len() > 2 {
        Ok(())
    } else {
        Err("instance ids begin with `i-`")
    }
}

fn type_name(text: &str) -> Result<(), &'static str> {
    word(text)?;
    if text.starts_with("ecs.") {
        Ok(())
    } else {
        Err("instance types begin with `ecs.`")
    }
}

/// A region becomes part of the name of the host that requests are sent to.
fn label(text: &str) -> Result<(), &'static str> {
    if text
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    {
        Ok(())
    } else {
        Err("use lower-case letters, digits and `-` only")
    }
}

fn decimal(text: &str) -> Result<(), &'static str> {
    if text.chars().all(|c| c.is_ascii_digit()) {
        Ok(())
    } else {
        Err("use digits only")
    }
}

fn role(text: &str) -> Result<(), &'static str> {
    printable(text)?;
    let rest = text.strip_prefix("acs:ram::");
    let parts = rest.and_then(|rest| rest.split_once(":role/"));
    match parts {
        Some((account, name)) if !name.is_empty() && !account.is_empty() => decimal(account),
        Some(_) | None => Err("write acs:ram::<account>:role/<name>"),
    }
}

/// As STS takes it.
fn session(text: &str) -> Result<(), &'static str> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '@' | '-' | '_');
    if (2..=64).contains(&text.len()) && text.chars().all(fine) {
        Ok(())
    } else {
        Err("use 2 to 64 letters, digits or `.`, `@`, `-`, `_`")
    }
}

/// As STS takes it.
fn external(text: &str) -> Result<(), &'static str> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "+=,.@:/-_".contains(c);
    if (2..=1224).contains(&text.len()) && text.chars().all(fine) {
        Ok(())
    } else {
        Err("use 2 to 1224 letters, digits or `+`, `=`, `,`, `.`, `@`, `:`, `/`, `-`, `_`")
    }
}

fn folder(text: &str) -> Result<(), &'static str> {
    word(text)?;
    if text.starts_with('.') {
        Err("it may not begin with `.`")
    } else {
        Ok(())
    }
}

fn printable(text: &str) -> Result<(), &'static str> {
    if text.chars().all(|c| c.is_ascii_graphic()) {
        Ok(())
    } else {
        Err("use printable ASCII only")
    }
}

fn token(text: &str) -> Result<(), &'static str> {
    // R56: ASCII, at most 64 characters.
    if text.len() <= 64 {
        printable(text)
    } else {
        Err("it is longer than 64 characters")
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $form:path) => {
        id!($(#[$doc])* $name, $kind, $form, ID_CHARS_MAX);
    };
    ($(#[$doc:meta])* $name:ident, $kind:literal, $form:path, $chars_max:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses the text.
            ///
            /// # Errors
            /// [`InvalidId`] when the text does not have the form.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                check($kind, &text, $chars_max, $form)?;
                Ok(Self(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// An ECS instance: `i-bp67acfmxazb4p0001`.
    InstanceId, "instance id", instance
);
id!(
    /// The name an instance has in the manifest: `db-1`, or `web/i-bp1…` for the member of a group.
    InstanceName, "instance name", printable
);
id!(
    /// A group of the manifest.
    GroupName, "group name", word
);
id!(
    /// A fleet: names the lineage of the state and the folder it lives in.
    FleetName, "fleet name", folder
);
id!(
    /// A region: `cn-hangzhou`.
    RegionId, "region", label
);
id!(
    /// A zone: `cn-hangzhou-h`.
    ZoneId, "zone", word
);
id!(
    /// An instance type: `ecs.g7.large`.
    TypeName, "instance type", type_name
);
id!(
    /// An Alibaba Cloud account number.
    AccountId, "account", decimal
);
id!(
    /// A RAM role: `acs:ram::1234567890123456:role/ops`.
    RoleArn, "role", role
);
id!(
    /// What a session of a role is called; it shows in the vendor's audit log.
    SessionName, "session name", session
);
id!(
    /// What a role's owner asks others to show. No secret: it keeps one customer from using another's role.
    ExternalId, "external id", external, BY_ITS_FORM
);
id!(
    /// A billing order; always decimal digits, always a string (it does not fit into a JSON number).
    OrderId, "order id", decimal
);
id!(
    /// The cloud's name for one request; the vendor's support asks for it.
    RequestId, "request id", printable
);
id!(
    /// One execution of a plan.
    RunId, "run id", word
);
id!(
    /// What makes a repeated call the same call (R56: ASCII, at most 64 characters).
    ClientToken, "client token", token
);

impl RoleArn {
    /// The account the role is in.
    #[must_use]
    pub fn account(&self) -> AccountId {
        let rest = self.0.trim_start_matches("acs:ram::");
        let account = rest.split(':').next().unwrap_or_default();
        AccountId::new(account).expect("a role has digits for its account")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_names_its_account() {
        let arn = RoleArn::new("acs:ram::1234567890123456:role/team/ops").unwrap();
        assert_eq!(arn.account().as_str(), "1234567890123456");
        for bad in [
            "ops",
            "acs:ram::role/ops",
            "acs:ram::12a:role/ops",
            "acs:ram::12:role/",
        ] {
            assert!(RoleArn::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_fleet_name_cannot_climb_out_of_its_folder() {
        assert!(FleetName::new("shop-prod").is_ok());
        for bad in ["", "..", ".hidden", "a/b", "a\\b", "a\0b", "a b"] {
            assert!(FleetName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_external_id_is_whatever_sts_takes_and_nothing_else() {
        let longest = "x".repeat(1224);
        for good in ["ab", "a+b=c,d.e@f:g/h-i_j", &longest] {
            assert_eq!(ExternalId::new(good).unwrap().as_str(), good);
        }
        for bad in ["a", "a b", "a;b", "schl\u{fc}ssel", &format!("{longest}x")] {
            let error = ExternalId::new(bad).unwrap_err();
            assert_eq!(
                error.why,
                "use 2 to 1224 letters, digits or `+`, `=`, `,`, `.`, `@`, `:`, `/`, `-`, `_`"
            );
        }
    }

    #[test]
    fn a_region_names_no_host_of_somebody_else() {
        assert!(RegionId::new("ap-northeast-2-pop").is_ok());
        for bad in [
            "cn-hangzhou.evil.example",
            "cn/..",
            "CN",
            "cn_hangzhou",
            "cn:80",
        ] {
            assert!(RegionId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_instance_id_says_what_is_wrong_with_it() {
        let error = InstanceId::new("web-1").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`web-1` is not a valid instance id: instance ids begin with `i-`"
        );
    }
}
